"""What every verb of the command line stands on: how it ends, and its unit of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import current_app
from sqlalchemy.exc import OperationalError, ProgrammingError

from app import schema
from app.engine.errors import EngineError
from app.engine.xml import XmlRefused
from app.services.clock import read_clock
from app.services.context import Context
from app.services.errors import NotDeployable, ServiceError


class Verb(click.Command):
    """A verb that ends with a message when the database or a file cannot be used; anything else is a fault of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        """Do the verb's work."""
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            told = str(error.orig).partition("\n")[0]
            advice = _mismatch() or f"is it there, and has `{schema.MIGRATE}` made its tables?"
            raise click.ClickException(f"the database cannot be used ({told}): {advice}") from error
        except OSError as error:
            raise click.ClickException(f"{error.filename or 'file'}: {error.strerror or error}") from error


def _mismatch() -> str:
    """What is wrong with the schema of the database, if that is it."""
    app: Any = current_app
    try:
        return str(schema.find_mismatch(app.database.engine) or "")
    except OperationalError:
        return ""


@contextmanager
def refusals() -> Iterator[None]:
    """What a service refuses ends the command with its message; the problems of a bundle are listed by the verb."""
    try:
        yield
    except NotDeployable:
        raise
    except ServiceError as error:
        raise click.ClickException(f"{error.message} / {error.message_en}") from error


@contextmanager
def unit() -> Iterator[Context]:
    """A writing context for one verb."""
    app: Any = current_app
    with refusals(), app.database.writing() as session:
        yield Context(session, read_clock(session, app.settings.demo), app.settings)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """What the engine refuses ends the command with the file's name."""
    try:
        yield
    except (EngineError, XmlRefused) as error:
        raise click.ClickException(f"{path.name}: {error}") from error
