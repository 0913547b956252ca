"""Two versions side by side: in sentences, on both drawings, and line by line where there are only lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.engine.comparison import FileComparison
from app.engine.diagram import ElementState, render_svg
from app.engine.xml import XmlRefused
from app.services import repository
from app.services.errors import NotFound
from app.services.studio import catalogue, comparison, drafts, file_names
from app.services.studio.comparison import Version
from app.services.studio.text_diff import compare_texts
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.studio.desk import blueprint


@dataclass(frozen=True)
class ShownFile:
    """One file of the page: sentences for all, drawings or lines for the one that is open."""

    found: FileComparison
    kind: str
    key: str
    name: str


@blueprint.get("/drafts/<int:draft_id>/compare")
@permission("studio.read")
def compare_draft(draft_id: int) -> Any:
    """A draft against what is in force; one that was released against what it followed."""
    draft, session = drafts.find_draft(context(), draft_id), context().session
    if draft.released is not None:
        before = catalogue.previous_of(session, draft.released)
        old, new = (before.id if before else draft.base_deployment_id), str(draft.released.id)
    else:
        active = repository.active_deployment(session)
        old, new = (active.id if active else draft.base_deployment_id), f"draft-{draft.id}"
    return redirect(url_for("studio.compare", old=old, new=new))


@blueprint.get("/compare")
@permission("studio.read")
def compare() -> str:
    """Any two versions; without `old` and `new` only the choice of them."""
    versions, open_drafts = comparison.choices(context())
    old, new = request.args.get("old", ""), request.args.get("new", "")
    values: dict[str, Any] = {
        "versions": versions,
        "drafts": open_drafts,
        "old": old,
        "new": new,
        "title_of": _title_of,
    }
    if not (old and new):
        return render_template("studio/compare.html", files=None, **values)
    before, after = comparison.find_version(context(), old), comparison.find_version(context(), new)
    found = comparison.compare(context(), before, after)
    names = file_names.names_of({**before.files, **after.files}, english=is_english())
    files = [_shown(item, names) for item in found]
    shown = _open(files, before, after)
    return render_template(
        "studio/compare.html", files=files, before=before, after=after, open=shown, **values
    )


def _open(files: Sequence[ShownFile], before: Version, after: Version) -> dict[str, Any] | None:
    """The file whose drawings or lines are asked for. Raises NotFound for one that does not differ."""
    path = request.args.get("file")
    if path is None:
        return None
    file = next((file for file in files if file.found.path == path), None)
    if file is None:
        raise NotFound
    old, new = before.files.get(path), after.files.get(path)
    if path.endswith(".bpmn"):
        states = comparison.states_of(file.found)
        drawings = [_draw(old, states[0]), _draw(new, states[1], with_markers=old is None)]
        if any(drawings):
            return {"file": file, "drawings": drawings, "lines": None}
    return {"file": file, "drawings": None, "lines": compare_texts(path, old, new)}


def _draw(xml: bytes | None, states: dict[str, ElementState], *, with_markers: bool = True) -> Markup | None:
    if xml is None:
        return None
    try:
        svg = render_svg(xml, states, language="en" if is_english() else "zh", with_markers=with_markers)
    except XmlRefused:
        return None
    return Markup(svg)  # noqa: S704  escaped there


def _shown(found: FileComparison, names: Mapping[str, str]) -> ShownFile:
    kind, key = catalogue.kind_of(found.path), catalogue.key_of(found.path)
    return ShownFile(found, kind, key, names.get(found.path, key))


def _title_of(version: Version) -> Any:
    if version.draft is not None:
        return _("草稿“%(title)s”", title=version.draft.title)
    return _("第 %(n)s 号版本", n=version.key)
