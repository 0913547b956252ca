"""The rows of a list as its reader chose to see them: title, due badge, chosen columns, labels, who is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.models.inbox_views import Label
from app.models.operations import TaskQuestion
from app.models.runtime import ProcessInstance, UserTask
from app.services import cases, inbox, inbox_labels, inbox_lists, repository
from app.services.cases import Holder
from app.services.context import Context
from app.services.inbox import Entry
from app.web import labels, task_offers
from app.web.guards import signed_in
from app.web.inbox_frame import (
    TITLES,
    State,
    badge_counts,
    is_office,
    read_page,
    saved_views,
    setting,
    side_lists,
    state_of,
)
from app.web.language import is_english
from app.web.progress import task_name
from app.web.task_offers import Offer
from app.web.times import day, due_badge, moment
from app.web.titles import title_of

COLUMN_NAMES = {
    "case": lazy_gettext("事项"), "number": lazy_gettext("案号"), "org": lazy_gettext("单位"),
    "process": lazy_gettext("流程"), "call": lazy_gettext("批次"), "amount": lazy_gettext("金额（元）"),
    "priority": lazy_gettext("优先级"), "arrived": lazy_gettext("到达时间"), "labels": lazy_gettext("标签"),
    "waiting": lazy_gettext("等待他人"),
}  # fmt: skip
OFFERING = frozenset({"done", "started", "watched"})  # lists whose rows have buttons of their own
MARKS = frozenset({"labels", "waiting"})  # shown as coloured words, not as text


@dataclass(frozen=True)
class Row:
    """One line: `pick` is what a checkbox sends, `cells` are texts by column, `mark` the words of its badge."""

    pick: str
    url: str
    title: str
    badge: tuple[str, str]
    summary: str
    cells: Mapping[str, str]
    labels: Sequence[Label]
    waiting: str
    is_unread: bool
    task: UserTask | None
    case: ProcessInstance
    offers: Sequence[Offer] = ()
    returned: str = ""


def rows_of(
    found: Context, page: inbox.Page, state: State, columns: Sequence[str], *, acting: bool = False
) -> list[Row]:
    """The rows of a page, with buttons to take back and to urge for who is `acting` on a list of what is done or
    waited for; what a column needs is read only when it is chosen."""
    is_open, shows_waiting = state.name in inbox_lists.OPEN_LISTS, "waiting" in columns
    offering = acting and state.name in OFFERING
    holders = holders_of(found, page.entries) if offering or (shows_waiting and not is_open) else ()
    waiting = (_asked(found, page) if is_open else waiting_words(holders)) if shows_waiting else {}
    offers = task_offers.of_rows(found, page.entries, holders) if offering else {}
    ids = [entry.case.id for entry in page.entries]
    has_labels = "labels" in columns and badge_counts().labels
    marks = inbox_labels.labels_on(found.session, signed_in(), ids) if has_labels else {}
    names = _process_names(found) if "process" in columns else {}
    rows = [_row(entry, state, columns, names, marks, waiting) for entry in page.entries]
    return [replace(row, offers=offers[place]) for place, row in enumerate(rows)] if offers else rows


def list_beside(found: Context, task: UserTask) -> dict[str, Any]:
    """The list that an open task is shown beside: the one it was opened from, else the one it belongs to."""
    name = request.args.get("list", "")
    if name not in inbox_lists.LISTS:
        name = "mine" if task.assignee_id == signed_in().id else "claimable"
    state = state_of(name)
    return {
        "state": state,
        "rows": rows_of(found, read_page(found, state), state, setting().columns),
        "list_title": TITLES[name],
        "lists": side_lists(state),
        "views": saved_views(),
        "setting": setting(),
    }


def holders_of(found: Context, entries: Sequence[Entry]) -> Sequence[Holder]:
    """Who holds the running cases of a list, in one look for all."""
    running = {entry.case.id: entry.case for entry in entries if entry.case.status == "active"}
    return cases.holders_of(found.session, list(running.values()), signed_in()) if running else ()


def _asked(found: Context, page: inbox.Page) -> dict[int, str]:
    """Of whose answers the reader's open tasks wait."""
    if not badge_counts().asked:
        return {}
    query = (
        select(TaskQuestion)
        .where(TaskQuestion.task_id.in_([task.id for task in page.tasks]), TaskQuestion.answered_at.is_(None))
        .options(joinedload(TaskQuestion.asked_of))
    )
    return {
        row.instance_id: _("%(name)s答复", name=row.asked_of.name) for row in found.session.scalars(query)
    }


