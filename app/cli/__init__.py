"""Command line verbs: `flask --app wsgi VERB`. None needs a running server, and each is read when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

# Where each verb stands, so that one about files need not read what the others need.
VERBS = {
    "migrate": "content:migrate",
    "deploy": "content:deploy",
    "export": "content:export",
    "delegates": "checking:list_delegates",
    "lint": "checking:lint_files",
    "check": "checking:check_source",
    "prove": "diagrams:prove_files",
    "layout": "diagrams:layout_files",
    "import-check": "diagrams:import_check_source",
    "tck": "conformance:tck",
    "index": "running:index",
    "worker": "running:run_worker",
    "audit": "auditing:audit",
    "user": "accounts:user",
    "demo": "demonstration:demo",
}


class Verbs(AppGroup):
    """The verbs by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted({*super().list_commands(ctx), *VERBS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, its module read now; None when there is none of that name."""
        if cmd_name not in VERBS:
            return super().get_command(ctx, cmd_name)
        module, _, name = VERBS[cmd_name].partition(":")
        verb: click.Command = getattr(import_module(f"{__name__}.{module}"), name)
        return verb


def register(app: Flask) -> None:
    """Give the application its verbs."""
    app.cli = Verbs(app.name)
