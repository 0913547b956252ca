"""What other vocabularies say on a model's elements, and what of it an editor dropped (DMN 1.5, 6.3.16)."""

from __future__ import annotations

from lxml import etree

from app.engine.dmn import xml


def lost_extensions(before: bytes, after: bytes) -> tuple[tuple[str, str], ...]:
    """(element id, name) of every extension that an element of `before` no longer carries in `after`.

    Elements that are gone took their extensions with them. Raises DmnInvalid for what is no XML.
    """
    old, new = _inventory(before), _inventory(after)
    return tuple((key, name) for key, names in old.items() if key in new for name in sorted(names - new[key]))


def _inventory(data: bytes) -> dict[str, frozenset[str]]:
    root = xml.parse_xml(data)
    own = etree.QName(root).namespace
    found: dict[str, frozenset[str]] = {}
    for element in root.iter():
        key = element.get("id")
        if isinstance(element.tag, str) and key and etree.QName(element).namespace == own:
            found[key] = frozenset(_extensions(element))
    return found


def _extensions(element: etree._Element) -> list[str]:
    attributes = [name for name in element.attrib if str(name).startswith("{")]
    children = (item for holder in xml.children(element, "extensionElements") for item in holder)
    return [str(name) for name in (*attributes, *(item.tag for item in children))]
