"""`python -m tests.bench.fuzz N [SEED]`: N random processes against the reference, one JSON line."""

from __future__ import annotations

import json
import sys
import time
from random import Random, SystemRandom

from tests.engine.fuzz.driving import check
from tests.engine.fuzz.graphs import draw_graph, run_graph


def main(*arguments: str) -> int:
    """Run; the number of wrong processes is the exit code (at most 1)."""
    count = int(arguments[0]) if arguments else 10_000
    first = int(arguments[1]) if len(arguments) > 1 else SystemRandom().randrange(10**6, 10**9)
    began = time.perf_counter()
    wrong = [report for seed in range(first, first + count) if (report := check(seed)) is not None]
    for seed in range(first, first + count // 4):
        random = Random(seed)
        run_graph(draw_graph(random), random)
    seconds = round(time.perf_counter() - began, 1)
    for report in wrong:
        sys.stderr.write(report + "\n")
    result = {"bench": "fuzz", "processes": count, "graphs": count // 4, "seed": first, "wrong": len(wrong),
              "seconds": seconds}  # fmt: skip
    sys.stdout.write(json.dumps(result) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
