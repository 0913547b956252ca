"""Saved filters, the owner's alone or shared with a group, and how each person wants the lists shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.models.identity import GroupMember, User
from app.models.inbox_views import InboxSetting, InboxView
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted
from app.services.inbox import BADGE_CAP, SORTS, count_filtered
from app.services.inbox_filter import Criteria
from app.services.inbox_lists import LISTS, OPEN_LISTS

COLUMNS = ("case", "number", "org", "process", "call", "amount", "priority", "arrived", "labels", "waiting")
DEFAULT_COLUMNS = ("case", "number", "labels", "waiting")
LAYOUTS = ("split", "table")
MOST = 20  # saved filters of one person
LONGEST = 40
_SETTING = select(InboxSetting).where(InboxSetting.user_id == bindparam("user"))
_REACHABLE = (
    select(InboxView)
    .where(
        or_(
            InboxView.owner_id == bindparam("owner"),
            InboxView.group_key.in_(
                select(GroupMember.group_key).where(GroupMember.user_id == bindparam("owner"))
            ),
        )
    )
    .order_by(InboxView.owner_id != bindparam("owner"), InboxView.id)
    .limit(3 * MOST)
)


@dataclass(frozen=True)
class Setting:
    """What a person chose, or what everybody gets."""

    columns: tuple[str, ...] = DEFAULT_COLUMNS
    layout: str = "split"
    has_keys: bool = True


def setting_of(session: Session, user: User) -> Setting:
    """The user's choice of columns, layout and keys."""
    row = session.scalars(_SETTING, {"user": user.id}).one_or_none()
    if row is None:
        return Setting()
    columns = tuple(name for name in COLUMNS if name in row.columns)
    return Setting(columns, row.layout, row.has_keys)


def save_setting(
    context: Context, user: User, columns: Sequence[str], layout: str, *, has_keys: bool
) -> Setting:
    """Keep the user's choice. Raises Invalid for a layout that there is not; unknown columns are dropped."""
    if layout not in LAYOUTS:
        raise Invalid("请选择列表的样式。", "Choose how the list is shown.")
    chosen = [name for name in COLUMNS if name in columns]
    row = context.session.get(InboxSetting, user.id)
    if row is None:
        context.session.add(InboxSetting(user_id=user.id, columns=chosen, layout=layout, has_keys=has_keys))
    else:
        row.columns, row.layout, row.has_keys = chosen, layout, has_keys
    return Setting(tuple(chosen), layout, has_keys)


def views_of(session: Session, user: User) -> Sequence[InboxView]:
    """The user's own filters, then those that colleagues share with one of the user's groups."""
    return session.scalars(_REACHABLE, {"owner": user.id}).all()


def get_view(session: Session, user: User, view_id: int) -> InboxView:
    """A filter that the user may use. Raises NotFound."""
    view = session.get(InboxView, view_id)
    groups = {group.key for group in user.groups}
    if view is None or not (view.owner_id == user.id or view.group_key in groups):
        raise NotFound
    return view


def save_view(
    context: Context,
    user: User,
    name: str,
    list_name: str,
    texts: Mapping[str, object],
    group_key: str = "",
) -> InboxView:
    """Keep a filter under a name; the same name again replaces it. Raises Invalid, NotPermitted, Conflict."""
    wanted, criteria = " ".join(name.split()), Criteria.of(texts)
    if not 0 < len(wanted) <= LONGEST:
        raise Invalid("请填写名称，不超过 40 字。", "Give it a name of at most 40 characters.")
    if list_name not in LISTS or not criteria.texts() or criteria.unreadable():
        raise Invalid("请先设定筛选条件，再保存。", "Set a filter first, then save it.")
    if group_key and group_key not in {group.key for group in user.groups}:
        raise NotPermitted("只能共享给本人所在的岗位。", "You can share with your own groups only.")
    own = select(InboxView).where(InboxView.owner_id == user.id)
    view = context.session.scalar(own.where(InboxView.name == wanted))
    if view is None:
        count = context.session.scalar(select(func.count()).select_from(own.subquery())) or 0
        if count >= MOST:
            raise Conflict(
                "最多保存 20 个筛选，请先删除不用的。", "You can keep 20 filters; delete one first."
            )
        view = InboxView(owner_id=user.id, name=wanted, created_at=context.now)
        context.session.add(view)
    sort = str(texts.get("sort") or "")
    kept = {**criteria.texts(), **({"sort": sort} if sort in SORTS else {})}
    view.list_name, view.criteria, view.group_key = list_name, kept, group_key or None
    context.session.flush()
    return view


def delete_view(context: Context, user: User, view_id: int) -> InboxView:
    """Delete one's own filter. Raises NotFound, and NotPermitted for a colleague's."""
    view = get_view(context.session, user, view_id)
    if view.owner_id != user.id:
        raise NotPermitted("只有建立者可以删除共享的筛选。", "Only its owner can delete a shared filter.")
    context.session.delete(view)
    return view


def count_view(context: Context, user: User, view: InboxView) -> str | None:
    """How many tasks a filter finds now, as shown beside its name; nothing for lists of what is over."""
    if view.list_name not in OPEN_LISTS:
        return None
    count, is_partial = count_filtered(context, user, view.list_name, Criteria.of(view.criteria))
    if count >= BADGE_CAP:
        return f"{BADGE_CAP - 1}+"
    return f"{count}+" if is_partial else str(count)
