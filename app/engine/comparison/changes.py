"""One difference between two versions, as a sentence that people read who never saw the notation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from app.engine.comparison.values import Names, say
from app.engine.comparison.vocabulary import facet_name

Kind = Literal["added", "removed", "changed"]
Facets = Mapping[str, str]
LONG = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One difference at an element; `before` and `after` are shown as blocks where a sentence would be too long."""

    kind: Kind
    element_id: str
    zh: str
    en: str
    before: str = ""
    after: str = ""
    is_layout: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """What a change is about, as it is called in both languages, with the quotation marks or none."""

    id: str
    zh: str
    en: str


def compare_facets(owner: Owner, before: Facets, after: Facets, names: Names) -> Iterator[Change]:
    """A sentence for each facet that differs, in the order in which they stand."""
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, ""), after.get(key, "")
        if old != new:
            yield _facet(owner, key, old, new, names)


def _facet(owner: Owner, key: str, old: str, new: str, names: Names) -> Change:
    facet_zh, facet_en = facet_name(key, names)
    if not old or not new:
        return _one_sided(owner, (facet_zh, facet_en), old, new, names)
    if _is_long(old) or _is_long(new):
        return Change(
            "changed", owner.id, f"{owner.zh}的{facet_zh}有修改", f"{owner.en}: {facet_en} changed", old, new
        )
    (old_zh, old_en), (new_zh, new_en) = say(old, names), say(new, names)
    zh = f"{owner.zh}的{facet_zh}由{_spaced(old_zh)}改为{_spaced(new_zh)}"
    return Change(
        "changed", owner.id, zh.rstrip(), f"{owner.en}: {facet_en} changed from {old_en} to {new_en}"
    )


def _one_sided(owner: Owner, facet: tuple[str, str], old: str, new: str, names: Names) -> Change:
    text = new or old
    words = (f"{owner.zh}新增{facet[0]}", f"{owner.en}: {facet[1]} added") if new else (
        f"{owner.zh}取消{facet[0]}", f"{owner.en}: {facet[1]} removed"
    )  # fmt: skip
    if _is_long(text):
        return Change("changed", owner.id, *words, old, new)
    zh, en = say(text, names)
    return Change("changed", owner.id, f"{words[0]}：{zh}", f"{words[1]}: {en}")


def _is_long(text: str) -> bool:
    return len(text) > LONG or "\n" in text


def _spaced(text: str) -> str:
    """A blank between Chinese and figures or Latin letters, as officials set it."""
    head = "" if not text[:1].isascii() else " "
    tail = "" if not text[-1:].isascii() else " "
    return f"{head}{text}{tail}"
