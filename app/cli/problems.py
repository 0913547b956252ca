"""Problems as lines, and the bytes of a bundle."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from app.cli.files import as_text
from app.engine.errors import Problem
from app.engine.lint import describe
from app.services.studio import bundles


def print_problems(problems: Iterable[Problem], *, as_json: bool = False) -> None:
    if as_json:
        click.echo(as_text([describe(problem) for problem in problems]))
        return
    for problem in problems:
        line = f":{problem.line}" if problem.line else ""
        place = f"{problem.file}{line}#{problem.element_id or '-'}"
        click.echo(
            f"{problem.severity}: {place} [{problem.code}] {problem.message_zh} / {problem.message_en}"
        )


def bundle_bytes(path: Path) -> bytes:
    """A file that may be a bundle; one byte more than allowed is enough to refuse it."""
    with path.open("rb") as stream:
        return stream.read(bundles.MAX_BUNDLE_BYTES + 1)
