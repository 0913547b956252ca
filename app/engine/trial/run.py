"""Plays a script: the real engine, forms and decisions; services only say what they would have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.engine.definition import Definition
from app.engine.effects import DecisionMade, Event, OutgoingMessage, ServiceCall, UserTaskView
from app.engine.environment import Calendar, Environment
from app.engine.errors import EngineError, StepFailed
from app.engine.form import Form
from app.engine.instance import Instance
from app.engine.operations.ballots import read_terms, rehearse
from app.engine.trial.script import Act, Answer, Completion, Delivery, Script, Wait

MAX_CALLS = 500
MAX_FIRINGS = 500
NUMBER = "0000"  # of the case that a trial plays: no real one has it


@dataclass(frozen=True)
class World:
    """What lies around a trial: working days, the policies' parameters, and what a service answers by default."""

    calendar: Calendar
    parameters: Mapping[str, Any]
    answer: Callable[[ServiceCall, datetime], Answer]


@dataclass(frozen=True)
class Call:
    """A service task: what it would have done, and what the trial took for its answer."""

    key: str
    delegate: str
    parameters: Mapping[str, Any]
    answer: Answer
    is_chosen: bool

    @property
    def place(self) -> str:
        """`process:element`."""
        return self.key.partition("#")[0]


@dataclass
class Report:
    """What came of one act; that of the start has none."""

    act: Act | None
    now: datetime
    task_name: str = ""
    events: list[Event] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    messages: list[OutgoingMessage] = field(default_factory=list)
    decisions: list[DecisionMade] = field(default_factory=list)
    case_state: str | None = None


@dataclass(frozen=True)
class Failure:
    """Why a trial stopped; at the start for act 0, else at that act counted from 1.

    `refused`: the act itself was impossible and changed nothing; else the process failed on the way.
    """

    act: int
    zh: str
    en: str
    element_id: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Played:
    """A trial as far as it came. After a failure the instance is not to be asked any more."""

    definition: Definition
    script: Script
    reports: tuple[Report, ...]
    env: Environment
    instance: Instance | None
    failure: Failure | None = None

    @property
    def now(self) -> datetime:
        """What the trial's clock says."""
        return self.env.now

    @property
    def is_running(self) -> bool:
        """Whether something can still be done in it."""
        return self.instance is not None and self.failure is None and not self.instance.completed

    def tasks(self) -> list[tuple[str, int, UserTaskView]]:
        """The open tasks with their place and number there."""
        seen: Counter[str] = Counter()
        found = []
        for view in self.instance.user_tasks() if self.instance is not None and self.failure is None else ():
            place = f"{view.process_id}:{view.element_id}"
            seen[place] += 1
            found.append((place, seen[place], view))
        return found


class Stuck(EngineError):
    """An act that cannot be done: no such task, a form that refuses, nothing that waits."""

    def __init__(self, zh: str, en: str, element_id: str = "", *, refused: bool = True) -> None:
        super().__init__(en)
        self.zh, self.en, self.element_id, self.refused = zh, en, element_id, refused


def play(definition: Definition, script: Script, world: World) -> Played:
    """Run a script from its start. Never raises for what a script holds: `failure` says where and why it stopped."""
    return _Player(definition, script, world).play()


def values_of(view: UserTaskView) -> dict[str, Any]:
    """What the form of a task holds before anything is typed."""
    stored = view.variables().get(view.result_variable or "")
    return {**view.prefill, **(stored if isinstance(stored, dict) else {})}


def form_of(definition: Definition, view: UserTaskView) -> Form | None:
    """The form of a task; None for a task without one."""
    if view.form_key is None:
        return None
    return definition.task_form(view.process_id, view.element_id, view.form_key)


