"""The English catalogue is complete: every text has its English, with the same placeholders."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "app" / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "_n": (1, 2),
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def source_texts() -> frozenset[str | tuple[str, ...]]:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        ROOT / "app", methods, options, KEYWORDS, directory_filter=lambda name: Path(name).name != "dist"
    )
    return frozenset(message for _file, _line, message, _comments, _context in found)


@cache
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def messages() -> list[Message]:
    return [message for message in catalogue() if message.id]


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_text_has_its_english() -> None:
    assert len(source_texts()) > 20
    known = {
        forms(message.id)[0] for message in messages() if all(forms(message.string)) and not message.fuzzy
    }
    missing = sorted(forms(text)[0] for text in source_texts() if forms(text)[0] not in known)
    assert not missing, f"run `make translations` and translate: {missing}"


def test_no_english_is_left_over() -> None:
    wanted = {forms(text)[0] for text in source_texts()}
    assert not sorted(forms(message.id)[0] for message in messages() if forms(message.id)[0] not in wanted)


def test_placeholders_are_the_same() -> None:
    def placeholders(text: str) -> Counter[str]:
        return Counter(PLACEHOLDER.findall(text))

    wrong = [
        message.id
        for message in messages()
        for english in forms(message.string)
        if placeholders(english) != placeholders(forms(message.id)[0])
    ]
    assert not wrong


def test_english_is_english() -> None:
    assert not [message.id for message in messages() if CHINESE.search("".join(forms(message.string)))]