def waiting_words(holders: Sequence[Holder]) -> dict[int, str]:
    """For each running case, by id: which steps it waits for and who holds them."""
    words: dict[int, list[str]] = {}
    for holder in holders:
        if not holder.is_reader:
            who = labels.listed(holder.called(english=is_english())[:2])
            words.setdefault(holder.task.instance_id, []).append(f"{task_name(holder.task)}（{who}）")
    return {case_id: ("; " if is_english() else "；").join(parts[:3]) for case_id, parts in words.items()}


def process_name(row: ProcessInstance, names: Mapping[str, str]) -> str:
    """The name of a case's process in the language of the page."""
    return names.get(row.process_key, row.process_key)


def _process_names(found: Context) -> dict[str, str]:
    rows = repository.list_current(found.session)
    return {row.key: row.name_en if is_english() and row.name_en else row.name for row in rows}


def _row(
    entry: Entry,
    state: State,
    columns: Sequence[str],
    names: Mapping[str, str],
    marks: Mapping[int, Sequence[Label]],
    waiting: Mapping[int, str],
) -> Row:
    task, case = entry.task, entry.case
    cells = {name: CELLS[name](entry) for name in columns if name in CELLS}
    if "process" in columns:
        cells["process"] = process_name(case, names)
    is_open = task is not None and state.name in inbox_lists.OPEN_LISTS
    return Row(
        pick=_pick(entry, is_open=is_open),
        url=state.task_url(task.id) if is_open and task else url_for("cases.show", number=case.number),
        title=task_name(task) if task else title_of(case),
        badge=_badge(entry),
        summary=" · ".join(cells[name] for name in columns if name != "number" and cells.get(name)),
        cells=cells,
        labels=marks.get(case.id, ()),
        waiting=waiting.get(case.id, ""),
        is_unread=entry.is_unread,
        task=task,
        case=case,
        returned=_returned(task) if task is not None and task.returned and task.status == "open" else "",
    )


def _returned(task: UserTask) -> str:
    """By whom and why an open task came back; outsiders learn no names."""
    found = task.returned or {}
    return f"{found['by']}：{found['why']}" if is_office() else str(found["why"])


def _pick(entry: Entry, *, is_open: bool) -> str:
    if entry.copy_id is not None:
        return f"copy:{entry.copy_id}"
    return f"task:{entry.task.id}" if is_open and entry.task else f"case:{entry.case.id}"


def _badge(entry: Entry) -> tuple[str, str]:
    if entry.task is not None and entry.task.status == "open":
        kind, text = due_badge(entry.task.due_at)
        return text, "mute" if kind == "none" else kind
    if entry.task is None:
        words, tone = labels.case_state(entry.case.case_state, entry.case.status)
        return str(words), tone
    return day(entry.at), "mute"


def _priority(entry: Entry) -> str:
    task = entry.task
    return _("优先级 %(n)d", n=task.priority) if task and task.priority else ""


CELLS: Mapping[str, Callable[[Entry], str]] = {
    "case": lambda entry: title_of(entry.case) if entry.task else "",
    "number": lambda entry: entry.case.number,
    "org": lambda entry: entry.case.org.name if entry.case.org else "",
    "call": lambda entry: entry.case.call_no or "",
    "amount": lambda entry: yuan(entry.case.amount),
    "priority": _priority,
    "arrived": lambda entry: moment(entry.task.created_at if entry.task else entry.case.started_at),
}  # texts of the columns that a row alone can fill


def yuan(value: Decimal | None) -> str:
    """An amount with its groups of three digits."""
    return "" if value is None else f"{value:,.2f}"
