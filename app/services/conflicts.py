"""Conflicts of interest (回避): facts from the registers and declarations, judged by the office's own table D19.

`check` is part of `access.check_separation` and so stands before every assignment, opening and act; `bars` keeps a
file from being opened at all. Facts are gathered here; what follows from them says the decision `conflict_of_interest`
of the case's own deployment. Where a deployment has no such table, every fact bars.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.engine.environment import Environment
from app.models.identity import Membership, Organisation, User
from app.models.interests import InterestDeclaration
from app.models.runtime import ProcessInstance, UserTask
from app.services import policy, repository
from app.services.calendar import calendar_of
from app.services.errors import RecusalRequired

DECISION = "conflict_of_interest"
ZONE = ZoneInfo("Asia/Shanghai")
YEARS = 3  # where no parameter recusal_years is in force
APPLICANTS = frozenset({"apply", "sign", "respond"})
HANDLED = ("accept", "review", "approve")
# Duty of the task → duties on the same case whose exercise is an interest in it ("officer" of D19, S4).
JUDGED_AGAIN = {
    "score": HANDLED,
    "objection": (*HANDLED, "score"),
    "objection_approve": (*HANDLED, "score"),
    "appeal": (*HANDLED, "score"),
    "appeal_decide": (*HANDLED, "score"),
}
# What people declare: its words, and the word of D19 for it.
KINDS = {
    "employed": ("在该单位任职", "employed there", "employed"),
    "paid": ("从该单位取得报酬", "paid by it", "paid"),
    "contract": ("与该单位有过合同往来", "earlier contract with it", "paid"),
    "relative": ("近亲属在该单位任职", "a relative works there", "relative"),
    "co_author": ("参与编写其申报材料", "took part in writing its declaration", "co_author"),
    "advisor": ("担任该单位顾问", "advises it", "advisor"),
    "account": ("与该单位共用账户", "shares an account with it", "same_group"),
    "objector": ("对本案提出过异议", "objected in this case", "objector"),
    "other": ("其他利害关系", "another interest", "other"),
}


@dataclass(frozen=True)
class Fact:
    """One tie between a person and the applicant; `kind` is D19's word, `declared` the declaration it comes from."""

    kind: str
    zh: str
    en: str
    ended_on: date | None = None
    declared: InterestDeclaration | None = None


@dataclass(frozen=True)
class Finding:
    """What D19 says about a person and a case: `allow`, `ask` or `block`, with the facts it rests on."""

    verdict: str
    reason: str
    facts: tuple[Fact, ...]
    same_unit: bool = False

    @property
    def bars(self) -> bool:
        """Whether the person has to stand aside now; an interest that needs a ruling bars until it is given."""
        if self.verdict == "ask":
            return any(fact.declared is not None and fact.declared.ruling != "allow" for fact in self.facts)
        return self.verdict == "block"


NOTHING = Finding("allow", "", ())


def check(session: Session, user: User, task: UserTask) -> None:
    """Raise RecusalRequired when the person's interests forbid acting on this task."""
    if any(principal.startswith(("org:", "ticket:")) for principal in task.candidates):
        return
    finding = judge(session, user, subject_of(session, task), task.duty)
    if finding.bars:
        raise RecusalRequired(*_words(finding))


def require_clear(session: Session, user: User, instance: ProcessInstance) -> None:
    """Raise RecusalRequired when the person's interests forbid opening the file of this case."""
    finding = judge(session, user, subject_of(session, instance))
    if finding.bars:
        raise RecusalRequired(*_words(finding))


def bars(session: Session, user: User, instance: ProcessInstance) -> bool:
    """Whether the person's interests keep the office's file of this case closed."""
    return judge(session, user, subject_of(session, instance)).bars


def bars_letter(session: Session, user: User, data: Mapping[str, Any]) -> bool:
    """Whether an internal letter on many cases tells how one was decided or voted on that is closed to the person."""
    rows = [row for key in ("votes", "decisions") for row in data.get(key) or () if isinstance(row, dict)]
    numbers = {row["case_no"] for row in rows if row.get("case_no")}
    if not numbers:
        return False
    cases = session.scalars(select(ProcessInstance).where(ProcessInstance.number.in_(numbers)))
    return any(bars(session, user, case) for case in cases)


def subject_of(session: Session, found: UserTask | ProcessInstance) -> ProcessInstance:
    """The case that a task or process is about: itself, unless it names another."""
    instance = found.instance if isinstance(found, UserTask) else found
    if instance.number == found.subject:
        return instance
    return session.scalar(select(ProcessInstance).where(ProcessInstance.number == found.subject)) or instance


