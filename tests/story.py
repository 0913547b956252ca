"""The programme's story on an installation of a test's own, told with the demonstration's people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.demo import accounts, chapters
from app.models.identity import GroupMember, User
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services import repository, schedule
from tests.factories import World, make_world

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Story(chapters.Story):
    """The story with what only tests do to it."""

    @property
    def world(self) -> World:
        world: World = self.stage  # type: ignore[assignment]  # a world is a stage, and more
        return world

    def act_with_group(self, username: str, group: str, number: str, element_id: str, **data: Any) -> None:
        """The act of a person who also belongs to another group."""
        with self.world.acting() as context:
            context.session.add(GroupMember(group_key=group, user_id=self.world.people[username]))
        self.act(username, number, element_id, **data)


def make_story_world(url: str, folder: Path) -> World:
    """The demonstration's people and the repository's own processes, nothing started: the world of a Story."""
    world = make_world(url, folder)
    with world.acting() as context:
        accounts.create(context)
        repository.deploy_folder(context, ROOT)
        schedule.ensure_daily(context)
    with world.database.reading() as session:
        world.people = {user.username: user.id for user in session.scalars(select(User))}
    return world
