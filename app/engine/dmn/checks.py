"""Tests of a decision that are kept with it: inputs, what must come out, and what came out.

Values are JSON; a text that begins with `=` is FEEL, for what JSON has no type for: `= date("2026-03-01")`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.engine.dmn.errors import DmnNotFound
from app.engine.dmn.model import DecisionModel
from app.engine.feel.errors import FeelError
from app.engine.feel.expressions import compile_expression
from app.engine.feel.hosting import format_feel, format_item, from_host
from app.engine.feel.operators import equals
from app.engine.feel.scope import Scope
from app.engine.feel.temporal import DaysDuration, FeelDate, FeelDateTime, FeelTime, YearsMonthsDuration

MAX_CHECKS = 300
MAX_NAME = 200
_DIGITS = 15
_MAKERS: dict[type, str] = {
    FeelDate: "date",
    FeelTime: "time",
    FeelDateTime: "date and time",
    DaysDuration: "duration",
    YearsMonthsDuration: "duration",
}


class ChecksInvalid(ValueError):
    """What is given is no list of tests; says where, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Check:
    """One test; `inputs` and `expected` as they are kept."""

    name: str
    inputs: Mapping[str, Any]
    expected: Any

    def as_json(self) -> dict[str, Any]:
        """The test as it is kept."""
        return {"name": self.name, "inputs": dict(self.inputs), "expected": self.expected}


@dataclass(frozen=True)
class CheckResult:
    """What came of a test: `actual` as it would be kept, numbers of the rows that hit, why there is no value."""

    check: Check
    passed: bool
    actual: Any = None
    rows: tuple[int, ...] = ()
    errors: tuple[str, ...] = field(default=())


def read_checks(data: object) -> tuple[Check, ...]:
    """The tests in the JSON of a file `checks/<decision>.json`, bytes or parsed. Raises ChecksInvalid."""
    if isinstance(data, bytes):
        try:
            data = json.loads(data, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise ChecksInvalid(f"不是有效的 JSON：{error}", f"no valid JSON: {error}") from None
    entries = data.get("tests") if isinstance(data, Mapping) else None
    if not isinstance(entries, list) or len(entries) > MAX_CHECKS:
        raise ChecksInvalid(
            f"tests 应为不超过 {MAX_CHECKS} 项的列表", f"tests must be a list of at most {MAX_CHECKS}"
        )
    return tuple(_read_check(entry, number) for number, entry in enumerate(entries, 1))


def _read_check(entry: object, number: int) -> Check:
    found = entry if isinstance(entry, Mapping) else {}
    name, inputs = found.get("name", ""), found.get("inputs")
    if not isinstance(name, str) or len(name) > MAX_NAME or not isinstance(inputs, Mapping):
        raise ChecksInvalid(
            f"第 {number} 项应有 name、inputs 和 expected", f"entry {number} needs name, inputs and expected"
        )
    return Check(name, inputs, found.get("expected"))


def run_checks(
    model: DecisionModel, decision_id: str, checks: Iterable[Check], scope: Scope | None = None
) -> tuple[CheckResult, ...]:
    """What comes of each test; nothing a test holds makes this raise but an unknown decision (DmnNotFound)."""
    if decision_id not in model.decisions:
        raise DmnNotFound(decision_id)
    return tuple(_run(model, decision_id, check, scope) for check in checks)


def _run(model: DecisionModel, decision_id: str, check: Check, scope: Scope | None) -> CheckResult:
    try:
        inputs = {str(name): value_of(raw, scope) for name, raw in check.inputs.items()}
        expected = value_of(check.expected, scope)
        result = model.evaluate(decision_id, inputs, scope)
    except FeelError as error:
        return CheckResult(check, passed=False, errors=(str(error),))
    actual = from_host(result.value)
    errors = tuple(error.message for error in result.errors)
    rows = tuple(row.index for row in result.trace.rows)
    passed = not errors and _agrees(from_host(expected), actual)
    return CheckResult(check, passed, keep(actual), rows, errors)


def _agrees(expected: Any, actual: Any) -> bool:
    """Equal; of a context only the entries that are expected count."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(name in actual and _agrees(value, actual[name]) for name, value in expected.items())
    return equals(expected, actual) is True


def value_of(raw: Any, scope: Scope | None = None) -> Any:
    """The value of what is kept. Raises FeelError for wrong FEEL."""
    if isinstance(raw, str) and raw.startswith("="):
        return compile_expression(raw[1:].strip()).evaluate({}, scope)
    if isinstance(raw, Mapping):
        return {str(name): value_of(item, scope) for name, item in raw.items()}
    if isinstance(raw, (list, tuple)):
        return [value_of(item, scope) for item in raw]
    return raw


def keep(value: Any) -> Any:
    """A value as JSON keeps it without loss."""
    found = from_host(value)
    if found is None or isinstance(found, bool):
        return found
    if isinstance(found, str):
        return f"= {format_item(found)}" if found.startswith("=") else found
    if isinstance(found, Decimal):
        return _keep_number(found)
    if isinstance(found, dict):
        return {name: keep(item) for name, item in found.items()}
    if isinstance(found, list):
        return [keep(item) for item in found]
    maker = _MAKERS.get(type(found))
    return f'= {maker}("{format_feel(found)}")' if maker else f"= {format_item(found)}"


def _keep_number(number: Decimal) -> int | float | str:
    if number == number.to_integral_value() and abs(number.adjusted()) < _DIGITS:
        return int(number)
    short = float(number)
    return short if Decimal(repr(short)) == number else f"= {format_feel(number)}"
