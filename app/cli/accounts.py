"""Verbs about accounts."""

from __future__ import annotations

import click

from app.cli.database import Verb, unit
from app.models.identity import Group
from app.services import identity
from app.services.posts import POSTS


@click.group("user")
def user() -> None:
    """Accounts."""


@user.command("create", cls=Verb)
@click.argument("username")
@click.option("--name", required=True)
@click.option("--group", "groups", multiple=True)
@click.password_option()
def user_create(username: str, name: str, groups: tuple[str, ...], password: str) -> None:
    """Create an account in the given groups."""
    with unit() as context:
        for key in groups:
            if context.session.get(Group, key) is None:
                click.echo(f"new group {key}")
            identity.ensure_group(context.session, key, *POSTS.get(key, (key, key)))
        identity.create_user(context, username=username, name=name, password=password, groups=groups)
    click.echo(f"created {username}")
