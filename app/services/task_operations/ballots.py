"""Ballots of a board (表决): the holder of a task presides, each member votes alone, the result goes into the task.

What may be voted on by whom and what it decides is `app.engine.operations.ballots`; here papers are kept and checked.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.engine.form import Message, Text
from app.engine.operations import ballots as algebra
from app.engine.operations.ballots import Member, Motion, Paper, Terms, Voice
from app.models.ballots import Ballot, BallotPaper
from app.models.drafts import FormDraftRevision
from app.models.identity import GroupMember, User
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, conflicts, runtime
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted, SeparationViolated
from app.services.numbering import OFFICE_ZONE
from app.services.principals import people_behind
from app.services.registers import mailbox
from app.services.registers.fingerprint import plain
from app.services.scoring.seals import commitment
from app.services.task_operations import acting, people, signing
from app.services.task_operations.acting import Act

SAID = {
    "choice": ("请逐项表决。", "Vote on every motion."),
    "reason": ("反对、弃权、回避须说明理由。", "Say why you are against, abstain or stand aside."),
    "aside": ("此项您不参加表决。", "You do not vote on this motion."),
    "conflict": ("您与此案有利害关系，只能选择回避。", "You have an interest in this case: stand aside."),
}
LONGEST = 500
NO_BALLOT: dict[str, Any] = {"attendance": [], "votes": [], "is_quorate": False, "passed": False}


def latest(context: Context, task: UserTask) -> Ballot | None:
    """The newest ballot of a task with its papers."""
    query = select(Ballot).where(Ballot.task_id == task.id).order_by(Ballot.round.desc()).limit(1)
    query = query.options(selectinload(Ballot.papers).selectinload(BallotPaper.user))
    found: Ballot | None = context.session.scalar(query.execution_options(populate_existing=True))
    return found


def rounds_of(context: Context, task: UserTask) -> Sequence[Ballot]:
    """Every vote on a task, the oldest first."""
    query = select(Ballot).where(Ballot.task_id == task.id).order_by(Ballot.round)
    return context.session.scalars(query.options(selectinload(Ballot.papers))).all()


def outcome_of(context: Context, task: UserTask) -> dict[str, Any]:
    """What the form of the task knows as `ballot`: its result once it is closed, before that nothing but its state."""
    found = latest(context, task)
    result = found.result if found is not None else None
    return {
        **(result or NO_BALLOT),
        "is_open": found is not None and result is None,
        "is_closed": result is not None,
    }


def result_of(context: Context, task: UserTask) -> dict[str, Any]:
    """What the ballot adds to the task's result."""
    found = latest(context, task)
    return dict(found.result or {}) if found is not None else {}


def require_settled(context: Context, task: UserTask, values: Mapping[str, Any]) -> None:
    """Raises Conflict while a vote is open, Invalid where something else is handed in than what was voted on."""
    found = latest(context, task)
    if found is None:
        return
    if found.result is None:
        raise Conflict("表决尚未结束，不能提交。", "The vote is still open.")
    said = Text(
        "与交付表决的内容不一致，改动后须重新表决", "this is not what was voted on; put it to the vote again"
    )
    changed = {
        (name,): [Message(said)] for name, value in found.subject.items() if plain(values.get(name)) != value
    }
    if changed:
        raise Invalid("表单有误，请按提示更正。", "There is a problem with the form.", changed)


def open_ballot(act: Act, stated: Mapping[str, Any], subject: Mapping[str, Any]) -> Ballot:
    """Put to the vote what the diagram states, and `subject` of the form. Raises NotPermitted, Conflict."""
    context, task = act.context, act.task
    _require_chair(act)
    before = latest(context, task)
    if before is not None and before.result is None:
        raise Conflict("表决已经开始。", "The vote is open already.")
    has_passed = before is not None and (before.result or {}).get("passed")
    if before is not None and has_passed and before.subject == plain(subject):
        raise Conflict("已经表决通过，不再重复表决。", "This was passed; it is not voted on again.")
    terms = algebra.read_terms(stated)
    members = [_member(context, task, terms, person, said) for person, said in _board(context, task, terms)]
    ballot = Ballot(
        task_id=task.id, instance_id=task.instance_id, round=before.round + 1 if before else 1, terms=dict(stated),
        members=[{"principal": m.principal, "name": m.name, "aside": sorted(m.aside)} for m in members],
        subject=plain(subject), opened_at=context.now, opened_by_id=act.actor.id,
    )  # fmt: skip
    context.session.add(ballot)
    context.session.flush()
    voting = [
        m.principal for m in members if algebra.open_to(terms, m) and m.principal != act.person.principal
    ]
    if voting:
        signing.convene(act, [_user_id(principal) for principal in voting])
    acting.record(act, "ballot_opened", round=ballot.round, motions=[m.title for m in terms.motions],
                  members=ballot.members, subject=ballot.subject)  # fmt: skip
    mailbox.tell(
        context.session, voting, f"请表决：{task.name}（{act.row.number}）", "请在表决结束前表决。", context.now,
        kind="task_new",
        subject_en=f"Please vote: {task.name_en or task.name} ({act.row.number})", text_en="Vote before it is closed.",
        case_no=act.row.number,
    )  # fmt: skip
    return ballot


