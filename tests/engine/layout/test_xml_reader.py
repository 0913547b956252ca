"""The hardened reader: what it refuses, and with which line."""

from __future__ import annotations

import pytest

from app.engine.xml import XmlRefused, local_name, namespace_of, parse_xml, write_xml

HOSTILE = {
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "billion laughs": b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>',
    "plain doctype": b"<!DOCTYPE a><a/>",
    "external dtd": b'<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><a/>',
    "undeclared entity": b"<a>&nothing;</a>",
    "truncated": b"<a><b></a>",
    "empty": b"",
    "not xml": b"\x00\x01\x02",
    "too deep": b"<a>" * 5000 + b"</a>" * 5000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_is_refused(data: bytes) -> None:
    with pytest.raises(XmlRefused):
        parse_xml(data)


def test_size_limits() -> None:
    with pytest.raises(XmlRefused, match="字节"):
        parse_xml(b"<a>" + b" " * 100 + b"</a>", max_bytes=50)
    with pytest.raises(XmlRefused, match="节点") as refused:
        parse_xml(b"<a>\n<b/>\n<b/></a>", max_nodes=2)
    assert refused.value.line == 3
    assert len(parse_xml(b"<a><b/><b/></a>", max_nodes=3)) == 2


def test_syntax_error_has_its_line() -> None:
    with pytest.raises(XmlRefused) as refused:
        parse_xml(b"<a>\n<b>\n</a>")
    assert refused.value.line == 3


def test_other_encodings_and_comments_survive() -> None:
    data = '<?xml version="1.0" encoding="GB18030"?><!-- 说明 --><a n="流程"/>'.encode("gb18030")
    root = parse_xml(data)
    assert root.get("n") == "流程"
    assert "说明".encode() in write_xml(root)


def test_names() -> None:
    root = parse_xml(b'<p:a xmlns:p="urn:x"><!-- c --><b/></p:a>')
    assert (local_name(root), namespace_of(root)) == ("a", "urn:x")
    assert [local_name(child) for child in root] == ["", "b"]
    assert [namespace_of(child) for child in root] == ["", ""]
