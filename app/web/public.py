"""The public site, without login: calls, self-check, notices in publicity, objections, verification."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, abort, g, render_template, request, url_for
from flask_babel import gettext as _

from app.engine.definition import Definition
from app.models.identity import User
from app.models.register import Call, Objection
from app.services import policy, public_site, repository, task, tickets
from app.services import self_check as checking
from app.services.access import PUBLIC
from app.services.errors import Invalid, NotFound
from app.services.registers import calls, publicity, verification
from app.web.downloads import stored_file
from app.web.form_pages import known_files, public_form, task_form
from app.web.forms import BoundForm
from app.web.forms.markup import render_markdown
from app.web.guards import actor, context, permission
from app.web.judgements import Judgement, judge
from app.web.labels import ITEM_STATES, OBJECTION_OUTCOMES, OBJECTION_STATES, figures_of
from app.web.language import is_english
from app.web.limits import count_request, limited
from app.web.numbers import whole_number

blueprint = Blueprint("public", __name__)
blueprint.before_request(count_request)


@blueprint.get("/")
@permission(PUBLIC)
def home() -> str:
    found = context()
    return render_template(
        "public/home.html",
        calls=calls.open_calls(found.session, found.now),
        notices=publicity.notices_in_publicity(found.session, found.now),
        now=found.now,
    )


@blueprint.get("/find")
@permission(PUBLIC)
@limited("search", asked="q")
def find() -> str:
    """Calls and notices by words, open and past."""
    text = request.args.get("q", "").replace("\0", "").strip()[: public_site.LONGEST_QUESTION]
    return render_template("public/find.html", text=text, found=public_site.find(context().session, text))


@blueprint.get("/archive")
@permission(PUBLIC)
def archive() -> str:
    """What is over, all of it or of one year."""
    found = context()
    years = public_site.years(found.session)
    year = whole_number(request.args.get("year", ""))
    if year not in years:
        year = None
    before = whole_number(request.args.get("before", ""))
    notices, next_id = public_site.past_notices(found.session, found.now, year, before or None)
    return render_template(
        "public/archive.html",
        calls=[] if before else public_site.past_calls(found.session, found.now, year),
        notices=notices,
        years=years,
        year=year,
        is_first=not before,
        next_url=url_for("public.archive", year=year, before=next_id) if next_id else None,
    )


@blueprint.get("/calls/<call_no>")
@permission(PUBLIC)
def call(call_no: str) -> str:
    found, user = context(), actor()
    shown = calls.get_call(found.session, call_no)
    return render_template(
        "public/call.html",
        call=shown,
        is_open=shown.state == "open" and shown.deadline_at > found.now,
        now=found.now,
        papers=public_site.papers(found.session, shown),
        clauses=public_site.clauses_of(found.session, shown),
        body=render_markdown(str(shown.body.get("notice", ""))),
        figures=figures_of(shown.parameters, shown.quota),
        stages=_stages(shown),
        own_case=_own_case(shown, user),
        memberships=list({m.org_id: m.org.name for m in user.memberships}.items()) if user else [],
    )


@blueprint.get("/calls/<call_no>/papers/<number>")
@permission(PUBLIC)
def paper(call_no: str, number: str) -> Response:
    """The notice of a call, or its result, as it was issued."""
    session = context().session
    found = public_site.paper(session, calls.get_call(session, call_no), number)
    return stored_file(found.pdf_sha256, f"{found.number}.pdf", "application/pdf", inline=True)


@blueprint.route("/calls/<call_no>/self-check", methods=["GET", "POST"])
@permission(PUBLIC)
@limited("self_check")
def self_check(call_no: str) -> Any:
    """The office's own decision tables on the visitor's figures; nothing is stored."""
    found = context()
    shown = calls.get_call(found.session, call_no)
    check = checking.find_self_check(found, shown)
    form = public_form(check.form, check.variables, found, sent=request.method == "POST")
    if request.method == "GET" or form.is_row_change:
        return render_template("public/self_check.html", call=shown, form=form, results=())
    if not form.validate():
        return render_template(
            "public/self_check.html", call=shown, form=form, results=(), has_errors=True
        ), 422
    answers = checking.run(found, check, form.accepted.values)
    results = [(_explained(answer, check.definition), answer) for answer in answers]
    return render_template("public/self_check.html", call=shown, form=form, results=results)


def _explained(answer: checking.CheckResult, definition: Definition) -> Judgement:
    """The result in words, under the name that the self-check gives it."""
    trace = {"outputs": answer.outputs, "rows": answer.rows}
    found = judge(answer.decision_id, answer.name, trace, definition.decisions.get(answer.decision_id))
    return replace(found, name=answer.name_en) if is_english() and answer.name_en else found


@blueprint.get("/notices/<number>")
@permission(PUBLIC)
def notice(number: str) -> str:
    found = context()
    shown = publicity.get_notice(found.session, number)
    content = publicity.content_of(shown)
    return render_template(
        "public/notice.html",
        notice=shown,
        is_open=publicity.takes_objections(shown, found.now),
        now=found.now,
        body=render_markdown(str(content.get("body", ""))),
        item_states=ITEM_STATES,
    )


@blueprint.route("/notices/<number>/object", methods=["GET", "POST"], endpoint="object")
@permission(PUBLIC)
@limited("submit")
def submit_objection(number: str) -> Any:
    found = context()
    shown = publicity.get_notice(found.session, number)
    if not publicity.takes_objections(shown, found.now):
        raise NotFound
    form_of_notice, variables = tickets.objection_form(found, shown)
    sent = request.method == "POST"
    form = public_form(form_of_notice, variables, found, sent=sent)
    if not sent or form.is_row_change:
        return render_template("public/object.html", notice=shown, form=form)
    if not form.validate():
        return render_template("public/object.html", notice=shown, form=form, has_errors=True), 422
    try:
        ticket = tickets.submit(found, shown, form.accepted.values)
    except Invalid as error:
        form.reject(error.errors)
        return render_template("public/object.html", notice=shown, form=form, has_errors=True), 422
    return render_template("public/objection_received.html", number=ticket.receipt_no, code=ticket.code)


@blueprint.route("/objections", methods=["GET", "POST"])
@permission(PUBLIC)
def objection_status() -> Any:
    if request.method == "GET":
        return render_template("public/objection_status.html", number="", code="")
    return _objection_page()


@blueprint.post("/objections/supplement")
@permission(PUBLIC)
@limited("submit")
def supplement_objection() -> Any:
    """Complete the objector's own task; number and code are the only key to it."""
    found = context()
    objection = _objection()
    work = tickets.open_work(found, objection) if objection else None
    if objection is None or work is None:
        return _objection_page()
    holder = tickets.acting_as(found, objection)
    form = task_form(work, holder, sent=True)
    if form.is_row_change:
        return _objection_page(form)
    key = request.form.get("request_key", "")
    if not 8 <= len(key) <= 64:
        abort(400)
    try:
        task.complete_task(holder, work.task.id, form.raw, key=key, result_url=url_for("public.objection_status"),
                           files=known_files(form))  # fmt: skip
    except Invalid as error:
        form.reject(error.errors)
        return _objection_page(form), 422
    return _objection_page(done=_("补充材料已提交，办理人收到后继续办理。"))


