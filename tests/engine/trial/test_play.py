"""Trials: scripts played in memory, kept as tests, with coverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.bundle import DelegateSignature
from app.engine.effects import ServiceCall
from app.engine.trial import (
    Answer,
    Completion,
    Delivery,
    KeptTest,
    Script,
    ScriptInvalid,
    Wait,
    World,
    coverage_of,
    expectation_of,
    play,
    read_kept,
    run_kept,
    write_kept,
)
from app.engine.trial.kept import with_answers
from app.engine.trial.samples import sample_result
from tests.bpmn.test_acceptance import CALL, DECLARATION, FACTS, ORG
from tests.bpmn.walk import START, PlainWeek, definition, parameters

ACCEPTANCE = definition("acceptance")
CHECK = "acceptance:t_check"
NOTICE = "acceptance:t_accept_notice"
GOOD = (
    Completion(CHECK, role="group:clerk", values={"paper_received": True}),
    Completion(NOTICE, role="group:clerk"),
    Delivery("MSG-RECEIPT-OPENED"),
)


def _answer(call: ServiceCall, now: datetime) -> Answer:
    if call.delegate == "read_clock":
        return Answer({"used": 0, "left": 5, "counted_on": now.date().isoformat()})
    return Answer(sample_result(ACCEPTANCE, DelegateSignature(call.delegate, result="context"), call, now))


WORLD = World(PlainWeek(), parameters(), _answer)
BEGUN = Script(
    "acceptance", START, {"case_no": "CX-1", "org": ORG, "call": CALL, "declaration": DECLARATION, "facts": FACTS}
)  # fmt: skip


def _with(*acts: Any, **answers: Answer) -> Script:
    return replace(BEGUN, acts=acts, answers={f"acceptance:{key}#1": found for key, found in answers.items()})


def test_services_say_what_they_would_have_done() -> None:
    played = play(ACCEPTANCE, BEGUN, WORLD)
    [call, clock] = played.reports[0].calls
    assert clock.delegate == "read_clock"
    assert (call.key, call.delegate) == ("acceptance:sv_ticket#1", "open_acceptance")
    assert call.parameters == {"case_no": "CX-1", "limit": 5}
    assert call.answer.result["acceptance_no"] == "ACCEPTANCE-2026-0000"
    [(place, number, view)] = played.tasks()
    assert (place, number, view.candidates) == (CHECK, 1, ("group:clerk",))
    assert played.reports[0].decisions[0].decision_id == "admissibility"
    assert played.instance is not None
    assert played.instance.variables["instance"]["no"].endswith("-2026-0000")


def test_a_whole_run_ends_as_the_real_one_would() -> None:
    played = play(ACCEPTANCE, _with(*GOOD), WORLD)
    assert played.failure is None
    assert played.instance is not None
    assert (played.instance.outcome, played.instance.case_state) == ("accepted", "accepted")
    assert "stop_clock" in {call.delegate for report in played.reports for call in report.calls}


def test_answers_can_be_chosen() -> None:
    played = play(ACCEPTANCE, _with(*GOOD[:2], sv_ticket=Answer({"acceptance_no": "SL-7"})), WORLD)
    letter = next(c for r in played.reports for c in r.calls if c.delegate == "render_letter")
    assert letter.parameters["data"]["acceptance_no"] == "SL-7"
    failed = play(ACCEPTANCE, _with(sv_ticket=Answer(error="NO_SUCH_CASE")), WORLD)
    assert failed.failure is not None
    assert (failed.failure.act, failed.failure.element_id) == (0, "sv_ticket")
    assert [call.delegate for call in failed.reports[0].calls] == ["open_acceptance"]


def test_time_passes_to_the_next_limit_or_by_days() -> None:
    due = play(ACCEPTANCE, _with(Wait()), WORLD)
    assert due.now == datetime.fromisoformat("2026-03-06T23:59:59+08:00")
    assert [call.delegate for call in due.reports[1].calls] == ["notify"]
    assert play(ACCEPTANCE, _with(Wait(2)), WORLD).now == datetime.fromisoformat("2026-03-04T10:00:00+08:00")
    days = play(ACCEPTANCE, _with(Wait(6)), WORLD)
    assert days.now == datetime.fromisoformat("2026-03-08T10:00:00+08:00")
    assert [call.delegate for call in days.reports[1].calls] == ["notify"]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (Completion("acceptance:t_nothing"), "no open task"),
        (Completion(CHECK, 2), "no open task"),
        (Completion(CHECK, role="group:board"), "not for group:board"),
        (Completion(CHECK, values={"outcome": "not_accept"}), "the form refuses outcome"),
        (Delivery("MSG-NOBODY"), "nothing waits"),
    ],
)
def test_what_cannot_be_done_stops_the_run_and_is_said(act: Any, said: str) -> None:
    played = play(ACCEPTANCE, _with(Wait(1), act, Wait(1)), WORLD)
    assert played.failure is not None
    assert said in played.failure.en
    assert (played.failure.act, len(played.reports), played.is_running) == (2, 3, False)


def test_a_form_refuses_in_the_name_of_its_field() -> None:
    played = play(ACCEPTANCE, _with(Completion(CHECK, values={"outcome": "not_accept"})), WORLD)
    assert played.failure is not None
    assert "outcome" in played.failure.zh


def _kept() -> KeptTest:
    played = play(ACCEPTANCE, _with(*GOOD), WORLD)
    return KeptTest("受理", with_answers(played), expectation_of(played))


def test_a_kept_test_reads_back_and_passes() -> None:
    kept = _kept()
    again = read_kept(write_kept(kept))
    assert write_kept(again) == write_kept(kept)
    assert again.script.acts == kept.script.acts
    assert run_kept(ACCEPTANCE, again, WORLD).differences == ()


def test_a_kept_test_does_not_depend_on_sample_answers() -> None:
    world = replace(WORLD, answer=lambda _call, _now: Answer(error="ELSEWHERE"))
    assert run_kept(ACCEPTANCE, _kept(), world).passed


def test_outputs_that_nobody_expects_fail_no_test() -> None:
    """A table with one more column still says what it said; one that says something else, or less, does not."""
    kept = _kept()
    decisions = [dict(item) for item in kept.expected["decisions"]]
    outputs = dict(decisions[0]["outputs"])
    for name in list(outputs):
        fewer = {key: value for key, value in outputs.items() if key != name}
        asked = {"decisions": [{**decisions[0], "outputs": fewer}, *decisions[1:]]}
        assert run_kept(ACCEPTANCE, replace(kept, expected=asked), WORLD).passed
    for odd in ({**outputs, "more": 1}, {**outputs, "suggestion": "other"}):
        asked = {"decisions": [{**decisions[0], "outputs": odd}, *decisions[1:]]}
        assert not run_kept(ACCEPTANCE, replace(kept, expected=asked), WORLD).passed


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"outcome": "refused"}, 'outcome: expected "refused", got "accepted"'),
        ({"path": ["acceptance:s_other"]}, "path 1: expected"),
        ({"open": [CHECK]}, "open: expected"),
        ({"decisions": []}, "decision 1: expected —"),
        ({"weather": 1}, "unknown expectation weather"),
    ],
)
def test_what_differs_is_named(expected: dict[str, Any], said: str) -> None:
    verdict = run_kept(ACCEPTANCE, replace(_kept(), expected=expected), WORLD)
    assert said in verdict.differences[0][1]
    assert not verdict.passed


def test_coverage_counts_what_was_reached_and_names_what_was_not() -> None:
    runs = [play(ACCEPTANCE, _with(*GOOD), WORLD), play(ACCEPTANCE, _with(Wait()), WORLD)]
    coverage = coverage_of(ACCEPTANCE, runs)
    assert (coverage.reached["t_check"], coverage.reached["t_accept_notice"]) == (2, 1)
    assert "b_remind" not in coverage.missed
    assert {"t_supp", "t_no_notice"} <= set(coverage.missed)
    assert coverage.percent == 100 * (len(coverage.elements) - len(coverage.missed)) // len(coverage.elements)
    assert "b_remind" in coverage_of(ACCEPTANCE, runs[:1]).missed


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"{",
        b'{"process": 1}',
        b'{"process": "p", "start": {"at": "2026-03-02"}, "expected": {"ended": true}}',
        b'{"process": "p", "start": {"at": "2026-03-02T10:00:00+08:00"}, "acts": [{"wait": 0}], "expected": {"a": 1}}',
        b'{"process": "p", "start": {"at": "2026-03-02T10:00:00+08:00"}, "expected": {}}',
        b'{"process": "p", "start": {"at": "2026-03-02T10:00:00+08:00"}, "acts": [{"complete": []}]}',
    ],
)
def test_what_is_no_script_is_refused(text: bytes) -> None:
    with pytest.raises(ScriptInvalid):
        read_kept(text)


ACTS = st.lists(
    st.one_of(
        st.sampled_from([*GOOD, Wait()]),
        st.builds(Wait, st.integers(1, 40)),
        st.builds(Completion, st.sampled_from([CHECK, NOTICE, "acceptance:t_supp"]), values=st.just({})),
        st.just(
            Completion(CHECK, values={"outcome": "supplement", "items": [], "supplement_list": "缺附件"})
        ),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(ACTS)
def test_running_a_kept_test_twice_gives_the_same(acts: list[Any]) -> None:
    """Also where it stops half-way: the same place, the same words."""
    script = _with(*acts)
    first, second = play(ACCEPTANCE, script, WORLD), play(ACCEPTANCE, script, WORLD)
    assert (first.failure, first.now) == (second.failure, second.now)
    assert expectation_of(first) == expectation_of(second)
    assert coverage_of(ACCEPTANCE, [first]) == coverage_of(ACCEPTANCE, [second])
    if first.failure is None:
        kept = read_kept(write_kept(KeptTest("", with_answers(first), expectation_of(first))))
        assert run_kept(ACCEPTANCE, kept, WORLD).differences == ()
