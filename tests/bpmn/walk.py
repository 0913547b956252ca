"""Walks through the project's diagrams: forms are filled as a person would fill them, and the instance is
stored and loaded again after every step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from app.engine.bundle import Bundle
from app.engine.definition import Definition, load_definition
from app.engine.effects import OutgoingMessage, ServiceCall, UserTaskView
from app.engine.environment import Environment
from app.engine.form import Accepted
from app.engine.instance import Instance
from app.engine.operations.ballots import Member, Voice, count, open_to, read_terms

ROOT = Path(__file__).resolve().parents[2]
START = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
FILE: dict[str, Any] = {"id": "a1", "name": "附件.pdf", "size": 10, "sha256": "ab" * 32}
Voices = Mapping[str, str | Mapping[str, str]]
Stub = Mapping[str, Any] | list[Any] | None | Callable[[Mapping[str, Any]], Any]


class Refusal(Exception):
    """What a delegate raises for a business failure (BPMN error)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PlainWeek:
    """Monday to Friday are working days."""

    def add_working_days(self, start: date, days: int) -> date:
        step, left = timedelta(days=1 if days >= 0 else -1), abs(days)
        while left > 0:
            start += step
            left -= start.weekday() < 5
        return start

    def working_days_between(self, start: date, end: date) -> int:
        return sum((start + timedelta(days=n)).weekday() < 5 for n in range(1, (end - start).days + 1))


@cache
def bundle() -> Bundle:
    """The project's own diagrams, decisions and forms."""
    diagrams = {path.stem: path.read_bytes() for path in (ROOT / "bpmn").glob("*.bpmn")}
    decisions = {path.stem: path.read_bytes() for path in (ROOT / "bpmn").glob("*.dmn")}
    forms = {
        path.relative_to(ROOT / "forms").with_suffix("").as_posix(): path.read_bytes()
        for path in (ROOT / "forms").rglob("*.json")
    }
    return Bundle(diagrams, decisions, forms)


@cache
def parameters() -> dict[str, Any]:
    """The parameters of the project's policies, as they are by default."""
    policies = [json.loads(path.read_bytes()) for path in (ROOT / "policies").glob("*.json")]
    return {item["key"]: item.get("default") for policy in policies for item in policy["parameters"]}


@cache
def definition(process_id: str, replaced: tuple[tuple[str, str], ...] = ()) -> Definition:
    """A process of the project; `replaced` gives a called process as a script instead of its diagram."""
    own = bundle()
    stand_ins = {key: _stand_in(key, script) for key, script in replaced}
    return load_definition(Bundle({**own.processes, **stand_ins}, own.decisions, own.forms), process_id)


