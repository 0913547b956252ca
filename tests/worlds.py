"""Worlds to copy: to fill a database takes longer than most tests, to copy a filled one does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.db import Database
from tests.databases import Databases
from tests.factories import World

Maker = Callable[[str, Path], World]
NewWorld = Callable[[Maker], World]


class Templates:
    """One filled database of a kind for each function that makes a world."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self.databases, self.folder = databases, folder
        self.made: dict[Maker, tuple[str, World]] = {}

    def copy(self, make: Maker, folder: Path) -> World:
        """A world as `make(url, folder)` gives it, with a database and a folder of its own."""
        if make not in self.made:
            url = self.databases.create()
            filled = make(url, self.folder / f"world_{len(self.made)}")
            filled.database.dispose()
            self.made[make] = url, filled
        url, filled = self.made[make]
        settings = replace(filled.settings, files_dir=folder / "files")
        return World(Database(self.databases.create(url)), settings, filled.now, dict(filled.people))

    @contextmanager
    def lent(self, folder: Path) -> Iterator[NewWorld]:
        """A function that copies worlds; they go at the end."""
        copies: list[World] = []

        def copy(make: Maker) -> World:
            copies.append(self.copy(make, folder))
            return copies[-1]

        yield copy
        for world in copies:
            world.database.dispose()
            self.databases.drop(url_of(world))


def url_of(world: World) -> str:
    """The address of its database."""
    return world.database.engine.url.render_as_string(hide_password=False)
