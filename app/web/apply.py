"""The applicant's desk: my cases, what is missing, starting a declaration."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import access, appeals, applications, cases
from app.services.errors import Invalid, NotFound
from app.services.registers import calls, mailbox, recovery
from app.web.guards import context, permission, signed_in
from app.web.numbers import whole_number

blueprint = Blueprint("apply", __name__)


@blueprint.get("/my")
@permission("apply.use")
def my_cases() -> str:
    """Each case with its state, its stages and what this person can do now."""
    found = context()
    own = applications.own_cases(found)
    tasks = applications.open_tasks_of(found, own)
    others = applications.tasks_elsewhere(found)
    principals = set(access.principals_of(signed_in()))
    numbers = {case.number for case in own}
    rows: list[dict[str, Any]] = [
        {
            "case": case,
            "stages": cases.stages(found.session, case),
            "mine": [
                *(t for t in tasks.get(case.id, []) if principals & set(t.candidates)),
                *(t for t in others if t.instance.subject == case.number),
            ],
            "elsewhere": [t for t in tasks.get(case.id, []) if not principals & set(t.candidates)],
        }
        for case in own
    ]
    rows.sort(key=lambda row: (not row["mine"], row["case"].status != "active"))
    notices = mailbox.messages_of(found.session, sorted(principals))[:10]
    return render_template(
        "apply/my_cases.html",
        rows=rows,
        others=[task for task in others if task.instance.subject not in numbers],
        notices=notices,
        calls=calls.open_calls(found.session, found.now),
        receivables=recovery.receivables_of(found.session, [m.org_id for m in signed_in().memberships]),
    )


@blueprint.post("/calls/<call_no>/declare")
@permission("apply.use")
def declare(call_no: str) -> Any:
    """Start a case of this call and go to its first task."""
    found = context()
    org_id = request.form.get("org", "")
    chosen = whole_number(org_id) or signed_in().memberships[0].org_id
    case = applications.start_application(found, call_no, chosen)
    flash(_("已创建申报 %(number)s。截止前可随时暂存、修改。", number=case.number), "success")
    open_tasks = applications.open_tasks_of(found, [case]).get(case.id, [])
    if open_tasks:
        return redirect(url_for("inbox.show_task", task_id=open_tasks[0].id))
    return redirect(url_for("cases.show", number=case.number))


@blueprint.post("/my/receivables/<number>/instalments")
@permission("apply.use")
def ask_instalments(number: str) -> Any:
    """Ask to pay back in parts; the finance office rules on the plan."""
    found = context()
    owed = recovery.receivables_of(found.session, [m.org_id for m in signed_in().memberships])
    if number not in {row.number for row, _left in owed}:
        raise NotFound
    reason, parts = request.form.get("reason", "").strip(), request.form.get("instalments", "")
    instalments = whole_number(parts)
    if not reason or not instalments:
        raise Invalid("请填写期数和理由。", "Give the number of instalments and the reason.")
    recovery.request_instalments(found, number, {"instalments": instalments, "reason": reason})
    flash(_("分期申请已提交，等待财务审批。"), "success")
    return redirect(url_for("apply.my_cases"))


@blueprint.post("/documents/<number>/appeal")
@permission("apply.use")
def appeal(number: str) -> Any:
    """Open the form of an appeal against a letter while the time runs that the letter states."""
    found = context()
    case = appeals.start(found, number)
    open_tasks = applications.open_tasks_of(found, [case]).get(case.id, [])
    if open_tasks and access.is_candidate(signed_in(), open_tasks[0]):
        flash(_("已创建复核申请 %(number)s，尚未提交。", number=case.number), "success")
        return redirect(url_for("inbox.show_task", task_id=open_tasks[0].id))
    return redirect(url_for("cases.show", number=case.number))


@blueprint.post("/my/notices/<int:notice_id>/read")
@permission("apply.use")
def read_notice(notice_id: int) -> Any:
    found = context()
    mailbox.mark_read(found.session, notice_id, access.principals_of(signed_in()), found.now)
    return redirect(url_for("apply.my_cases"))
