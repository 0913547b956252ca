"""Mistakes in expressions, names to offer, and ids of imported processes."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.authoring import NoProcess, find_mistakes, known_functions, rename_process, variables_of
from app.engine.authoring.variables import messages_of
from app.engine.bundle import Bundle
from app.engine.graph import read_collaboration
from app.engine.reading import Reading
from tests.factories import ASK, CHECK, LEAVE


@pytest.mark.parametrize(
    ("text", "kind", "places"),
    [
        ("", "formal", []), ("a + 1", "formal", []), ("= a + 1", "formal", []), ("${a == 1}", "formal", []),
        ("a +", "formal", [(1, 4)]), ("=\n  a +", "formal", [(2, 6)]), ("foo(1)", "formal", [(1, 1)]),
        ("1 +\nfoo(1)", "formal", [(2, 1)]), ("plain +", "value", []), ("= wd(", "value", [(1, 6)]),
        ("= wd(3)", "value", []), ("PT3D", "time", []), ("wd(", "time", [(1, 4)]),
        ("a = 1\nb = a +", "script", [(2, 8)]), ("a = 1 +\n  b +", "script", [(2, 6)]), ("a", "script", [(1, 1)]),
        ("a = 1 + bar(2)", "script", [(1, 9)]), ("< 5, [1..2]", "unary", []), ("< ", "unary", [(1, 3)]),
    ],
)  # fmt: skip
def test_mistakes_are_where_the_author_looks(text: str, kind: Any, places: list[tuple[int, int]]) -> None:
    found = find_mistakes(text, kind)
    assert [(mistake.line, mistake.column) for mistake in found] == places
    assert all(mistake.message_zh and mistake.message_en for mistake in found)


def test_names_of_a_model_may_have_blanks_and_be_called() -> None:
    assert find_mistakes("贷款 金额 + rate(1)", "formal")
    assert find_mistakes("贷款 金额 + rate(1)", "formal", ["贷款 金额", "rate"]) == ()


def test_mistakes_are_told_in_chinese() -> None:
    assert find_mistakes("if a then b", "formal")[0].message_zh == "缺少 else"
    wrong = [
        "1 +",
        "(1",
        "[1..2",
        "{a: }",
        "{a: 1, a: 2}",
        "@1",
        "a.1",
        "f(1, b: 2)",
        "f(a: 1, a: 2)",
        "x instance of",
    ]
    wrong += [
        "for in 1 return 1",
        '"a',
        "1 ~ 2",
        "some x in 1",
        "(" * 300,
        "function(1) 2",
        "1 = 1 = " * 200,
    ]
    told = [(text, mistake.message_zh) for text in wrong for mistake in find_mistakes(text, "formal")]
    assert {text for text, _ in told} == set(wrong)
    assert not [text for text, message in told if message.startswith("表达式有误")]


def test_functions_are_offered_with_their_parameters() -> None:
    forms = {function.name: function.forms for function in known_functions()}
    assert forms["wd"][0] == "wd(n)"
    assert "substring(string, start position, length?)" in forms["substring"]


def test_variables_hold_what_forms_and_the_host_give() -> None:
    reading = Reading(Bundle({"leave": LEAVE.encode()}, {}, {"leave/ask": ASK, "leave/check": CHECK}))
    reading.read_process("leave")
    found = {variable.name: variable.element_id for variable in variables_of(reading, "leave")}
    assert found["check"] == found["check.agree"] == "t_check"
    assert found["instance.no"] is None
    assert messages_of(reading) == ("MSG-STOP",)
    assert "check" not in {variable.name for variable in variables_of(reading, "elsewhere")}


def test_an_imported_process_takes_the_id_of_its_place() -> None:
    renamed = read_collaboration(rename_process(LEAVE.encode(), "t_ask"))
    assert [process.id for process in renamed.processes] == ["t_ask"]
    assert "t_ask_2" in {node.id for node in renamed.processes[0].nodes}
    assert rename_process(LEAVE.encode(), "leave") == LEAVE.encode()
    with pytest.raises(NoProcess):
        rename_process(b"<a/>", "leave")
