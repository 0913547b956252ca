"""R08 archive: gather the case file, fill gaps, seal it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bpmn.walk import FILE, Stub, Walk, missed

FILES = [{"kind": "document", "name": "申报通知", "number": "WS-1", "sha256": "ab" * 32, "at": "2026-03-02"}]


def _start(*missing: list[str]) -> Walk:
    left = list(missing)
    stubs: dict[str, Stub] = {
        "build_archive": lambda _: {"archive_no": "DA-1", "files": FILES, "missing": left.pop(0)},
        "seal_archive": {"sealed_at": "2026-03-02T10:00:00+08:00", "retention": "30年"},
    }
    return Walk("archive", {"case_no": "PC-1", "document_class": "call"}, stubs)


def _complete() -> Walk:
    walk = _start([])
    assert walk.task("t_check").prefill["complete"] == "yes"
    walk.do("t_check")
    assert walk.called("render_letter")[0]["letter"] == "TPL-30"
    assert walk.called("render_letter")[0]["data"]["files"] == FILES
    assert walk.called("seal_archive") == [{"archive_no": "DA-1", "retention": 30}]
    assert (walk.instance.outcome, walk.instance.case_state) == ("archived", "archived")
    return walk


def _filled() -> Walk:
    walk = _start(["送达凭证"], [])
    assert walk.task("t_check").prefill["complete"] == "no"
    assert walk.refused("t_check", complete="no") == {"note"}
    assert walk.refused("t_check", complete="yes") == {"note"}
    walk.do("t_check", complete="no", note="缺送达凭证")
    walk.do("t_fill", files=[FILE["id"]], note="补邮寄回执")
    walk.do("t_check", complete="yes")
    assert len(walk.called("build_archive")) == 2
    assert walk.instance.outcome == "archived"
    return walk


STORIES = [_complete, _filled]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("archive", [story() for story in STORIES]) == set()
