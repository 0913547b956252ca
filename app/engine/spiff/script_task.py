"""Script task: lines `name = FEEL expression`; no Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.engine.spiff.activity import Activity
from app.engine.spiff.variables import evaluate, write

if TYPE_CHECKING:
    from app.engine.spiff.settings import Pairs
    from app.engine.spiff.token import Token

_ASSIGNMENT = re.compile(r"(?P<name>[^\W\d][\w.]*)\s*=(?!=)(?P<text>.*)", re.DOTALL)


class ScriptTask(Activity):
    """Assigns variables one after the other; a later line sees what an earlier one wrote."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, assignments: Pairs, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.assignments = assignments

    def perform(self, token: Token) -> bool | None:
        for name, formula in self.assignments:
            write(token, name, evaluate(formula, token))
        return True


def split_script(text: str) -> list[tuple[str, str, int]]:
    """(name, FEEL text, line) of each assignment.

    A line that begins with a blank continues the one before; empty lines and lines that begin with `//` are
    skipped. Raises ValueError with the line that is no assignment.
    """
    entries: list[list[Any]] = []
    for number, line in enumerate(_dedent(text), 1):
        if not line.strip() or line.lstrip().startswith("//"):
            continue
        if line[0].isspace() and entries:
            entries[-1][0] += "\n" + line
        else:
            entries.append([line.strip(), number])
    result = []
    for entry, number in entries:
        match = _ASSIGNMENT.fullmatch(entry)
        if match is None or not match["text"].strip():
            raise ValueError(f"line {number}: {entry}")
        result.append((match["name"], match["text"].strip(), number))
    return result


def _dedent(text: str) -> list[str]:
    """The lines without the indentation that a pretty-printed file gives to all of them.

    Behind a first line that stands at the tag itself, indented lines are its continuation unless they assign.
    """
    lines = text.splitlines()
    used = [line for line in lines[1:] if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in used), default=0)
    outer = [line.strip() for line in used if not line[margin].isspace()]
    if lines and lines[0].strip() and not all(_is_line(line) for line in outer):
        margin = 0
    return [lines[0].lstrip(), *(line[margin:] for line in lines[1:])] if lines else []


def _is_line(text: str) -> bool:
    """Whether a line can stand by itself."""
    return text.startswith("//") or _ASSIGNMENT.fullmatch(text) is not None
