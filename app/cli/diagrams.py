"""Verbs about diagrams, which need nothing but the engine."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app

from app.cli.files import AS_JSON, FOLDER, FileVerb, as_text, named, place_of, refusals
from app.engine.importer import import_check
from app.engine.layout import layout
from app.engine.soundness import Proofs
from app.services import content_files

DIAGRAM_SUFFIXES = {".bpmn", ".xml"}


def _only_diagrams(
    _context: click.Context, _parameter: click.Parameter, files: tuple[Path, ...]
) -> tuple[Path, ...]:
    for path in files:
        if path.suffix not in DIAGRAM_SUFFIXES:
            raise click.BadParameter(f"{path.name} is no BPMN diagram")
    return files


DIAGRAMS = click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_only_diagrams,
)


@click.command("prove", cls=FileVerb)
@DIAGRAMS
@AS_JSON
def prove_files(files: tuple[Path, ...], as_json: bool) -> None:
    """Prove each diagram sound with what it calls, or show the shortest run that goes wrong."""
    given = {place_of(path): path.read_bytes() for path in files}
    with refusals():
        around = content_files.read_folder(Path(current_app.config["CONTENT_DIR"]))
    proofs = Proofs.of_bundle(content_files.make_bundle({**around, **given}))
    reports = []
    for path in files:
        with named(path):
            reports.append((path.name, proofs.file(path.read_bytes())))
    if as_json:
        click.echo(as_text([{"file": name, **report.as_json()} for name, report in reports]))
    for name, report in () if as_json else reports:
        click.echo(f"{name}: {report.verdict}")
        for finding in report.findings:
            click.echo(f"  {finding}")
    sys.exit(0 if all(report.sound for _, report in reports) else 1)


@click.command("layout", cls=FileVerb)
@DIAGRAMS
def layout_files(files: tuple[Path, ...]) -> None:
    """Write a lane-aware diagram layout into the files."""
    for path in files:
        with named(path):
            drawn = layout(path.read_bytes())
        path.write_bytes(drawn)
        click.echo(path.name)


@click.command("import-check", cls=FileVerb)
@FOLDER
def import_check_source(folder: Path) -> None:
    """Try to import every foreign diagram below a folder as an editable draft; the last line counts them."""
    last = ""
    for last in import_check(folder):
        click.echo(last)
    loaded, _of, found, _loaded = last.split()
    sys.exit(0 if loaded == found else 1)
