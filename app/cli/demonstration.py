"""The verb that makes the demonstration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
from flask import current_app

from app import demo as demo_data
from app.cli.database import Verb
from app.demo.stage import Stage


@click.command("demo", cls=Verb)
def demo() -> None:
    """Create the demonstration data once and print the accounts."""
    app: Any = current_app
    demo_data.create(Stage(app.database, app.settings, datetime.now(UTC)))
    for line in demo_data.describe_accounts():
        click.echo(line)
