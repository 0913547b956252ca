"""Every diagram of the content with a slip in it: told where it is, or harmless by a second reading of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

import pytest
from lxml import etree

from app.engine.definition import Bundle, check_bundle
from app.engine.errors import Problem
from app.engine.graph import read_collaboration
from app.engine.lint import Host
from app.engine.xml import bpmn, zr
from app.services import content_files, delegates
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services.host_messages import host_of
from tests.bpmn.walk import ROOT, bundle
from tests.engine.lint.mutants import CHANGES, Mutant, count, mutant, undrawn
from tests.engine.soundness.reference import TooLarge, judge

DIAGRAMS = sorted(bundle().processes)
EACH = 3
STATES = 1_000


@cache
def host() -> Host:
    return host_of(content_files.read_folder(ROOT))


def sample(kind: str) -> Iterator[tuple[str, Mutant]]:
    """A few diagrams in which this can be done, each with one place where it is."""
    random = Random(kind)
    able = [process_id for process_id in DIAGRAMS if count(process_id, kind)]
    for process_id in random.sample(able, min(EACH, len(able))):
        yield process_id, mutant(process_id, kind, random.randrange(count(process_id, kind)))


def told(process_id: str, data: bytes) -> dict[tuple[str, str | None, str], Problem]:
    """What is found in a diagram beside those that it calls."""
    whole, files = bundle(), {process_id: data}
    todo = [data]
    forms: set[str] = set()
    decisions: set[str] = set()
    while todo:
        for element in etree.fromstring(todo.pop()).iter():
            called = element.get("calledElement") if element.tag == bpmn("callActivity") else None
            if called in whole.processes and called not in files:
                files[called] = whole.processes[called]
                todo.append(files[called])
            forms.add(element.get(zr("formKey"), ""))
            decisions.add(element.get(zr("decisionRef"), ""))
    small = Bundle(
        files,
        {key: value for key, value in whole.decisions.items() if key in decisions},
        {key: value for key, value in whole.forms.items() if key in forms},
    )
    problems = check_bundle(small, delegates.signatures(), host())
    return {(problem.code, problem.element_id, problem.message_en): problem for problem in problems}


def is_harmless(process_id: str, data: bytes) -> bool:
    """Whether a brute-force game of tokens finds nothing; one that is too long to be played says nothing."""
    process = read_collaboration(data).process(process_id)
    assert process is not None
    try:
        verdict = judge(process, STATES)
    except TooLarge:
        return True
    return not verdict.kinds and not verdict.dead


@cache
def before(process_id: str) -> frozenset[tuple[str, str | None, str]]:
    return frozenset(told(process_id, undrawn(process_id)))


@pytest.mark.parametrize("kind", CHANGES)
def test_a_slip_is_told_where_it_is_or_does_no_harm(kind: str) -> None:
    for process_id, changed in sample(kind):
        found = [
            problem
            for key, problem in told(process_id, changed.data).items()
            if key not in before(process_id)
        ]
        near = [
            problem
            for problem in found
            if problem.element_id in changed.ids or any(key in problem.message_en for key in changed.ids)
        ]
        if any(problem.severity == "error" for problem in found):
            assert near, f"{process_id} {changed}: told elsewhere alone: {found[:3]}"
        elif changed.excusable:
            assert is_harmless(process_id, changed.data), f"{process_id} {changed}: would be deployed"
        else:
            assert near, f"{process_id} {changed}: not told"