def judge(session: Session, user: User, case: ProcessInstance, duty: str = "") -> Finding:
    """D19 for one person and one case, for a task of this duty. Source: S2-3.2 and domain rules S3, S4, S9."""
    org = session.get(Organisation, case.org_id) if case.org_id else None
    if org is None:
        return NOTHING
    units = units_of(session, org, case)
    facts = facts_of(session, user, case, units, duty)
    same_unit = user.employer_uscc in units
    if not facts and not same_unit:
        return NOTHING
    row = _decide(session, user, case, org, units, facts)
    if row is None:
        opens = not same_unit and all(fact.kind == "other" for fact in facts)
        return Finding("ask" if opens else "block", "", tuple(facts), same_unit)
    return Finding(str(row.get("verdict")), str(row.get("reason") or ""), tuple(facts), same_unit)


def tied_organisations(session: Session, user: User) -> set[int]:
    """Ids of the organisations that the person may have to do with: whose cases a list has to look at twice."""
    heads = func.coalesce(Organisation.group_uscc, Organisation.uscc)
    known = select(Organisation.uscc).join(Membership, Membership.org_id == Organisation.id)
    accounts = User.id == user.id
    if user.email:
        accounts = or_(accounts, func.lower(User.email) == user.email.lower())
    acted = (
        select(Organisation.uscc)
        .join(ProcessInstance, ProcessInstance.org_id == Organisation.id)
        .join(UserTask, UserTask.instance_id == ProcessInstance.id)
        .where(UserTask.completed_by_id == user.id, UserTask.status == "completed", UserTask.duty.in_(APPLICANTS))
    )  # fmt: skip
    declared = select(InterestDeclaration.org_uscc).where(InterestDeclaration.user_id == user.id)
    about = (
        select(Organisation.uscc)
        .join(ProcessInstance, ProcessInstance.org_id == Organisation.id)
        .join(InterestDeclaration, InterestDeclaration.case_no == ProcessInstance.number)
        .where(InterestDeclaration.user_id == user.id)
    )
    codes = {user.employer_uscc or ""}
    for query in (known.join(User, User.id == Membership.user_id).where(accounts), acted, declared, about):
        codes.update(session.scalars(query))
    codes.discard("")
    if not codes:
        return set()
    groups = select(heads).where(Organisation.uscc.in_(codes))
    return set(session.scalars(select(Organisation.id).where(or_(heads.in_(groups), heads.in_(codes)))))


def units_of(session: Session, org: Organisation, case: ProcessInstance | None = None) -> frozenset[str]:
    """Credit codes of the applicant and its group: as registered, and as it declared itself in this case."""
    head = org.group_uscc or org.uscc
    query = select(Organisation.uscc).where(or_(Organisation.group_uscc == head, Organisation.uscc == head))
    found = {org.uscc, head, *session.scalars(query)}
    if case is not None:
        found |= _declared_group(session, case)
    return frozenset(found)


def _declared_group(session: Session, case: ProcessInstance) -> set[str]:
    query = select(UserTask.data).where(
        UserTask.instance_id == case.id, UserTask.status == "completed", UserTask.duty.in_(APPLICANTS)
    )
    rows = [row for data in session.scalars(query) for row in (data or {}).get("group_members") or ()]
    return {str(row["uscc"]) for row in rows if isinstance(row, dict) and row.get("uscc")}


def facts_of(
    session: Session, user: User, case: ProcessInstance, units: Iterable[str], duty: str = ""
) -> list[Fact]:
    """Everything that the registers and the person's declarations say about the person and these units."""
    codes = list(units)
    return [
        *_of_employer(session, user, codes),
        *_of_account(session, user, codes),
        *_of_acts(session, user, case, codes),
        *_of_duties(session, user, case, duty),
        *_of_declarations(session, user, case, codes),
    ]


def _of_employer(session: Session, user: User, units: Sequence[str]) -> list[Fact]:
    if not user.employer_uscc or user.employer_uscc in units:
        return []
    group = session.scalar(select(Organisation.group_uscc).where(Organisation.uscc == user.employer_uscc))
    if group is None or group not in units:
        return []
    return [Fact("same_group", "您所在单位与申报单位属同一集团", "your employer is in the applicant's group")]


