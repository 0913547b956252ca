from __future__ import annotations

import pytest

from app.engine.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from tests.engine.feel.evaluation import show, warnings_of

VARIABLES = {
    "申报金额": 120,
    "类型": "专利",
    "Monthly Salary": 10,
    "a-b": 5,
    "a": 1,
    "b": 2,
    "profit and loss": 7,
    "date of birth": "x",
    "in stock": True,
    "form": {"first name": "Li", "rows": [{"amount": 4, "name": "x"}, {"amount": 1, "name": "y"}]},
    "金额（万元）": 3,
    "rate of return": 4,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('申报金额 > 100 and 类型 in ("专利", "商标")', "true"),
        ("Monthly Salary * 12", "120"),
        ("a-b + a", "6"),
        ("a - b", "5"),  # the longest known name wins, blanks around its symbols do not matter
        ("profit and loss + a", "8"),
        ("date of birth", "x"),
        ("if in stock then 1 else 2", "1"),
        ("form.first name", "Li"),
        ("form.rows[amount > 3].name", '["x"]'),
        ('form.rows[name = "y"][1].amount', "1"),
        ("金额（万元） * 10000", "30000"),
        ("1 /* one */ + // two\n 2", "3"),
        ("{first part: 2, second-part: first part + 1}.second-part", "3"),
        ('{"key with +": 1}.key with +', "1"),
        ("for day in [1, 2] return day * 2", "[2, 4]"),
        ("for the day in [1, 2] return the day * 2", "[2, 4]"),
        ("(function(x: number, y) x + y)(1, 2)", "3"),
        ("(function(unit price) unit price * 2)(unit price: 4)", "8"),
        ("-(-3)", "3"),
        ("--3", "3"),
        ("-3 ** 2", "9"),
        ("2 ** 3 ** 2", "64"),
        ("10 - 2 - 3", "5"),
        ("1.5e2 + .5", "150.5"),
        (r'"\u4e2d\u6587 \U01F40E \" \\ \n"', '中文 🐎 " \\ \n'),
        (r'"\ud83d\udc0e"', "🐎"),
        ("[1, 2, 3][-1]", "3"),
        ("]1..3[ = (1..3)", "true"),
        ("[1..3[ = [1..3)", "true"),
        ("2 in ]1..3[ and true", "true"),
        ("[[1..3], ]4..6[]", "[[1..3], (4..6)]"),
        ("[1, [2, 3]][2][1]", "2"),
        ("for i in 1..3, j in [i] return i * j", "[1, 4, 9]"),
        ("if 1 = 1 then if false then 1 else 2 else 3", "2"),
        ("true and false or true", "true"),
        ("\u3000 1\u00a0+ 1", "2"),
        ("rate of return", "4"),
        ("instance of", "null"),
        ("a instance of number", "true"),
        ("[1, ]2..4[][2] = (2..4)", "true"),
    ],
)
def test_texts_mean_what_the_grammar_says(text: str, expected: str) -> None:
    assert show(text, VARIABLES) == expected


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("1 +", 1, 4),
        ("if a then b", 1, 12),
        ('"not closed', 1, 1),
        ("1 +\n  )", 2, 3),
        ("[1, 2", 1, 6),
        ("[1, ]", 1, 6),
        ("f(a: 1, 2)", 1, 9),
        ("f(a: 1, a: 2)", 1, 2),
        ("{a: 1, a: 2}", 1, 9),
        ("{a 1}", 1, 5),
        ("x between 1 or 3", 1, 13),
        ("for x return x", 1, 15),
        ("20..30", 1, 3),
        ("1 = ", 1, 5),
        ("a..b", 1, 2),
        ("x instance of", 1, 14),
        ("@5", 1, 2),
        ("then", 1, 1),
        ("1 2", 1, 3),
        ("a.", 1, 3),
    ],
)
def test_syntax_errors_name_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.message


def test_deep_nesting_is_a_syntax_error_and_long_chains_are_not() -> None:
    for text in ("(" * 500 + "1" + ")" * 500, "[" * 500 + "]" * 500, "1" + "[1]" * 500, "f" + "()" * 500):
        with pytest.raises(FeelSyntaxError):
            compile_expression(text)
    with pytest.raises(FeelSyntaxError):
        compile_expression("x instance of " + "list<" * 500 + "number" + ">" * 500)
    assert show("+".join(["1"] * 5000)) == "5000"
    assert show(" and ".join(["true"] * 5000)) == "true"
    assert show("-" * 5001 + "1") == "-1"
    with pytest.raises(FeelSyntaxError):
        compile_expression("1+" * 30_000 + "1")


def test_names_are_what_an_expression_needs_from_outside() -> None:
    text = (
        "total(rows[amount > limit].amount) + sum(for r in rows return r.x * rate) "
        "+ {k: base, m: k}.m + (function(p) p + q)(1) + working days(start)"
    )
    found = compile_expression(text)
    assert found.names == {"rows", "rate", "base", "q", "start"}
    assert found.entry_names == {"amount", "limit"}
    assert found.calls == {"total", "working days"}
    tests = compile_unary_tests("> limit, not found, ? = today()")
    assert tests.names == {"limit", "not found"}


def test_a_variable_hides_the_built_in_function_of_its_name() -> None:
    assert show("count", {"count": 3}) == "3"
    assert show("date", {"date": "x"}) == "x"
    assert show("min(1, 2)", {"x": 1}) == "1"


def test_compiled_texts_are_shared_whatever_plain_names_are_in_scope() -> None:
    assert compile_expression("a + 1", ["a", "b"]) is compile_expression("a + 1")
    assert compile_expression("a-b", ["a-b"]) is not compile_expression("a-b")
    assert compile_expression("a + 1", ["", "  ", "(", '"x', "if"]).names == {"a"}


def test_what_is_unknown_is_null_with_a_warning() -> None:
    assert show("nobody + 1") == "null"
    assert warnings_of("nobody")[0].startswith("nobody is unknown")
    assert any("no function" in warning for warning in warnings_of("nobody(1)"))
    assert warnings_of("1 +\n nobody")[0].endswith("(line 2, column 2)")
