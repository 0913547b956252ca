"""What the page of a trial shows: names of places and roles, the position on the diagrams, every step in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.engine.definition import Definition
from app.engine.diagram import ElementState, render_svg
from app.engine.diagram.planes import list_planes
from app.engine.effects import DecisionMade, Subscription, UserTaskView
from app.engine.trial import Completion, Coverage, Delivery, Played, Report, Wait
from app.engine.trial.samples import read_members, sample_context
from app.models.identity import Group
from app.services.access import DUTY_NAMES
from app.services.errors import NotFound
from app.web.form_pages import language
from app.web.guards import context
from app.web.judgements import Judgement, judge
from app.web.language import is_english


@dataclass(frozen=True)
class OpenTask:
    """An open task of a trial with those who may act on it: (principal, name)."""

    place: str
    number: int
    name: str
    view: UserTaskView
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Awaited:
    """A message that is waited for, with a payload to send by hand."""

    name: str
    subscription: Subscription
    payload: str


@dataclass(frozen=True)
class ShownStep:
    """One act with its consequences."""

    number: int
    title: str
    report: Report
    passed: tuple[str, ...]
    decisions: tuple[tuple[Judgement, str], ...]


def open_tasks(played: Played) -> list[OpenTask]:
    """The open tasks of a trial, each with the roles that it is addressed to."""
    tasks = played.tasks()
    principals = {p for _place, _number, view in tasks for p in _addressed(view)}
    names = role_names(played, principals)
    return [
        OpenTask(
            place,
            number,
            name_of(played.definition, place),
            view,
            tuple((p, names[p]) for p in _addressed(view)),
        )
        for place, number, view in tasks
    ]


def find_task(played: Played, place: str, number: int) -> OpenTask:
    """One open task. Raises NotFound."""
    for task in open_tasks(played):
        if (task.place, task.number) == (place, number):
            return task
    raise NotFound


def _addressed(view: UserTaskView) -> tuple[str, ...]:
    """Whom a task is for; nobody when the diagram names nobody."""
    return (view.assignee,) if view.assignee else view.candidates


def role_names(played: Played, principals: set[str]) -> dict[str, str]:
    """Principals as people call them; groups by their names, the others by what the trial's variables say."""
    keys = [p.removeprefix("group:") for p in principals if p.startswith("group:")]
    found = {p: p for p in principals}
    for group in context().session.scalars(select(Group).where(Group.key.in_(keys))):
        found[f"group:{group.key}"] = group.name_en if is_english() and group.name_en else group.name
    variables = played.instance.variables if played.instance is not None else {}
    known = _named_principals(variables)
    for principal in principals:
        base, _colon, post = (
            principal.partition(":signer") if principal.startswith("org:") else (principal, "", "")
        )
        if base in known:
            found[principal] = known[base] + (_("（签署人）") if principal != base else "")
        elif principal.startswith("ticket:"):
            found[principal] = _("异议人")
        elif principal.startswith("org:") and post == "":
            found[principal] = _("单位 %(key)s", key=principal)
    return found


def duty_names(duties: tuple[str, ...]) -> list[str]:
    """Duties as people call them."""
    return [DUTY_NAMES.get(duty, (duty, duty))[1 if is_english() else 0] for duty in duties]


def _named_principals(value: Any) -> dict[str, str]:
    """Every `{principal, name}` inside of variables."""
    found: dict[str, str] = {}
    if isinstance(value, Mapping):
        if isinstance(value.get("principal"), str) and isinstance(value.get("name"), str):
            found[value["principal"]] = value["name"]
        for item in value.values():
            found |= _named_principals(item)
    elif isinstance(value, list):
        for item in value:
            found |= _named_principals(item)
    return found


def awaited(played: Played) -> list[Awaited]:
    """The messages that are waited for, each with a sample of what its receiver reads."""
    instance = played.instance
    waiting = instance.subscriptions() if instance is not None and played.failure is None else ()
    return [
        Awaited(name_of(played.definition, f"{s.process_id}:{s.element_id}"), s, pretty(_payload(played, s)))
        for s in waiting
    ]


def _payload(played: Played, waiting: Subscription) -> dict[str, Any]:
    element = played.definition.element(waiting.process_id, waiting.element_id)
    variable = element.attributes.get("payloadVariable") if element is not None else None
    return sample_context(read_members(played.definition, variable), played.now)


def name_of(definition: Definition, place: str) -> str:
    """An element as the page calls it."""
    element = definition.elements.get(place)
    if element is None:
        return place.partition(":")[2]
    return element.name_en if is_english() and element.name_en else element.name


