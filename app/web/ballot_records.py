"""The record of a vote that is over: what was put to it, who voted and how, quorum, majority, result; read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select

from app.engine.operations import ballots as algebra
from app.models.ballots import Ballot, BallotPaper
from app.models.register import Document
from app.models.runtime import UserTask
from app.services import access, cases, conflicts
from app.services.errors import NotFound
from app.services.task_operations import ballots
from app.web.form_pages import attachment_url, language, may_reveal
from app.web.forms import ShownForm, show_form
from app.web.guards import context, signed_in

Choice = tuple[str, str, str]


@dataclass(frozen=True)
class Seat:
    """One member on the page: `votes_here` unless kept from every motion, `paper` once there is one."""

    member: algebra.Member
    votes_here: bool
    paper: BallotPaper | None
    is_intact: bool = True


def choices() -> list[Choice]:
    """What one can say to a motion: code, words, tone."""
    return [
        (algebra.FOR, _("同意"), "ok"),
        (algebra.AGAINST, _("反对"), "late"),
        (algebra.ABSTAIN, _("弃权"), "mute"),
        (algebra.RECUSED, _("回避"), "warn"),
    ]


def seats_of(ballot: Ballot | None) -> list[Seat]:
    """The members with their papers."""
    if ballot is None:
        return []
    terms = algebra.read_terms(ballot.terms)
    papers = {paper.user.principal: paper for paper in ballot.papers}
    return [_seat(terms, member, papers.get(member.principal)) for member in ballots.members_of(ballot)]


def closed_to_reader(ballot: Ballot | None) -> frozenset[str]:
    """The motions of whose votes the reader learns nothing."""
    if ballot is None:
        return frozenset()
    return ballots.closed_to(context(), signed_in(), algebra.read_terms(ballot.terms))


def choose(rounds: Sequence[Ballot], number: int | None) -> Ballot | None:
    """The vote with this number, else the newest."""
    return next((found for found in rounds if found.round == number), rounds[-1] if rounds else None)


def record_page(task: UserTask, rounds: Sequence[Ballot], ballot: Ballot) -> str:
    """The page. Raises NotFound for who does not read the case as the office does, RecusalRequired for an interest."""
    found, reader = context(), signed_in()
    if not access.reads_as_office(reader, task.instance):
        raise NotFound
    conflicts.require_clear(found.session, reader, task.instance)
    closed_to = closed_to_reader(ballot)
    return render_template(
        "ballots/record.html",
        task=task,
        rounds=rounds,
        ballot=ballot,
        terms=algebra.read_terms(ballot.terms),
        minutes=[] if closed_to else _minutes(task, ballot),
        subject=_subject(task, ballot),
        seats=seats_of(ballot),
        closed_to=closed_to,
        choices=choices(),
    )


def _seat(terms: algebra.Terms, member: algebra.Member, paper: BallotPaper | None) -> Seat:
    is_intact = paper is None or ballots.is_intact(paper)
    return Seat(member, bool(algebra.open_to(terms, member)), paper, is_intact)


def _minutes(task: UserTask, ballot: Ballot) -> list[Document]:
    """The letters of the case that tell of just these votes."""
    votes = (ballot.result or {}).get("votes")
    query = select(Document).where(Document.instance_id == task.instance_id).order_by(Document.id)
    return [found for found in context().session.scalars(query) if votes and found.data.get("votes") == votes]


def _subject(task: UserTask, ballot: Ballot) -> ShownForm:
    """The fields of the form that were put to the vote, as they were then."""
    found = context()
    form = cases.form_of(found.session, task.instance, task)
    shown = show_form(form, ballot.subject, language(), {"ballot": {"is_open": True}}, found.environment().scope,
                      reveal=may_reveal(task.instance, found), attachment_url=attachment_url)  # fmt: skip
    nodes = [node for node in shown.nodes if node.component.key and node.component.key[0] in ballot.subject]
    return ShownForm(shown.language, nodes)
