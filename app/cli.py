"""Command line verbs: `flask --app wsgi VERB`. None needs a running server."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson
from flask import Flask, current_app

from app import demo as demo_data
from app import schema
from app.demo.stage import Stage
from app.engine.errors import Problem
from app.engine.importer import import_check
from app.engine.layout import layout
from app.engine.lint import describe
from app.engine.soundness import Proofs
from app.engine.tck import NO_CASES, main_lines
from app.models.identity import Group
from app.services import content_files, delegates, history, identity, repository, search
from app.services.checkpoints import list_checkpoints, verify_checkpoints
from app.services.context import Context
from app.services.errors import NotDeployable
from app.services.posts import POSTS
from app.services.scoring import ranking
from app.services.studio import bundles, kept_tests, letter_editing
from app.verbs import Verb, named, refusals, unit
from app.worker import Worker

FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
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
AS_JSON = click.option("--json", "as_json", is_flag=True, help="print one JSON array instead")
FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


def register(app: Flask) -> None:
    """Give the application its verbs."""
    verbs = (migrate, deploy, export, lint_files, prove_files, layout_files, check_source, import_check_source, tck,
             list_delegates, index, run_worker, audit, user, demo)  # fmt: skip
    for verb in verbs:
        app.cli.add_command(verb)


@click.command("migrate", cls=Verb)
def migrate() -> None:
    """Bring the database to the newest schema (Alembic upgrade head)."""
    app: Any = current_app
    click.echo(schema.upgrade(app.database.engine))


@click.command("deploy", cls=Verb)
@click.argument("source", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--supersede", is_flag=True, help="withdraw a release that still waits for its date")
def deploy(source: Path | None, supersede: bool) -> None:
    """Check and deploy a folder (bpmn/, forms/, letters/, policies/, checks/) or a bundle.zip, at once."""
    try:
        with unit() as context:
            if supersede and (waiting := repository.waiting_release(context.session)) is not None:
                repository.withdraw_release(context, waiting.id)
                click.echo(f"withdrawn: release {waiting.id}, due {waiting.effective_at:%Y-%m-%d %H:%M} UTC")
            deployed = _deploy_from(context, source or context.settings.content_dir)
    except NotDeployable as error:
        _print_problems(error.problems)
        sys.exit(1)
    _print_problems(deployed.warnings)
    for row in deployed.definitions:
        click.echo(f"deployed {row.key} version {row.version}")
    if deployed.deployment is None:
        click.echo("nothing new to deploy")


def _deploy_from(context: Context, source: Path) -> repository.Deployed:
    if source.is_dir():
        return repository.deploy_folder(context, source)
    bundle = bundles.unpack(_bundle_bytes(source))
    return repository.deploy_bundle(context, bundle.files, bundle.title)


@click.command("export", cls=Verb)
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--zip", "target", type=click.Path(dir_okay=False, path_type=Path), help="write one bundle.zip instead"
)
@click.option(
    "--deployment", "number", type=int, help="a deployment by its number instead of the one in force"
)
def export(folder: Path | None, target: Path | None, number: int | None) -> None:
    """Write the bundle in force back to files; `deploy` then `export` gives the same files."""
    if (folder is None) == (target is None):
        raise click.UsageError("give a folder or --zip FILE")
    with unit() as context:
        deployment = repository.find_deployment(context.session, number)
        files = repository.deployment_files(context.session, deployment.id)
        if target is not None:
            target.write_bytes(bundles.pack_deployment(deployment, files))
            click.echo(f"{target.name}: {len(files)} files")
        for name, data in files.items() if folder is not None else ():
            written = Path(folder or ".") / name
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_bytes(data)
            click.echo(name)
    for name in sorted(content_files.read_folder(folder).keys() - files.keys()) if folder is not None else ():
        click.echo(f"not in the bundle, left as it is: {name}", err=True)


@click.command("lint", cls=Verb)
@FILES
@AS_JSON
def lint_files(files: tuple[Path, ...], as_json: bool) -> None:
    """Every finding about these files, checked together with the repository's folder around them."""
    app: Any = current_app
    bundle = content_files.read_folder(app.settings.content_dir)
    given = {_place(path): path.read_bytes() for path in files}
    problems = [p for p in repository.check_files({**bundle, **given}) if _concerns(p, given)]
    _print_problems(problems, as_json=as_json)
    sys.exit(1 if any(problem.severity == "error" for problem in problems) else 0)