def steps_of(played: Played) -> list[ShownStep]:
    """Every act, the last one first."""
    steps = [
        ShownStep(
            number,
            _title(played, report),
            report,
            tuple(
                name_of(played.definition, f"{event.process_id}:{event.element_id}")
                for event in report.events
                if event.kind == "element_completed" and event.element_id
            ),
            tuple((_judged(m, played.definition), _rows(m.trace)) for m in report.decisions),
        )
        for number, report in enumerate(played.reports)
    ]
    return steps[::-1]


def _judged(made: DecisionMade, definition: Definition) -> Judgement:
    name = made.trace.get("decision_name", made.decision_id)
    return judge(made.decision_id, name, made.trace, definition.decisions.get(made.decision_id))


def _title(played: Played, report: Report) -> str:
    act = report.act
    said: str = _("启动流程")
    if isinstance(act, Completion):
        role = role_names(played, {act.role})[act.role] if act.role else ""
        said = _("%(role)s办理“%(name)s”", role=role, name=name_of(played.definition, act.place))
    elif isinstance(act, Delivery):
        said = _("收到消息 %(name)s", name=act.message)
    elif isinstance(act, Wait):
        said = _("时间推进 %(n)s 天", n=act.days) if act.days is not None else _("推进到下一个期限")
    return said


def _rows(trace: Mapping[str, Any]) -> str:
    """The rows that hit, by their numbers."""
    return "、".join(str(row.get("index")) for row in trace.get("rows", ()) if isinstance(row, Mapping))


def states_of(played: Played) -> dict[str, dict[str, ElementState]]:
    """For each diagram what happened at its elements, and where the trial is now."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for event in (event for report in played.reports for event in report.events):
        if event.element_id and event.kind.startswith("element_"):
            counts.setdefault((event.process_id, event.element_id), Counter())[event.kind] += 1
    found: dict[str, dict[str, ElementState]] = {}
    for (process_id, element_id), seen in counts.items():
        found.setdefault(process_id, {})[element_id] = _state(seen)
    if played.failure is not None and played.failure.element_id:
        for states in found.values():
            if played.failure.element_id in states:
                states[played.failure.element_id] = ElementState("failed", 1)
    return found


def _state(seen: Counter[str]) -> ElementState:
    started, done = seen["element_started"], seen["element_completed"]
    if started > done + seen["element_cancelled"]:
        return ElementState("active", started)
    return ElementState("done", done) if done else ElementState("cancelled", seen["element_cancelled"])


def drawing(
    definition: Definition, states: Mapping[str, Mapping[str, ElementState]], process_ids: Sequence[str]
) -> dict[str, Any]:
    """The diagram that the address asks for, else that of the last process with something going on, with links to all.

    Raises NotFound for a diagram that there is not.
    """
    planes = {
        plane.id: (key, plane.id)
        for key in process_ids
        for plane in list_planes(definition.diagram_xml(key), key)
    }
    active = {
        plane.id
        for key in process_ids
        for plane in list_planes(definition.diagram_xml(key), key)
        if any(states.get(key, {}).get(e, ElementState()).status == "active" for e in plane.elements)
    }
    chosen = request.args.get("of") or next(
        (name for name in reversed(planes) if name in active), process_ids[0]
    )
    if chosen not in planes:
        raise NotFound
    key = planes[chosen][0]
    names = {name: _plane_name(definition, key_, name) for name, (key_, _name) in planes.items()}
    svg = render_svg(
        definition.diagram_xml(key),
        states.get(key, {}),
        process_id=chosen,
        title=names[chosen],
        language=language(),
    )
    return {"svg": Markup(svg), "drawings": names, "chosen": chosen, "active": active}  # noqa: S704  our own renderer escapes every text


def _plane_name(definition: Definition, key: str, name: str) -> str:
    if name != key:
        return name_of(definition, f"{key}:{name}")
    if key == definition.process_id:
        return definition.name_en if is_english() and definition.name_en else definition.name
    return definition.specs[key].description or key


def coverage_states(coverage: Coverage) -> dict[str, ElementState]:
    """Covered elements as done, with how many tests came there; the others say so below."""
    return {
        element: ElementState("done", coverage.reached[element])
        if coverage.reached[element]
        else ElementState(caption=_("未覆盖"))
        for element in coverage.elements
    }


def pretty(value: Any) -> str:
    """A value as readable JSON."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS, default=str).decode()
