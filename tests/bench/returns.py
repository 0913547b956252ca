"""`python -m tests.bench.returns N [SEED]`: random walks with returns until N operations, one JSON line."""

from __future__ import annotations

import json
import sys
import time
from random import SystemRandom

from tests.engine.returning.walking import MAX_STEPS, walk


def main(*arguments: str) -> int:
    """Walk; the exit code is 1 when any walk broke."""
    count = int(arguments[0]) if arguments else 2_000
    seed = first = int(arguments[1]) if len(arguments) > 1 else SystemRandom().randrange(10**6, 10**9)
    began, returned, wrong = time.perf_counter(), 0, []
    while (seed - first) * MAX_STEPS < count:
        try:
            returned += walk(seed, 3 + seed % 2)
        except Exception as error:
            wrong.append(f"{seed}: {error!r}")
        seed += 1
    seconds = round(time.perf_counter() - began, 1)
    for line in wrong:
        sys.stderr.write(line + "\n")
    result = {"bench": "returns", "walks": seed - first, "operations": count, "returns": returned, "seed": first,
              "wrong": len(wrong), "seconds": seconds}  # fmt: skip
    sys.stdout.write(json.dumps(result) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
