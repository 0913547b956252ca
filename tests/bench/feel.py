"""`python -m tests.bench.feel`: microseconds of processor time for one evaluation of typical conditions."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from app.engine.feel import compile_expression, compile_unary_tests
from app.engine.feel.scope import Scope
from tests.engine.diagrams import env

VARIABLES: dict[str, Any] = {
    "check": {"agree": "yes", "score": 86.5},
    "amount": 2_500_000,
    "days": 12,
    "org": {"type": "bank", "name": "某银行"},
    "params": {"limits": {"bank_count": 20, "bank_amount": 1_000_000_000}, "text": "x" * 8000},
    "deals": [{"amount": 100 * n, "kind": "loan" if n % 2 else "other"} for n in range(20)],
    "again": False,
}
CONDITIONS = (
    'check.agree = "yes"',
    "again",
    "amount > 1000000",
    'check.score >= 60 and org.type = "bank"',
    "days in [1..30]",
    "amount >= params.limits.bank_amount or days < 5",
    'org.type in ("bank", "insurer")',
    "not(again)",
)
# No condition, for comparison: what a script or an output cell computes.
COMPUTATIONS = (
    "sum(deals[kind = \"loan\"].amount)",
    'if amount > 10 then "large: " + string(amount) else "small"',
    'date("2026-03-01") + duration("P5D")',
)  # fmt: skip
CELLS = ((">= 60", 86), ('"bank","insurer"', "bank"), ("[1..30]", 12), ("-", 1))
ROUNDS = 7
CALLS = 2000


def microseconds(call: Any) -> float:
    """The best of some rounds: what else the machine does is no property of the expression."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            call()
        times.append((time.process_time() - began) / CALLS * 1e6)
    return min(times)


def lines() -> Iterator[dict[str, Any]]:
    """One line for each text, one for all conditions."""
    scope: Scope = env().scope
    found = []
    for kind, texts in (("condition", CONDITIONS), ("computation", COMPUTATIONS)):
        for text in texts:
            expression = compile_expression(text)
            taken = microseconds(lambda expression=expression: expression.evaluate(VARIABLES, scope))
            found += [taken] if kind == "condition" else []
            yield {"bench": "feel", "kind": kind, "text": text, "us": round(taken, 2)}
    for text, value in CELLS:
        tests = compile_unary_tests(text)
        taken = microseconds(lambda tests=tests, value=value: tests.matches(value, VARIABLES, scope))
        yield {"bench": "feel", "kind": "cell", "text": text, "us": round(taken, 2)}
    yield {"bench": "feel", "kind": "all conditions", "median_us": round(statistics.median(found), 2),
           "max_us": round(max(found), 2)}  # fmt: skip


def main() -> None:
    """Print a line for each figure."""
    for line in lines():
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
