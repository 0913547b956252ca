"""Random unstructured processes: tasks, decisions and boundary events with arbitrary targets.

Without parallel joins every token goes its own way, so the reference is a bag of places.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from app.engine.definition import Bundle, load_definition
from app.engine.instance import Instance
from tests.engine.diagrams import HEAD, env
from tests.engine.fuzz.driving import Different


@dataclass(frozen=True)
class Graph:
    """Tasks t0…, each leading to a decision between targets; boundary events (task, interrupting, target)."""

    targets: tuple[tuple[int, ...], ...]
    boundaries: tuple[tuple[int, bool, int], ...]

    @property
    def size(self) -> int:
        return len(self.targets)


def draw_graph(random: Random) -> Graph:
    """A random graph; target `size` is the end."""
    size = random.randint(1, 6)
    targets = tuple(tuple(random.randint(0, size) for _ in range(random.randint(1, 3))) for _ in range(size))
    boundaries = tuple(
        (random.randrange(size), random.random() < 0.6, random.randint(0, size))
        for _ in range(random.randint(0, 3))
    )
    return Graph(targets, boundaries)


def write_graph(graph: Graph) -> bytes:
    """The BPMN file."""
    text = ['<startEvent id="s"/>', f'<endEvent id="t{graph.size}"/>', flow("s", "t0")]
    for number, targets in enumerate(graph.targets):
        text.append(f'<userTask id="t{number}" zr:resultVariable="d"/>')
        text.append(
            f'<exclusiveGateway id="g{number}" default="g{number}-0"/>{flow(f"t{number}", f"g{number}")}'
        )
        for choice, target in enumerate(targets):
            text.append(
                flow(f"g{number}", f"t{target}", f"g{number}-{choice}", f"d.c = {choice}" if choice else "")
            )
    for number, (host, interrupting, target) in enumerate(graph.boundaries):
        cancel = "" if interrupting else 'cancelActivity="false"'
        text.append(
            f'<boundaryEvent id="b{number}" attachedToRef="t{host}" {cancel} zr:correlationKey="b{number}">'
            f'<messageEventDefinition messageRef="M"/></boundaryEvent>{flow(f"b{number}", f"t{target}")}'
        )
    body = "".join(text)
    return (
        f'{HEAD}<message id="M" name="M"/><process id="main" isExecutable="true">{body}</process>'
        f"</definitions>"
    ).encode()


def flow(source: str, target: str, name: str = "", condition: str = "") -> str:
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    flow_id = name or f"{source}-{target}"
    return f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def run_graph(graph: Graph, random: Random, steps: int = 40) -> None:
    """Compare engine and bag; raises Different."""
    definition = load_definition(Bundle({"main": write_graph(graph)}), "main")
    instance = Instance.start(definition, {}, env())
    bag = Counter([0])
    for _ in range(steps):
        tasks = instance.user_tasks()
        if Counter(int(task.element_id[1:]) for task in tasks) != bag or instance.completed != (not bag):
            raise Different(f"engine {[task.element_id for task in tasks]}, expected {dict(bag)}")
        if not bag:
            return
        choices = [("task", place) for place in bag]
        choices += [("event", n) for n, (host, _, _) in enumerate(graph.boundaries) if bag[host]]
        kind, number = random.choice(choices)
        if kind == "task":
            choice = random.randrange(len(graph.targets[number]))
            task = next(task for task in tasks if task.element_id == f"t{number}")
            instance.complete(task.id, {"c": choice}, env())
            left, target = number, graph.targets[number][choice]
        else:
            host, interrupting, target = graph.boundaries[number]
            instance.correlate("M", f"b{number}", {}, env())
            left = host if interrupting else -1
        bag[left] -= 1
        bag[target] += target < graph.size
        bag = Counter({place: count for place, count in bag.items() if count > 0})
        instance = Instance.load(definition, instance.dump())
