"""Verbs that do the work of the background."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app

from app import schema
from app.cli.database import Verb, unit
from app.services import search
from app.worker import Worker


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