@blueprint.post("/objections/withdraw")
@permission(PUBLIC)
@limited("submit")
def withdraw_objection() -> Any:
    found = context()
    objection = _objection()
    if objection is None:
        return _objection_page()
    tickets.withdraw(found, objection)
    return _objection_page(done=_("撤回申请已收到，异议即将销号。"))


@blueprint.post("/objections/letter")
@permission(PUBLIC)
def objection_letter() -> Any:
    """The written answer as it was issued; opening it serves it."""
    objection = _objection()
    if objection is None:
        return _objection_page()
    document = tickets.open_letter(context(), objection)
    return stored_file(document.pdf_sha256, f"{document.number}.pdf", "application/pdf")


@blueprint.get("/verify")
@permission(PUBLIC)
@limited("verify", asked="code")
def verify() -> str:
    number, code = request.args.get("number", "").strip(), request.args.get("code", "").strip()
    found = verification.find(context().session, number, code) if number and code else None
    return render_template(
        "public/verify.html", number=number, code=code, asked=bool(number and code), found=found
    )


def _objection_page(form: BoundForm | None = None, done: str = "") -> str:
    found = context()
    number, code = _ticket()
    objection = _objection()
    if objection is None:
        return render_template(
            "public/objection_status.html", number=number, code="", not_found=True, has_errors=True
        )
    work = tickets.open_work(found, objection)
    if work is not None and form is None and not done:
        form = task_form(work, tickets.acting_as(found, objection))
    return render_template(
        "public/objection_status.html",
        objection=objection,
        states=OBJECTION_STATES,
        outcomes=OBJECTION_OUTCOMES,
        done=done,
        form=form,
        task=work.task if work and not done else None,
        letter=tickets.letter_to(found, objection),
        number=number,
        code=code,
        request_key=uuid4().hex,
        may_withdraw=not done and tickets.may_withdraw(found, objection),
        title=_("查询异议"),
    )


def _stages(shown: Call) -> list[dict[str, Any]]:
    """The steps that the policy draws for the cases of a call."""
    session = context().session
    deployment_id = repository.current_definition(session, shown.case_process).deployment_id
    drawn = (
        p.get("stages", {}).get(shown.case_process)
        for p in policy.policies_of(session, deployment_id).values()
    )
    return next((stages for stages in drawn if stages), [])


def _own_case(shown: Call, user: User | None) -> str | None:
    """The running case of the reader's organisation in this call."""
    orgs = {membership.org_id for membership in user.memberships} if user else set()
    return next((case.case_no for case in shown.cases if case.org_id in orgs and case.state != "ended"), None)


def _objection() -> Objection | None:
    """The objection of the sent number and code; a wrong guess is counted once a request."""
    if "objection" not in g:
        g.objection = tickets.find(context(), request.remote_addr or "", *_ticket())
    objection: Objection | None = g.objection
    return objection


def _ticket() -> tuple[str, str]:
    return request.form.get("number", "").strip(), request.form.get("code", "").strip()
