from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest

from app.services import delegates
from app.services.delegate_parameters import Unfit, convert, word
from app.services.delegates import DelegateContext, DelegateParameterInvalid, DelegateUnknown, delegate
from tests.services.registers.registers import SHANGHAI, Registers


@pytest.fixture
def sample() -> Iterator[None]:
    """An operation that answers with what it was given."""

    @delegate
    def sample_operation(
        ctx: DelegateContext,
        *,
        case_no: str,
        amount: Decimal,
        days: int = 5,
        items: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Answer.

        Gives everything.
        """
        return {"case_no": case_no, "amount": amount, "days": days, "items": items, "now": ctx.now}

    yield
    del delegates._operations["sample_operation"]


def test_a_signature_says_what_a_diagram_may_give(sample: None) -> None:
    signature = delegates.signatures()["sample_operation"]
    assert {n: (p.type, p.required) for n, p in signature.parameters.items()} == {
        "case_no": ("string", True),
        "amount": ("number", True),
        "days": ("number", False),
        "items": ("list", False),
    }
    assert signature.result == "context"
    assert signature.description.startswith("Answer.")


def test_every_operation_is_described_and_typed() -> None:
    for name, signature in delegates.signatures().items():
        assert signature.description, name
        assert signature.parameters, name


def test_results_are_plain_json_with_amounts_as_numbers(registers: Registers, sample: None) -> None:
    result = registers.call(
        "sample_operation", registers.add_case(), case_no="CX-1", amount="100.50", days=None
    )
    assert result == {
        "case_no": "CX-1",
        "amount": 100.5,
        "days": 5,
        "items": None,
        "now": "2026-03-02T09:30:00+08:00",
    }
    assert registers.call("sample_operation", registers.add_case(), case_no="", amount=100)["amount"] == 100


@pytest.mark.parametrize(
    ("given", "parameter", "reason"),
    [
        ({"amount": 1}, "case_no", "is null"),
        ({"case_no": None, "amount": 1}, "case_no", "is null"),
        ({"case_no": 7, "amount": 1}, "case_no", "must be text, not int"),
        ({"case_no": "a", "amount": "much"}, "amount", "is not a number: 'much'"),
        ({"case_no": "a", "amount": True}, "amount", "must be a number, not bool"),
        ({"case_no": "a", "amount": "NaN"}, "amount", "is not a finite number: 'NaN'"),
        ({"case_no": "a", "amount": 1, "days": 1.5}, "days", "must be a whole number, not 1.5"),
        ({"case_no": "a", "amount": 1, "items": [{}, 3]}, "items", "item 2 must be a context, not int"),
        ({"case_no": "a", "amount": 1, "more": 1}, "more", "is not a parameter of this operation"),
    ],
)
def test_a_wrong_parameter_is_named(
    registers: Registers, sample: None, given: dict[str, Any], parameter: str, reason: str
) -> None:
    with pytest.raises(DelegateParameterInvalid) as caught:
        registers.call("sample_operation", registers.add_case(), **given)
    assert (caught.value.parameter, caught.value.reason) == (parameter, reason)


def test_an_unknown_operation_is_named(registers: Registers) -> None:
    with pytest.raises(DelegateUnknown, match="no_such"):
        registers.call("no_such", registers.add_case())


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ("2026-03-02T09:30:00+08:00", datetime, datetime(2026, 3, 2, 9, 30, tzinfo=SHANGHAI)),
        ("2026-03-02", date, date(2026, 3, 2)),
        ("2026-03-02T23:00:00+08:00", date, date(2026, 3, 2)),
        (datetime(2026, 3, 2, tzinfo=SHANGHAI), date, date(2026, 3, 2)),
        (Decimal("3"), int, 3),
        (0.1, Decimal, Decimal("0.1")),
        (None, str | None, None),
        ("x", str | None, "x"),
        ("clear", Literal["clear", "changed"], "clear"),
        (("a", "b"), list[str], ["a", "b"]),
        ({"a": 1}, dict[str, Any], {"a": 1}),
        (object, Any, object),
        (True, bool, True),
    ],
)
def test_values_become_what_the_hint_asks(value: object, hint: Any, expected: object) -> None:
    assert convert(value, hint) == expected


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("2026-03-02T09:30:00", datetime),
        ("soon", datetime),
        (3, datetime),
        ("March", date),
        (3, date),
        ("maybe", bool),
        (1, bool),
        ("gone", Literal["clear", "changed"]),
        ("ab", list[str]),
        ([], dict[str, Any]),
        ([], Literal["clear"]),
    ],
)
def test_values_that_do_not_fit_are_refused(value: object, hint: Any) -> None:
    with pytest.raises(Unfit):
        convert(value, hint)


def test_words_of_types() -> None:
    hints: list[Any] = [
        str,
        int | None,
        Decimal,
        bool,
        datetime,
        date,
        dict[str, Any],
        list[str],
        Any,
        Literal["a"],
    ]
    assert [word(hint) for hint in hints] == [
        "string",
        "number",
        "number",
        "boolean",
        "date and time",
        "date",
        "context",
        "list",
        "Any",
        "string",
    ]
