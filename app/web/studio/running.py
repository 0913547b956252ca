"""Running cases: every process, the cases of one, where they stand and how long they have waited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from flask import render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.engine.diagram import ElementState, render_svg
from app.models.repository import ProcessDefinition
from app.services import repository
from app.services.context import Context
from app.services.errors import NotFound
from app.services.studio import running
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.studio.desk import blueprint


@blueprint.get("/running/")
@permission("case.running")
def running_processes() -> str:
    return render_template("studio/running.html", processes=running.processes(context().session))


@blueprint.get("/running/<key>")
@permission("case.running")
def running_cases(key: str) -> str:
    return cases_page(filter_of(key, request.args), before=whole_number(request.args.get("before", "")))


def cases_page(wanted: running.Filter, *, before: int | None = None, **more: Any) -> str:
    """The list of cases; `more` is what a refused form brings back."""
    found = context()
    versions = repository.list_versions(found.session, wanted.key)
    if not versions:
        raise NotFound
    shown = next((row for row in versions if row.version == wanted.version), versions[0])
    page = running.list_cases(found, wanted, before)
    return render_template(
        "studio/running_cases.html",
        wanted=wanted,
        versions=versions,
        shown=shown,
        page=page,
        total=running.count_cases(found.session, wanted),
        statuses=_statuses(wanted, running.count_by_status(found.session, wanted)),
        ages=running.ages(found, wanted),
        drawn=running.DRAWN,
        svg=_diagram(found, shown),
        next_url=_url(wanted, before=page.next_id) if page.next_id else None,
        first_url=_url(wanted) if before else None,
        **{"errors": [], "reason": "", **more},
    )


def filter_of(key: str, given: Any) -> running.Filter:
    """The filter as an address or a form says it; what is no status or version does not filter."""
    status = given.get("status", "active")
    return running.Filter(
        key,
        whole_number(given.get("version", "")),
        status if status in running.STATUSES else "",
        given.get("step", "")[:100],
        given.get("q", "").strip()[:40],
    )


def _url(wanted: running.Filter, **more: Any) -> str:
    values = {"version": wanted.version, "status": wanted.status or "all", "step": wanted.step or None,
              "q": wanted.text or None, **more}  # fmt: skip
    return url_for("studio.running_cases", key=wanted.key, **values)


def _statuses(wanted: running.Filter, counts: Any) -> list[tuple[str, str, bool, str]]:
    """Tabs: words, address, whether it is the one shown, how many."""
    names = {"active": _("办理中"), "suspended": _("人工暂停"), "completed": _("已办结"), "cancelled": _("已终止"),
             "": _("全部")}  # fmt: skip
    whole = sum(count for status, count in counts.items() if status != "suspended")
    shown = {**counts, "": whole}
    return [
        (name, _url(replace(wanted, status=status)), wanted.status == status, str(shown.get(status, 0)))
        for status, name in names.items()
    ]


def _diagram(found: Context, shown: ProcessDefinition) -> Markup:
    """The main process with the number of running cases at each element."""
    counts = running.places(found, shown)
    states = {
        key.partition(":")[2]: ElementState("active", count)
        for key, count in counts.items()
        if key.startswith(f"{shown.key}:")
    }
    xml = repository.definition_of(found.session, shown).diagram_xml(shown.key)
    language: Literal["zh", "en"] = "en" if is_english() else "zh"
    name = shown.name_en if is_english() and shown.name_en else shown.name
    return Markup(render_svg(xml, states, process_id=shown.key, title=name, language=language))  # noqa: S704  escaped there
