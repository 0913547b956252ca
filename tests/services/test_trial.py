"""Trials and kept tests as services: what they write, what they expect, and the tests that ship with the content."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson
import pytest

import app.services.operations
from app.engine.trial import Answer, Completion, Delivery, Script, Wait, play
from app.models.trial import TrialRun
from app.services import content_files
from app.services.context import Context
from app.services.delegates import signatures
from app.services.errors import Conflict, Invalid, NotFound
from app.services.studio import drafts, kept_tests, trial
from app.services.studio.trial_answers import SAMPLES
from tests.bpmn.walk import ROOT, START
from tests.factories import World, make_leave_world
from tests.worlds import NewWorld

assert app.services.operations.__all__  # importing it registers the delegates
ASK = Completion("leave:t_ask", role="group:division", values={"reason": "探亲", "days": 3})
AGREE = Completion("leave:t_check", role="group:division", values={"agree": "yes"})
SERVED = ("acceptance", "appeal", "innovation_centre_declaration", "objection_handling")


def make_studio(url: str, folder: Path) -> World:
    made = make_leave_world(url, folder)
    made.add_person("jia", "process_designer")
    return made


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(make_studio)


@cache
def _content() -> dict[str, bytes]:
    return content_files.read_folder(ROOT)


def _begin(context: Context) -> TrialRun:
    draft = drafts.take_draft(context, None, "试")
    return trial.begin(context, draft, "leave", variables={"who": "王"}, at=START)


def test_a_run_goes_on_is_undone_and_is_kept(world: World) -> None:
    with world.acting("jia") as context:
        row = _begin(context)
        assert trial.act(context, row, 0, ASK).is_running
        trial.act(context, row, 1, Wait())
        assert not trial.watch(context, row).is_running
        with pytest.raises(Conflict):
            trial.act(context, row, 2, Wait(1))
        trial.undo(context, row, 2)
        trial.act(context, row, 3, AGREE)
        run_id = row.id
    with world.acting("jia") as context:
        draft = drafts.find_draft(context, 1)
        row = trial.find(context, draft, run_id, locked=True)
        path = trial.keep_as_test(context, row, "同意 3 天")
        assert path == "checks/leave/同意_3_天.json"
        files = drafts.draft_files(context, draft)
        run = kept_tests.run_all(files)
        assert (run.failed, run.coverage["leave"].missed) == (
            0,
            ("b_late", "b_stop", "e_no", "e_late", "e_stop"),
        )
        with pytest.raises(Invalid):
            trial.keep_as_test(context, row, "同意 3 天")
    with world.acting("jia") as context, pytest.raises(NotFound):
        trial.find(context, drafts.find_draft(context, 1), run_id + 1)


def test_what_is_refused_changes_nothing(world: World) -> None:
    with world.acting("jia") as context:
        row = _begin(context)
        for done in (AGREE, Completion("leave:t_ask"), Delivery("MSG-STOP"), Wait()):
            with pytest.raises(Invalid):
                trial.act(context, row, 0, done)
        with pytest.raises(Conflict):
            trial.act(context, row, 7, ASK)
        with pytest.raises(NotFound):
            trial.answer(context, row, 0, "leave:x#1", Answer())
        assert (row.revision, row.script["acts"]) == (0, [])


def test_a_run_follows_the_draft(world: World) -> None:
    """It is played again on what the draft says now; what no longer fits is shown where it happens."""
    with world.acting("jia") as context:
        row = _begin(context)
        trial.act(context, row, 0, ASK)
        text = drafts.read_file(context, row.draft, "bpmn/leave.bpmn").data
        drafts.write_file(context, row.draft, "bpmn/leave.bpmn", text.replace(b"t_ask", b"t_fill"), 0)
        failure = trial.watch(context, row).failure
        assert failure is not None
        assert (failure.act, failure.element_id, failure.refused) == (1, "t_ask", True)
        trial.undo(context, row, 1)
        assert [place for place, _n, _view in trial.watch(context, row).tasks()] == ["leave:t_fill"]


def test_samples_are_of_operations_that_there_are() -> None:
    assert SAMPLES.keys() <= signatures().keys()


@pytest.mark.parametrize("key", sorted(path.stem for path in (ROOT / "bpmn").glob("*.bpmn")))
def test_every_process_can_be_tried_from_its_sample(key: str) -> None:
    """What the page that begins a trial offers takes each of our processes to its first stop."""
    files = _content()
    definition = kept_tests.definition_in(files, key)
    sample = trial.sample_start(files, definition, START)
    assert orjson.dumps(sample)
    assert sample["org"]["principal"].startswith("org:")
    script = Script(key, START, sample, {}, trial.default_message(definition) or None)
    assert play(definition, script, kept_tests.world_of(definition, files)).failure is None


def test_the_tests_that_ship_pass_and_give_the_same_again() -> None:
    files = _content()
    first = kept_tests.run_all(files)
    assert [(outcome.path, outcome.differences) for outcome in first.outcomes if not outcome.passed] == []
    assert {outcome.process_id for outcome in first.outcomes} == set(SERVED)
    again = kept_tests.run_all({**files, "checks/other.json": b"{}"})
    assert [outcome.verdict and outcome.verdict.played.reports[-1].now for outcome in again.outcomes] == [
        outcome.verdict and outcome.verdict.played.reports[-1].now for outcome in first.outcomes
    ]
    assert {key: coverage.missed for key, coverage in again.coverage.items()} == {
        key: coverage.missed for key, coverage in first.coverage.items()
    }
    assert first.coverage["acceptance"].percent >= 50
    assert list(kept_tests.problems(files)) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "不是有效的 JSON"),
        (b'{"process": "leave", "start": {"at": "2026-03-02T10:00:00+08:00"}, "expected": {"ended": true}}',
         "不属于此流程"),
        (b'{"process": "gone", "start": {"at": "2026-03-02T10:00:00+08:00"}, "expected": {"ended": true}}',
         "流程有误"),
    ],
)  # fmt: skip
def test_a_test_that_cannot_run_is_a_problem_of_its_file(data: bytes, said: str) -> None:
    [problem] = kept_tests.problems({"checks/gone/x.json": data})
    assert (problem.file, said in problem.message_zh) == ("checks/gone/x.json", True)
