"""`python -m tests.bench.engine`: one step (load, complete a task, save) here and in stock SpiffWorkflow.

Prints one JSON line for each shape of process: medians in milliseconds of processor time, sizes in bytes,
ratios. Both run in the same process, one after the other, on the same diagram.
"""

from __future__ import annotations

import io
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine.definition import Bundle, load_definition
from app.engine.instance import Instance
from tests.engine.diagrams import diagram, env, user

FORM = {f"field{n}": "知识产权质押融资" * 10 for n in range(100)}
Timings = tuple[float, int]


def linear(count: int) -> bytes:
    """User tasks in a row."""
    names = [f"t{n}" for n in range(count)]
    tasks = "".join(user(name) for name in names)
    return diagram('<startEvent id="s"/><endEvent id="e"/>' + tasks, "s -> " + " -> ".join(names) + " -> e")


def parallel(blocks: int, branches: int) -> bytes:
    """AND blocks in a row."""
    elements, lines, last = ['<startEvent id="s"/><endEvent id="e"/>'], [], "s"
    for n in range(blocks):
        elements.append(f'<parallelGateway id="f{n}"/><parallelGateway id="j{n}"/>')
        lines.append(f"{last} -> f{n}")
        for m in range(branches):
            elements.append(user(f"t{n}_{m}"))
            lines.append(f"f{n} -> t{n}_{m} -> j{n}")
        last = f"j{n}"
    return diagram("".join(elements), "\n".join([*lines, f"{last} -> e"]))


def loop() -> bytes:
    """A task that is done again and again; both languages read the condition alike."""
    return diagram(
        '<startEvent id="s"/><endEvent id="e"/><exclusiveGateway id="m"/><exclusiveGateway id="g"/>'
        + user("t"),
        "s -> m -> t -> g -> m [again]\ng => e",
    )


def ours(xml: bytes, data: dict[str, Any], limit: int) -> Timings:
    """Median of a step and size of the last state."""
    definition = load_definition(Bundle({"p": xml}), "p")
    state = Instance.start(definition, dict(data), env()).dump()

    def step(state: bytes) -> bytes | None:
        instance = Instance.load(definition, state)
        tasks = instance.user_tasks()
        if not tasks:
            return None
        instance.complete(tasks[0].id, {"n": 1}, env())
        instance.drain()
        return instance.dump()

    return measure(step, state, limit)


def stock(xml: bytes, data: dict[str, Any], limit: int) -> Timings:
    """The same with BpmnWorkflow and its serializer, as its documentation shows."""
    parser = BpmnParser()
    parser.add_bpmn_io(io.BytesIO(xml))
    serializer = BpmnWorkflowSerializer()
    workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
    workflow.data.update(data)
    workflow.task_tree.data.update(data)
    workflow.do_engine_steps()
    state = serializer.serialize_json(workflow).encode()

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

    return measure(step, state, limit)


def measure(step: Callable[[bytes], bytes | None], state: bytes, limit: int) -> Timings:
    """Median milliseconds of a step, at most `limit` steps, and the largest state."""
    times: list[float] = []
    size = len(state)
    for _ in range(limit):
        began = time.process_time()
        following = step(state)
        if following is None:
            break
        times.append((time.process_time() - began) * 1000)
        state = following
        size = max(size, len(state))
    return statistics.median(times), size


SHAPES: dict[str, tuple[bytes, dict[str, Any], int]] = {
    "linear 10": (linear(10), {}, 100),
    "linear 10 with a large form": (linear(10), {"form": FORM}, 100),
    "linear 100": (linear(100), {}, 200),
    "4 AND blocks of 3": (parallel(4, 3), {}, 100),
    "6 AND blocks of 2": (parallel(6, 2), {}, 100),
    "loop, first 50 rounds": (loop(), {"again": True}, 50),
    "loop, 300 rounds": (loop(), {"again": True}, 300),
}


def main() -> None:
    """Print a line for each shape."""
    for name in ("spiff", "spiff.task", "spiff.workflow"):
        # Left alone, stock SpiffWorkflow collects details for its log at every move, several times the work.
        logging.getLogger(name).setLevel(logging.WARNING)
    for name, (xml, data, limit) in SHAPES.items():
        our_ms, our_size = ours(xml, data, limit)
        stock_ms, stock_size = stock(xml, data, limit)
        line = {
            "bench": "engine",
            "shape": name,
            "ms": round(our_ms, 3),
            "stock_ms": round(stock_ms, 3),
            "faster": round(stock_ms / our_ms, 1),
            "bytes": our_size,
            "stock_bytes": stock_size,
            "smaller": round(stock_size / our_size, 1),
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
