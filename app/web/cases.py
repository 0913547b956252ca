"""The case page: where a case stands, its history, diagram, forms, documents and decisions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.engine.diagram import render_svg
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, actions, attachments, cases, files, repository
from app.services.errors import NotFound
from app.services.registers import letters
from app.web.form_pages import stored_form
from app.web.guards import context, permission, signed_in
from app.web.labels import STATUSES
from app.web.language import is_english

blueprint = Blueprint("cases", __name__)
TABS = ("progress", "diagram", "forms", "documents", "decisions")


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
def show(number: str) -> str:
    return _case_page(number, "progress")


@blueprint.get("/cases/<number>/<any(diagram, forms, documents, decisions):tab>")
@permission("signed_in")
def show_tab(number: str, tab: str) -> str:
    return _case_page(number, tab)


@blueprint.post("/cases/<number>/actions/<name>")
@permission("signed_in")
def act(number: str, name: str) -> Any:
    """Send one of the messages that this case waits for, e.g. a withdrawal."""
    found = context()
    instance = access.require_instance(found.session, signed_in(), number)
    actions.carry_out(found, instance, name, request.form.get("reason", ""))
    return redirect(url_for("cases.show", number=number))


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
    """A document that was opened before, or that the office may read anyway."""
    found = context()
    document = letters.readable_document(found, number, signed_in())
    return _pdf(document.pdf_sha256, f"{document.number}.pdf")


@blueprint.get("/attachments/<int:attachment_id>")
@permission("signed_in")
def attachment(attachment_id: int) -> Response:
    """A file that was handed in: as a download, never shown inside our own page."""
    found = context()
    item = attachments.readable(found, attachment_id)
    response = send_file(files.path_of(found.settings.files_dir, item.sha256), mimetype=item.media_type,
                         as_attachment=True, download_name=item.name)  # fmt: skip
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


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
        before=int(before) if before.isdigit() else None,
    )
    processes = repository.list_current(found.session)
    query = {key: value for key, value in request.args.items() if key != "before"}
    next_url = url_for("cases.search", **query, before=page.next_id) if page.next_id else None
    return render_template("cases/list.html", page=page, text=text, status=status, statuses=STATUSES, processes=processes,
                           process=request.args.get("process", ""), next_url=next_url)  # fmt: skip


def _case_page(number: str, tab: str) -> str:
    found, user = context(), signed_in()
    session = found.session
    instance = access.require_instance(session, user, number)
    office = access.may(user, "case.read_office")
    if tab == "decisions" and not office:
        raise NotFound
    common: dict[str, Any] = {
        "case": instance,
        "tab": tab,
        "office": office,
        "tabs": _tabs(instance, tab, office),
        "stages": cases.stages(session, instance),
        "holders": cases.holders(session, instance, user),
        "receipt": cases.receipt_of(session, instance),
        "actions": actions.available(found, instance, user),
        "related": cases.related_cases(session, instance, user),
        "frozen": cases.is_frozen(session, instance),
    }
    parts = {"progress": _progress, "diagram": _diagrams, "forms": _forms, "documents": _documents,
             "decisions": _decisions}  # fmt: skip
    return render_template(f"cases/{tab}.html", **common, **parts[tab](instance))


def _progress(instance: ProcessInstance) -> dict[str, Any]:
    return {"events": cases.events_for(context().session, instance, signed_in())}


def _diagrams(instance: ProcessInstance) -> dict[str, Any]:
    """The main diagram and those of the called processes that this case has entered."""
    session = context().session
    definition = repository.definition_of(session, instance.definition)
    states = cases.element_states(session, instance)
    keys = [instance.process_key, *(key for key in states if key and key != instance.process_key)]
    chosen = request.args.get("of", instance.process_key)
    if chosen not in keys:
        abort(404)
    names = repository.process_names(session, keys, english=is_english())
    svg = render_svg(definition.diagram_xml(chosen), states.get(chosen, {}), process_id=chosen, title=names[chosen])
    return {"svg": Markup(svg), "names": names, "chosen": chosen}  # noqa: S704  our own renderer escapes every text


def _forms(instance: ProcessInstance) -> dict[str, Any]:
    session = context().session
    tasks = cases.submissions_for(session, instance, signed_in())
    latest: dict[str, UserTask] = {task.element_id: task for task in tasks}
    shown = [(task, stored_form(cases.form_of(session, instance, task.form_key), task.data or {}, context()))
             for task in latest.values()]  # fmt: skip
    return {"submissions": shown}


def _documents(instance: ProcessInstance) -> dict[str, Any]:
    return {"documents": cases.documents_for(context().session, instance, signed_in())}


def _decisions(instance: ProcessInstance) -> dict[str, Any]:
    return {"decisions": cases.decisions_for(context().session, instance)}


def _tabs(instance: ProcessInstance, tab: str, office: bool) -> list[tuple[str, str, bool]]:
    labels = {"progress": _("进展"), "diagram": _("流程图"), "forms": _("填报内容"), "documents": _("文书"),
              "decisions": _("判定依据")}  # fmt: skip
    return [
        (label, _tab_url(instance, name), name == tab)
        for name, label in labels.items()
        if office or name != "decisions"
    ]


def _tab_url(instance: ProcessInstance, name: str) -> str:
    if name == "progress":
        return url_for("cases.show", number=instance.number)
    return url_for("cases.show_tab", number=instance.number, tab=name)


def _pdf(sha256: str, name: str) -> Response:
    path = files.path_of(context().settings.files_dir, sha256)
    response = send_file(path, mimetype="application/pdf", as_attachment=False, download_name=name)
    response.headers["Content-Security-Policy"] = "sandbox allow-downloads; default-src 'none'"
    return response
