"""The verb that runs the DMN compatibility kit."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from app.cli.files import FOLDER, FileVerb
from app.engine.tck import NO_CASES, main_lines


@click.command("tck", cls=FileVerb)
@FOLDER
def tck(folder: Path) -> None:
    """Run a folder of DMN TCK cases; a folder without any is an error."""
    lines = list(main_lines(folder))
    if lines == [NO_CASES]:
        click.echo(NO_CASES)
        raise click.ClickException(f"{folder} holds no DMN TCK cases (*.xml with testCases)")
    print_lines(lines)


def print_lines(lines: Iterable[str]) -> None:
    last = ""
    for last in lines:
        click.echo(last)
    failed = last.rpartition(",")[2].split()
    sys.exit(0 if failed[:1] == ["0"] else 1)
