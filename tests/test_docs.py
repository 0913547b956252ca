"""The documents tell the truth: settings, verbs, permissions, links and commands are those of the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from app import cli
from app.cli.checking import list_delegates
from app.services.access import OFFICE, PERMISSIONS
from config import Config

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
WORD = re.compile(r"[\w-]+")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _section(path: str, heading: str) -> str:
    """The text below one heading, up to the next of its kind."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{path} has no section {heading}"
    return found[1]


def _rows(section: str) -> Iterator[list[str]]:
    """The rows of the first table: cells without markup, without the head."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _verbs() -> Iterator[str]:
    app = Flask("documents")
    cli.register(app)
    context = click.Context(app.cli)
    for name in app.cli.list_commands(context):
        command = app.cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {below}" for below in command.commands)
        else:
            yield name


def test_every_setting_is_documented() -> None:
    section = _section("docs/operations.md", "Settings")
    assert [field.name for field in fields(Config) if f"`{field.name}`" not in section] == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {field.name for field in fields(Config)}
    told = {cells[0].strip("`") for cells in _rows(_section("docs/operations.md", "Settings"))}
    assert told - known == set()


def test_the_verbs_documented_are_those_that_exist() -> None:
    told = [
        re.split(r" [\[A-Z-]", cells[0].strip("`"))[0]
        for cells in _rows(_section("docs/operations.md", "Verbs"))
    ]
    assert sorted(told) == sorted(_verbs())


def test_the_permissions_documented_are_those_that_hold() -> None:
    told = {}
    for permission, groups, _meaning in _rows(_section("docs/security.md", "Who may do what")):
        names = set(groups.split())
        told[permission.strip("`")] = names - {"office"} | (OFFICE if "office" in names else set())
    assert told == {permission: set(groups) for permission, groups in PERMISSIONS.items()}


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    dead = [target for target in LINK.findall(text) if not _resolves(path, target)]
    assert dead == []


def _resolves(path: Path, target: str) -> bool:
    if target.startswith(("https://", "http://", "mailto:")):
        return True
    file, _, anchor = unquote(target).partition("#")
    found = (path.parent / file).resolve() if file else path
    if not found.exists() or not found.is_relative_to(ROOT):
        return False
    return not anchor or anchor in {
        _anchor(heading) for heading in HEADING.findall(found.read_text(encoding="utf-8"))
    }


def _anchor(heading: str) -> str:
    """As the usual forges make them: lower case, words joined by hyphens."""
    return "-".join(WORD.findall(heading.lower()))


@pytest.mark.parametrize("path", READMES, ids=_name)
def test_every_make_command_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)", path.read_text(encoding="utf-8")))
    assert named
    assert named - targets == set()


def test_the_page_of_operations_is_what_the_program_prints() -> None:
    printed = CliRunner().invoke(list_delegates).output
    assert (ROOT / "docs" / "service-tasks.md").read_text(encoding="utf-8") == printed


def test_both_readmes_show_the_same_pictures_and_documents() -> None:
    english, chinese = (
        {
            target
            for target in LINK.findall(path.read_text(encoding="utf-8"))
            if not target.startswith("README")
        }
        for path in READMES[:2]
    )
    assert english == chinese


def test_every_decision_is_listed_and_told_in_three_parts() -> None:
    folder = ROOT / "docs" / "adr"
    listing = (folder / "README.md").read_text(encoding="utf-8")
    for path in sorted(folder.glob("0*.md")):
        assert path.name in listing
        headings = HEADING.findall(path.read_text(encoding="utf-8"))
        assert headings[1:] == ["Context", "Decision", "Consequences"], path.name


def test_every_document_is_listed() -> None:
    listing = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    documents = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in documents if f"({name})" not in listing} == set()
