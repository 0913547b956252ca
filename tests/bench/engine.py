"""`python -m tests.bench.engine`: one step (load, complete a task, save) here and in stock SpiffWorkflow.

One JSON line for each shape of process: medians in milliseconds of processor time, sizes in bytes, ratios. Both
run in the same process, one after the other, on the same diagram; stock uses its own serializer.
"""

from __future__ import annotations

import io
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine.definition import Bundle, load_definition
from app.engine.instance import Instance
from tests.engine.diagrams import diagram, env, user

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
# Some 8 KB, as one filled-in declaration.
FORM = {f"field{n}": "知识产权质押融资" * 4 for n in range(80)}
Step = Callable[[bytes], bytes | None]


@dataclass(frozen=True)
class Shape:
    """A process with its data; the steps from `first` on are measured, at most `limit`, each `repeat` times."""

    xml: bytes
    data: dict[str, Any] = field(default_factory=dict)
    first: int = 0
    limit: int = 100
    repeat: int = 3


@dataclass(frozen=True)
class Timings:
    """Milliseconds of each step and the largest state."""

    ms: list[float]
    size: int

    @property
    def median(self) -> float:
        return statistics.median(self.ms)


def linear(count: int) -> bytes:
    """User tasks in a row."""
    names = [f"t{n}" for n in range(count)]
    tasks = "".join(user(name) for name in names)
    return diagram(ENDS + tasks, "s -> " + " -> ".join(names) + " -> e")


def parallel(blocks: int, branches: int) -> bytes:
    """AND blocks in a row."""
    elements, lines, last = [ENDS], [], "s"
    for n in range(blocks):
        elements.append(f'<parallelGateway id="f{n}"/><parallelGateway id="j{n}"/>')
        lines.append(f"{last} -> f{n}")
        for m in range(branches):
            elements.append(user(f"t{n}_{m}"))
            lines.append(f"f{n} -> t{n}_{m} -> j{n}")
        last = f"j{n}"
    return diagram("".join(elements), "\n".join([*lines, f"{last} -> e"]))


def mixed() -> bytes:
    """30 nodes: four decisions with a way to send back, two AND blocks, 16 user tasks."""
    elements, lines, last = [ENDS], [], "s"
    for n in range(4):
        elements.append(
            f'<exclusiveGateway id="m{n}"/><exclusiveGateway id="g{n}"/>{user(f"t{n}")}{user(f"u{n}")}'
        )
        lines += [f"{last} -> m{n} -> t{n} -> g{n} -> m{n} [back]", f"g{n} => u{n}"]
        last = f"u{n}"
    for n in range(2):
        elements.append(f'<parallelGateway id="f{n}"/><parallelGateway id="j{n}"/>')
        lines.append(f"{last} -> f{n}")
        for m in range(4):
            elements.append(user(f"p{n}_{m}"))
            lines.append(f"f{n} -> p{n}_{m} -> j{n}")
        last = f"j{n}"
    return diagram("".join(elements), "\n".join([*lines, f"{last} -> e"]))


def loop() -> bytes:
    """A task that is done again and again; both languages read the condition alike."""
    return diagram(
        ENDS + '<exclusiveGateway id="m"/><exclusiveGateway id="g"/>' + user("t"),
        "s -> m -> t -> g -> m [again]\ng => e",
    )


def ours(shape: Shape) -> Timings:
    """A step of the engine."""
    definition = load_definition(Bundle({"p": shape.xml}), "p")

    def step(state: bytes) -> bytes | None:
        instance = Instance.load(definition, state)
        tasks = instance.user_tasks()
        if not tasks:
            return None
        instance.complete(tasks[0].id, {"n": 1}, env())
        instance.drain()
        return instance.dump()

    return measure(step, Instance.start(definition, dict(shape.data), env()).dump(), shape)


