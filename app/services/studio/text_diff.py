"""Two texts compared line by line, with a few equal lines around each change."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher

import orjson

CONTEXT_LINES = 3
MAX_LINES = 6_000


@dataclass(frozen=True)
class DiffLine:
    """One line: `kind` is same, added, removed or gap; numbers count from 1, None where the side has no such line."""

    kind: str
    before: int | None
    after: int | None
    text: str


def compare_texts(path: str, before: bytes | None, after: bytes | None) -> Sequence[DiffLine] | None:
    """The changed lines in order, empty when the texts are equal, None when they are too long to be compared."""
    old, new = _lines(path, before), _lines(path, after)
    if len(old) + len(new) > 2 * MAX_LINES:
        return None
    found: list[DiffLine] = []
    for number, group in enumerate(SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT_LINES)):
        if number:
            found.append(DiffLine("gap", None, None, ""))
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                found += [DiffLine("same", i + n + 1, j + n + 1, old[i + n]) for n in range(i_end - i)]
                continue
            found += [DiffLine("removed", n + 1, None, old[n]) for n in range(i, i_end)]
            found += [DiffLine("added", None, n + 1, new[n]) for n in range(j, j_end)]
    return found


def _lines(path: str, data: bytes | None) -> list[str]:
    """JSON is spread over lines first: some editors write it on one."""
    if data is None:
        return []
    if path.endswith(".json"):
        with suppress(orjson.JSONDecodeError):
            data = orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2)
    return data.decode(errors="replace").splitlines()
