"""The case page: where a case stands, its history, diagrams, forms, documents and decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import Response, abort, make_response, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.engine.diagram import render_svg
from app.engine.diagram.planes import Plane, list_planes
from app.models.history import HistoryEvent
from app.models.runtime import ProcessInstance, UserTask
from app.services import (
    access,
    actions,
    case_relations,
    case_steps,
    cases,
    comments,
    replacements,
    repository,
)
from app.services.calendar import calendar_of
from app.services.case_steps import Pass
from app.services.cases import Holder
from app.services.errors import NotFound
from app.services.registers import appeals, clocks
from app.web import case_files, task_offers
from app.web.changes import changes_of
from app.web.content_policy import WITH_FRAMES
from app.web.form_pages import labels_of_choices, language, submitted_form
from app.web.forms import ShownForm
from app.web.guards import context, signed_in
from app.web.judgements import judgement_of
from app.web.labels import listed
from app.web.language import is_english
from app.web.progress import Outcome, by_day, outcome_of
from app.web.times import duration, limit_of

OFFICE_TABS = frozenset({"decisions", "related"})


def case_page(number: str, tab: str, **extra: Any) -> Response:
    """One tab of a case for whoever is signed in. Raises NotFound for those who may not see it.

    `extra` is what a refused remark brings back: what was typed, and why it was refused.
    """
    found, user = context(), signed_in()
    session = found.session
    instance = access.require_instance(session, user, number)
    office = access.reads_as_office(user, instance)
    if tab in OFFICE_TABS and not office:
        raise NotFound
    holders = cases.holders(session, instance, user)
    common: dict[str, Any] = {
        "case": instance,
        "office": office,
        "tabs": _tabs(instance, tab, office),
        "stages": cases.stages(session, instance),
        "holders": holders,
        "limits": {holder.task.id: limit_of(holder.task) for holder in holders},
        "receipt": cases.receipt_of(session, instance),
        "actions": actions.available(found, instance, user),
        "urges": task_offers.urges(found, holders),
        "undoings": task_offers.undoings(found, instance),
        "related": cases.related_cases(session, instance, user),
        "frozen": cases.is_frozen(session, instance),
        "appeals": appeals.appeals_of(session, instance.number),
        "appeal_clocks": _appeal_clocks(instance),
        "remedies": _remedies(instance),
        "put_away": replacements.put_away(session, instance) if found.settings.clamd else [],
        "ledgers": clocks.ledgers(session, instance, found.now),
        "figures": case_relations.figures_of(session, instance) if office else None,
        "hints": case_relations.hints_of(session, instance) if office else [],
    }
    page = make_response(
        render_template(f"cases/{tab}.html", **common, **TABS[tab](instance, holders), **extra)
    )
    if tab == "forms":
        page.headers["Content-Security-Policy"] = WITH_FRAMES
    return page


def submissions(
    instance: ProcessInstance, link: Callable[[str], str | None] | None = None
) -> list[tuple[UserTask, ShownForm]]:
    """The latest content of every form that was handed in and that the reader may see, in order."""
    latest: dict[tuple[str, int | None], UserTask] = {}
    for task in cases.submissions_for(context().session, instance, signed_in()):
        several = task.candidates == [f"user:{task.completed_by_id}"]
        latest[task.element_id, task.completed_by_id if several else None] = task
    return [(task, submitted_form(instance, task, context(), link)) for task in latest.values()]


def _appeal_clocks(instance: ProcessInstance) -> dict[str, clocks.Ledger]:
    """The clock of every appeal that is under way in this case, by the appeal's number."""
    found = context()
    return {
        appeal.instance.number: ledger
        for appeal in appeals.appeals_of(found.session, instance.number) if appeal.state == "open"
        for ledger in clocks.ledgers(found.session, appeal.instance, found.now)
        if ledger.clock.case_no == appeal.instance.number
    }  # fmt: skip


def _remedies(instance: ProcessInstance) -> list[appeals.Remedy]:
    """The letters against which the reader, or the party whose file the office reads, may appeal to the office."""
    found = context()
    letters = cases.documents_for(found.session, instance, signed_in())
    return appeals.remedies_of(found.session, letters, calendar_of(found.session), found.now)


def _progress(instance: ProcessInstance, _holders: Sequence[Holder]) -> dict[str, Any]:
    session, user = context().session, signed_in()
    decisions = cases.decisions_for(session, instance) if access.reads_as_office(user, instance) else ()
    outcomes = {task.id: _outcome(instance, task) for task in cases.submissions_for(session, instance, user)}
    definition = repository.definition_of(session, instance.definition)

    def name_of(event: HistoryEvent) -> str:
        element = definition.element(event.process_key, event.element_id) if is_english() else None
        return element.name_en if element is not None and element.name_en else event.element_name

    days = by_day(cases.events_for(session, instance, user), decisions,
                  cases.documents_for(session, instance, user), outcomes, name_of)  # fmt: skip
    return {"days": days}


def _outcome(instance: ProcessInstance, task: UserTask) -> Outcome:
    form = cases.form_of(context().session, instance, task)
    return outcome_of(task.data or {}, labels_of_choices(form, task.data or {}, context()))


