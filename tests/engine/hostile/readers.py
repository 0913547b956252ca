"""Every way in which bytes or texts from outside come into the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.engine.definition import Bundle, check_bundle, load_definition
from app.engine.diagram import render_svg
from app.engine.dmn import DmnInvalid, parse_decisions
from app.engine.environment import HOST_FUNCTIONS
from app.engine.errors import EngineError
from app.engine.feel import FeelError, compile_expression, compile_unary_tests
from app.engine.form import parse_form
from app.engine.importer import repair
from app.engine.layout import layout
from app.engine.soundness import Proofs, prove
from app.engine.xml import XmlRefused
from tests.engine.diagrams import env

# What a caller of the engine is told to expect; anything else is a fault.
REFUSALS = (XmlRefused, DmnInvalid, EngineError, FeelError)
VARIABLES = {"form": {"a": 1, "name": "x"}, "items": [1, 2, 3], "n": 5, "text": "abc"}


def check(data: Any) -> Any:
    """The linter reports everything and raises nothing."""
    problems = check_bundle(Bundle({"p": data}), {})
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise XmlRefused(*[errors[0].message_en] * 2)
    return len(problems)


def load(data: Any) -> Any:
    return len(load_definition(Bundle({"p": data}), "p").elements)


def bundle_proof(data: Any) -> Any:
    return len(Proofs.of_bundle(Bundle({"p": data})).file(data).findings)


def decide(data: Any) -> Any:
    model = parse_decisions(data)
    results = [model.evaluate(key, {"x": 1}, env().scope) for key in model.decisions]
    if any(result.errors for result in results):
        raise FeelError(str(results[0].errors[0]))
    return [repr(result.value)[:60] for result in results]


def form(data: Any) -> Any:
    parsed = parse_form(data, "p/f")
    return len(parsed.accept({"a": "x" * 1000}, {}, env().scope).values)


def evaluate(data: Any) -> Any:
    value = compile_expression(data, HOST_FUNCTIONS).evaluate(VARIABLES, env().scope)
    return f"{type(value).__name__} {value!r}"[:80]


def test(data: Any) -> Any:
    return compile_unary_tests(data).matches("abc", VARIABLES, env().scope)


READERS: dict[str, Callable[[Any], Any]] = {
    "check": check,
    "load": load,
    "prove": lambda data: len(prove(data).findings),
    "bundle_proof": bundle_proof,
    "layout": lambda data: len(layout(data)),
    "draw": lambda data: len(render_svg(data)),
    "import": lambda data: len(repair(data).findings),
    "decide": decide,
    "form": form,
    "evaluate": evaluate,
    "test": test,
}
CHECKS = ("check", "load", "prove", "bundle_proof")
DIAGRAM_READERS = (*CHECKS, "layout", "draw", "import")