class _Player:
    def __init__(self, definition: Definition, script: Script, world: World) -> None:
        self.definition, self.script, self.world = definition, script, world
        self.now = script.at
        self.instance: Instance | None = None
        self.reports: list[Report] = []
        self.calls: Counter[str] = Counter()

    @property
    def env(self) -> Environment:
        return Environment(self.now, self.world.calendar)

    @property
    def running(self) -> Instance:
        if self.instance is None:
            raise Stuck("流程没有启动", "the process has not been started")
        return self.instance

    def play(self) -> Played:
        failure = None
        for number, act in enumerate((None, *self.script.acts)):
            self.reports.append(Report(act, self.now))
            try:
                self._do(act)
            except (EngineError, ValueError, OverflowError) as error:
                failure = _failure(number, error)
            self._note()
            if failure is not None:
                break
        return Played(self.definition, self.script, tuple(self.reports), self.env, self.instance, failure)

    def _do(self, act: Act | None) -> None:
        if act is None:
            self._start()
        elif isinstance(act, Wait):
            self._wait(act)
        elif isinstance(act, Delivery):
            self._deliver(act)
        else:
            self._complete(act)
        self._settle()

    def _start(self) -> None:
        script = self.script
        given = {
            "params": {**self.world.parameters, **script.parameters},
            **script.variables,
            "instance": {
                "no": f"{self.definition.number_prefix or 'LC'}-{script.at.year}-{NUMBER}",
                "process": script.process_id,
                "started_at": script.at.isoformat(),
                "starter": "user:0",
            },
        }
        self.instance = Instance.start(self.definition, given, self.env, message=script.message)

    def _complete(self, act: Completion) -> None:
        element_id = act.place.partition(":")[2]
        there = [v for v in self.running.user_tasks() if f"{v.process_id}:{v.element_id}" == act.place]
        if len(there) < act.number:
            raise Stuck("没有打开的任务", "there is no open task", element_id)
        view = there[act.number - 1]
        self.reports[-1].task_name = view.name
        addressed = {*view.candidates, *((view.assignee,) if view.assignee else ())}
        if act.role and act.role not in addressed:
            raise Stuck(f"任务不由 {act.role} 办理", f"the task is not for {act.role}", element_id)
        self.running.complete(view.id, self._accepted(act, view), self.env)

    def _accepted(self, act: Completion, view: UserTaskView) -> dict[str, Any]:
        form = form_of(self.definition, view)
        if form is None:
            return dict(act.values)
        ballot = rehearse(read_terms(view.ballot)) if view.ballot is not None else {}
        variables = (
            {**view.variables(), "ballot": {**ballot, "is_closed": True}} if ballot else view.variables()
        )
        accepted = form.accept(act.values, variables, self.env.scope, stored=values_of(view), files=act.files)
        for path, said in accepted.errors.items():
            where, what = ".".join(map(str, path)), said[0]
            zh, en = what.said("zh"), what.said("en")
            raise Stuck(f"表单不接受 {where}：{zh}", f"the form refuses {where}: {en}", view.element_id)
        return {**accepted.values, **ballot}

    def _deliver(self, act: Delivery) -> None:
        waiting = [s for s in self.running.subscriptions() if s.message == act.message]
        key = act.key if act.key is not None else waiting[0].key if waiting else ""
        if not self.running.correlate(act.message, key, act.payload, self.env):
            raise Stuck(f"没有环节等待消息 {act.message} {key}", f"nothing waits for {act.message} {key}")

    def _wait(self, act: Wait) -> None:
        due = self.running.next_due()
        if act.days is None and due is None:
            raise Stuck("没有到期的期限", "there is no timer")
        until = due if act.days is None and due is not None else self.now + timedelta(days=act.days or 0)
        for _ in range(MAX_FIRINGS):
            due = self.running.next_due()
            if due is None or due > until:
                break
            self.now = max(self.now, due.astimezone(self.now.tzinfo))
            self.running.fire_timers(self.env)
            self._settle()
        else:
            raise Stuck("期限反复到期，没有尽头", "timers fire without an end", refused=False)
        self.now = max(self.now, until.astimezone(self.now.tzinfo))

    def _settle(self) -> None:
        """Answer services until none waits."""
        while calls := self.running.services():
            for call in calls:
                self._answer(call)

    def _answer(self, call: ServiceCall) -> None:
        place = f"{call.process_id}:{call.element_id}"
        self.calls[place] += 1
        if self.calls.total() > MAX_CALLS:
            raise Stuck("系统环节过多", "too many services are called", call.element_id, refused=False)
        key = f"{place}#{self.calls[place]}"
        chosen = self.script.answers.get(key)
        answer = chosen if chosen is not None else self.world.answer(call, self.now)
        self.reports[-1].calls.append(Call(key, call.delegate, call.parameters, answer, chosen is not None))
        if answer.error:
            self.running.fail_service(call.id, answer.error, "", self.env)
        else:
            self.running.complete_service(call.id, answer.result, self.env)

    def _note(self) -> None:
        report = self.reports[-1]
        report.now = self.now
        if self.instance is not None:
            effects = self.instance.drain()
            report.events = list(effects.events)
            report.messages, report.decisions = list(effects.messages), list(effects.decisions)
            report.case_state = self.instance.case_state


def _failure(number: int, error: Exception) -> Failure:
    if isinstance(error, Stuck):
        return Failure(number, error.zh, error.en, error.element_id, error.refused)
    if isinstance(error, StepFailed):
        return Failure(number, f"执行失败：{error.message}", f"failed: {error.message}", error.element_id)
    return Failure(number, f"不能执行：{error}", str(error))
