"""What verbs that need the database stand on: how they end, and their unit of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import current_app
from sqlalchemy.exc import OperationalError, ProgrammingError

from app import schema
from app.cli.files import FileVerb, refusals
from app.configuration import configure
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services.clock import read_clock
from app.services.context import Context
from config import Config


class Verb(FileVerb):
    """A verb that ends with a message when the database or a file cannot be used; anything else is a fault of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        """Do the verb's work, in an application that knows its database."""
        app: Any = current_app
        if "database" not in vars(app._get_current_object()):
            configure(app, Config())
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            told = str(error.orig).partition("\n")[0]
            advice = _mismatch() or f"is it there, and has `{schema.MIGRATE}` made its tables?"
            raise click.ClickException(f"the database cannot be used ({told}): {advice}") from error


def _mismatch() -> str:
    """What is wrong with the schema of the database, if that is it."""
    app: Any = current_app
    try:
        return str(schema.find_mismatch(app.database.engine) or "")
    except OperationalError:
        return ""


@contextmanager
def unit() -> Iterator[Context]:
    """A writing context for one verb."""
    app: Any = current_app
    with refusals(), app.database.writing() as session:
        yield Context(session, read_clock(session, app.settings.demo), app.settings)
