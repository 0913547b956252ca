"""What goes wrong inside says little to applicants; files need no transaction; registers know every state."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import g

from app.engine.errors import EngineError
from app.engine.feel import compile_expression
from app.factory import Application
from app.services.cases import OFFICE_KINDS
from app.web.labels import EVENTS
from tests.factories import World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
NOTICE = Path(__file__).resolve().parents[2] / "forms" / "publicity" / "notice.json"


@pytest.mark.parametrize(("username", "sees"), [("wang", False), ("yun", True)])
def test_an_engine_error_tells_its_reason_to_operators_only(
    world: World,
    application: Application,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    username: str,
    sees: bool,
) -> None:
    world.add_person("yun", "operator", "division")

    def broken() -> str:
        raise EngineError("secret reason")

    endpoint, _ = application.url_map.bind("localhost").match("/inbox")
    # The guard looks for the permission that the view names.
    view = functools.wraps(application.view_functions[endpoint])(broken)
    monkeypatch.setitem(application.view_functions, endpoint, view)
    answer = sign_in(username).get("/inbox")
    assert answer.status_code == 500
    assert "您的提交没有生效" in answer.text
    assert ("secret reason" in answer.text) is sees


def test_files_of_ours_open_no_transaction(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bool] = []
    begin = application.database.begin

    def counted(writing: bool) -> Any:
        opened.append(writing)
        return begin(writing=writing)

    monkeypatch.setattr(application.database, "begin", counted)
    client = application.test_client()
    found = next(path for path in Path(application.static_folder or "").rglob("*") if path.is_file())
    with client:
        address = f"/static/{found.relative_to(application.static_folder or '').as_posix()}"
        with client.get(address) as answer:
            assert answer.status_code == 200
            assert answer.data
        assert "unit" not in g
    assert opened == []
    missing = client.get("/static/nothing.css")
    assert missing.status_code == 404
    assert "没有找到" in missing.text


def _defaults(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for part in node for text in _defaults(part)]
    if not isinstance(node, dict):
        return []
    own = [node["default"]] if isinstance(node.get("default"), str) else []
    return own + [text for part in node.values() for text in _defaults(part)]


@pytest.mark.parametrize(
    ("basis", "begins"),
    [
        ("依据申报通知，经局长办公会审议。", "根据申报通知，经局长办公会审议，现予公示。"),
        ("《办法》第三条", "根据《办法》第三条，现予公示。"),
        ("根据通知；\n", "根据通知，现予公示。"),
    ],
)
def test_the_text_of_a_notice_is_one_sentence(basis: str, begins: str) -> None:
    text = next(text for text in _defaults(json.loads(NOTICE.read_bytes())) if "现予公示" in text)
    assert compile_expression(text.removeprefix("= ")).evaluate({"basis": basis}).startswith(begins)


def test_every_event_that_the_office_sees_has_words() -> None:
    assert OFFICE_KINDS - EVENTS.keys() <= {"case_state", "action"}
    assert "migrated" in OFFICE_KINDS
