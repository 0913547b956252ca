"""Who may do what: principals, the permission table, and separation of duty (domain rules S1–S9).

Deny by default: every route and operation names a permission of this table, and every object is checked besides.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.models.identity import GroupMember, Membership, User
from app.models.runtime import ProcessInstance, UserTask
from app.models.studio import Draft, DraftRevision, DraftSubmission
from app.services import conflicts
from app.services.errors import NotFound, NotPermitted, SeparationViolated

PUBLIC = "public"  # no account needed
SIGNED_IN = "signed_in"

OFFICE = frozenset({
    "clerk", "division", "approver", "board", "expert", "finance_reviewer", "finance_approver", "finance", "objection",
    "supervisor", "investigator", "signatory",
})  # fmt: skip
STUDIO = frozenset({"process_designer", "process_approver"})  # they have tasks of their own: releases

REGISTER_READERS = frozenset(
    {"division", "board", "finance", "finance_reviewer", "finance_approver", "supervisor", "auditor", "clerk"}
)

# permission → groups that hold it. `applicant` stands for membership of any organisation.
PERMISSIONS: dict[str, frozenset[str]] = {
    "apply.use": frozenset({"applicant"}),
    "inbox.use": OFFICE | STUDIO | {"applicant"},
    "case.read_office": OFFICE | STUDIO | {"auditor"},
    "case.read_all": frozenset({"auditor", "supervisor", "division", "board"}),
    "register.read": REGISTER_READERS,
    "pool.read": REGISTER_READERS,
    "board.read": frozenset({"division", "board", "supervisor", "auditor", "observer"}),
    "board.vote": OFFICE,
    "board.record": frozenset({"division", "supervisor"}),
    "register.pay": frozenset({"finance"}),
    "register.review": frozenset({"division"}),
    "document.annul": frozenset({"division", "supervisor"}),
    "interest.declare": OFFICE,
    "interest.rule": frozenset({"division"}),
    "interest.read": frozenset({"division", "supervisor", "auditor"}),
    "dashboard.read": frozenset({"division", "board", "supervisor", "auditor"}),
    "case.comment": OFFICE | {"applicant"},
    "process.start": OFFICE,
    "substitute.appoint": OFFICE,
    "studio.read": frozenset({"process_designer", "process_approver", "auditor", "system_admin"}),
    "studio.edit": frozenset({"process_designer"}),
    "studio.try": frozenset({"process_designer", "process_approver"}),
    "studio.deploy": frozenset({"process_designer"}),
    "studio.approve": frozenset({"process_approver"}),
    "case.running": frozenset(
        {"process_designer", "process_approver", "operator", "auditor", "system_admin"}
    ),
    "case.migrate": frozenset({"process_designer", "operator"}),
    "case.intervene": frozenset({"operator"}),
    "operations.read": frozenset({"operator", "system_admin", "auditor"}),
    "operations.act": frozenset({"operator"}),
    "calendar.read": frozenset({"system_admin", "process_approver", "auditor"}),
    "calendar.edit": frozenset({"system_admin"}),
    "calendar.publish": frozenset({"system_admin", "process_approver"}),
    "account.edit": frozenset({"system_admin"}),
    "book.read": frozenset(
        {
            "division",
            "board",
            "finance",
            "finance_reviewer",
            "finance_approver",
            "supervisor",
            "auditor",
            "clerk",
            "objection",
        }
    ),
    "extract.import": frozenset({"clerk", "division"}),
    "budget.edit": frozenset({"finance"}),
    "objection.read": frozenset({"objection", "supervisor", "auditor"}),
    "objection.identify": frozenset({"objection"}),
    "credit.edit": frozenset({"supervisor"}),
    "clock.move": frozenset({"operator", "system_admin", "process_designer"}),
}
DUTY_NAMES = {
    "accept": ("受理", "acceptance"), "review": ("审核", "review"), "approve": ("批准", "approval"),
    "score": ("评审打分", "scoring"), "board": ("集体审议", "deliberation"), "draft": ("拟稿", "drafting"),
    "finance_request": ("拨付申请", "payment request"), "finance_review": ("财务审核", "finance review"),
    "finance_approve": ("财务批准", "finance approval"), "objection": ("异议办理", "objection handling"),
    "objection_approve": ("异议审定", "objection decision"), "investigate": ("调查", "investigation"),
    "sanction_draft": ("处理拟稿", "sanction drafting"), "sanction_decide": ("处理决定", "sanction decision"),
    "credit_draft": ("信用信息拟稿", "credit drafting"), "credit_approve": ("信用信息批准", "credit approval"),
    "appeal": ("复核办理", "handling the appeal"), "appeal_decide": ("复核审定", "deciding on the appeal"),
    "sign": ("签署", "signing"), "apply": ("申报", "declaration"), "respond": ("陈述", "statement"),
}  # fmt: skip


def groups_of(user: User) -> frozenset[str]:
    """Group keys of a user, with `applicant` for members of an organisation."""
    own = {group.key for group in user.groups}
    return frozenset(own | {"applicant"} if user.memberships else own)


def principals_of(user: User) -> tuple[str, ...]:
    """Everything a task may be addressed to that reaches this user."""
    found = [user.principal, *(f"group:{group.key}" for group in user.groups)]
    for membership in user.memberships:
        found.append(f"org:{membership.org_id}")
        found.append(f"org:{membership.org_id}:{membership.role}")
    return tuple(dict.fromkeys(found))


def posts_of(user: User) -> frozenset[str]:
    """The groups that count for permissions: whoever administers the system holds no post on cases (S8)."""
    held = groups_of(user)
    return held - OFFICE - STUDIO - {"applicant"} if "system_admin" in held else held


def may(user: User | None, permission: str) -> bool:
    """Whether the user holds a permission of the table. Unknown permissions are a programming error (KeyError)."""
    if permission == PUBLIC:
        return True
    if user is None or not user.is_active:
        return False
    return permission == SIGNED_IN or bool(PERMISSIONS[permission] & posts_of(user))


def require(user: User | None, permission: str) -> User:
    """The user, who holds the permission. Raises NotPermitted."""
    if user is None or not may(user, permission):
        raise NotPermitted("您没有办理此事项的权限。", "You do not have permission for this.")
    return user


def may_see_instance(user: User, instance: ProcessInstance, session: Session) -> bool:
    """An applicant sees the cases of the organisation; the office what it handles, or all, by permission.

    Whoever has to stand aside from a case does not open its file.
    An investigation names no applicant organisation as its own, so its members cannot see it.
    """
    if is_party(user, instance):
        return True
    if not may(user, "case.read_all") and not (
        may(user, "case.read_office") and touches(session, user, instance)
    ):
        return False
    return not conflicts.bars(session, user, instance)


def is_party(user: User, instance: ProcessInstance) -> bool:
    """Whether the user acts for the organisation whose case this is."""
    return bool(instance.org_id) and any(m.org_id == instance.org_id for m in user.memberships)


def reads_as_office(user: User, instance: ProcessInstance) -> bool:
    """Whether the user sees what only the office sees of this case; nobody's post opens the own organisation's file."""
    return may(user, "case.read_office") and not is_party(user, instance)


def touches(session: Session, user: User, instance: ProcessInstance) -> bool:
    """Whether the user has, had or could take a task on this case, or in a process about it.

    It does not work the other way round: who handled a case does not see the investigation of it.
    """
    principals = set(principals_of(user))
    query = select(UserTask).where(
        (UserTask.instance_id == instance.id) | (UserTask.subject == instance.number)
    )
    for task in session.scalars(query):
        if task.completed_by_id == user.id or task.assignee_id == user.id:
            return True
        if task.status == "open" and principals & set(task.candidates):
            return True
    return instance.started_by_id == user.id


def require_instance(session: Session, user: User, number: str) -> ProcessInstance:
    """The instance with this number if the user may see it. Raises RecusalRequired where only a conflict of interest
    keeps an officer from it, NotFound in every other case."""
    instance = session.scalar(select(ProcessInstance).where(ProcessInstance.number == number))
    if instance is None or not may_see_instance(user, instance, session):
        if instance is not None and (may(user, "case.read_all") or touches(session, user, instance)):
            conflicts.require_clear(session, user, instance)
        raise NotFound
    return instance


def is_candidate(user: User, task: UserTask) -> bool:
    """Whether the task is addressed to this user: as the assignee, or to one of the user's principals."""
    return task.assignee_id == user.id or bool(set(principals_of(user)) & set(task.candidates))


