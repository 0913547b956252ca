"""What the files of a bundle are called, as they say it themselves: names to look for where a path says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from app.engine.xml import XmlRefused, local_name, parse_xml, zr
from app.services import documents
from app.services.studio.catalogue import key_of, kind_of

Name = tuple[str, str]  # Chinese, English; empty where the file does not say it
NONE: Name = ("", "")
# Kinds held as JSON: where the name stands, and in which members.
_IN_JSON = {
    "form": ("properties", "title", "title_en"),
    "check": (None, "title", "title_en"),
    "policy": (None, "zh", "en"),
}


def names_of(files: Mapping[str, bytes], *, english: bool) -> dict[str, str]:
    """The name of every file that has one, by path, in one language, else in Chinese."""
    found = {path: name_of(path, data) for path, data in files.items()}
    return {path: (en if english and en else zh) for path, (zh, en) in found.items() if zh or en}


@lru_cache(maxsize=2_000)
def name_of(path: str, data: bytes) -> Name:
    """What a file is called; empty for what cannot be read."""
    kind = kind_of(path)
    try:
        if kind in _IN_JSON:
            return _in_json(orjson.loads(data), *_IN_JSON[kind])
        if kind == "letter":
            letter = documents.Template(data, {})
            return letter.title, letter.title_en
        return _in_xml(data, key_of(path))
    except (orjson.JSONDecodeError, UnicodeDecodeError, XmlRefused):
        return NONE


def _in_json(content: Any, place: str | None, zh: str, en: str) -> Name:
    holder = content.get(place) if place and isinstance(content, dict) else content
    if not isinstance(holder, dict):
        return NONE
    return str(holder.get(zh) or ""), str(holder.get(en) or "")


def _in_xml(data: bytes, key: str) -> Name:
    """Of the process or decision that bears the file's name, else of the whole file."""
    root = parse_xml(data)
    for element in (*root, root):
        own = element is root or (element.get("id") == key and local_name(element) in ("process", "decision"))
        zh = (element.get("label") or element.get("name") or "") if own else ""
        if zh and zh != key:
            return zh, element.get(zr("nameEn")) or ""
    return NONE
