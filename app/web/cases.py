"""Cases: lists, search, acts on a case, its documents and attachments."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import access, actions, attachments, cases, comments, replacements, repository
from app.services.errors import Invalid, NotFound
from app.services.files import FileRefused
from app.services.registers import appeals, letters
from app.web.case_files import VIEWABLE
from app.web.case_tabs import case_page
from app.web.downloads import framed_file, stored_file
from app.web.errors import service_message
from app.web.guards import context, permission, signed_in
from app.web.labels import STATUSES
from app.web.numbers import whole_number

blueprint = Blueprint("cases", __name__)


@blueprint.get("/cases")
@permission("case.read_office")
def all_cases() -> str:
    return _case_list(request.args.get("q", ""))


@blueprint.get("/search")
@permission("signed_in")
def search() -> str:
    return _case_list(request.args.get("q", ""))


@blueprint.get("/cases/<number>")
@permission("signed_in")
def show(number: str) -> Response:
    return case_page(number, "progress")


@blueprint.get("/cases/<number>/<any(diagram, forms, documents, comments, decisions, related):tab>")
@permission("signed_in")
def show_tab(number: str, tab: str) -> Response:
    return case_page(number, tab)


@blueprint.post("/cases/<number>/actions/<name>")
@permission("signed_in")
def act(number: str, name: str) -> Any:
    """Send one of the messages that this case waits for, e.g. a withdrawal."""
    found = context()
    instance = access.require_instance(found.session, signed_in(), number)
    actions.carry_out(found, instance, name, request.form.get("reason", ""))
    flash(_("已提交，系统正在办理。"), "success")
    return redirect(url_for("cases.show", number=number))


@blueprint.post("/cases/<number>/comments")
@permission("case.comment")
def comment(number: str) -> Any:
    """Leave a remark inside the office, or for both sides."""
    found = context()
    instance = access.require_instance(found.session, signed_in(), number)
    audience, text = request.form.get("audience", ""), request.form.get("text", "")
    try:
        comments.write(found, instance, audience, text)
    except Invalid as error:
        page = case_page(
            number, "comments", typed=text, chosen=audience, problem=service_message(error), has_errors=True
        )
        return page, 422
    flash(_("已记录。") if audience == comments.OFFICE else _("已发送。"), "success")
    return redirect(url_for("cases.show_tab", number=number, tab="comments"))


@blueprint.post("/comments/<int:comment_id>/withdraw")
@permission("case.comment")
def withdraw_comment(comment_id: int) -> Any:
    """Take one's own internal note back."""
    row = comments.withdraw(context(), comment_id)
    flash(_("批注已撤回。"), "success")
    return redirect(url_for("cases.show_tab", number=row.instance.number, tab="comments"))


@blueprint.post("/documents/<number>/open")
@permission("signed_in")
def open_document(number: str) -> Response:
    """Sign for a document and read it: the act of opening is what serves it."""
    found = context()
    document = letters.open_document(found, number, access.principals_of(signed_in()))
    return _pdf(document.pdf_sha256, f"{document.number}.pdf")


@blueprint.get("/documents/<number>")
@permission("signed_in")
def read_document(number: str) -> Response:
    """A document that was opened before, or that the office may read anyway; `?signed` with what was signed on it."""
    found = context()
    document = letters.readable_document(found, number, signed_in())
    if document.signatures and "signed" in request.args:
        return _pdf(document.signatures[-1].pdf_sha256, f"{document.number}-signed.pdf")
    return _pdf(document.pdf_sha256, f"{document.number}.pdf")


@blueprint.get("/attachments/<int:attachment_id>")
@permission("signed_in")
def attachment(attachment_id: int) -> Response:
    """A file that was handed in: as a download, never shown inside our own page."""
    found = context()
    item = attachments.readable(found, attachment_id)
    return stored_file(item.sha256, item.name, item.media_type, size=item.size)


@blueprint.get("/attachments/<int:attachment_id>/view")
@permission("signed_in")
def view_attachment(attachment_id: int) -> Response:
    """A PDF or picture for the frame of the case page: only what the scan has cleared, only inside our own pages."""
    item = attachments.readable(context(), attachment_id)
    if item.media_type not in VIEWABLE:
        raise NotFound
    return framed_file(item.sha256, item.name, item.media_type, item.size)


@blueprint.post("/attachments/<int:attachment_id>/replace")
@permission("apply.use")
def replace_attachment(attachment_id: int) -> Any:
    """Hand in another file instead of a submitted one that the scanner put away."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("请选择文件。", "Choose a file.")
    try:
        new = replacements.replace(context(), attachment_id, sent.stream, sent.filename)
    except FileRefused as error:
        raise Invalid(error.message, error.message_en) from error
    flash(_("已补交：%(name)s", name=new.name), "success")
    instance = new.instance
    return redirect(url_for("cases.show", number=instance.number if instance else ""))


def _case_list(text: str) -> str:
    found = context()
    status = request.args.get("status", "")
    before = request.args.get("before", "")
    page = cases.list_cases(
        found.session,
        signed_in(),
        text=text.strip()[:80],
        status=status if status in STATUSES else "",
        process=request.args.get("process", ""),
        before=whole_number(before),
    )
    processes = repository.list_current(found.session)
    query: dict[str, Any] = {key: value for key, value in request.args.items() if key != "before"}
    next_url = url_for("cases.search", **query, before=page.next_id) if page.next_id else None
    return render_template(
        "cases/list.html",
        page=page,
        pending=appeals.pending_among(found.session, [case.number for case in page.cases]),
        text=text,
        status=status,
        statuses=STATUSES,
        processes=processes,
        process=request.args.get("process", ""),
        next_url=next_url,
    )


def _pdf(sha256: str, name: str) -> Response:
    return stored_file(sha256, name, "application/pdf", inline=True)
