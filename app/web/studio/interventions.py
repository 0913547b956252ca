"""Interventions in one case: choose, see the effect, give a reason; a colleague confirms where money is involved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import orjson
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.engine.diagram import ElementState, render_svg
from app.models.runtime import ProcessInstance
from app.services import repository, runtime
from app.services.errors import Invalid, NotFound
from app.services.studio import intervening, interventions
from app.web import labels
from app.web.errors import service_message
from app.web.guards import context, permission, signed_in
from app.web.language import is_english
from app.web.studio.desk import blueprint

# What the form of each kind sends along.
FIELDS = {"variable": ("name", "value"), "return": ("number",), "skip": ("task", "values"), "retry": ("job",),
          "suspend": (), "resume": (), "cancel": ()}  # fmt: skip


@blueprint.get("/running/cases/<number>")
@permission("case.intervene")
def case_interventions(number: str) -> str:
    return _page(number)


@blueprint.post("/running/cases/<number>/preview")
@permission("case.intervene")
def preview_intervention(number: str) -> Any:
    """The effect, with the reason to give; nothing is kept."""
    kind = request.form.get("kind", "")
    return _preview(number, kind, _args(kind), "")


@blueprint.post("/running/cases/<number>/carry-out")
@permission("case.intervene")
def carry_out_intervention(number: str) -> Any:
    kind, reason = request.form.get("kind", ""), request.form.get("reason", "")
    args, seen = _args(kind), request.form.get("seen", "")
    if not reason.strip():
        return _preview(number, kind, args, _("请填写理由。"))
    try:
        done = interventions.carry_out(context(), number, kind, args, reason, seen)
    except Invalid as error:
        context().session.rollback()
        return _page(number, service_message(error)), 422
    flash(_("已完成。") if done.state == "done" else _("已提交，等待另一名运维人员确认。"), "success")
    return redirect(url_for("studio.case_interventions", number=number))


@blueprint.post("/interventions/<int:intervention_id>/confirm")
@permission("case.intervene")
def confirm_intervention(intervention_id: int) -> Any:
    found = interventions.confirm(context(), intervention_id)
    flash(_("已完成。"), "success")
    return redirect(url_for("studio.case_interventions", number=found.instance.number))


@blueprint.post("/interventions/<int:intervention_id>/refuse")
@permission("case.intervene")
def refuse_intervention(intervention_id: int) -> Any:
    found = interventions.refuse(context(), intervention_id)
    flash(_("已否决，案件没有改动。"), "success")
    return redirect(url_for("studio.case_interventions", number=found.instance.number))


@blueprint.post("/interventions/<int:intervention_id>/undo")
@permission("case.intervene")
def undo_intervention(intervention_id: int) -> Any:
    found = interventions.undo(context(), intervention_id)
    flash(_("已撤销，案件恢复到干预前。"), "success")
    return redirect(url_for("studio.case_interventions", number=found.instance.number))


def _args(kind: str) -> dict[str, Any]:
    """What belongs to the kind, nothing else that a form may carry."""
    if kind not in FIELDS:
        raise NotFound
    given = {name: request.form.get(name, "") for name in FIELDS[kind]}
    if any(name in given and not (given[name].isascii() and given[name].isdigit() and len(given[name]) < 10)
           for name in ("number", "task", "job")):  # fmt: skip
        raise NotFound
    return given


def _preview(number: str, kind: str, args: dict[str, Any], error: str) -> Any:
    session = context().session
    try:
        seen = interventions.preview(context(), number, kind, args)
    except Invalid as refusal:
        session.rollback()
        return _page(number, service_message(refusal), args), 422
    session.rollback()
    page = render_template(
        "studio/intervention.html",
        number=number,
        preview=seen,
        error=error,
        name=_name(kind),
        lines=_lines(seen.difference),
    )
    return (page, 422) if error else page


def _page(number: str, error: str = "", typed: dict[str, Any] | None = None) -> str:
    found = context()
    row = interventions.find_case(found, number)
    instance = runtime.load_instance(found, row)
    running = row.status == "active"
    shown = interventions.list_of(found, row)
    names = repository.process_names(found.session, [row.process_key], english=is_english())
    return render_template(
        "studio/interventions.html",
        case=row,
        process_name=names.get(row.process_key, row.process_key),
        error=error,
        typed=typed or {},
        svg=_diagram(row),
        variables={name: _json(value) for name, value in sorted(instance.variables.items())},
        tasks=[task for task in intervening.open_tasks(found, row) if running],
        returns=intervening.returns_of(found, row) if running else (),
        incidents=intervening.incidents_of(found, row),
        two=interventions.involves_money(found, row),
        shown=[(each, _name(each.kind), _lines(each.difference)) for each in shown],
        me=signed_in().id,
        told="message_en" if is_english() else "message_zh",
    )


def _diagram(row: ProcessInstance) -> Markup:
    instance = runtime.load_instance(context(), row)
    states = {
        place.element_id: ElementState("waiting" if place.waiting else "active", place.count)
        for place in instance.positions().values()
        if place.process_id == row.process_key
    }
    xml = instance.definition.diagram_xml(row.process_key)
    language: Literal["zh", "en"] = "en" if is_english() else "zh"
    return Markup(render_svg(xml, states, process_id=row.process_key, title=row.number, language=language))  # noqa: S704  escaped there


def _json(value: Any) -> str:
    return json.dumps(orjson.loads(orjson.dumps(value, default=str)), ensure_ascii=False, indent=2)


def _name(kind: str) -> str:
    zh, en = interventions.NAMES[kind]
    return en if is_english() else zh


def _lines(difference: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The difference with words for what each line is about."""
    names = {"status": _("办理状态"), "case_state": _("案件状态"), "steps": _("当前环节"),
             "failed_jobs": _("失败的作业")}  # fmt: skip
    return [
        {
            "what": names.get(line["what"]) or line["what"].removeprefix("var "),
            **{side: _said(line["what"], line[side]) for side in ("before", "after")},
        }
        for line in difference
    ]


def _said(what: str, value: str) -> str:
    """States in words; everything else as it is."""
    if what == "status" and value:
        return _("人工暂停") if value == "suspended" else str(labels.case_state(None, value)[0])
    return str(labels.case_state(value)[0]) if what == "case_state" and value else value
