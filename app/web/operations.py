"""Operators: jobs, incidents with retry, messages nobody waited for, the history's proof, and the demo clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import clock, history, jobs, messages
from app.services.errors import NotPermitted
from app.web.guards import context, permission

blueprint = Blueprint("operations", __name__, url_prefix="/operations")


@blueprint.get("/", endpoint="jobs")
@permission("operations.read")
def jobs_page() -> str:
    found = context()
    return render_template(
        "operations/jobs.html",
        waiting=jobs.list_jobs(found.session, 100),
        incidents=jobs.list_incidents(found.session, 100),
        counts=jobs.count_jobs(found.session),
        messages=messages.unconsumed_messages(found, 100),
    )


@blueprint.post("/incidents/<int:job_id>/retry")
@permission("operations.act")
def retry(job_id: int) -> Any:
    jobs.retry_job(context(), job_id)
    flash(_("已安排重试。"), "success")
    return redirect(url_for("operations.jobs"))


@blueprint.get("/audit")
@permission("operations.read")
def audit() -> str:
    faults = list(history.verify_chains(context().session))
    return render_template("operations/audit.html", faults=faults)


@blueprint.get("/clock", endpoint="clock")
@permission("clock.move")
def clock_page() -> str:
    found = _demo_only()
    return render_template("operations/clock.html", next_due=clock.next_due(found.session))


@blueprint.post("/clock")
@permission("clock.move")
def move_clock() -> Any:
    """Demo only: to the next due time, or one day ahead."""
    found = _demo_only()
    step = request.form.get("step")
    if step == "next":
        target = clock.next_due(found.session)
        if target is None:
            raise NotPermitted("没有等待中的期限。", "Nothing is due.")
        target = max(target, found.now) + timedelta(seconds=1)
    elif step in {"1", "5", "30"}:
        target = found.now + timedelta(days=int(step))
    else:
        abort(400)
    clock.advance_clock(found, target)
    flash(_("演示时钟已前进。到期的事项将在数秒内处理。"), "success")
    return redirect(url_for("operations.clock"))


def _demo_only() -> Any:
    found = context()
    if not found.settings.demo:
        abort(404)
    return found