def cast(context: Context, task_id: int, votes: Mapping[str, tuple[str, str]]) -> Ballot:
    """The actor's own votes: motion → choice and reason. They stand, in secret where the ballot is sealed.

    A vote that somebody else recorded can be replaced by one's own. Raises Invalid, Conflict, NotPermitted.
    """
    act = acting.begin(context, task_id)
    if act.behalf is not None:
        raise NotPermitted("表决须由本人作出，不能由他人代理。", "Nobody votes for somebody else.")
    ballot = _require_open(context, act.task)
    member = _seat(ballot, act.actor)
    before = next((paper for paper in ballot.papers if paper.user_id == act.actor.id), None)
    if before is not None and before.recorded_by_id is None:
        raise Conflict("您已经表决。", "You have voted already.")
    paper = _checked(context, ballot, act.actor, member, votes)
    kept = before or BallotPaper(ballot_id=ballot.id, user_id=act.actor.id)
    sha256 = _keep(context, kept, paper)
    kept.recorded_by_id, kept.why = None, ""
    context.session.add(kept)
    if before is None and act.task.assignee_id != act.actor.id:
        signing.take_vote(context, act.task, act.actor.id)
    act.task.opened_at = act.task.opened_at or context.now
    acting.record(act, "ballot_cast", round=ballot.round, sealed_sha256=sha256)
    context.session.flush()
    return ballot


def record(
    context: Context, task_id: int, user_id: int, votes: Mapping[str, tuple[str, str]], why: str
) -> Ballot:
    """Record the votes that a member cast on paper; the member is told.

    Not by who votes, wrote what is voted on or is kept from the step. Raises NotPermitted, Invalid, Conflict.
    """
    row = runtime.lock_instance_of(context, task_id)
    task, actor = acting.fresh(context, task_id), acting.actor_of(context)
    if not (access.may(actor, "board.record") and access.may_see_instance(actor, row, context.session)):
        raise NotFound
    acting.require_open(task)
    ballot, person = _require_open(context, task), acting.require_person(context, user_id)
    _require_minute_taker(context, ballot, actor)
    member = _seat(ballot, person)
    if any(paper.user_id == person.id for paper in ballot.papers):
        raise Conflict("该成员已经表决。", "This member has voted already.")
    text = acting.require_reason(why, LONGEST)
    paper = BallotPaper(ballot_id=ballot.id, user_id=person.id, recorded_by_id=actor.id, why=text)
    sha256 = _keep(context, paper, _checked(context, ballot, person, member, votes))
    context.session.add(paper)
    if task.assignee_id != person.id:
        signing.take_vote(context, task, person.id)
    acting.record_task(context, row, task, "ballot_recorded", round=ballot.round, to=person.id, to_name=member.name,
                       reason=text, sealed_sha256=sha256)  # fmt: skip
    mailbox.tell(
        context.session, [person.principal], f"{actor.name}代为录入了您的纸面表决：{task.name}（{row.number}）",
        f"理由：{text}。与您的表决不符的，请在表决结束前自行表决，以您的为准。", context.now, kind="notice",
        subject_en=f"{actor.name} recorded your vote on paper: {task.name_en or task.name} ({row.number})",
        text_en=f"Why: {text}. If it is not yours, vote yourself before it is closed; yours counts.",
        case_no=row.number,
    )  # fmt: skip
    context.session.flush()
    return ballot


