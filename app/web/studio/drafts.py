"""Drafts as pages: the list, the workspace of one, the history of its files, discarding it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.studio import Draft
from app.services import repository
from app.services.errors import EditConflict, NotFound
from app.services.studio import base, catalogue, comparison, drafts, release
from app.services.studio.drafts import Revision
from app.services.studio.file_names import names_of
from app.services.studio.text_diff import compare_texts
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.studio.desk import attachment, blueprint


@blueprint.get("/drafts/")
@permission("studio.read")
def draft_list() -> str:
    session = context().session
    return render_template("studio/draft_list.html", drafts=drafts.list_drafts(session),
                           ended=drafts.list_drafts(session, ended=True))  # fmt: skip


@blueprint.post("/drafts/")
@permission("studio.edit")
def take_draft() -> Any:
    """Begin a draft from a version, or from the one in force."""
    version = whole_number(request.form.get("deployment", ""))
    found = drafts.take_draft(context(), version, request.form.get("title", ""))
    return redirect(url_for("studio.draft", draft_id=found.id))


@blueprint.get("/drafts/<int:draft_id>/")
@permission("studio.read")
def draft(draft_id: int) -> str:
    """The workspace: every file by kind with its editor, what changed, who is at work."""
    found, session = drafts.find_draft(context(), draft_id), context().session
    files = drafts.draft_files(context(), found)
    names = repository.process_names(session, [catalogue.key_of(path) for path in files if path.endswith(".bpmn")],
                                     english=is_english())  # fmt: skip
    checked = "checked" in request.args
    return render_template(
        "studio/draft.html",
        draft=found,
        may_write=found.state == "editing",
        groups=catalogue.group_files({path: len(data) for path, data in files.items()}),
        names=names,
        titles=names_of(files, english=is_english()),
        changes=base.changes_of(session, found),
        saved=drafts.changed_files(session, found),
        editors=drafts.editors_of(context(), found),
        moved=base.moved_files(session, found) if found.state == "editing" else (),
        cases=release.cases_of(session, found),
        checked=checked,
        problems=repository.check_files(files) if checked else (),
    )


@blueprint.get("/drafts/<int:draft_id>/download/<path:path>")
@permission("studio.read")
def download_draft_file(draft_id: int, path: str) -> Response:
    found = drafts.read_file(context(), drafts.find_draft(context(), draft_id), path)
    return attachment(found.data, path.rpartition("/")[2])


@blueprint.get("/drafts/<int:draft_id>/history/<path:path>")
@permission("studio.read")
def file_history(draft_id: int, path: str) -> str:
    """Every revision of a file, and two of them side by side."""
    found = drafts.find_draft(context(), draft_id)
    history = drafts.file_history(context(), found, path)
    if not history:
        raise NotFound
    after = _chosen(history, "to", history[0].revision)
    before = _chosen(history, "from", max(after.revision - 1, history[-1].revision))
    last = next((entry.data for entry in history if entry.data is not None), b"")
    return render_template("studio/draft_history.html", draft=found, path=path, history=history, before=before,
                           after=after, name=names_of({path: last}, english=is_english()).get(path, path),
                           found=comparison.compare_file(context(), found, path, before.data, after.data),
                           lines=compare_texts(path, before.data, after.data))  # fmt: skip


@blueprint.post("/drafts/<int:draft_id>/restore/<path:path>")
@permission("studio.edit")
def restore_file(draft_id: int, path: str) -> Any:
    """Make an earlier revision the newest; what was there meanwhile stays in the history."""
    found = drafts.find_draft(context(), draft_id)
    drafts.restore(context(), found, path, _revision())
    flash(_("已恢复。原来的内容仍在历史中。"), "success")
    return redirect(url_for("studio.file_history", draft_id=draft_id, path=path))


@blueprint.post("/drafts/<int:draft_id>/remove/<path:path>")
@permission("studio.edit")
def remove_file(draft_id: int, path: str) -> Any:
    """Take a file out of the draft, if nobody saved it since the page was loaded."""
    found = drafts.find_draft(context(), draft_id)
    try:
        drafts.remove_file(context(), found, path, _revision())
    except EditConflict as conflict:
        context().session.rollback()
        flash(_("%(name)s刚保存了此文件，没有移除。请先查看历史。", name=conflict.name), "error")
        return redirect(url_for("studio.file_history", draft_id=draft_id, path=path))
    flash(_("已从草稿移除 %(path)s，可在历史中恢复。", path=path), "success")
    return redirect(url_for("studio.draft", draft_id=draft_id))


@blueprint.post("/drafts/<int:draft_id>/move-base")
@permission("studio.edit")
def move_base(draft_id: int) -> Any:
    """Put the draft on the version in force; its own changes stay."""
    found = drafts.find_draft(context(), draft_id)
    moved = base.move_base(context(), found)
    both = [file.path for file in moved if file.both]
    if both:
        flash(
            _("已更新到现行版本。双方都改过、保留草稿内容的文件请逐一核对：%(paths)s", paths="、".join(both)),
            "warning",
        )
    else:
        flash(_("已更新到现行版本，没有冲突。"), "success")
    return redirect(url_for("studio.draft", draft_id=draft_id))


@blueprint.get("/drafts/<int:draft_id>/discard")
@permission("studio.edit")
def discard(draft_id: int) -> str:
    found = _editable(draft_id)
    return render_template("studio/draft_discard.html", draft=found,
                           changes=base.changes_of(context().session, found))  # fmt: skip


@blueprint.post("/drafts/<int:draft_id>/discard")
@permission("studio.edit")
def discard_submit(draft_id: int) -> Any:
    """End a draft without releasing it."""
    drafts.discard(context(), drafts.find_draft(context(), draft_id))
    flash(_("草稿已放弃，内容和历史仍可查看。"), "success")
    return redirect(url_for("studio.draft_list"))


def _editable(draft_id: int) -> Draft:
    found = drafts.find_draft(context(), draft_id)
    if found.state != "editing":
        raise NotFound
    return found


def _revision() -> int:
    """The revision that the form names. Raises NotFound when it names none."""
    found = whole_number(request.form.get("revision", ""))
    if found is None:
        raise NotFound
    return found


def _chosen(history: Sequence[Revision], name: str, default: int) -> Revision:
    """The revision that the address asks for. Raises NotFound."""
    text = request.args.get(name)
    wanted = default if text is None else whole_number(text)
    found = next((entry for entry in history if entry.revision == wanted), None)
    if found is None:
        raise NotFound
    return found