def _diagrams(instance: ProcessInstance, holders: Sequence[Holder]) -> dict[str, Any]:
    """The main diagram, the inside of its sub-processes, and those of the called processes that the case entered."""
    session = context().session
    definition = repository.definition_of(session, instance.definition)
    passes = case_steps.passes_of(session, instance, named=access.reads_as_office(signed_in(), instance))
    states = case_steps.with_captions(case_steps.element_states(session, instance), _captions(passes))
    keys = [instance.process_key, *(key for key in states if key and key != instance.process_key)]
    names = repository.process_names(session, keys, english=is_english())
    drawings: dict[str, tuple[str, Plane, str]] = {}
    for key in keys:
        for plane in list_planes(definition.diagram_xml(key), key):
            inner = definition.element(key, plane.id)
            name = (
                names[key]
                if inner is None
                else inner.name_en
                if is_english() and inner.name_en
                else inner.name
            )
            if inner is None or plane.id in states.get(key, {}):
                drawings[plane.id] = (key, plane, name)
    active = {name for name, (key, plane, _name) in drawings.items()
              if any(h.task.process_key == key and h.task.element_id in plane.elements for h in holders)}  # fmt: skip
    chosen = request.args.get("of") or next(
        (name for name in drawings if name in active), instance.process_key
    )
    if chosen not in drawings:
        abort(404)
    key, _plane, title = drawings[chosen]
    svg = render_svg(
        definition.diagram_xml(key), states.get(key, {}), process_id=chosen, title=title, language=language()
    )
    return {"svg": Markup(svg), "drawings": {name: found[2] for name, found in drawings.items()},  # noqa: S704  our own renderer escapes every text
            "chosen": chosen, "active": active, "passes": _pass_rows(instance, passes)}  # fmt: skip


def _captions(passes: Sequence[Pass]) -> dict[tuple[str, str], str]:
    """Who and how long, under the latest pass of each step."""
    now = context().now
    return {
        key: " ".join(part for part in (listed(found.who), duration(found.lasted(now))) if part)
        for key, found in case_steps.last_passes(passes).items()
        if found.state != "cancelled"
    }


def _pass_rows(instance: ProcessInstance, passes: Sequence[Pass]) -> list[tuple[Pass, str, str]]:
    """Every pass with its step's name in the language of the page and how long it lasted."""
    definition, now = repository.definition_of(context().session, instance.definition), context().now
    rows = []
    for found in passes:
        element = definition.element(found.process_key, found.element_id) if is_english() else None
        name = element.name_en if element is not None and element.name_en else found.name
        rows.append((found, name, duration(found.lasted(now))))
    return rows


def _forms(instance: ProcessInstance, _holders: Sequence[Holder]) -> dict[str, Any]:
    handed_in = submissions(instance, partial(case_files.link_to, instance))
    files, shown = case_files.files_of(instance, [task for task, _form in handed_in])
    office = access.reads_as_office(signed_in(), instance)
    changes = {task.id: found for task, _form in handed_in
               if office and is_outside(task) and (found := changes_of(context(), instance, task))}  # fmt: skip
    return {"submissions": handed_in, "files": files, "shown": shown, "changes": changes}


def _comments(instance: ProcessInstance, _holders: Sequence[Holder]) -> dict[str, Any]:
    found, user = context(), signed_in()
    audiences = comments.audiences(user, instance)
    mentionable = comments.readers(found, instance) if comments.OFFICE in audiences else []
    return {
        "comments": comments.for_reader(found, instance, user),
        "audiences": audiences,
        "mentionable": [person for person in mentionable if person.id != user.id],
        "reader": user,
    }


def _related(instance: ProcessInstance, _holders: Sequence[Holder]) -> dict[str, Any]:
    session, user = context().session, signed_in()
    return {
        "of_organisation": case_relations.cases_of_organisation(session, instance, user),
        "of_group": case_relations.cases_of_group(session, instance, user),
    }


def _documents(instance: ProcessInstance, _holders: Sequence[Holder]) -> dict[str, Any]:
    documents = cases.documents_for(context().session, instance, signed_in())
    return {"documents": documents, "principals": access.principals_of(signed_in())}


def _decisions(instance: ProcessInstance, _holders: Sequence[Holder]) -> dict[str, Any]:
    records = cases.decisions_for(context().session, instance)
    known = repository.definition_of(context().session, instance.definition).decisions
    return {"decisions": [(record, judgement_of(record, known)) for record in records]}


TABS = {
    "progress": _progress,
    "diagram": _diagrams,
    "forms": _forms,
    "documents": _documents,
    "comments": _comments,
    "decisions": _decisions,
    "related": _related,
}


def _tabs(instance: ProcessInstance, tab: str, office: bool) -> list[tuple[str, str, bool, int]]:
    session, user = context().session, signed_in()
    entries = [("progress", _("进展"), 0), ("diagram", _("流程图"), 0), ("forms", _("填报内容"), 0),
               ("documents", _("文书"), len(cases.documents_for(session, instance, user))),
               ("comments", _("批注与往来") if office else _("往来"),
                len(comments.for_reader(context(), instance, user))),
               ("decisions", _("判定依据"), 0), ("related", _("关联"), 0)]  # fmt: skip
    return [(label, _tab_url(instance, name), name == tab, count) for name, label, count in entries
            if office or name not in OFFICE_TABS]  # fmt: skip


def is_outside(task: UserTask) -> bool:
    """Whether the task was the applicant's or an objector's."""
    return any(principal.startswith(("org:", "ticket:")) for principal in task.candidates)


def _tab_url(instance: ProcessInstance, name: str) -> str:
    if name == "progress":
        return url_for("cases.show", number=instance.number)
    return url_for("cases.show_tab", number=instance.number, tab=name)
