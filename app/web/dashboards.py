"""Dashboards for heads: figures as of any time, as pictures and tables; every figure opens its list of cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup

from app.engine.diagram import ElementState, render_svg
from app.services import repository
from app.services.errors import NotFound
from app.services.inbox_export import Cell, write_workbook
from app.services.numbering import OFFICE_ZONE
from app.services.statistics.figures import AGES, Figure, Period, Report, report
from app.services.statistics.lists import FIGURES, MOST, Filter, Listed, list_passes
from app.web.charts import Bar, bar_chart
from app.web.form_pages import language
from app.web.guards import context, permission, signed_in
from app.web.labels import ORG_TYPES
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.titles import title_of

blueprint = Blueprint("dashboards", __name__, url_prefix="/dashboards")
YEARS = range(1950, 9000)  # others cannot be told in every zone
USUAL = timedelta(days=90)
LEVELS = 5
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIGURE_NAMES = {
    "open": lazy_gettext("在办"), "done": lazy_gettext("已办结"), "returned": lazy_gettext("退回"),
}  # fmt: skip


@blueprint.get("/", endpoint="overview")
@permission("dashboard.read")
def overview() -> str:
    """All figures of a period."""
    found = report(context().session, _period())
    processes = sorted({key for key, _element in found.names} | ({found.period.process} - {""}))
    return render_template(
        "dashboards/overview.html",
        report=found,
        ages=age_names(),
        processes=repository.process_names(context().session, processes, english=is_english()),
        name_of=lambda step: _name(found, step),
        org_types=ORG_TYPES,
        open_chart=_open_chart(found),
        time_chart=_time_chart(found),
        heat=_heat_map(found),
        link=lambda **part: url_for("dashboards.list_cases", **_texts(found.period), **part),
        export_url=url_for("dashboards.export", **_texts(found.period)),
        here=_texts(found.period),
    )


@blueprint.get("/cases", endpoint="list_cases")
@permission("dashboard.read")
def cases_page() -> str:
    """The cases behind one figure; the address is the definition of the figure."""
    wanted = _filter()
    listed = list_passes(
        context(), signed_in(), wanted, after=whole_number(request.args.get("after", "")) or 0
    )
    more: dict[str, Any] = {key: text for key, text in request.args.items() if key not in ("after", "lang")}
    return render_template(
        "dashboards/cases.html",
        wanted=wanted,
        listed=listed,
        title=_title(wanted, listed),
        names=FIGURE_NAMES,
        ages=age_names(),
        next_url=url_for("dashboards.list_cases", **{**more, "after": listed.next_id})
        if listed.next_id
        else None,
        export_url=url_for("dashboards.export_cases", **more),
        back_url=url_for("dashboards.overview", **_texts(wanted.period)),
    )


@blueprint.get("/figures.xlsx", endpoint="export")
@permission("dashboard.read")
def export() -> Response:
    """The figures by step as a workbook."""
    found = report(context().session, _period())
    heads = [_("流程"), _("环节"), *age_names(), _("在办"), _("办结"), _("中位（工作日）"), _("九成以内（工作日）"),
             _("中止（工作日）"), _("退回次数"), _("统计时点")]  # fmt: skip

    keys = sorted({key for key, _element in found.steps})
    processes = repository.process_names(context().session, keys, english=is_english())

    def rows() -> Iterator[list[Cell]]:
        for step, figure in found.steps.items():
            yield [processes[step[0]], _name(found, step), *figure.ages, figure.open, figure.done, figure.median,
                   figure.p90, figure.suspended, figure.returned, found.period.at]  # fmt: skip

    return _workbook(_("环节统计"), heads, rows())


@blueprint.get("/cases.xlsx", endpoint="export_cases")
@permission("dashboard.read")
def export_list() -> Response:
    """The cases behind one figure as a workbook, up to a cap."""
    wanted = _filter()
    listed = list_passes(context(), signed_in(), wanted, most=MOST)
    heads = [_("案号"), _("事项"), _("单位"), _("环节"), _("到达"), _("结束"), _("办理人"), _("工作日"),
             _("中止（工作日）")]  # fmt: skip

    def rows() -> Iterator[list[Cell]]:
        for one, case, who in listed.rows:
            known = one.ended_at is not None and one.ended_at <= wanted.period.at
            ended = [one.ended_at, who, one.working_days, one.suspended_days] if known else []
            yield [
                case.number,
                title_of(case),
                case.org.name if case.org else "",
                one.name_en if is_english() and one.name_en else one.name,
                one.started_at,
                *ended,
            ]

    return _workbook(_("案件清单"), heads, rows())


def age_names() -> list[str]:
    """The heads of the columns by age, in calendar days."""
    return [
        _("%(low)d–%(high)d 天", low=low, high=high) if high is not None else _("%(low)d 天以上", low=low)
        for low, high in AGES
    ]


def _period() -> Period:
    """The period of the address; whatever cannot be read is as usual. Nothing later than now can be known."""
    now = context().now
    at = min(_moment(request.args.get("at", "")) or now, now)
    since = _day(request.args.get("since", "")) or (at.astimezone(OFFICE_ZONE) - USUAL).date()
    return Period(at, since, request.args.get("process", "")[:100])


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=OFFICE_ZONE)
    return found if found.year in YEARS else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _texts(period: Period) -> dict[str, Any]:
    """A period as parts of an address; the instant stays exact."""
    texts: dict[str, Any] = {"at": period.at.isoformat(), "since": period.since.isoformat()}
    return {**texts, "process": period.process} if period.process else texts


def _filter() -> Filter:
    given = request.args
    figure, age = given.get("figure", "open"), whole_number(given.get("age", ""))
    if figure not in FIGURES or (age is not None and age >= len(AGES)):
        abort(404)
    return Filter(
        figure,
        _period(),
        step=given.get("step", "")[:100],
        age=age,
        reviewer=whole_number(given.get("reviewer", "")),
        org_type=given.get("org_type"),
    )


def _name(found: Report, step: tuple[str, str]) -> str:
    name, name_en = found.names.get(step, (step[1], ""))
    return name_en if is_english() and name_en else name


def _title(wanted: Filter, listed: Listed) -> str:
    return str(_("%(figure)s：%(n)d 项", figure=str(FIGURE_NAMES[wanted.figure]), n=listed.count))


def _open_chart(found: Report) -> Markup | None:
    bars = [
        Bar(_name(found, step), [(n, f"age-{i}") for i, n in enumerate(figure.ages)], str(figure.open))
        for step, figure in _largest(found, "open")
    ]
    words = "；".join(f"{bar.name} {bar.words}" for bar in bars)
    return bar_chart(_("在办任务，按环节和到达时间"), words, bars) if bars else None


def _time_chart(found: Report) -> Markup | None:
    bars = [
        Bar(
            _name(found, step),
            [(figure.median or 0, "median"), ((figure.p90 or 0) - (figure.median or 0), "p90")],
            f"{figure.median} / {figure.p90}",
        )
        for step, figure in _largest(found, "p90")
    ]
    words = "；".join(f"{bar.name} {bar.words}" for bar in bars)
    return bar_chart(_("各环节用时：中位数 / 九成以内（工作日）"), words, bars) if bars else None


def _largest(found: Report, figure: str) -> list[tuple[tuple[str, str], Figure]]:
    steps = [(step, one) for step, one in found.steps.items() if getattr(one, figure)]
    return sorted(steps, key=lambda item: (-getattr(item[1], figure), item[0]))[:12]


def _heat_map(found: Report) -> Markup | None:
    """The diagram of the chosen process: the more tasks are open at a step, the warmer it is."""
    key = found.period.process
    session = context().session
    try:
        definition = repository.definition_of(session, repository.current_definition(session, key))
    except NotFound:
        return None
    most = max((figure.open for figure in found.steps.values()), default=0) or 1
    states = {
        element: ElementState(
            caption=_("在办 %(open)d · 中位 %(median)s", open=figure.open,
                      median="—" if figure.median is None else figure.median),
            heat=-(-figure.open * LEVELS // most),
        )
        for (process, element), figure in found.steps.items() if process == key
    }  # fmt: skip
    svg = render_svg(definition.diagram_xml(key), states, process_id=key, language=language())
    return Markup(svg)  # noqa: S704  our own renderer escapes every text


def _workbook(title: str, heads: list[str], rows: Iterator[list[Cell]]) -> Response:
    handle = BytesIO()
    write_workbook(handle, title, heads, rows)
    handle.seek(0)
    return send_file(handle, mimetype=XLSX, as_attachment=True, download_name=f"{title}.xlsx")