def close(context: Context, task_id: int) -> Ballot:
    """The chair ends the vote: sealed papers are opened and counted. Raises NotPermitted, Conflict.

    Whom an interest that came up since the opening keeps from a motion stands aside: without vote, counted nowhere.
    """
    act = acting.begin_held(context, task_id, "")
    _require_chair(act)
    ballot = _require_open(context, act.task)
    if broken := [paper.user.name for paper in ballot.papers if not is_intact(paper)]:
        raise Conflict(
            f"{broken[0]}的表决与密封时不一致。", f"The vote of {broken[0]} is not what was sealed."
        )
    papers = {paper.user.principal: paper_of(paper) for paper in ballot.papers}
    terms = algebra.read_terms(ballot.terms)
    result = {
        **algebra.count(terms, _members_now(context, ballot, terms), papers),
        **_circumstances(context, ballot),
    }
    ballot.closed_at, ballot.closed_by_id, ballot.result = context.now, act.actor.id, result
    signing.dismiss(context, act.task)
    acting.record(act, "ballot_closed", round=ballot.round, result=result,
                  papers={paper.user.principal: paper.sha256 for paper in ballot.papers})  # fmt: skip
    return ballot


def awaits_vote(context: Context, user: User, task: UserTask) -> bool:
    """Whether the user has still to vote on the task, and may."""
    ballot = latest(context, task)
    if ballot is None or ballot.result is not None or task.status != "open":
        return False
    if not people.may_act(context.session, user, task):
        return False
    member = next((found for found in members_of(ballot) if found.principal == user.principal), None)
    if member is None or not algebra.open_to(algebra.read_terms(ballot.terms), member):
        return False
    return all(paper.user_id != user.id for paper in ballot.papers)


def may_record(context: Context, user: User, ballot: Ballot) -> bool:
    """Whether the user may take down the votes that members cast on paper."""
    if not access.may(user, "board.record"):
        return False
    try:
        _require_minute_taker(context, ballot, user)
    except NotPermitted:
        return False
    return access.may_see_instance(user, ballot.task.instance, context.session)


def closed_to(context: Context, user: User, terms: Terms) -> frozenset[str]:
    """The motions of whose votes the user learns nothing, having an interest in their cases."""
    return frozenset(motion.key for motion in terms.motions if _bars(context, user, motion))


def votes_in(ballot: Ballot, user: User) -> bool:
    """Whether the user is a member who votes on something."""
    terms = algebra.read_terms(ballot.terms)
    return any(m.principal == user.principal and algebra.open_to(terms, m) for m in members_of(ballot))


def members_of(ballot: Ballot) -> list[Member]:
    """The members as the algebra sees them."""
    return [Member(row["principal"], row["name"], frozenset(row["aside"])) for row in ballot.members]


def paper_of(paper: BallotPaper) -> Paper:
    """What a member says to each motion."""
    return {key: Voice(row["choice"], row["reason"]) for key, row in paper.votes.items()}


def is_intact(paper: BallotPaper) -> bool:
    """Whether the votes are still those whose hash went into the history."""
    return commitment(paper.nonce, paper.votes) == paper.sha256


def _require_minute_taker(context: Context, ballot: Ballot, user: User) -> None:
    """Raises NotPermitted for members, for who wrote what is voted on, and for whom nothing of this may pass."""
    if votes_in(ballot, user):
        raise NotPermitted("参加表决的成员不能为他人录入。", "Who votes does not record the votes of others.")
    wrote = select(FormDraftRevision.saved_by_id).where(FormDraftRevision.task_id == ballot.task_id)
    if user.id == ballot.opened_by_id or user.id in context.session.scalars(wrote).all():
        raise SeparationViolated(
            "职责分离：您拟定了交付表决的内容，不能录入他人的表决。",
            "Separation of duty: you wrote what is put to the vote; somebody else records the votes.",
        )
    access.check_separation(context.session, user, ballot.task)
    if closed_to(context, user, algebra.read_terms(ballot.terms)):
        raise NotPermitted("您与表决所涉案件有利害关系。", "You have an interest in a case that is voted on.")


def _require_chair(act: Act) -> None:
    """Where the board has heads only they preside, unless all of them have to stand aside. Raises NotPermitted."""
    groups = [p.removeprefix("group:") for p in act.task.candidates if p.startswith("group:")]
    query = select(User).join(GroupMember, GroupMember.user_id == User.id).where(User.is_active)
    found = act.context.session.scalars(query.where(GroupMember.group_key.in_(groups), GroupMember.is_head))
    heads = {head.id for head in found if people.may_act(act.context.session, head, act.task)}
    if heads and act.person.id not in heads:
        raise NotPermitted(
            "表决由岗位负责人主持，请转办给负责人。", "Only a head of the board presides: hand it over."
        )


