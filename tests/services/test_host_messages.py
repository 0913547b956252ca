"""The table of the application's own messages names exactly those that its code sends and takes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import orjson

import app.services.operations
from app.services import delegates, host_messages
from app.services.host_messages import HANDLED, SENT, host_of

assert app.services.operations.__all__  # importing it registers what follows a message
SERVICES = Path(host_messages.__file__).parent


def test_every_message_of_the_code_is_in_the_table() -> None:
    named = {
        constant.value
        for path in SERVICES.rglob("*.py")
        if path.name != "host_messages.py"
        for constant in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
        if re.fullmatch(r"MSG-[A-Z-]+", constant.value)
    }
    assert named == SENT | HANDLED
    assert set(delegates._message_handlers) == HANDLED


def test_clauses_come_from_the_policies() -> None:
    policy = orjson.dumps({"id": "x", "clauses": [{"id": "C-1"}, {"zh": "无"}, "odd", {"id": 7}]})
    assert host_of({"policies/x.json": policy}).clauses == {"C-1"}
    assert host_of({"policies/x.json": b"{", "policies/y.json": b"[]"}).clauses == frozenset()
    assert host_of({}).clauses is None
