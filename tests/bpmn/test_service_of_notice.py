"""R07 service of a notice: opened, deemed to be served, or bounced and served by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.bpmn.walk import FILE, Stub, Walk, missed

GIVEN = {"letter": "TPL-03", "to": "org:1", "case_no": "CX-2026-0001", "data": {"title": "受理通知书"}}
STUBS: dict[str, Stub] = {
    "render_letter": {"doc_no": "WS-1", "document_id": "WS-1", "sha256": "ab" * 32},
    "record_service": lambda given: {"served_at": "2026-03-02T10:00:00+08:00", "served_how": given["how"]},
}


def _start(**params: Any) -> Walk:
    walk = Walk("service_of_notice", GIVEN, STUBS, params=params)
    assert walk.called("render_letter") == [GIVEN]
    assert walk.called("deliver_document") == [{"doc_no": "WS-1", "to": "org:1"}]
    assert walk.open == set()
    return walk


def _opened() -> Walk:
    walk = _start()
    walk.send("MSG-RECEIPT-OPENED", "WS-1", at="2026-03-02T11:00:00+08:00")
    assert walk.instance.outcome == "served"
    assert walk.instance.variables["service"]["served_how"] == "opened"
    return walk


def _deemed() -> Walk:
    walk = _start(deemed_service_days=10)
    walk.wait("tm_deemed")
    assert walk.now == datetime.fromisoformat("2026-03-16T23:59:59+08:00")
    assert walk.called("record_service") == [{"doc_no": "WS-1", "how": "deemed"}]
    assert walk.instance.outcome == "deemed"
    return walk


def _bounced(method: str, how: str) -> Walk:
    walk = _start()
    walk.send("MSG-BOUNCED", "WS-1", reason="邮箱不存在")
    assert walk.task("t_manual").candidates == ("group:clerk",)
    given: dict[str, Any] = {"method": method, "served_at": "2026-03-02T09:00", "proof": [FILE["id"]]}
    assert walk.refused("t_manual", **given, note="") == ({"note"} if method == "public" else set())
    assert "served_at" in walk.refused("t_manual", **{**given, "served_at": "2026-03-02T10:01"})
    walk.do("t_manual", **given, note="无法联系")
    assert walk.called("record_service") == [{"doc_no": "WS-1", "how": how}]
    assert walk.instance.outcome == "served"
    return walk


def _posted() -> Walk:
    return _bounced("post", "manual")


def _announced() -> Walk:
    return _bounced("public", "public")


STORIES = [_opened, _deemed, _posted, _announced]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("service_of_notice", [story() for story in STORIES]) == set()


@pytest.mark.parametrize("days", [0, None])
def test_deemed_service_is_off_by_default(days: int | None) -> None:
    due = _start(deemed_service_days=days).instance.next_due()
    assert due is not None
    assert due.year == 9999