def stock(shape: Shape) -> Timings:
    """The same with BpmnWorkflow and its serializer, as its documentation shows."""
    parser = BpmnParser()
    parser.add_bpmn_io(io.BytesIO(shape.xml))
    serializer = BpmnWorkflowSerializer()
    workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    workflow.data.update(shape.data)
    workflow.task_tree.data.update(shape.data)
    workflow.do_engine_steps()

    def step(state: bytes) -> bytes | None:
        workflow = serializer.deserialize_json(state.decode())
        tasks = workflow.get_tasks(state=TaskState.READY, manual=True)
        if not tasks:
            return None
        tasks[0].data.update({tasks[0].task_spec.name: {"n": 1}})
        tasks[0].run()
        workflow.do_engine_steps()
        text: str = serializer.serialize_json(workflow)
        return text.encode()

    return measure(step, serializer.serialize_json(workflow).encode(), shape)


def measure(step: Step, state: bytes, shape: Shape) -> Timings:
    """Each step's best of some repetitions, from the same state."""
    times: list[float] = []
    size = len(state)
    for number in range(shape.first + shape.limit):
        best, following = _timed(step, state, shape.repeat if number >= shape.first else 1)
        if following is None:
            break
        if number >= shape.first:
            times.append(best)
        state = following
        size = max(size, len(state))
    return Timings(times, size)


def _timed(step: Step, state: bytes, repeat: int) -> tuple[float, bytes | None]:
    best, following = float("inf"), None
    for _ in range(repeat):
        began = time.process_time()
        following = step(state)
        best = min(best, (time.process_time() - began) * 1000)
    return best, following


SHAPES = {
    "30 nodes with 8 KB of form data": Shape(mixed(), {"form": FORM, "back": False}),
    "linear 10": Shape(linear(10)),
    "linear 100, at the middle": Shape(linear(100), first=45, limit=10),
    "4 AND blocks of 3": Shape(parallel(4, 3), repeat=1),
    "6 AND blocks of 2": Shape(parallel(6, 2), repeat=1),
    "loop, first 50 rounds": Shape(loop(), {"again": True}, limit=50, repeat=1),
}
ROUNDS = 1000


def compared() -> Iterator[dict[str, Any]]:
    """A line for each shape."""
    for name, shape in SHAPES.items():
        own, other = ours(shape), stock(shape)
        yield {
            "bench": "engine",
            "shape": name,
            "ms": round(own.median, 3),
            "stock_ms": round(other.median, 3),
            "faster": round(other.median / own.median, 1),
            "bytes": own.size,
            "stock_bytes": other.size,
            "smaller": round(other.size / own.size, 1),
        }


def flat_loop() -> dict[str, Any]:
    """The last hundred rounds of a thousand beside the first hundred; stock for as long as it is bearable."""
    own = ours(Shape(loop(), {"again": True}, limit=ROUNDS, repeat=1))
    other = stock(Shape(loop(), {"again": True}, limit=100, repeat=1))
    return {
        "bench": "engine",
        "shape": f"loop, {ROUNDS} rounds",
        "first_ms": round(statistics.median(own.ms[:100]), 3),
        "last_ms": round(statistics.median(own.ms[-100:]), 3),
        "growth": round(statistics.median(own.ms[-100:]) / statistics.median(own.ms[:100]), 2),
        "bytes": own.size,
        "stock_growth_in_100": round(statistics.median(other.ms[-10:]) / statistics.median(other.ms[:10]), 2),
    }


def starts() -> dict[str, Any]:
    """Starting a process with twenty AND blocks; stock builds 2²⁰ futures for it and is not asked."""
    definition = load_definition(Bundle({"p": parallel(20, 2)}), "p")
    times = []
    for _ in range(50):
        began = time.process_time()
        Instance.start(definition, {}, env()).dump()
        times.append((time.process_time() - began) * 1000)
    return {
        "bench": "engine",
        "shape": "start of 20 AND blocks of 2",
        "ms": round(statistics.median(times), 3),
    }


def lines() -> Iterator[dict[str, Any]]:
    """All figures of the engine."""
    for name in ("spiff", "spiff.task", "spiff.workflow"):
        # Left alone, stock SpiffWorkflow collects details for its log at every move, several times the work.
        logging.getLogger(name).setLevel(logging.WARNING)
    yield from compared()
    yield flat_loop()
    yield starts()


def main() -> None:
    """Print a line for each figure."""
    for line in lines():
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
