"""The page of a ballot: what is put to the vote, one's own votes, who has voted; the chair opens and closes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.engine.form import State
from app.engine.operations import ballots as algebra
from app.models.ballots import Ballot
from app.models.identity import User
from app.services import task
from app.services.errors import Invalid
from app.services.task import Work
from app.services.task_operations import ballots
from app.web import ballot_records
from app.web.form_pages import attachment_url, language
from app.web.forms import ShownForm, show_form
from app.web.guards import context, permission, signed_in
from app.web.numbers import whole_number
from app.web.task_views import evidence_of

blueprint = Blueprint("ballots", __name__)


@blueprint.get("/tasks/<int:task_id>/ballot")
@permission("case.read_office")
def show(task_id: int) -> str:
    """The vote that is open, or to be opened; one that is over, and any `?round=` before it, to be read only."""
    shown = task.reach(context(), task_id)
    rounds = ballots.rounds_of(context(), shown)
    asked = whole_number(request.args.get("round", ""))
    ballot = ballot_records.choose(rounds, asked)
    if ballot is not None and (shown.status != "open" or asked not in (None, rounds[-1].round)):
        return ballot_records.record_page(shown, rounds, ballot)
    return _page(task_id, whole_number(request.args.get("member", "")))


@blueprint.post("/tasks/<int:task_id>/ballot/open")
@permission("board.vote")
def put_to_vote(task_id: int) -> Any:
    try:
        task.put_to_vote(context(), task_id)
    except Invalid as error:
        return _page(task_id, error=error), 422
    flash(_("已交付表决，并已通知各成员。"), "success")
    return redirect(url_for("ballots.show", task_id=task_id))


@blueprint.post("/tasks/<int:task_id>/ballot/cast")
@permission("board.vote")
def cast(task_id: int) -> Any:
    try:
        ballots.cast(context(), task_id, _sent())
    except Invalid as error:
        return _page(task_id, error=error), 422
    flash(_("您的表决已记录。"), "success")
    return redirect(url_for("ballots.show", task_id=task_id))


@blueprint.post("/tasks/<int:task_id>/ballot/record")
@permission("board.record")
def record(task_id: int) -> Any:
    """A vote cast on paper, with who recorded it and why."""
    member = whole_number(request.form.get("member", "")) or 0
    try:
        ballots.record(context(), task_id, member, _sent(), request.form.get("why", ""))
    except Invalid as error:
        return _page(task_id, member, error=error), 422
    flash(_("纸面表决已录入，并已告知本人。"), "success")
    return redirect(url_for("ballots.show", task_id=task_id))


@blueprint.post("/tasks/<int:task_id>/ballot/close")
@permission("board.vote")
def close(task_id: int) -> Any:
    ballots.close(context(), task_id)
    flash(_("表决已结束，结果已载入任务。"), "success")
    return redirect(url_for("inbox.show_task", task_id=task_id))


def _sent() -> dict[str, tuple[str, str]]:
    """Motion → choice and reason, of the motions that the page asked about."""
    return {
        name.removeprefix("choice:"): (choice, request.form.get(name.replace("choice:", "reason:", 1), ""))
        for name, choice in request.form.items()
        if name.startswith("choice:")
    }


def _page(task_id: int, member_id: int | None = None, *, error: Invalid | None = None) -> str:
    """`member_id` is whose paper somebody records."""
    found, reader = context(), signed_in()
    work = task.look_at(found, task_id)
    ballot = ballots.latest(found, work.task)
    records = ballot is not None and ballots.may_record(found, reader, ballot)
    is_recording = member_id is not None and records
    voter = found.session.get(User, member_id) if is_recording and member_id is not None else reader
    stated = ballot.terms if ballot is not None else work.ballot
    return render_template(
        "ballots/show.html",
        task=work.task,
        terms=algebra.read_terms(stated) if stated else None,
        ballot=ballot,
        subject=_subject(work, ballot),
        evidence=evidence_of(work.task),
        motions=_motions(found, ballot, voter, work),
        voter=voter,
        is_recording=is_recording,
        rounds=ballots.rounds_of(found, work.task),
        seats=ballot_records.seats_of(ballot),
        closed_to=ballot_records.closed_to_reader(ballot),
        presides=task.may_complete(found, work.task) and work.ballot is not None,
        records=records,
        choices=ballot_records.choices(),
        sent=_sent(),
        problems=_problems(error),
        missing=_missing(work, error),
        error=error,
    )


def _motions(found: Any, ballot: Ballot | None, voter: User | None, work: Work) -> tuple[algebra.Motion, ...]:
    """The motions that the voter has still to vote on."""
    if ballot is None or voter is None:
        return ()
    recorded = next(
        (p for p in ballot.papers if p.user_id == voter.id and p.recorded_by_id is not None), None
    )
    if not ballots.awaits_vote(found, voter, work.task) and not (
        recorded and voter == signed_in() and not ballot.result
    ):
        return ()
    member = next(m for m in ballots.members_of(ballot) if m.principal == voter.principal)
    return algebra.open_to(algebra.read_terms(ballot.terms), member)


def _subject(work: Work, ballot: Ballot | None) -> ShownForm:
    """What is put to the vote: the form as it was then, or as its holder has drafted it."""
    terms = algebra.read_terms(work.ballot) if work.ballot else None
    typed: Mapping[str, Any] = {**work.values, **(work.draft.data if work.draft else {})}
    fields = terms.fields if terms else ()
    values = ballot.subject if ballot is not None else {name: typed.get(name) for name in fields}
    variables = {
        **work.variables,
        "ballot": {"is_open": True},
    }  # without its result, which has a place of its own
    shown = show_form(work.form, values, language(), variables, context().environment().scope,
                      reveal=True, attachment_url=attachment_url)  # fmt: skip
    return ShownForm(shown.language, [node for node in shown.nodes if node.kind != "table" or node.cells])


def _problems(error: Invalid | None) -> dict[str, str]:
    """Motion or field → what is wrong with it."""
    said = language()
    errors = error.errors if error is not None else {}
    return {str(path[0]): messages[0].said(said) for path, messages in errors.items()}


def _missing(work: Work, error: Invalid | None) -> list[str]:
    """What the form still lacks before it can be put to the vote, with the names of the fields."""
    problems = _problems(error)
    if not problems:
        return []
    states = work.form.survey({}, work.variables, context().environment().scope)
    return [
        f"{state.said(state.component.label, language())}：{problems[key]}"
        for state in _flat(states)
        if (key := ".".join(state.component.key)) in problems
    ]


def _flat(states: Iterable[State]) -> Iterator[State]:
    for state in states:
        yield state
        yield from _flat(state.states)
