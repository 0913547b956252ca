"""What verbs about files share: arguments, how they end, and where a file belongs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from app.engine.errors import EngineError
from app.engine.xml import XmlRefused
from app.services import content_files
from app.services.errors import NotDeployable, ServiceError

FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="print one JSON array instead")
FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


class FileVerb(click.Command):
    """A verb that ends with a message when a file cannot be used; anything else is a fault of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        """Do the verb's work."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            raise click.ClickException(f"{error.filename or 'file'}: {error.strerror or error}") from error


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
def named(path: Path) -> Iterator[None]:
    """What the engine refuses ends the command with the file's name."""
    try:
        yield
    except (EngineError, XmlRefused) as error:
        raise click.ClickException(f"{path.name}: {error}") from error


def place_of(path: Path) -> str:
    """Where a file belongs in a bundle: its own folder names if they are ours, else by its ending."""
    parts = path.resolve().parts
    for folder in content_files.FOLDERS:
        if folder in parts[:-1]:
            start = len(parts) - 1 - parts[::-1].index(folder)
            return "/".join(parts[start:])
    return f"forms/{path.name}" if path.suffix == ".json" else f"bpmn/{path.name}"


def as_text(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()
