"""Saved filters with their live counts, a person's settings of the lists, and the labels of a group."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.models.inbox_views import InboxView
from app.services import inbox_labels, inbox_lists, inbox_views
from app.services.errors import Conflict, Invalid, NotPermitted
from app.web.errors import service_message
from app.web.guards import context, permission, signed_in
from app.web.inbox import list_page
from app.web.inbox_frame import State, blueprint, list_url, state_of
from app.web.numbers import whole_number

__all__ = ["blueprint"]


@blueprint.get("/inbox/counts")
@permission("inbox.use")
def counts() -> str:
    """The saved filters with how many tasks each finds now: a part of a page."""
    found, user = context(), signed_in()
    views = inbox_views.views_of(found.session, user)
    numbers = {view.id: inbox_views.count_view(found, user, view) for view in views}
    return render_template(
        "inbox/_views.html", views=views, counts=numbers, active=whole_number(request.args.get("view", ""))
    )


@blueprint.get("/inbox/views/<int:view_id>")
@permission("inbox.use")
def open_view(view_id: int) -> Any:
    view = inbox_views.get_view(context().session, signed_in(), view_id)
    return redirect(_url_of(view))


@blueprint.post("/inbox/views")
@permission("inbox.use")
def save_view() -> Any:
    """Keep what the list is filtered by; a refusal shows the list again with what was typed."""
    found, user, given = context(), signed_in(), request.form
    name = _list_name()
    try:
        view = inbox_views.save_view(
            found, user, given.get("view_name", ""), name, request.args, given.get("group", "")
        )
    except (Invalid, Conflict, NotPermitted) as error:
        values = {"view_name": given.get("view_name", ""), "group": given.get("group", "")}
        return _refused(name, "filter", "view_name", service_message(error), values), 422
    flash(_("已保存筛选“%(name)s”。", name=view.name), "success")
    return redirect(_url_of(view))


@blueprint.post("/inbox/views/<int:view_id>/delete")
@permission("inbox.use")
def delete_view(view_id: int) -> Any:
    view = inbox_views.delete_view(context(), signed_in(), view_id)
    flash(_("已删除筛选“%(name)s”。", name=view.name), "success")
    return redirect(list_url(view.list_name))


@blueprint.post("/inbox/settings")
@permission("inbox.use")
def save_settings() -> Any:
    """Keep which columns are shown, in which layout, and whether keys of one letter act."""
    given = request.form
    inbox_views.save_setting(
        context(), signed_in(), given.getlist("columns"), given.get("layout", ""), has_keys="keys" in given
    )
    flash(_("已保存列表设置。"), "success")
    return redirect(state_of(_list_name()).url())


@blueprint.post("/inbox/labels")
@permission("inbox.use")
def create_label() -> Any:
    name, given = _list_name(), request.form
    values = {key: given.get(key, "") for key in ("label_name", "group", "tone")}
    try:
        label = inbox_labels.create_label(
            context(), signed_in(), values["group"], values["label_name"], values["tone"]
        )
    except (Invalid, Conflict, NotPermitted) as error:
        return _refused(name, "labels", "label_name", service_message(error), values), 422
    flash(_("已建立标签“%(name)s”。", name=label.name), "success")
    return redirect(state_of(name).url(panel="labels"))


@blueprint.post("/inbox/labels/<int:label_id>/delete")
@permission("inbox.use")
def delete_label(label_id: int) -> Any:
    label = inbox_labels.delete_label(context(), signed_in(), label_id)
    flash(_("已删除标签“%(name)s”。", name=label.name), "success")
    return redirect(state_of(_list_name()).url(panel="labels"))


def _list_name() -> str:
    name = request.args.get("list", "mine")
    if name not in inbox_lists.LISTS:
        abort(404)
    return name


def _url_of(view: InboxView) -> str:
    return list_url(view.list_name, **view.criteria, view=view.id)


def _refused(name: str, panel: str, field: str, message: str, values: dict[str, str]) -> str:
    state: State = state_of(name)
    return list_page(state, panel=panel, values=values, errors=[(field, message)])
