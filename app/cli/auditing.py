"""Verbs that check the history."""

from __future__ import annotations

import sys
from typing import Any

import click
import orjson
from flask import current_app

from app.cli.database import Verb
from app.cli.files import refusals
from app.services import history
from app.services.checkpoints import list_checkpoints, verify_checkpoints
from app.services.scoring import ranking


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
