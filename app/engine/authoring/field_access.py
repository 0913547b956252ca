"""Which fields of a form the user tasks that show it hide or lock, and writing that into a diagram."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from app.engine.reading import Reading, user_tasks
from app.engine.xml import BPMN, ZR, parse_xml

HIDDEN, READONLY = "hiddenFields", "readonlyFields"
_TASK = re.compile(r"<(?:[\w.-]+:)?userTask(?=\s)(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*", re.ASCII)
_ASIDE = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """A user task that shows a form, with what it hides and locks."""

    process_id: str
    element_id: str
    name: str
    name_en: str
    hidden: tuple[str, ...]
    readonly: tuple[str, ...]


def steps_of(reading: Reading, form_key: str) -> tuple[Step, ...]:
    """The user tasks of all processes read that show this form."""
    return tuple(
        Step(
            process_id,
            node.bpmn_id,
            node.bpmn_name or node.bpmn_id,
            node.settings.text("nameEn") or "",
            node.settings.words(HIDDEN),
            node.settings.words(READONLY),
        )
        for process_id, process in reading.processes.items()
        for node in user_tasks(process.specs.values())
        if node.settings.text("formKey") == form_key
    )


def set_field_access(xml: bytes, element_id: str, hidden: Sequence[str], readonly: Sequence[str]) -> bytes:
    """The diagram with what a user task hides and locks; everything else stays as it was, byte for byte.

    Raises KeyError when there is no such user task, XmlRefused for what is no XML.
    """
    root = parse_xml(xml)
    task = root.find(f".//{{{BPMN}}}userTask[@id='{element_id}']")
    if task is None:
        raise KeyError(element_id)
    prefix = next((name for name, uri in task.nsmap.items() if uri == ZR and name), None)
    text = xml.decode(root.getroottree().docinfo.encoding or "utf-8")
    match = _tag_of(text, element_id)
    tag = match[0]
    if prefix is None:
        prefix, tag = "zr", f'{tag} xmlns:zr="{ZR}"'
    for name, words in ((HIDDEN, hidden), (READONLY, readonly)):
        tag = re.sub(rf"\s+{re.escape(prefix)}:{name}\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", tag)
        if words:
            tag += f" {prefix}:{name}={quoteattr(' '.join(words))}"
    return f"{text[: match.start()]}{tag}{text[match.end() :]}".encode(
        root.getroottree().docinfo.encoding or "utf-8"
    )


def _tag_of(text: str, element_id: str) -> re.Match[str]:
    """The opening tag of a user task up to its end sign."""
    markup = _ASIDE.sub(lambda aside: " " * len(aside[0]), text)
    own = re.compile(rf"\sid\s*=\s*(?:\"{re.escape(element_id)}\"|'{re.escape(element_id)}')")
    found = next((match for match in _TASK.finditer(markup) if own.search(match[0])), None)
    if found is None:
        raise KeyError(element_id)
    return found