def check_separation(session: Session, user: User, task: UserTask) -> None:
    """Raise SeparationViolated when an earlier act, or a tie to the applicant, forbids acting on this task.

    Checked when a task is assigned, opened and acted on. Sources: S2, S4, S5, S6, S7 by duties on the same subject,
    four eyes by element, S8 for administrators, S3 and S9 by the facts of app.services.conflicts.
    """
    _check_administrator(user, task)
    _check_policy(session, user, task)
    if task.not_actor_of:
        earlier = _acted(session, user, UserTask.instance_id == task.instance_id,
                         UserTask.element_id.in_(task.not_actor_of))  # fmt: skip
        if earlier:
            raise _violation(
                f"您已办理同一案件的“{earlier.name}”", f"you completed “{earlier.name_en or earlier.name}”"
            )
    if task.separate_from:
        wanted = UserTask.duty != "" if "any" in task.separate_from else UserTask.duty.in_(task.separate_from)
        earlier = _acted(session, user, UserTask.subject == task.subject, wanted, UserTask.id != task.id)
        duty = earlier.duty if earlier else _drafted(session, user, task)
        if duty:
            zh, en = DUTY_NAMES.get(duty, (duty, duty))
            raise _violation(f"您在本案中已履行“{zh}”职责", f"you already exercised {en} on this case")
    conflicts.check(session, user, task)


