"""What the decision editor asks for: findings about tables, tests of a decision and tests offered at its limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.bundle import decision_file
from app.engine.dmn import DecisionModel, DmnInvalid, parse_decisions
from app.engine.dmn.analysis import TableFinding
from app.engine.dmn.boundaries import input_names, offer_checks
from app.engine.dmn.checks import Check, CheckResult, ChecksInvalid, read_checks, run_checks
from app.engine.feel import FeelError
from app.engine.lint.tables import table_findings
from app.services.context import Context
from app.services.errors import Invalid, NotFound


@dataclass(frozen=True)
class Finding:
    """A finding about a model: the element it belongs to, and the table finding unless the model is broken."""

    owner: str
    message_zh: str
    message_en: str
    table: TableFinding | None = None

    @property
    def is_grave(self) -> bool:
        """Whether it would refuse the deployment."""
        return self.table is None or (self.table.kind == "overlap" and self.table.certain)


@dataclass(frozen=True)
class Signature:
    """What a decision takes and gives; `outputs` is empty when it gives one value."""

    id: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Examined:
    """A model that was looked at; no decisions when it cannot be read."""

    findings: tuple[Finding, ...]
    decisions: tuple[Signature, ...] = ()


# What an evaluation says in English only, in Chinese.
_SAID = (
    (re.compile(r"rows (.+) all apply, but the hit policy is UNIQUE"), r"第 \1 行同时符合，而命中策略是唯一"),
    (
        re.compile(r"rows (\d+) and (\d+) apply with different results, but the hit policy is ANY"),
        r"第 \1、\2 行同时符合而结果不同，命中策略是任一",
    ),
    (re.compile(r"(.+): (.+) is not an allowed value"), r"\1：\2 不在允许的值之中"),
)


def say_error(message: str) -> str:
    """An evaluation's error in Chinese where it is one of the usual ones."""
    for pattern, words in _SAID:
        if pattern.fullmatch(message):
            return pattern.sub(words, message)
    return message


def decision_path(key: str) -> str:
    """Where a decision stands in a bundle."""
    return f"bpmn/{decision_file(key)}"


def checks_path(key: str) -> str:
    """Where the tests of a decision stand in a bundle."""
    return f"checks/{key}.json"


def examine(text: str) -> Examined:
    """Everything that is wrong or unwise in a model's unsaved text."""
    try:
        model = parse_decisions(text.encode())
    except DmnInvalid as error:
        wrong = (Finding(p.element_id, f"有误：{p.message}", p.message) for p in error.problems)
        return Examined(tuple(wrong))
    found = tuple(
        Finding(owner, finding.message_zh, finding.message, finding)
        for owner, finding in table_findings(model)
    )
    return Examined(found, tuple(_signature(model, key) for key in model.decisions))


def _signature(model: DecisionModel, key: str) -> Signature:
    decision = model.decisions[key]
    outputs = decision.table.outputs if decision.table is not None else ()
    names = tuple(clause.name for clause in outputs) if len(outputs) > 1 else ()
    return Signature(key, decision.name, tuple(input_names(model, key)), names)


def run_text(context: Context, text: str, key: str, tests: object) -> tuple[CheckResult, ...]:
    """What comes of these tests with a model's unsaved text. Raises Invalid, NotFound for another decision."""
    model = _model(text, key)
    return run_checks(model, key, _checks(tests), context.environment().scope)


def offer_text(context: Context, text: str, key: str, base: Mapping[str, Any]) -> tuple[Check, ...]:
    """Tests around the limits of a model's unsaved text, on top of a test's inputs. Raises Invalid, NotFound."""
    model = _model(text, key)
    try:
        return offer_checks(model, key, base, context.environment().scope)
    except FeelError as error:
        raise Invalid(f"测试的输入有误：{error}", f"The inputs of the test are wrong: {error}") from error


def run_kept(context: Context, files: Mapping[str, bytes], key: str) -> tuple[CheckResult, ...]:
    """What comes of the tests that a bundle keeps for a decision; none when it keeps none. Raises Invalid, NotFound."""
    kept = files.get(checks_path(key))
    if kept is None:
        return ()
    return run_text(context, files.get(decision_path(key), b"").decode(errors="replace"), key, kept)


def _checks(tests: object) -> tuple[Check, ...]:
    try:
        return read_checks(tests if isinstance(tests, bytes) else {"tests": tests})
    except ChecksInvalid as error:
        raise Invalid(f"测试表有误：{error.zh}。", f"The tests are wrong: {error.en}.") from error


def _model(text: str, key: str) -> DecisionModel:
    try:
        model = parse_decisions(text.encode())
    except DmnInvalid as error:
        raise Invalid(
            "决策模型有误，测试未运行；请先处理上面的问题。", "The model has errors; the tests were not run."
        ) from error
    if key not in model.decisions:
        raise NotFound
    return model
