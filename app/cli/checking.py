"""Verbs that check content as a deployment does, without a database."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app

from app.cli.files import AS_JSON, FILES, FileVerb, place_of, refusals
from app.cli.problems import bundle_bytes, print_problems
from app.engine.errors import Problem
from app.services import content_files, delegates, repository
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services.studio import bundles, kept_tests, letter_editing


@click.command("lint", cls=FileVerb)
@FILES
@AS_JSON
def lint_files(files: tuple[Path, ...], as_json: bool) -> None:
    """Every finding about these files, checked together with the repository's folder around them."""
    with refusals():
        bundle = content_files.read_folder(Path(current_app.config["CONTENT_DIR"]))
    given = {place_of(path): path.read_bytes() for path in files}
    problems = [p for p in repository.check_files({**bundle, **given}) if _concerns(p, given)]
    print_problems(problems, as_json=as_json)
    sys.exit(1 if any(problem.severity == "error" for problem in problems) else 0)


@click.command("check", cls=FileVerb)
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@AS_JSON
def check_source(source: Path, as_json: bool) -> None:
    """Check a whole folder or bundle.zip and run the tests of its processes: every problem with its element id."""
    with refusals():
        found = (
            content_files.read_content(source)
            if source.is_dir()
            else bundles.read_bundle(bundle_bytes(source))
        )
    problems = (
        *repository.check_files(found),
        *kept_tests.problems(found),
        *letter_editing.problems(found, None),
    )
    print_problems(problems, as_json=as_json)
    errors = sum(problem.severity == "error" for problem in problems)
    if not as_json:
        click.echo(f"{errors} errors, {len(problems) - errors} warnings")
    sys.exit(1 if errors else 0)


@click.command("delegates", cls=FileVerb)
def list_delegates() -> None:
    """Print every operation that a service task may name, as the page docs/service-tasks.md."""
    click.echo("# Operations of service tasks\n")
    click.echo("Made by `flask --app wsgi delegates`. A question mark marks parameters that may be left out.")
    for name, signature in delegates.signatures().items():
        parameters = ", ".join(
            f"{key}{'' if spec.required else '?'}: {spec.type}" for key, spec in signature.parameters.items()
        )
        result = "" if signature.result == "null" else f" → {signature.result}"
        click.echo(f"\n## {name}\n\n`{name}({parameters}){result}`\n\n{signature.description}")


def _concerns(problem: Problem, given: dict[str, bytes]) -> bool:
    return any(name.endswith(problem.file) or problem.file in name for name in given)