def _of_account(session: Session, user: User, units: Sequence[str]) -> list[Fact]:
    """The same account works for the applicant, or an account with the same address does."""
    query = (
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .join(Organisation, Organisation.id == Membership.org_id)
        .where(Organisation.uscc.in_(units))
    )
    same = [User.id == user.id]
    if user.email:
        same.append(func.lower(User.email) == user.email.lower())
    found = set(session.scalars(query.where(or_(*same)).distinct()))
    if user.id in found:
        return [Fact("employed", "您的账号同时代表申报单位", "your account also acts for the applicant")]
    if found:
        return [Fact("same_group", "您与申报单位人员使用同一邮箱", "the applicant's people use your address")]
    return []


def _of_acts(session: Session, user: User, case: ProcessInstance, units: Sequence[str]) -> list[Fact]:
    """What the person did on the applicant's side, also when the membership has ended."""
    query = (
        select(UserTask.subject, UserTask.completed_at, UserTask.candidates)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .join(Organisation, Organisation.id == ProcessInstance.org_id)
        .where(Organisation.uscc.in_(units), UserTask.completed_by_id == user.id,
               UserTask.status == "completed", UserTask.duty.in_(APPLICANTS))
        .order_by(UserTask.completed_at.desc())
        .limit(200)
    )  # fmt: skip
    # The office signs and responds as well; what was asked of an organisation was done for it.
    rows = [row for row in session.execute(query) if any(one.startswith("org:") for one in row.candidates)]
    if any(row.subject == case.number for row in rows):
        return [Fact("co_author", "您参与编制了本案申报材料", "you took part in writing this declaration")]
    if rows and rows[0].completed_at is not None:
        last = rows[0].completed_at.astimezone(ZONE).date()
        zh, en = f"您曾代表申报单位办事（至 {last}）", f"you acted for the applicant until {last}"
        return [Fact("employed", zh, en, last)]
    return []


def _of_duties(session: Session, user: User, case: ProcessInstance, duty: str) -> list[Fact]:
    """Whoever handled the disputed case, or the case under review, does not judge it again."""
    earlier = JUDGED_AGAIN.get(duty)
    if not earlier:
        return []
    query = select(UserTask).where(
        UserTask.subject == case.number, UserTask.status == "completed", UserTask.completed_by_id == user.id,
        UserTask.duty.in_(earlier),
    )  # fmt: skip
    found = session.scalar(query.limit(1))
    if found is None:
        return []
    return [
        Fact("officer", f"您办理过本案的“{found.name}”", f"you completed “{found.name_en or found.name}”")
    ]


def _of_declarations(session: Session, user: User, case: ProcessInstance, units: Sequence[str]) -> list[Fact]:
    query = select(InterestDeclaration).where(
        InterestDeclaration.user_id == user.id,
        or_(InterestDeclaration.org_uscc.in_(units), InterestDeclaration.case_no == case.number),
    )
    facts = []
    for row in session.scalars(query.order_by(InterestDeclaration.id)):
        zh, en, kind = KINDS[row.kind]
        facts.append(Fact(kind, f"您申报：{zh}", f"you declared: {en}", row.ended_on, row))
    return facts


def _decide(
    session: Session,
    user: User,
    case: ProcessInstance,
    org: Organisation,
    units: frozenset[str],
    facts: Sequence[Fact],
) -> dict[str, Any] | None:
    """The row of D19 for this person; None where the case's deployment has no such table.

    Years count back from the day on which the case began: earlier than today, so never in the person's favour.
    """
    model = repository.definition_of(session, case.definition).decisions.get(DECISION)
    if model is None:
        return None
    interests = [
        {"kind": fact.kind, "org_uscc": org.uscc, "ended_on": fact.ended_on.isoformat() if fact.ended_on else None}
        for fact in facts
    ]  # fmt: skip
    parameters = policy.parameters_of(session, case.definition.deployment_id)
    person = {"principal": user.principal, "name": user.name, "employer_uscc": user.employer_uscc}
    inputs = {
        "experts": [{**person, "interests": interests}],
        "applicant_uscc": org.uscc,
        "applicant_group": sorted(units),
        "recusal_years": parameters.get("recusal_years") or YEARS,
        "on_date": case.started_at.astimezone(ZONE).date().isoformat(),
    }
    scope = Environment(now=case.started_at, calendar=calendar_of(session)).scope
    found = model.evaluate(DECISION, inputs, scope).value
    return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else None


def _words(finding: Finding) -> tuple[str, str]:
    """Why, for the person concerned; what others declared is never told."""
    if finding.same_unit:
        return "案件涉及您所在单位或其集团", "the case concerns your employer or its group"
    if finding.verdict == "ask":
        return (
            "您申报了其他利害关系，处室决定前不能办理",
            "you declared an interest that the division has to decide on",
        )
    facts = finding.facts
    return "、".join(fact.zh for fact in facts), "; ".join(fact.en for fact in facts)
