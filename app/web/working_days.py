"""The working days of a year: shown month by month, changed by two people, with everything that was changed before."""

from __future__ import annotations

import calendar as weeks
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.register import CalendarYear
from app.services import calendar, calendar_changes, calendar_lists
from app.services.calendar import FIRST_YEAR, LAST_YEAR, SeedDay
from app.services.errors import Conflict, Invalid, NotFound
from app.services.numbering import OFFICE_ZONE
from app.web.administration import blueprint
from app.web.errors import service_message
from app.web.guards import context, permission, signed_in
from app.web.language import is_english
from app.web.titles import in_both

FIELDS = ("days", "source", "how", "publishes")


@blueprint.get("/")
@permission("calendar.read")
def this_year() -> Any:
    return redirect(url_for("administration.year", year=context().now.astimezone(OFFICE_ZONE).year))


@blueprint.get("/calendar/<int:year>")
@permission("calendar.read")
def year(year: int) -> str:
    return _page(_known(year))


@blueprint.post("/calendar/<int:year>/changes")
@permission("calendar.edit")
def propose_days(year: int) -> Any:
    """Propose days, typed or from a file: all of them, or nothing with the wrong rows named."""
    found, typed = context(), {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        days = _listed(_known(year), typed)
        calendar_changes.propose(found, year, days, typed["source"], replaces=typed["how"] == "replace",
                                 publishes=bool(typed["publishes"]))  # fmt: skip
    except _WrongRows as wrong:
        return _page(year, typed, [("days", row) for row in wrong.rows]), 422
    except Conflict as error:
        return _page(year, typed, [("", service_message(error))]), 409
    except Invalid as error:
        return _page(year, typed, [(next(iter(error.errors), ""), service_message(error))]), 422
    flash(_("已提议变更 %(year)d 年工作日历，待另一人发布。", year=year), "success")
    return redirect(url_for("administration.year", year=year, _anchor="change"))


@blueprint.post("/calendar/changes/<int:change_id>/publish")
@permission("calendar.publish")
def publish_days(change_id: int) -> Any:
    cases = calendar_changes.publish(context(), change_id)
    flash(_("已发布。正在为 %(n)d 个案件重新计算期限，结果记入各案件的历史。", n=cases), "success")
    return _back(change_id)


@blueprint.post("/calendar/changes/<int:change_id>/refuse")
@permission("calendar.publish")
def refuse_days(change_id: int) -> Any:
    calendar_changes.refuse(context(), change_id, request.form.get("reason", "").strip())
    flash(_("已退回。"), "success")
    return _back(change_id)


@blueprint.post("/calendar/changes/<int:change_id>/withdraw")
@permission("calendar.edit")
def withdraw_days(change_id: int) -> Any:
    calendar_changes.withdraw(context(), change_id)
    flash(_("已撤回。"), "success")
    return _back(change_id)


class _WrongRows(Exception):
    def __init__(self, rows: list[str]) -> None:
        super().__init__()
        self.rows = rows


def _listed(year: int, typed: dict[str, str]) -> tuple[SeedDay, ...]:
    """The days of the file, else of the text. Raises _WrongRows, Invalid when there are none."""
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        data = upload.stream.read(calendar_lists.MAX_BYTES + 1)
        found = calendar_lists.read_file(data, upload.filename, year)
    else:
        found = calendar_lists.read_text(typed["days"], year)
    if found.errors:
        raise _WrongRows([_("第 %(row)d 行：%(what)s", row=error.row, what=error.en if is_english() else error.zh)
                          for error in found.errors])  # fmt: skip
    if not found.days and not typed["publishes"]:
        raise Invalid("请填写日期清单，或选择文件。", "Fill in the days, or choose a file.", {"days": ()})
    return found.days


def _back(change_id: int) -> Any:
    return redirect(url_for("administration.year", year=calendar_changes.year_of(context(), change_id)))


def _page(
    year: int, typed: Mapping[str, str] | None = None, errors: list[tuple[str, str]] | None = None
) -> str:
    session = context().session
    row, change = session.get(CalendarYear, year), calendar_changes.open_change(session, year)
    return render_template(
        "administration/calendar.html",
        tab="calendar",
        year=year,
        months=_months(year),
        is_provisional=calendar.calendar_of(session).table(year).is_provisional,
        source=row.source if row else calendar.SEED_SOURCE,
        exceptions=[
            replace(found, name=_called(found.name, year)) for found in calendar.named_days(session, year)
        ],
        open_limits=calendar.count_open(session, year),
        change=change,
        difference=calendar_changes.changes_of(change) if change else [],
        is_own=change is not None and change.proposed_by_id == signed_in().id,
        past=[
            (each, calendar_changes.changes_of(each))
            for each in calendar_changes.decided_changes(session, year)
        ],
        typed=typed or {},
        errors=errors or [],
        has_errors=bool(errors),
        previous_year=year - 1 if year > FIRST_YEAR else None,
        next_year=year + 1 if year < LAST_YEAR else None,
    )


def _called(name: str, year: int) -> str:
    """What a day off is called in the language of the page."""
    return in_both(name, calendar.english_names(year).get(name, ""))


def _months(year: int) -> list[list[list[tuple[date, bool, str] | None]]]:
    """Twelve months of weeks of days: (day, working, name); None fills the ends of a month."""
    session = context().session
    table, names = (
        calendar.calendar_of(session),
        {d.day: _called(d.name, year) for d in calendar.named_days(session, year)},
    )
    grid = weeks.Calendar(firstweekday=0)
    return [
        [
            [
                (found := date(year, month, n), table.is_working(found), names.get(found, "")) if n else None
                for n in week
            ]
            for week in grid.monthdayscalendar(year, month)
        ]
        for month in range(1, 13)
    ]


def _known(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound
    return year
