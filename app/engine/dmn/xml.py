"""DMN XML, read without regard to the version's namespace."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from app.engine import xml as engine_xml
from app.engine.dmn.errors import DmnError, DmnInvalid
from app.engine.xml import zr

MAX_BYTES = 4_000_000
MAX_ELEMENTS = 100_000
_FEEL_LANGUAGE = ("feel", "/spec/dmn/")


def parse_xml(data: bytes) -> etree._Element:
    """The root element, without remarks; raises DmnInvalid for what is no well-formed, harmless XML."""
    try:
        return engine_xml.parse_xml(data, max_bytes=MAX_BYTES, max_nodes=MAX_ELEMENTS, remarks=False)
    except engine_xml.XmlRefused as refused:
        raise DmnInvalid((DmnError(refused.message_en),)) from refused


def tag_of(element: etree._Element) -> str:
    """The element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: etree._Element, *tags: str) -> Iterator[etree._Element]:
    """The child elements of these names, all of them when no name is given."""
    for child in element:
        if not tags or tag_of(child) in tags:
            yield child


def child(element: etree._Element | None, *tags: str) -> etree._Element | None:
    """The first child element of these names."""
    return None if element is None else next(children(element, *tags), None)


def text_of(element: etree._Element | None, tag: str) -> str | None:
    """The text of a child element, None if there is no such child."""
    found = child(element, tag)
    return None if found is None else (found.text or "")


def attribute(element: etree._Element | None, name: str) -> str | None:
    """An attribute, None if missing or empty."""
    value = None if element is None else element.get(name)
    return value or None


def english_name(element: etree._Element | None) -> str:
    """What our extension `zr:nameEn` calls an element or a column in English; empty where it says nothing."""
    return (attribute(element, zr("nameEn")) or "").strip()


def id_of(element: etree._Element | None) -> str:
    """The id of the element or of the nearest one around it."""
    while element is not None:
        found = element.get("id")
        if found:
            return found
        element = element.getparent()
    return ""


def type_ref(element: etree._Element | None) -> str | None:
    """The element's type: an attribute since DMN 1.1, a child of item definitions."""
    return attribute(element, "typeRef") or (text_of(element, "typeRef") or "").strip() or None


def is_feel(language: str | None) -> bool:
    """Whether an expression language is FEEL, the default."""
    if not language:
        return True
    lowered = language.lower()
    return any(mark in lowered for mark in _FEEL_LANGUAGE)
