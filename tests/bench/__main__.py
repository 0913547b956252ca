"""`python -m tests.bench [NAME [ARGUMENT…]]…`: figures as JSON lines, never assertions on time.

Without names every bench of `make bench` runs; by name also those that take long (`fuzz`, `migration`, `returns`). What
follows a name and is none itself are its arguments: `python -m tests.bench inbox 100000 rush 10`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

from tests.bench import (
    dashboards,
    decisions,
    engine,
    evidence,
    feel,
    fuzz,
    http,
    inbox,
    memory,
    migration,
    returns,
    rush,
    weight,
)

EVERY = (engine, feel, decisions, memory, http, inbox, weight, evidence, dashboards, rush)
LONG = (fuzz, migration, returns)
BENCHES = {module.__name__.rpartition(".")[2]: module for module in (*EVERY, *LONG)}


def select(words: Sequence[str]) -> list[tuple[ModuleType, list[str]]]:
    """The benches that are named, each with its arguments; all of `make bench` where none is. Raises ValueError."""
    found: list[tuple[ModuleType, list[str]]] = []
    for word in words:
        if word in BENCHES:
            found.append((BENCHES[word], []))
        elif found:
            found[-1][1].append(word)
        else:
            raise ValueError(f"no bench {word!r}; there are {', '.join(sorted(BENCHES))}")
    return found or [(module, []) for module in EVERY]


def main(words: Sequence[str]) -> int:
    """Run; 1 when a bench found something wrong, 2 for an unknown name."""
    try:
        chosen = select(words)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return max(module.main(*arguments) or 0 for module, arguments in chosen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
