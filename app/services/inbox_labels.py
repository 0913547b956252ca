"""Labels that a group puts on cases for itself; members see, give and take them, nobody else knows of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, contains_eager

from app.models.identity import Group, User
from app.models.inbox_views import CaseLabel, Label
from app.models.runtime import ProcessInstance
from app.services import access
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted

TONES = ("info", "ok", "warn", "late", "mute")
LONGEST = 20
MOST = 30  # in a group: more than that nobody keeps apart


def labels_of(session: Session, user: User) -> Sequence[Label]:
    """The labels of the user's groups, by group and name."""
    query = select(Label).where(Label.group_key.in_(_groups(user))).order_by(Label.group_key, Label.name)
    return session.scalars(query).all()


def labels_on(session: Session, user: User, cases: Iterable[int]) -> dict[int, list[Label]]:
    """The labels on these cases that the user may see, by case."""
    wanted = list(dict.fromkeys(cases))
    if not wanted or not user.groups:
        return {}
    query = (
        select(CaseLabel)
        .join(CaseLabel.label)
        .options(contains_eager(CaseLabel.label))
        .where(CaseLabel.instance_id.in_(wanted), Label.group_key.in_(_groups(user)))
        .order_by(Label.name)
    )
    found: dict[int, list[Label]] = {}
    for row in session.scalars(query):
        found.setdefault(row.instance_id, []).append(row.label)
    return found


def create_label(context: Context, user: User, group_key: str, name: str, tone: str) -> Label:
    """A new label of one of the user's groups. Raises NotPermitted, Invalid, Conflict."""
    if group_key not in _groups(user):
        raise NotPermitted("只能为本人所在的岗位建立标签。", "You can make labels for your own groups only.")
    wanted = " ".join(name.split())
    if not 0 < len(wanted) <= LONGEST or tone not in TONES:
        raise Invalid("请填写标签名称，不超过 20 字。", "Give the label a name of at most 20 characters.")
    context.session.scalars(select(Group).where(Group.key == group_key).with_for_update()).one()
    names = context.session.scalars(select(Label.name).where(Label.group_key == group_key)).all()
    if wanted in names:
        raise Conflict("本岗位已有同名标签。", "Your group already has a label of this name.")
    if len(names) >= MOST:
        raise Conflict("每个岗位最多 30 个标签。", "A group can have 30 labels at most.")
    label = Label(group_key=group_key, name=wanted, tone=tone)
    context.session.add(label)
    context.session.flush()
    return label


def delete_label(context: Context, user: User, label_id: int) -> Label:
    """Take a label away, from all cases too. Raises NotFound for labels of other groups."""
    label = own_label(context.session, user, label_id)
    context.session.execute(delete(CaseLabel).where(CaseLabel.label_id == label.id))
    context.session.delete(label)
    return label


def own_label(session: Session, user: User, label_id: int) -> Label:
    """The label if it belongs to one of the user's groups. Raises NotFound."""
    label = session.get(Label, label_id)
    if label is None or label.group_key not in _groups(user):
        raise NotFound
    return label


def add_label(context: Context, user: User, label_id: int, case: ProcessInstance) -> None:
    """Put a label on a case that the user may see; a second time changes nothing. Raises NotFound."""
    label = own_label(context.session, user, label_id)
    if not access.may_see_instance(user, case, context.session):
        raise NotFound
    if context.session.get(CaseLabel, (case.id, label.id)) is None:
        row = CaseLabel(instance_id=case.id, label_id=label.id, added_at=context.now, added_by_id=user.id)
        context.session.add(row)
        context.session.flush()


def remove_label(context: Context, user: User, label_id: int, case: ProcessInstance) -> None:
    """Take a label off a case that the user may see. Raises NotFound."""
    label = own_label(context.session, user, label_id)
    if not access.may_see_instance(user, case, context.session):
        raise NotFound
    context.session.execute(
        delete(CaseLabel).where(CaseLabel.instance_id == case.id, CaseLabel.label_id == label.id)
    )


def _groups(user: User) -> list[str]:
    return [group.key for group in user.groups]
