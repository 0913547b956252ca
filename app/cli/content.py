"""Verbs about what can run: the schema, deployments and their files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app

from app import schema
from app.cli.database import Verb, unit
from app.cli.problems import bundle_bytes, print_problems
from app.services import content_files, repository
from app.services.context import Context
from app.services.errors import NotDeployable
from app.services.studio import bundles


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
        print_problems(error.problems)
        sys.exit(1)
    print_problems(deployed.warnings)
    for row in deployed.definitions:
        click.echo(f"deployed {row.key} version {row.version}")
    if deployed.deployment is None:
        click.echo("nothing new to deploy")


def _deploy_from(context: Context, source: Path) -> repository.Deployed:
    if source.is_dir():
        return repository.deploy_folder(context, source)
    bundle = bundles.unpack(bundle_bytes(source))
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
