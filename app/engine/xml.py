"""The one hardened XML reader of the engine: no entities, no DTD, no network, bounded size."""

from __future__ import annotations

from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ZR = "https://zhirong.example.invalid/schema/1.0"

MAX_BYTES = 2_000_000
MAX_NODES = 20_000


class XmlRefused(ValueError):
    """The bytes are not XML we are willing to read; `line` is where, when it is known."""

    def __init__(self, message_zh: str, message_en: str, line: int | None = None) -> None:
        super().__init__(message_zh)
        self.message_zh, self.message_en = message_zh, message_en
        self.line = line


def qname(namespace: str, local: str) -> str:
    """`{namespace}local`, the way lxml writes a qualified name."""
    return f"{{{namespace}}}{local}"


def bpmn(local: str) -> str:
    """The qualified name of a BPMN 2.0 element, for example `bpmn("userTask")`."""
    return f"{{{BPMN}}}{local}"


def zr(local: str) -> str:
    """The qualified name of an element or attribute of our own extension namespace."""
    return f"{{{ZR}}}{local}"


def local_name(element: Any) -> str:
    """The tag without its namespace; an empty string for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace_of(element: Any) -> str:
    """The namespace of an element's tag; an empty string when it has none."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def parse_xml(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_nodes: int = MAX_NODES, remarks: bool = True
) -> etree._Element:
    """The root element of `data`, with comments and processing instructions unless `remarks` is false.

    Raises XmlRefused when it is not well-formed, larger than `max_bytes`, has more than `max_nodes`
    nodes (comments counted), or holds a DOCTYPE, the only place where entities can be declared.
    """
    if len(data) > max_bytes:
        raise XmlRefused(f"文件超过 {max_bytes} 字节的上限", f"the file is larger than {max_bytes} bytes")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=not remarks,
        remove_pis=not remarks,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise XmlRefused(
            f"不是格式良好的 XML：{error.msg}", f"not well-formed XML: {error.msg}", error.lineno
        ) from error
    except ValueError as error:
        raise XmlRefused(f"不是可读取的 XML：{error}", f"no readable XML: {error}") from error
    document: Any = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise XmlRefused("不接受含有 DOCTYPE 的文件", "a DOCTYPE is refused", 1)
    for count, node in enumerate(root.iter(), start=1):
        if count > max_nodes:
            raise XmlRefused(
                f"节点数超过 {max_nodes} 的上限", f"more than {max_nodes} nodes", node.sourceline
            )
    return root


def write_xml(root: etree._Element) -> bytes:
    """UTF-8 bytes with an XML declaration; comments around the root element are kept."""
    data: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return data + b"\n"
