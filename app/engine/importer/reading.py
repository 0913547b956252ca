"""Bytes of any tool → a tree with BPMN 2.0 names, or a refusal."""

from __future__ import annotations

import codecs
import re
from typing import Any

from lxml import etree

from app.engine.importer.findings import Repair, describe
from app.engine.xml import BPMN, BPMNDI, DC, DI, XmlRefused, bpmn, local_name, parse_xml

MAX_BYTES, MAX_NODES = 10_000_000, 200_000
ENCODINGS = ("utf-8", "gb18030", "latin-1")
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*>")
_NAMESPACE = re.compile(
    rb"(xmlns(?::[\w.-]+)?\s*=\s*[\"'])(https?://(?:www|schema)\.omg\.org/(?:spec/)?(?:BPMN|DD)/[^\"'\s]*)(?=[\"'])"
)


def read_foreign(data: bytes) -> tuple[Any, list[Repair]]:
    """The `definitions` element and what had to be done to read it.

    Raises XmlRefused for what no tool would call a BPMN 2.0 file, for entity declarations, and when it is
    too large.
    """
    found: list[Repair] = []
    data = _renamed(_without_doctype(data, found), found)
    root = _parse(data, found)
    if local_name(root) != "definitions":
        root = next((item for item in root.iter(bpmn("definitions"))), None)
        if root is None:
            raise XmlRefused("不是 BPMN 2.0 文件：没有 definitions 元素", "no BPMN 2.0 file: no definitions")
        root = parse_xml(etree.tostring(root, encoding="utf-8"), max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    if root.tag != bpmn("definitions"):
        raise XmlRefused(
            f"不是 BPMN 2.0 文件：根元素为 {root.tag}", f"no BPMN 2.0 file: the root is {root.tag}"
        )
    return root, found


def _without_doctype(data: bytes, found: list[Repair]) -> bytes:
    changed = _DOCTYPE.sub(b"", data, count=1)
    if changed != data:
        found.append(describe(None, "doctype_removed"))
    return changed


def _renamed(data: bytes, found: list[Repair]) -> bytes:
    """Namespaces of drafts of the standard → those of BPMN 2.0; extensions such as colours stay."""

    def current(match: re.Match[bytes]) -> bytes:
        name = match[2].rstrip(b"/")
        if b"non-normative" in name:
            return match[0]
        if b"/DD/" in name:
            return match[1] + (DI if name.endswith(b"DI") else DC).encode()
        return match[1] + (BPMNDI if name.endswith(b"/DI") else BPMN).encode()

    changed = _NAMESPACE.sub(current, data)
    if changed != data:
        found.append(describe(None, "namespace"))
    return changed


def _parse(data: bytes, found: list[Repair]) -> Any:
    try:
        return parse_xml(data, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    except XmlRefused as error:
        if len(data) > MAX_BYTES or b"<!DOCTYPE" in data:
            raise
        first = error
    text, encoding = _decode(data)
    clean = _ILLEGAL.sub("", _DECLARATION.sub("", text, count=1)).strip().encode()
    try:
        root = parse_xml(clean, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    except XmlRefused:
        root = _recover(clean, first)
        found.append(describe(None, "xml_recovered"))
    else:
        found.append(describe(None, "encoding", encoding))
    return root


def _decode(data: bytes) -> tuple[str, str]:
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace"), encoding
    if data[1:2] == b"\0" or data[:1] == b"\0":
        encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        return data.decode(encoding, "replace"), encoding
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace"), "utf-8"


def _recover(data: bytes, first: XmlRefused) -> Any:
    """What a lenient parser makes of it; the original error when that is nothing."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise first
    return parse_xml(etree.tostring(root, encoding="utf-8"), max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