def _require_open(context: Context, task: UserTask) -> Ballot:
    ballot = latest(context, task)
    if ballot is None or ballot.result is not None:
        raise Conflict("现在没有进行中的表决。", "No vote is open.")
    return ballot


def _board(context: Context, task: UserTask, terms: Terms) -> Sequence[tuple[User, Member | None]]:
    """The members, by the diagram or else those whom the task is addressed to."""
    if not terms.voters:
        return [(person, None) for person in people_behind(context.session, task.candidates)]
    said = {member.principal: member for member in terms.voters}
    return [(person, said[person.principal]) for person in people_behind(context.session, said)]


def _member(context: Context, task: UserTask, terms: Terms, person: User, said: Member | None) -> Member:
    may_act = people.may_act(context.session, person, task)
    bound = {motion.key for motion in terms.motions if not may_act or _bars(context, person, motion)}
    if said is None:
        return Member(person.principal, person.name, frozenset(bound))
    return Member(person.principal, said.name, frozenset(bound | said.aside))


def _circumstances(context: Context, ballot: Ballot) -> dict[str, Any]:
    """What the minutes say besides the votes: which vote it was, the day, whose paper somebody else recorded."""
    on_paper = [
        {"name": paper.user.name, "by": paper.recorded_by.name, "why": paper.why}
        for paper in ballot.papers
        if paper.recorded_by is not None
    ]
    day = context.now.astimezone(OFFICE_ZONE).date().isoformat()
    return {"round": ballot.round, "closed_on": day, "on_paper": on_paper}


def _members_now(context: Context, ballot: Ballot, terms: Terms) -> list[Member]:
    """The members as they were called, less what separates them from motions by now."""
    people_now = {f"user:{person.id}": person for person in _persons(context, ballot)}
    return [
        _member(context, ballot.task, terms, person, member)
        if (person := people_now.get(member.principal)) is not None
        else member
        for member in members_of(ballot)
    ]


def _persons(context: Context, ballot: Ballot) -> Sequence[User]:
    ids = [_user_id(member.principal) for member in members_of(ballot)]
    return context.session.scalars(select(User).where(User.id.in_(ids))).all()


def _bars(context: Context, person: User, motion: Motion) -> bool:
    if not motion.case_no:
        return False
    case = context.session.scalar(select(ProcessInstance).where(ProcessInstance.number == motion.case_no))
    return case is not None and conflicts.bars(context.session, person, case)


def _seat(ballot: Ballot, person: User) -> Member:
    for member in members_of(ballot):
        if member.principal == person.principal and algebra.open_to(algebra.read_terms(ballot.terms), member):
            return member
    raise NotPermitted("您不参加本次表决。", "You do not vote here.")


def _checked(
    context: Context, ballot: Ballot, person: User, member: Member, votes: Mapping[str, tuple[str, str]]
) -> Paper:
    """The paper. Raises Invalid with what is wrong by motion, also where an interest came up since the opening."""
    terms = algebra.read_terms(ballot.terms)
    paper = {key: Voice(choice, reason.strip()[:LONGEST]) for key, (choice, reason) in votes.items()}
    wrong = algebra.complaints(terms, member, paper)
    is_barred = conflicts.bars(context.session, person, ballot.task.instance)
    for motion in algebra.open_to(terms, member):
        is_aside = motion.key in paper and paper[motion.key].choice == algebra.RECUSED
        if not is_aside and (is_barred or _bars(context, person, motion)):
            wrong[motion.key] = "conflict"
    if wrong:
        said = {(key,): [Message(Text(*SAID[code]))] for key, code in wrong.items()}
        raise Invalid("表决未记录，请按提示更正。", "The vote is not recorded; see below.", said)
    return paper


def _keep(context: Context, row: BallotPaper, paper: Paper) -> str:
    row.votes = {key: {"choice": voice.choice, "reason": voice.reason} for key, voice in paper.items()}
    row.nonce, row.cast_at = secrets.token_hex(32), context.now
    row.sha256 = commitment(row.nonce, row.votes)
    return row.sha256


def _user_id(principal: str) -> int:
    return int(principal.removeprefix("user:"))
