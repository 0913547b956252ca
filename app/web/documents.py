"""Documents on pages: a letter's draft as PDF, signing a text by certificate, taking a letter back, checking a file."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import access, documents, task
from app.services.errors import Invalid, NotFound, ServiceError
from app.services.registers import letter_drafts, letters, signing_room, verification
from app.services.registers.typesetting import LetterFailed
from app.services.signing.authority import DEMO_PASSPHRASE, DemoAuthority
from app.services.signing.keys import MAX_BYTES, Pkcs12
from app.services.signing.pades import StampMissing
from app.web.downloads import made_file
from app.web.guards import context, only_reads, permission, signed_in

blueprint = Blueprint("documents", __name__)
PDF = "application/pdf"


@blueprint.get("/tasks/<int:task_id>/letter.pdf")
@permission("inbox.use")
def preview_letter(task_id: int) -> Response:
    """The letter with what is typed now, marked as a draft."""
    found = context()
    work = task.open_task(found, task_id)
    try:
        pdf = letter_drafts.preview(found, work)
    except (LetterFailed, documents.LetterUnknown) as error:
        raise Invalid(
            "内容还不完整，无法生成预览。", "The content is not complete enough for a preview."
        ) from error
    return made_file(pdf, f"draft-{task_id}.pdf", PDF, inline=True)


@blueprint.get("/tasks/<int:task_id>/signature")
@permission("inbox.use")
def show_signature(task_id: int) -> str:
    work = task.open_task(context(), task_id)
    return _signing_page(work)


@blueprint.post("/tasks/<int:task_id>/signature")
@permission("inbox.use")
def sign(task_id: int) -> Any:
    """Sign with the certificate that is sent with this request and forgotten with it."""
    found = context()
    sent = request.files.get("certificate")
    source = Pkcs12(
        sent.stream.read(MAX_BYTES + 1) if sent else b"", request.form.get("passphrase", "")[:200]
    )
    try:
        signed = signing_room.sign(found, task_id, source)
    except Invalid as error:
        return _signing_page(task.open_task(found, task_id), error), 422
    except StampMissing as error:
        return _signing_page(task.open_task(found, task_id), error), 503, {"Retry-After": "60"}
    flash(_("已用证书签署。请核对签署信息，确认后提交。"), "success")
    if signed.other_holder:
        said = _("证书单位“%(holder)s”与您代表的单位不一致，提交后须由处室核对。", holder=signed.other_holder)
        flash(said, "warning")
    return redirect(url_for("inbox.show_task", task_id=task_id))


@blueprint.post("/signatures/demo-certificate")
@permission("inbox.use")
@only_reads
def demo_certificate() -> Response:
    """A certificate for whoever is signed in, worth nothing; in demo mode only."""
    found, user = context(), signed_in()
    if not found.settings.demo:
        abort(404)
    unit = user.memberships[0].org.name if user.memberships else "上海市知识产权局"
    made = DemoAuthority(found.settings.secret).issue_pkcs12(user.name, unit, found.now)
    return made_file(made, "demo-certificate.p12", "application/x-pkcs12")


@blueprint.post("/documents/<number>/annul")
@permission("document.annul")
def annul(number: str) -> Any:
    """Say that an issued letter counts no more; what was issued stays readable and says so when it is checked."""
    form = request.form
    document = letters.annul(context(), number, form.get("reason", ""), form.get("replaced_by", ""))
    flash(_("已作废：%(number)s", number=number), "success")
    return redirect(url_for("cases.show_tab", number=document.instance.number, tab="documents"))


@blueprint.post("/verify")
@permission(access.PUBLIC)
@only_reads
def verify_file() -> Any:
    """Compare the hash of a file with what was issued; the file is not kept."""
    sent = request.files.get("file")
    sha256 = hashlib.file_digest(sent.stream, "sha256").hexdigest() if sent and sent.filename else ""  # type: ignore[arg-type]
    found = verification.find_by_hash(context().session, sha256) if sha256 else None
    return render_template(
        "public/verify.html", number="", code="", asked=bool(sha256), found=found, file_sha256=sha256
    )


def _signing_page(work: task.Work, error: ServiceError | None = None) -> str:
    room = signing_room.room_of(context().session, work)
    if room is None:
        raise NotFound
    return render_template(
        "documents/sign.html",
        task=work.task,
        room=room,
        to_open=room.document.opened_at is None
        and letters.is_addressee(room.document, access.principals_of(signed_in())),
        error=error,
        has_errors=error is not None,
        demo_passphrase=DEMO_PASSPHRASE,
    )