def _check_policy(session: Session, user: User, task: UserTask) -> None:
    """What the diagram says about whoever started the case, and about whoever did another of its steps."""
    policy = task.policy or {}
    if policy.get("initiatorApprover") == "exclude" and task.instance.started_by_id == user.id:
        raise _violation("您是本案发起人", "you started this case")
    if policy.get("repeatedApprover") == "exclude":
        earlier = _acted(session, user, UserTask.instance_id == task.instance_id,
                         UserTask.element_id != task.element_id)  # fmt: skip
        if earlier:
            raise _violation(
                f"您已办理本案的“{earlier.name}”", f"you completed “{earlier.name_en or earlier.name}”"
            )


def _acted(session: Session, user: User, *conditions: ColumnElement[bool]) -> UserTask | None:
    query = select(UserTask).where(
        UserTask.status == "completed", UserTask.completed_by_id == user.id, *conditions
    )
    return session.scalar(query.limit(1))


def _drafted(session: Session, user: User, task: UserTask) -> str:
    """The duty that somebody exercised who took, edited or submitted the draft that this case decides on (S1)."""
    if not {"draft", "any"} & set(task.separate_from):
        return ""
    submitted = (
        select(Draft.id)
        .join(DraftSubmission, DraftSubmission.draft_id == Draft.id)
        .outerjoin(DraftRevision, DraftRevision.draft_id == Draft.id)
        .where(
            DraftSubmission.instance_id == task.instance_id,
            or_(
                Draft.owner_id == user.id,
                DraftSubmission.submitted_by_id == user.id,
                DraftRevision.saved_by_id == user.id,
            ),
        )
    )
    return "draft" if session.scalar(submitted.limit(1)) is not None else ""


def _check_administrator(user: User, task: UserTask) -> None:
    if "system_admin" in groups_of(user):
        raise _violation("系统管理员不得办理案件", "a system administrator may not act on cases")


def _violation(zh: str, en: str) -> SeparationViolated:
    return SeparationViolated(f"职责分离：{zh}，不能办理此任务。", f"Separation of duty: {en}.")


def members_of(session: Session, group_key: str) -> list[User]:
    """Active users of a group, by name."""
    query = (
        select(User)
        .join(GroupMember, GroupMember.user_id == User.id)
        .where(GroupMember.group_key == group_key, User.is_active)
        .order_by(User.name)
    )
    return list(session.scalars(query))


def signers_of(session: Session, org_id: int) -> list[User]:
    """Users who may sign for an organisation."""
    query = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.org_id == org_id, Membership.role == "signer", User.is_active)
    )
    return list(session.scalars(query))
