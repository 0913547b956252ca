"""Moving running cases to another version: choose, try out, answer what has no counterpart, move, undo."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services.errors import Invalid
from app.services.studio import batches, mapping
from app.web.errors import service_message
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.studio.desk import blueprint
from app.web.studio.running import cases_page, filter_of

STATES = ("ready", "refused", "moved", "undone", "kept", "waiting")
GIVEN_UP = "-"  # what the form says for “do without it”; the engine's mapping has an empty text


@blueprint.post("/running/<key>/migrate")
@permission("case.migrate")
def begin_migration(key: str) -> Any:
    """Try the chosen cases out on a version; a page shows what came of it."""
    wanted, reason = filter_of(key, request.form), request.form.get("reason", "")
    target = whole_number(request.form.get("target", "")) or 0
    numbers = () if request.form.get("all") else request.form.getlist("pick")
    try:
        if not numbers and not request.form.get("all"):
            raise Invalid("请选择要迁移的案件。", "Choose the cases to move.")
        batch = batches.begin(context(), wanted, target, reason, numbers)
    except Invalid as error:
        context().session.rollback()
        errors = [("reason" if not reason.strip() else "migrate", service_message(error))]
        return cases_page(wanted, errors=errors, reason=reason, picked=numbers), 422
    return redirect(url_for("studio.migration", batch_id=batch.id))


@blueprint.get("/migrations/")
@permission("case.running")
def migration_list() -> str:
    session = context().session
    found = batches.list_batches(session)
    return render_template(
        "studio/migrations.html",
        batches=found,
        counts={row.id: batches.counts(session, row) for row in found},
    )


@blueprint.get("/migrations/<int:batch_id>")
@permission("case.running")
def migration(batch_id: int) -> str:
    return _page(batch_id)


@blueprint.get("/migrations/<int:batch_id>/progress")
@permission("case.running")
def migration_progress(batch_id: int) -> Response:
    """The part of the page that changes while workers are at it; after the trial the whole page, which may ask."""
    shown = _shown(batch_id)
    response = make_response(render_template("studio/_migration.html", **shown))
    if shown["batch"].state == "checked" and mapping.suggest(context().session, shown["batch"]):
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.post("/migrations/<int:batch_id>/mapping")
@permission("case.migrate")
def remap_migration(batch_id: int) -> Any:
    """Other counterparts; every case is tried out again."""
    chosen = {
        name.removeprefix("map "): "" if value == GIVEN_UP else value
        for name, value in request.form.items()
        if name.startswith("map ") and value
    }
    known = {
        question.key
        for question in mapping.suggest(context().session, batches.find(context().session, batch_id))
    }
    batches.remap(context(), batch_id, {key: value for key, value in chosen.items() if key in known})
    return redirect(url_for("studio.migration", batch_id=batch_id))


@blueprint.post("/migrations/<int:batch_id>/start")
@permission("case.migrate")
def start_migration(batch_id: int) -> Any:
    return _act(batch_id, batches.start, _("已开始迁移。"))


@blueprint.post("/migrations/<int:batch_id>/pause")
@permission("case.migrate")
def pause_migration(batch_id: int) -> Any:
    return _act(batch_id, batches.pause, _("已暂停，其余案件不再迁移。"))


@blueprint.post("/migrations/<int:batch_id>/undo")
@permission("case.migrate")
def undo_migration(batch_id: int) -> Any:
    return _act(batch_id, batches.undo, _("正在撤销，已有后续办理的案件保持现状。"))


def _act(batch_id: int, act: Any, words: str) -> Any:
    try:
        act(context(), batch_id)
    except Invalid as error:
        context().session.rollback()
        return _page(batch_id, service_message(error)), 422
    flash(words, "success")
    return redirect(url_for("studio.migration", batch_id=batch_id))


def _page(batch_id: int, error: str = "") -> str:
    session = context().session
    shown = _shown(batch_id)
    return render_template(
        "studio/migration.html", error=error, questions=mapping.suggest(session, shown["batch"]), **shown
    )


def _shown(batch_id: int) -> dict[str, Any]:
    session = context().session
    batch, state = batches.find(session, batch_id), request.args.get("state", "")
    state = state if state in STATES else ""
    found, next_id = batches.items(session, batch, state, whole_number(request.args.get("after", "")) or 0)
    counts, names = batches.counts(session, batch), _state_names()

    def link(**values: Any) -> str:
        return url_for("studio.migration", batch_id=batch.id, **values)

    return {
        "batch": batch,
        "counts": counts,
        "total": sum(counts.values()),
        "left": batches.left(batch, counts),
        "items": found,
        "state": state,
        "names": names,
        "tab_list": [
            (names[each][0], link(state=each), each == state, str(counts[each]))
            for each in STATES
            if counts.get(each)
        ],
        "told": "en" if is_english() else "zh",
        "next_url": link(state=state or None, after=next_id) if next_id else None,
    }


def _state_names() -> dict[str, tuple[str, str]]:
    """Words and tone of what came of a case."""
    return {"waiting": (_("等待试算"), "mute"), "ready": (_("可以迁移"), "info"), "refused": (_("不能迁移"), "late"),
            "moved": (_("已迁移"), "ok"), "undone": (_("已撤销"), "mute"), "kept": (_("未撤销"), "warn")}  # fmt: skip