@click.command("prove", cls=Verb)
@DIAGRAMS
@AS_JSON
def prove_files(files: tuple[Path, ...], as_json: bool) -> None:
    """Prove each diagram sound with what it calls, or show the shortest run that goes wrong."""
    app: Any = current_app
    given = {_place(path): path.read_bytes() for path in files}
    around = content_files.read_folder(app.settings.content_dir)
    proofs = Proofs.of_bundle(repository.make_bundle({**around, **given}))
    reports = []
    for path in files:
        with named(path):
            reports.append((path.name, proofs.file(path.read_bytes())))
    if as_json:
        click.echo(_json([{"file": name, **report.as_json()} for name, report in reports]))
    for name, report in () if as_json else reports:
        click.echo(f"{name}: {'sound' if report.sound else 'NOT sound'}")
        for finding in report.findings:
            click.echo(f"  {finding}")
    sys.exit(0 if all(report.sound for _, report in reports) else 1)


@click.command("layout", cls=Verb)
@DIAGRAMS
def layout_files(files: tuple[Path, ...]) -> None:
    """Write a lane-aware diagram layout into the files."""
    for path in files:
        with named(path):
            drawn = layout(path.read_bytes())
        path.write_bytes(drawn)
        click.echo(path.name)


@click.command("check", cls=Verb)
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@AS_JSON
def check_source(source: Path, as_json: bool) -> None:
    """Check a whole folder or bundle.zip and run the tests of its processes: every problem with its element id."""
    with refusals():
        found = (
            content_files.read_content(source)
            if source.is_dir()
            else bundles.read_bundle(_bundle_bytes(source))
        )
    problems = (
        *repository.check_files(found),
        *kept_tests.problems(found),
        *letter_editing.problems(found, None),
    )
    _print_problems(problems, as_json=as_json)
    errors = sum(problem.severity == "error" for problem in problems)
    if not as_json:
        click.echo(f"{errors} errors, {len(problems) - errors} warnings")
    sys.exit(1 if errors else 0)


@click.command("import-check", cls=Verb)
@FOLDER
def import_check_source(folder: Path) -> None:
    """Try to import every foreign diagram below a folder as an editable draft; the last line counts them."""
    last = ""
    for last in import_check(folder):
        click.echo(last)
    loaded, _of, found, _loaded = last.split()
    sys.exit(0 if loaded == found else 1)


@click.command("tck", cls=Verb)
@FOLDER
def tck(folder: Path) -> None:
    """Run a folder of DMN TCK cases; a folder without any is an error."""
    lines = list(main_lines(folder))
    if lines == [NO_CASES]:
        click.echo(NO_CASES)
        raise click.ClickException(f"{folder} holds no DMN TCK cases (*.xml with testCases)")
    _print_lines(lines)


@click.command("delegates", cls=Verb)
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


@click.command("index", cls=Verb)
def index() -> None:
    """Have a worker write what all cases are found by again."""
    with unit() as context:
        search.request_index(context)


@click.command("worker", cls=Verb)
@click.option("--once", is_flag=True, help="do what is due now, then stop")
def run_worker(once: bool) -> None:
    """Do jobs: timers, messages, notices. Any number of workers may run."""
    app: Any = current_app
    if (mismatch := schema.find_mismatch(app.database.engine)) is not None:
        raise click.ClickException(str(mismatch))
    worker = Worker(app.database, app.settings)
    if once:
        click.echo(f"{worker.drain()} jobs done")
    else:
        worker.run()


