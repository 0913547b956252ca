"""An office with the project's own diagrams, forms and letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import app.services.operations
from app.demo.chapters import MINUTES
from app.services import content_files, drafts, task
from app.services.errors import Invalid
from app.services.task_operations import ballots
from tests.factories import World, make_world

assert app.services.operations  # importing it registers the operations

ROOT = Path(__file__).resolve().parents[3]
USCC = "91310000MA1FL0000N"
GROUPS = (
    "clerk",
    "division",
    "approver",
    "objection",
    "finance_reviewer",
    "finance_approver",
    "finance",
    "signatory",
    "supervisor",
    "board",
)


def project_content() -> dict[str, bytes]:
    """Every file that the project deploys."""
    return content_files.read_folder(ROOT)


def make_office(url: str, folder: Path) -> World:
    """The project deployed, one person for each group, one bank with one signer."""
    world = make_world(url, folder)
    world.deploy(project_content())
    for group in GROUPS:
        world.add_person(group, group)
    world.add_person("editor")
    for person in ("inspector", "detective"):
        world.add_person(person, "investigator")
    world.add_organisation(USCC, "东海银行", "bank", editor="editor signer")
    world.add_organisation("91310000MA1FL0001R", "南湖担保", "guarantor")
    return world


def do(world: World, number: str, element: str, who: str, **values: Any) -> None:
    try:
        world.complete(who, world.open_tasks(number)[element], **values)
    except Invalid as error:
        pytest.fail(f"{element}: {error.errors}")
    world.worker().drain()


def resolve(world: World, number: str, element: str, who: str, **values: Any) -> None:
    """The only member of the board puts it to the vote, is in favour, and hands it in."""
    found = world.open_tasks(number)[element]
    with world.acting(who) as context:
        task.claim(context, found)
        drafts.save_draft(context, found, values)
        ballot = task.put_to_vote(context, found)
        ballots.cast(context, found, {m["key"]: ("for", "") for m in ballot.terms["motions"]})
        ballots.close(context, found)
    do(world, number, element, who, **values)
    for minutes in world.open_tasks(number).keys() & MINUTES:
        do(world, number, minutes, who)  # as they were drafted


def started(world: World, key: str, org_id: int = 1, **variables: Any) -> str:
    number = world.start(key, org_id=org_id, **variables)
    world.worker().drain()
    return number
