"""Runs a random process in the engine and in the reference, step by step, and compares."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from random import Random
from typing import Any

from app.engine.definition import Bundle, load_definition
from app.engine.instance import Instance
from tests.engine.diagrams import env
from tests.engine.fuzz import blocks as b
from tests.engine.fuzz.reference import Action, Answer, Context, LevelRun, World
from tests.engine.fuzz.writing import write_bundle

MAX_STEPS = 60


class Different(Exception):
    """Engine and reference disagree."""


@dataclass
class Pair:
    """The same process in both."""

    definition: Any
    instance: Instance
    reference: LevelRun
    world: World

    @classmethod
    def start(cls, block: b.Block) -> Pair:
        definition = load_definition(Bundle(write_bundle(block)), "main")
        world = World()
        return cls(definition, Instance.start(definition, {}, env()), LevelRun(block, (), world), world)

    def compare(self) -> None:
        """Raises Different unless the same tasks are open and the same is completed."""
        expected = Counter((a.name, a.context) for a in self.reference.actions() if a.kind == "task")
        actual = Counter((t.element_id, context_of(t.variables())) for t in self.instance.user_tasks())
        if expected != actual:
            raise Different(f"open in the engine {dict(actual)}, expected {dict(expected)}")
        if self.reference.done != self.instance.completed:
            raise Different(f"completed {self.instance.completed}, expected {self.reference.done}")
        keys = {(s.message, s.key) for s in self.instance.subscriptions()}
        wanted = {("M", key_of(a)) for a in self.reference.actions() if a.kind == "message"}
        if not wanted <= keys:
            raise Different(f"messages not waited for: {wanted - keys}")

    def do(self, action: Action, answer: Answer) -> None:
        """One step in both, with storing and loading."""
        if action.kind == "message":
            if not self.instance.correlate("M", key_of(action), {}, env()):
                raise Different(f"nothing waits for {action}")
        else:
            found = next(
                t
                for t in self.instance.user_tasks()
                if t.element_id == action.name and context_of(t.variables()) == action.context
            )
            self.instance.complete(found.id, {"c": answer.choice, "n": answer.number}, env())
        state = self.instance.dump()
        self.instance = Instance.load(self.definition, state)
        if self.instance.dump() != state:
            raise Different("the state changes by being stored")
        if not self.reference.act(action, answer):
            raise Different(f"the reference cannot do {action}")

    def compare_variables(self, names: frozenset[str]) -> None:
        """Raises Different unless what was submitted last is what the scope holds."""
        for name, value in self.world.written.items():
            known = self.instance.variables.get(name)
            actual = known if name.startswith("out_") else (known or {}).get("n")
            if name in names and actual != value:
                raise Different(f"{name} is {actual}, expected {value}")


def context_of(variables: dict[str, Any]) -> Context:
    """The items around a task, by the variables it sees."""
    return tuple((name, value) for name, value in variables.items() if name.startswith("i_"))


def key_of(action: Action) -> str:
    return "/".join([action.name, *(str(value) for _, value in action.context)])


def scope_names(block: b.Block) -> frozenset[str]:
    """The variables of the main scope: not those of called processes and of items."""
    found = {block.id} if isinstance(block, (b.Task, b.Xor, b.Or, b.Loop)) else set()
    if isinstance(block, b.Many):
        return frozenset({f"out_{block.id}"})
    if isinstance(block, b.Call):
        return frozenset()
    for part in fields(block):
        value = getattr(block, part.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, b.Block):
                found |= scope_names(inner)
    return frozenset(found)


def run_block(block: b.Block, random: Random) -> int:
    """Run to the end or for MAX_STEPS; the number of steps. Raises Different and the engine's errors."""
    pair = Pair.start(block)
    names = scope_names(block)
    for step in range(MAX_STEPS):
        pair.compare()
        if pair.reference.done:
            pair.compare_variables(names)
            return step
        action = random.choice(sorted(pair.reference.actions(), key=repr))
        choice: Any = None
        if action.many:
            choice = [n for n in range(action.choices) if random.random() < 0.5]
        elif action.choices:
            choice = random.randrange(action.choices)
        pair.do(action, Answer(choice, step + 1))
    return MAX_STEPS


def failure_of(block: b.Block, seeds: range) -> tuple[int, str] | None:
    """The first seed of the completion order that fails, and how; None when all is well."""
    for seed in seeds:
        try:
            run_block(block, Random(seed))
        except Exception as error:
            return seed, f"{type(error).__name__}: {error}"
    return None


def check(seed: int, depth: int = 4, kinds: frozenset[str] | None = None) -> str | None:
    """Run the process of a seed; None or a report of the smallest process found that fails too."""
    block = b.draw(Random(seed), depth, kinds)
    orders = range(seed, seed + 2)
    found = failure_of(block, orders)
    if found is None:
        return None
    block = shrink(block, range(seed, seed + 20))
    order, message = failure_of(block, range(seed, seed + 20)) or found
    return f"seed {seed}, order {order}: {message}\n{block}"


def shrink(block: b.Block, orders: range) -> b.Block:
    """A smaller process that still fails."""
    tries = 0
    while tries < 2000:
        for less in b.smaller(block):
            tries += 1
            if failure_of(less, orders) is not None:
                block = less
                break
        else:
            return block
    return block