@click.group("audit")
def audit() -> None:
    """The history that can be checked."""


@audit.command("verify", cls=Verb)
def audit_verify() -> None:
    """Recompute every hash chain and name the first bad row of each damaged case."""
    app: Any = current_app
    with app.database.reading() as session:
        faults = list(history.verify_chains(session))
        broken = list(verify_checkpoints(session))
    for line in broken:
        click.echo(line)
    for fault in faults:
        click.echo(f"instance {fault.instance_id} row {fault.seq} (id {fault.event_id}): {fault.reason}")
    click.echo(
        f"{len(faults)} damaged cases, {len(broken)} damaged checkpoints"
        if faults or broken
        else "history is intact"
    )
    sys.exit(1 if faults or broken else 0)


@audit.command("export", cls=Verb)
def audit_export() -> None:
    """Print every checkpoint as a JSON line, to be kept where nobody who runs the system can change it."""
    app: Any = current_app
    with app.database.reading() as session:
        for found in list_checkpoints(session):
            click.echo(orjson.dumps(found).decode())


@audit.command("ranking", cls=Verb)
@click.argument("call_no")
def audit_ranking(call_no: str) -> None:
    """Compute the ranking of a call again from its sheets, draw and parameters; compare it byte for byte."""
    app: Any = current_app
    with refusals(), app.database.reading() as session:
        found = ranking.recompute(session, call_no)
    click.echo("\n".join(found.lines()))
    sys.exit(0 if found.is_same else 1)


@click.group("user")
def user() -> None:
    """Accounts."""


@user.command("create", cls=Verb)
@click.argument("username")
@click.option("--name", required=True)
@click.option("--group", "groups", multiple=True)
@click.password_option()
def user_create(username: str, name: str, groups: tuple[str, ...], password: str) -> None:
    """Create an account in the given groups."""
    with unit() as context:
        for key in groups:
            if context.session.get(Group, key) is None:
                click.echo(f"new group {key}")
            identity.ensure_group(context.session, key, *POSTS.get(key, (key, key)))
        identity.create_user(context, username=username, name=name, password=password, groups=groups)
    click.echo(f"created {username}")


@click.command("demo", cls=Verb)
def demo() -> None:
    """Create the demonstration data once and print the accounts."""
    app: Any = current_app
    demo_data.create(Stage(app.database, app.settings, datetime.now(UTC)))
    for line in demo_data.describe_accounts():
        click.echo(line)


def _bundle_bytes(path: Path) -> bytes:
    """A file that may be a bundle; one byte more than allowed is enough to refuse it."""
    with path.open("rb") as stream:
        return stream.read(bundles.MAX_BUNDLE_BYTES + 1)


def _place(path: Path) -> str:
    """Where a file belongs in a bundle: its own folder names if they are ours, else by its ending."""
    parts = path.resolve().parts
    for folder in content_files.FOLDERS:
        if folder in parts[:-1]:
            start = len(parts) - 1 - parts[::-1].index(folder)
            return "/".join(parts[start:])
    return f"forms/{path.name}" if path.suffix == ".json" else f"bpmn/{path.name}"


def _concerns(problem: Problem, given: dict[str, bytes]) -> bool:
    return any(name.endswith(problem.file) or problem.file in name for name in given)


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


def _print_problems(problems: Iterable[Problem], *, as_json: bool = False) -> None:
    if as_json:
        click.echo(_json([describe(problem) for problem in problems]))
        return
    for problem in problems:
        line = f":{problem.line}" if problem.line else ""
        place = f"{problem.file}{line}#{problem.element_id or '-'}"
        click.echo(
            f"{problem.severity}: {place} [{problem.code}] {problem.message_zh} / {problem.message_en}"
        )


def _print_lines(lines: Iterable[str]) -> None:
    last = ""
    for last in lines:
        click.echo(last)
    failed = last.rpartition(",")[2].split()
    sys.exit(0 if failed[:1] == ["0"] else 1)
