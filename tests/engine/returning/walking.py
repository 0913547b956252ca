"""Random processes, walked with returns in between; what must hold after every step is checked."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from app.engine.definition import Bundle, Definition, load_definition
from app.engine.instance import Instance
from app.engine.migration import plan_migration
from app.engine.returning import return_to, returns
from app.engine.spiff.activity import Activity, is_item
from app.engine.spiff.repetition import MultiInstance
from app.engine.spiff.sub_process import SubProcess
from app.engine.spiff.timer import due_of
from tests.engine.diagrams import NOON, env
from tests.engine.fuzz import blocks as b
from tests.engine.fuzz.writing import write_bundle

MAX_STEPS = 25
MAX_FINISH = 400
_MESSAGE = re.compile(
    r'(<boundaryEvent [^>]*?) zr:correlationKey="[^"]*">(<messageEventDefinition messageRef="M"/>)'
)


class Broken(Exception):
    """Something that must always hold does not."""


@dataclass
class Walker:
    """One instance that is walked and led back at random."""

    definition: Definition
    instance: Instance
    random: Random
    now: Any = NOON
    live: Counter[str] = field(default_factory=Counter)
    returned: int = 0

    def step(self, *, finishing: bool = False) -> None:
        """Something happens: a return, a task, a message or time."""
        wanted = not finishing and self.random.random() < 0.35
        plans = [plan for plan in returns(self.instance) if plan.possible] if wanted else []
        if plans:
            self._return(self.random.choice(plans))
            self.check(just_returned=True)
        else:
            self._go_on(finishing=finishing)
            self.check()

    def _return(self, plan: Any) -> None:
        before = {task.id for task in self.instance.user_tasks()}
        target = return_to(
            self.instance,
            plan.number,
            env(self.now),
            straight=plan.may_come_straight and self.random.random() < 0.4,
        )
        self.returned += 1
        after = {task.id for task in self.instance.user_tasks()}
        if target not in after:
            raise Broken("the step is not open again")
        if before - after != {place.task_id for place in plan.cancelled}:
            raise Broken("other tasks end than the preview said")
        if len(after - before) != 1 + len(plan.reopened):
            raise Broken("other tasks open than the preview said")
        if {place.task_id for place in plan.kept} != before & after:
            raise Broken("other tasks stay than the preview said")

    def _go_on(self, *, finishing: bool) -> None:
        tasks, waits = self.instance.user_tasks(), self.instance.subscriptions()
        due = self.instance.next_due()
        moves = ["task"] * (4 * bool(tasks)) + ["message"] * bool(waits) + ["time"] * (due is not None)
        if finishing and tasks:
            moves = ["task"]
        if not moves:
            raise Broken("nothing can happen any more")
        kind = self.random.choice(moves)
        if kind == "task":
            task = self.random.choice(tasks)
            self.instance.complete(task.id, self._answer(task.element_id, finishing), env(self.now))
        elif kind == "message":
            found = self.random.choice(waits)
            self.instance.correlate(found.message, found.key, {}, env(self.now))
        else:
            self.now = max(self.now, due or self.now) + timedelta(minutes=1)
            self.instance.fire_timers(env(self.now))

    def _answer(self, element_id: str, finishing: bool) -> dict[str, Any]:
        if element_id.startswith("o"):
            return {"c": [] if finishing else [n for n in range(3) if self.random.random() < 0.5], "n": 1}
        return {"c": 0 if finishing else self.random.randint(0, 2), "n": 1}

    def check(self, *, just_returned: bool = False) -> None:
        """Raises Broken unless the instance is whole, can end, and its history is complete."""
        self._check_history()
        state = self.instance.dump()
        self.instance = Instance.load(self.definition, state)
        if self.instance.dump() != state:
            raise Broken("the state changes by being stored")
        if self.instance.completed:
            return
        for level in self.instance.case.levels():
            for token in level.tokens():
                self._check_token(level, token)
        if just_returned and (reasons := plan_migration(self.instance, self.definition).reasons):
            raise Broken(f"cannot end: {reasons[0].message_en}")

    def _check_token(self, level: Any, token: Any) -> None:
        node = token.task_spec
        host = token.internal_data.get("host")
        if host is not None and host not in level.tasks:
            raise Broken(f"{node.bpmn_id} listens beside nothing")
        if "timer" in token.internal_data and token.waiting and due_of(token) is None:
            raise Broken(f"{node.bpmn_id} has lost its time")
        if not isinstance(node, Activity):
            return
        if not is_item(token):
            beside = Counter(
                each.task_spec.bpmn_id
                for each in level.tokens()
                if each.internal_data.get("host") == token.id
            )
            for boundary in node.boundaries:
                if beside[boundary.bpmn_id] > 1 or (boundary.interrupting and not beside[boundary.bpmn_id]):
                    raise Broken(f"{boundary.bpmn_id} listens {beside[boundary.bpmn_id]} times")
        self._check_runs(node, token)

    def _check_runs(self, node: Activity, token: Any) -> None:
        runs = isinstance(node, SubProcess) and not node.is_body(token) and token.started
        if runs and token.id not in self.instance.case.subprocesses:
            raise Broken(f"nothing runs in {node.bpmn_id}")
        if node.is_body(token) and isinstance(node.repetition, MultiInstance):
            many = token.internal_data["many"]
            left = 1 if node.repetition.sequential else many["total"] - many["done"]
            if len(token.children) != left:
                raise Broken(f"{node.bpmn_id} has {len(token.children)} runs, expected {left}")

    def _check_history(self) -> None:
        """Every start has its end, or the token is still there."""
        for event in self.instance.drain().events:
            if event.kind == "element_started":
                self.live[f"{event.process_id}:{event.element_id}"] += 1
            elif event.kind in ("element_completed", "element_cancelled"):
                self.live[f"{event.process_id}:{event.element_id}"] -= 1
        counted: Counter[str] = Counter()
        for token in self.instance.case.all_tokens():
            node = token.task_spec
            aside = "host" in token.internal_data or node.listens(token)
            if not aside and not (node.joins and token.waiting):
                counted[f"{node.process_id}:{node.bpmn_id}"] += 1
        if +self.live != counted:
            raise Broken(
                f"history tells of {dict(+self.live - counted)}, tokens of {dict(counted - self.live)}"
            )


def walk(seed: int, depth: int = 4, kinds: frozenset[str] | None = None) -> int:
    """Walk one random process to its end; the number of returns. Raises Broken and the engine's errors."""
    random = Random(seed)
    files = write_bundle(b.draw(random, depth, kinds))
    bundle = Bundle({key: _adapt(text, random) for key, text in files.items()})
    definition = load_definition(bundle, "main")
    walker = Walker(definition, Instance.start(definition, {}, env()), random)
    walker.check()
    for _ in range(MAX_STEPS):
        if walker.instance.completed:
            return walker.returned
        walker.step()
    for _ in range(MAX_FINISH):
        if walker.instance.completed:
            return walker.returned
        walker.step(finishing=True)
    raise Broken("does not end")


def _adapt(text: bytes, random: Random) -> bytes:
    """Every task lets people go back; half of the boundary events wait for time instead of a message."""
    diagram = text.decode().replace("<userTask ", '<userTask zr:operations="return return_direct" ')

    def timed(found: re.Match[str]) -> str:
        if random.random() < 0.5:
            return found[0]
        return f"{found[1]}><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"

    return _MESSAGE.sub(timed, diagram).encode()
