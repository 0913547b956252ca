"""What lies around a case: cases of the same organisation and group, and signs that applicants belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.models.identity import Membership, Organisation, User
from app.models.register import Attachment, Payment, Receipt
from app.models.runtime import ProcessInstance
from app.services import access, conflicts
from app.services.registers import duplicates

MOST = 20


@dataclass(frozen=True)
class Hint:
    """One sign that the applicant and another organisation belong together; `zh` and `en` say which."""

    kind: str
    org: Organisation
    zh: str
    en: str


@dataclass(frozen=True)
class Figures:
    """How much there is in a case."""

    submissions: int
    files: int
    repeated: int


def figures_of(session: Session, instance: ProcessInstance) -> Figures:
    """Receipts given for submissions, files, and numbers that stand elsewhere too."""
    done = select(func.count()).where(Receipt.case_no == instance.number)
    files = select(func.count()).where(Attachment.instance_id == instance.id)
    twins = duplicates.twins_of(session, instance, limit=100)
    return Figures(session.scalar(done) or 0, session.scalar(files) or 0, len(twins))


def cases_of_organisation(session: Session, instance: ProcessInstance, user: User) -> list[ProcessInstance]:
    """Other cases of the same organisation that the user may see, the latest first; not those about this one."""
    if instance.org_id is None:
        return []
    found = _visible(session, user, instance, [instance.org_id])
    return [row for row in found if row.subject != instance.subject and row.number != instance.subject]


def cases_of_group(session: Session, instance: ProcessInstance, user: User) -> list[ProcessInstance]:
    """Cases of the other organisations of its group, as registered and as it declared itself."""
    ids = [org.id for org in _group(session, instance)]
    return _visible(session, user, instance, ids) if ids else []


def hints_of(session: Session, instance: ProcessInstance) -> list[Hint]:
    """Signs of related parties; each is a reason to look, never a finding."""
    org = session.get(Organisation, instance.org_id) if instance.org_id else None
    if org is None:
        return []
    found = [
        *(
            Hint("group", other, "与本单位属同一集团", "belongs to the same group")
            for other in _group(session, instance)
        ),
        *_shared_people(session, org),
        *_shared_accounts(session, org),
        *_shared_numbers(session, instance),
    ]
    return list({(hint.kind, hint.org.id, hint.zh): hint for hint in found}.values())


def _visible(
    session: Session, user: User, instance: ProcessInstance, org_ids: Sequence[int]
) -> list[ProcessInstance]:
    query = (
        select(ProcessInstance)
        .where(ProcessInstance.org_id.in_(org_ids), ProcessInstance.id != instance.id)
        .options(joinedload(ProcessInstance.org))
        .order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc())
        .limit(MOST)
    )
    return [row for row in session.scalars(query) if access.may_see_instance(user, row, session)]


def _group(session: Session, instance: ProcessInstance) -> Sequence[Organisation]:
    org = session.get(Organisation, instance.org_id) if instance.org_id else None
    if org is None:
        return []
    case = conflicts.subject_of(session, instance)
    codes = conflicts.units_of(session, org, case) - {org.uscc}
    query = select(Organisation).where(Organisation.uscc.in_(codes)).order_by(Organisation.id)
    return session.scalars(query).all()


def _shared_people(session: Session, org: Organisation) -> list[Hint]:
    """Accounts that act for both, and accounts of both with one mail address."""
    mine, theirs = aliased(Membership), aliased(Membership)
    here, there = aliased(User), aliased(User)
    query = (
        select(Organisation, here.name, here.id == there.id)
        .join(theirs, theirs.org_id == Organisation.id)
        .join(there, there.id == theirs.user_id)
        .join(here, (here.id == there.id) | ((here.email != "") & (func.lower(here.email) == func.lower(there.email))))
        .join(mine, mine.user_id == here.id)
        .where(mine.org_id == org.id, Organisation.id != org.id)
        .distinct()
        .limit(MOST)
    )  # fmt: skip
    return [
        Hint("person", other, f"{name}同时代表两个单位", f"{name} acts for both")
        if same
        else Hint("mail", other, f"{name}的邮箱也由该单位人员使用", f"people of both use {name}'s address")
        for other, name, same in session.execute(query)
    ]


def _shared_accounts(session: Session, org: Organisation) -> list[Hint]:
    """Payments to both that show the same account; only its visible figures are compared."""
    mine, theirs = aliased(Payment), aliased(Payment)
    query = (
        select(Organisation, mine.account_masked)
        .join(theirs, theirs.org_id == Organisation.id)
        .join(mine, mine.account_masked == theirs.account_masked)
        .where(mine.org_id == org.id, Organisation.id != org.id, mine.account_masked != "")
        .distinct()
        .limit(MOST)
    )
    return [
        Hint(
            "account",
            other,
            f"收款账户显示号码相同（{masked}）",
            f"payments show the same account ({masked})",
        )
        for other, masked in session.execute(query)
    ]


def _shared_numbers(session: Session, instance: ProcessInstance) -> list[Hint]:
    counts: dict[int, int] = {}
    orgs: dict[int, Organisation] = {}
    for twin in duplicates.twins_of(session, instance, limit=100):
        other = twin.other_case.org
        if other is not None and not twin.same_org:
            orgs[other.id] = other
            counts[other.id] = counts.get(other.id, 0) + 1
    return [
        Hint("number", orgs[key], f"{n} 个业务编号相同", f"{n} deal numbers are the same")
        for key, n in counts.items()
    ]
