"""The check page of a draft: everything that is wrong or unwise, by subject; each finding leads to its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import current_app, render_template, request, url_for
from markupsafe import Markup

from app.engine.diagram import ElementState, render_svg
from app.engine.graph import read_collaboration
from app.engine.soundness import Finding as Fault
from app.models.studio import Draft
from app.services import access, repository
from app.services.studio import catalogue, checks, drafts, process_editing
from app.services.studio.checks import Checked, Finding
from app.web.guards import actor, context, permission
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.studio.desk import blueprint

EDITORS = {
    "process": "studio.process_editor",
    "decision": "studio.decision_editor",
    "form": "studio.form_editor",
    "letter": "studio.letter_editor",
}


@dataclass(frozen=True)
class Step:
    """One step of a run: the element that acts, what it is called, where the tokens lie then."""

    element_id: str
    name: str
    tokens: str


@dataclass(frozen=True)
class Run:
    """A run that fails, on its drawing."""

    message: str
    process: str
    steps: list[Step]
    places: list[str]
    svg: Markup


@blueprint.get("/drafts/<int:draft_id>/check")
@permission("studio.read")
def check_draft(draft_id: int) -> str:
    draft = drafts.find_draft(context(), draft_id)
    files = drafts.draft_files(context(), draft)
    found = checks.check(context(), files)
    chosen = min(whole_number(request.args.get("run", "")) or 1, max(len(found.faults), 1))
    keys = [catalogue.key_of(path) for path in files if path.endswith(".bpmn")]
    return render_template(
        "studio/check.html",
        draft=draft,
        found=found,
        groups=[(group, found.of(group)) for group in checks.GROUPS],
        names=repository.process_names(context().session, keys, english=is_english()),
        say=_say,
        place_of=lambda finding: _place(draft, finding),
        use_url=lambda use: _url(draft, checks.path_of(use.file), use.element_id),
        runs=[_message(fault) for fault in found.faults],
        chosen=chosen,
        run=_run(files, found, chosen),
    )


def _place(draft: Draft, finding: Finding) -> str:
    problem = finding.problem
    return _url(
        draft, finding.path, problem.element_id or (f"L{problem.line}" if finding.kind == "letter" else None)
    )


def _url(draft: Draft, path: str, element_id: str | None) -> str:
    """The editor of a file at an element; the file's history where there is no editor for this reader."""
    endpoint = EDITORS.get(catalogue.kind_of(path))
    may_edit = draft.state == "editing" and access.may(actor(), "studio.edit")
    if endpoint is None or not may_edit or endpoint not in current_app.view_functions:
        return url_for("studio.file_history", draft_id=draft.id, path=path)
    return url_for(endpoint, draft_id=draft.id, key=catalogue.key_of(path), _anchor=element_id)


def _run(files: dict[str, bytes], found: Checked, chosen: int) -> Run | None:
    """The chosen fault on its diagram: the elements of the run as done, the place where it stops as failed."""
    if not found.faults:
        return None
    fault = found.faults[chosen - 1]
    xml = files[process_editing.process_path(fault.process_id)]
    process = read_collaboration(xml).process(fault.process_id)
    names = {node.id: node.name or node.id for node in process.nodes} if process is not None else {}
    names |= {flow.id: f"{names.get(flow.source, flow.source)} → {names.get(flow.target, flow.target)}"
              for flow in (process.flows if process is not None else ())}  # fmt: skip
    states: dict[str, ElementState] = {step.element_id: ElementState("done") for step in fault.run}
    last = fault.run[-1].tokens if fault.run else ()
    states |= {key: ElementState("waiting") for key in last}
    states |= {key: ElementState("failed") for key in fault.element_ids}
    svg = render_svg(xml, states, process_id=fault.process_id, language="en" if is_english() else "zh")
    steps = list(_steps(fault, names))
    places = [names.get(key, key) for key in fault.element_ids]
    return Run(_message(fault), process.name if process else fault.process_id, steps, places, Markup(svg))  # noqa: S704


def _steps(fault: Fault, names: Mapping[str, str]) -> Iterator[Step]:
    """Each element once when it begins and ends in a row, with the tokens as it leaves them."""
    for _key, group in groupby(fault.run, key=lambda step: step.element_id):
        step = list(group)[-1]
        yield Step(step.element_id, names.get(step.element_id, step.element_id), " ".join(step.tokens))


def _say(finding: Finding) -> str:
    """What was found; the run of a proof is shown above as steps."""
    problem = finding.problem
    text, mark = (problem.message_en, "; by way of ") if is_english() else (problem.message_zh, "；经过：")
    return text.partition(mark)[0] if finding.group == "proof" else text


def _message(fault: Fault) -> Any:
    return fault.message_en if is_english() else fault.message_zh
