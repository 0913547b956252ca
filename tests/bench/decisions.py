"""`python -m tests.bench.decisions`: 10,000 stored inputs against a decision table with another limit."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from app.engine.dmn import DecisionModel, parse_decisions
from tests.bpmn.decisions import LIMITS, SCOPE
from tests.bpmn.walk import bundle

STORED = 10_000
OLD, NEW = "n &gt;= 笔数门槛", "n &gt;= 笔数门槛 + 5"


def stored_inputs(count: int, random: Random) -> list[dict[str, Any]]:
    """What institutions declared, near the limits."""
    return [
        {
            "org_type": random.choice(["bank", "insurer", "guarantor", "other"]),
            "n": random.choice([None, *range(60)]),
            "amt": random.randrange(2_000) * 1_000_000,
            "limits": LIMITS,
        }
        for _ in range(count)
    ]


def result_of(model: DecisionModel, inputs: Mapping[str, Any]) -> str:
    """The verdict, `?` when no row applies."""
    value = model.evaluate("track_record", inputs, SCOPE).value
    return str(value["result"]) if isinstance(value, dict) else "?"


def lines() -> Iterator[dict[str, Any]]:
    """One line: seconds, and how many verdicts the changed limit turns."""
    xml = bundle().decisions["track_record"]
    changed = xml.replace(OLD.encode(), NEW.encode())
    if changed == xml:
        raise ValueError("the table no longer asks for a number of deals")
    before, after = parse_decisions(xml), parse_decisions(changed)
    inputs = stored_inputs(STORED, Random(1))
    known = [result_of(before, each) for each in inputs]
    began = time.process_time()
    now = [result_of(after, each) for each in inputs]
    seconds = time.process_time() - began
    turned = Counter(f"{old} → {new}" for old, new in zip(known, now, strict=True) if old != new)
    yield {
        "bench": "decisions",
        "inputs": STORED,
        "seconds": round(seconds, 2),
        "us_each": round(seconds / STORED * 1e6),
        "turned": dict(turned),
    }


def main() -> None:
    """Print the line."""
    for line in lines():
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
