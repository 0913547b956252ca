"""Hostile files and expressions: refused with a clear error or read without harm, in bounded time and memory.

The attacks run in processes of their own with little memory and a limit of processor time for each attack.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.engine.hostile.child import all_attacks, attacks
from tests.engine.hostile.files import FORMS, ODD, REFUSED, SECRET
from tests.engine.hostile.readers import DIAGRAM_READERS
from tests.engine.hostile.texts import ESCAPES, FLOODS

ROOT = Path(__file__).resolve().parents[3]
# What a FEEL expression may give: plain data, and functions that only FEEL can call.
PLAIN = ("NoneType", "bool", "int", "float", "Decimal", "str", "list", "dict", "FeelFunction", "DaysDuration")
GIVEN_AWAY = ("<class", "<built-in", "<function", "<module", "<bound", "object at 0x", "subclasses", "/etc/")


@cache
def results(part: str) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """How each attack of a part ended."""
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "tests.engine.hostile.child", part],
            cwd=empty,
            env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2_000:]
    *lines, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert last == {"files": []}, "nothing was written"
    return {(line["reader"], line["name"]): line for line in lines}


@pytest.mark.parametrize("part", ["files", "texts"])
def test_every_attack_ends_as_it_should(part: str) -> None:
    found = results(part)
    assert len(found) == len(attacks(part))
    odd = {key: line for key, line in found.items() if line["how"] not in ("refused", "survived")}
    assert odd == {}


def test_refusals_say_why() -> None:
    for key, line in {**results("files"), **results("texts")}.items():
        assert line["how"] == "survived" or len(line["text"]) > 5, key


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_never_read(name: str) -> None:
    for reader in DIAGRAM_READERS:
        assert results("files")[reader, name]["how"] == "refused", reader


def test_no_file_of_the_server_comes_out() -> None:
    for key, line in results("files").items():
        assert SECRET not in line["text"], key


@pytest.mark.parametrize("text", ESCAPES)
def test_expressions_stay_inside(text: str) -> None:
    line = results("texts")["evaluate", text]
    if line["how"] == "survived":
        assert line["text"].partition(" ")[0] in PLAIN
        assert not any(word in line["text"] for word in GIVEN_AWAY)


@pytest.mark.parametrize(("part", "megabytes"), [("files", 700), ("texts", 200)])
def test_memory_stays_bounded(part: str, megabytes: int) -> None:
    assert max(line["kilobytes"] for line in results(part).values()) < megabytes * 1024


def test_there_are_many_attacks() -> None:
    assert len(ESCAPES) > 40
    assert len(FLOODS) + len(FORMS) + len(ODD) + len(REFUSED) > 90
    assert len({(reader, name) for reader, name, _ in all_attacks()}) == len(all_attacks())
