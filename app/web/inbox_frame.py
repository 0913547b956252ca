"""The frame of the inbox: its blueprint, what the address of a page asks for, the lists beside every page of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flask import Blueprint, abort, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.db import UtcDateTime
from app.models.identity import Group
from app.models.inbox_views import InboxView
from app.services import access, inbox, inbox_lists, inbox_views, inbox_workload
from app.services.context import Context
from app.services.inbox_filter import Criteria
from app.services.inbox_views import Setting
from app.web.guards import context, signed_in
from app.web.language import is_english
from app.web.numbers import whole_number

blueprint = Blueprint("inbox", __name__)

TITLES = {
    "mine": lazy_gettext("待我办理"), "claimable": lazy_gettext("可认领"), "overdue": lazy_gettext("已逾期"),
    "done": lazy_gettext("已办"), "started": lazy_gettext("我发起的"), "reading": lazy_gettext("待阅"),
    "copies": lazy_gettext("抄送我的"), "watched": lazy_gettext("关注"),
}  # fmt: skip
OFFICE_LISTS = frozenset({"claimable"})
SideLists = list[tuple[str | None, list[tuple[str, str, int | str | None, bool]]]]


@dataclass(frozen=True)
class State:
    """What the address of a page says about the list on it."""

    name: str
    criteria: Criteria = inbox.EVERYTHING
    sort: str = "due"
    after: str = ""
    view: int | None = None

    def texts(self) -> dict[str, Any]:
        """The same as texts of an address, without the name of the list and the place in it."""
        found: dict[str, Any] = self.criteria.texts()
        if self.sort != "due":
            found["sort"] = self.sort
        if self.view:
            found["view"] = self.view
        return found

    def url(self, **changes: Any) -> str:
        """The address of the list itself, from its first page."""
        return list_url(self.name, **{**self.texts(), **changes})

    def task_url(self, task_id: int) -> str:
        """The address of a task beside this list."""
        before, _zero, after = self._task_address.partition("/0")
        return f"{before}/{task_id}{after}"

    @cached_property
    def _task_address(self) -> str:
        place = {"list": self.name, **self.texts(), **({"after": self.after} if self.after else {})}
        return url_for("inbox.show_task", task_id=0, **place)

    def without(self, name: str) -> str:
        """The address of the list without one criterion."""
        return replace(self, criteria=self.criteria.without(name), view=None).url()


def state_of(name: str) -> State:
    """What this request's address asks of a list; unknown sorts are those by due time."""
    given = request.args
    sort = given.get("sort", "due")
    return State(
        name,
        Criteria.of(given),
        sort if sort in inbox.SORTS else "due",
        given.get("after", ""),
        whole_number(given.get("view", "")),
    )


def read_page(found: Context, state: State) -> inbox.Page:
    """The page of the list that the address asks for. A broken key is a bad request."""
    sort = state.sort if state.name in inbox_lists.OPEN_LISTS else "newest"
    query = inbox.Query(state.criteria, sort, _read_key(state) if state.after else None)
    return inbox_lists.LISTS[state.name](found, signed_in(), query)


def next_url(state: State, page: inbox.Page) -> str | None:
    """The address of the page after this one."""
    if page.next_key is None:
        return None
    return state.url(after="~".join(_written(part) for part in page.next_key))


def badge_counts() -> inbox.Counts:
    """The numbers on the badges, counted once for each page."""
    if "counts" not in g:
        g.counts = inbox.count_inbox(context(), signed_in())
    counts: inbox.Counts = g.counts
    return counts


def setting() -> Setting:
    """How the reader wants the lists."""
    if "inbox_setting" not in g:
        g.inbox_setting = inbox_views.setting_of(context().session, signed_in())
    found: Setting = g.inbox_setting
    return found


def saved_views() -> Sequence[InboxView]:
    """The saved filters within the reader's reach."""
    return inbox_views.views_of(context().session, signed_in()) if badge_counts().views else ()


def side_lists(state: State | None) -> SideLists:
    """The lists of the reader, saved filters, and for the head of a group the workload; the open one is marked."""
    counts = badge_counts()
    numbers = {"mine": counts.mine, "claimable": counts.claimable, "overdue": counts.overdue,
               "reading": counts.unread or None,}  # fmt: skip
    active = state.name if state and not state.view else ""
    own: list[tuple[str, str, int | str | None, bool]] = [
        (str(TITLES[name]), list_url(name), numbers.get(name), name == active)
        for name in inbox_lists.LISTS
        if name not in OFFICE_LISTS or is_office()
    ]
    groups: SideLists = [(None, own)]
    if counts.headed:
        headed = inbox_workload.headed_groups(context().session, signed_in())
        links: list[tuple[str, str, int | str | None, bool]] = [
                 (_("工作量：%(name)s", name=_called(group)), url_for("inbox.workload", group_key=group.key), None,
                  request.endpoint == "inbox.workload" and request.view_args == {"group_key": group.key})
                 for group in headed]  # fmt: skip
        groups.append((str(_("本岗位")), links))
    return groups


def list_url(name: str, **values: Any) -> str:
    """The address of a list."""
    if name == "mine":
        return url_for("inbox.mine", **values)
    return url_for("inbox.list_tasks", name=name, **values)


def is_office() -> bool:
    """Whether the reader works for the office."""
    return access.may(signed_in(), "case.read_office")


def _written(part: Any) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)


def _read_key(state: State) -> inbox.Key:
    columns = (
        inbox.SORTS[state.sort].columns
        if state.name in inbox_lists.OPEN_LISTS
        else inbox.SORTS["newest"].columns
    )
    parts = state.after.split("~")
    if len(parts) != len(columns):
        abort(400)
    try:
        return tuple(
            _instant(part) if isinstance(column.type, UtcDateTime) else _whole(part)
            for part, column in zip(parts, columns, strict=True)
        )
    except (ValueError, OverflowError):
        abort(400)


def _instant(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(text)
    return parsed.astimezone(UTC)


def _whole(text: str) -> int:
    value = int(text)
    if not text.isascii() or abs(value) >= 2**31:
        raise ValueError(text)
    return value


def _called(group: Group) -> str:
    return group.name_en if is_english() and group.name_en else group.name