def _stand_in(process_id: str, script: str) -> bytes:
    """`a = 1 -> done` assigns and ends with the outcome `done`."""
    script, _, outcome = script.partition(" -> ")
    return f"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d_{process_id}"
  xmlns:zr="https://zhirong.example.invalid/schema/1.0" targetNamespace="https://zhirong.example.invalid/bpmn">
  <bpmn:process id="{process_id}" isExecutable="true">
    <bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="x"/>
    <bpmn:scriptTask id="x" scriptFormat="feel"><bpmn:script>{script}</bpmn:script></bpmn:scriptTask>
    <bpmn:sequenceFlow id="f2" sourceRef="x" targetRef="e"/><bpmn:endEvent id="e" zr:outcome="{outcome or "e"}"/>
  </bpmn:process></bpmn:definitions>""".encode()


def voted(task: UserTaskView, voices: Voices | None) -> dict[str, Any]:
    """The result of the ballot of a task, nothing for a task without one.

    `voices`: who is there, by name, with what they say to every motion, or to each by its key.
    """
    if task.ballot is None:
        return {}
    terms = read_terms(task.ballot)
    members = terms.voters or tuple(Member(f"user:{name}", name) for name in voices or "甲乙丙")
    papers = {}
    for member in members:
        said = (voices or {}).get(member.name, None if voices is not None else "for")
        if said is not None:
            papers[member.principal] = {
                m.key: Voice(
                    said if isinstance(said, str) else said.get(m.key, "for"), f"{member.name}的理由"
                )
                for m in open_to(terms, member)
            }
    return {**count(terms, members, papers), "round": 1, "closed_on": "2026-03-02", "on_paper": []}


class Walk:
    """One instance on its way. Service tasks are answered by `stubs` (delegate → result, or function of the
    parameters) as they come."""

    def __init__(
        self,
        process_id: str,
        variables: Mapping[str, Any],
        stubs: Mapping[str, Stub],
        *,
        message: str | None = None,
        replaced: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.definition = definition(process_id, tuple(sorted((replaced or {}).items())))
        self.process_id, self.now, self.stubs = process_id, START, {**COMMON, **stubs}
        self.calls: list[ServiceCall] = []
        self.messages: list[OutgoingMessage] = []
        self.decisions: list[str] = []
        self.states: list[str | None] = []
        self.seen: set[str] = set()
        given = {
            "instance": {"no": "NO-1", "process": process_id},
            "params": {**parameters(), **(params or {})},
        }
        self.instance = Instance.start(self.definition, {**given, **variables}, self.env, message=message)
        self._settle()

    @property
    def env(self) -> Environment:
        return Environment(self.now, PlainWeek())

    def task(self, element_id: str) -> UserTaskView:
        """The first open task at this element."""
        found = [task for task in self.instance.user_tasks() if task.element_id == element_id]
        assert found, f"no task {element_id}, but {self.open}"
        return found[0]

    @property
    def open(self) -> set[str]:
        """Ids of the elements with open tasks."""
        return {task.element_id for task in self.instance.user_tasks()}

    def do(self, element_id: str, voices: Voices | None = None, **values: Any) -> UserTaskView:
        """Fill in the form of a task and submit it; the form must accept the values.

        Where a board votes, all are there and in favour unless `voices` say otherwise.
        """
        task = self.task(element_id)
        ballot = voted(task, voices)
        accepted = self._accept(task, values, ballot)
        assert not accepted.errors, f"{task.form_key}: {accepted.errors}"
        self.instance.complete(task.id, {**accepted.values, **ballot}, self.env)
        self._settle()
        return task

    def decide(self, element_id: str, variable: str, outcome: str) -> UserTaskView:
        """Complete a task whose signers have voted; its form asks for nothing more."""
        task = self.task(element_id)
        assert task.signers
        self.instance.complete(task.id, {variable: {"outcome": outcome}}, self.env)
        self._settle()
        return task

    def refused(self, element_id: str, voices: Voices | None = None, **values: Any) -> set[str]:
        """Names of the fields that the form of a task finds wrong."""
        task = self.task(element_id)
        return {str(path[0]) for path in self._accept(task, values, voted(task, voices)).errors}

    def _accept(self, task: UserTaskView, values: Mapping[str, Any], ballot: Mapping[str, Any]) -> Accepted:
        form = self.definition.form(task.form_key or "")
        known = {**task.variables(), "ballot": {**ballot, "is_closed": True}} if ballot else task.variables()
        return form.accept(values, known, self.env.scope, stored=task.prefill, files={FILE["id"]: FILE})

    def send(self, message: str, key: str, **payload: Any) -> None:
        """Deliver a message; something must wait for it."""
        assert self.instance.correlate(message, key, payload, self.env), f"nothing waits for {message} {key}"
        self._settle()

    def wait(self, element_id: str) -> None:
        """Let the time come of the next timer, which must be this one."""
        due = self.instance.next_due()
        assert due is not None, f"no timer, but {self.open}"
        self.now = max(self.now, due)
        fired = self._fire()
        assert element_id in fired, f"{fired} fired, not {element_id}"
        self._settle()

    def called(self, delegate: str) -> list[dict[str, Any]]:
        """The parameters of every call of a delegate so far."""
        return [call.parameters for call in self.calls if call.delegate == delegate]

    def sent(self, message: str) -> list[OutgoingMessage]:
        """Messages of this name that the process threw."""
        return [thrown for thrown in self.messages if thrown.name == message]

    def _fire(self) -> set[str]:
        assert self.instance.fire_timers(self.env)
        effects = self.instance.drain()
        self._note(effects)
        return {
            event.element_id for event in effects.events if event.kind == "timer_fired" and event.element_id
        }

    def _settle(self) -> None:
        """Answer service tasks until none is left, storing and loading between all steps."""
        while True:
            self._store()
            waiting = self.instance.services()
            if not waiting:
                return
            call = waiting[0]
            self.calls.append(call)
            assert call.delegate in self.stubs, f"no stub for {call.delegate}"
            stub = self.stubs[call.delegate]
            try:
                result = stub(call.parameters) if callable(stub) else stub
            except Refusal as refusal:
                self.instance.fail_service(call.id, refusal.code, "", self.env)
            else:
                self.instance.complete_service(call.id, result, self.env)

    def _store(self) -> None:
        self._note(self.instance.drain())
        self.instance = Instance.load(self.definition, self.instance.dump())

    def _note(self, effects: Any) -> None:
        for event in effects.events:
            if event.element_id:
                self.seen.add(f"{event.process_id}:{event.element_id}")
        self.messages += effects.messages
        self.decisions += [made.decision_id for made in effects.decisions]
        if not self.states or self.states[-1] != self.instance.case_state:
            self.states.append(self.instance.case_state)


def missed(process_id: str, walks: Iterable[Walk]) -> set[str]:
    """Elements of a diagram, sub-processes included, that none of the walks came to."""
    own = {
        element.id for element in definition(process_id).elements.values() if element.process_id == process_id
    }
    return own - {
        key.split(":", 1)[1] for walk in walks for key in walk.seen if key.startswith(f"{process_id}:")
    }


_documents = iter(range(1, 1_000_000))


def _render(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"doc_no": f"WS-{next(_documents)}", "sha256": "cd" * 32, "letter": parameters["letter"]}


COMMON: dict[str, Stub] = {
    "render_letter": _render,
    "deliver_document": {"channel": "portal"},
    "record_service": {"served_how": "opened"},
    "notify": None,
}
