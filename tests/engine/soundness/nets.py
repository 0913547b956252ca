"""Short ways to write processes for the prover, random ones too."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

from app.engine.graph import Flow, Node, Process

KINDS = {
    "s": "startEvent",
    "e": "endEvent",
    "t": "userTask",
    "x": "exclusiveGateway",
    "a": "parallelGateway",
    "o": "inclusiveGateway",
    "g": "eventBasedGateway",
    "c": "intermediateCatchEvent",
    "b": "boundaryEvent",
    "p": "subProcess",
    "r": "serviceTask",
}


def process(paths: str, extra: Iterable[Node] = (), flows: Iterable[Flow] = ()) -> Process:
    """`"s t1 e; t1 x1"`: node ids joined by flows, `;` begins a new path, the first letter tells the type."""
    given = {node.id: node for node in extra}
    names: dict[str, Node] = {}
    made: list[Flow] = []
    for path in paths.split(";"):
        ids = path.split()
        for key in ids:
            names.setdefault(key, given.get(key) or Node(key, KINDS[key[0]], key))
        for source, target in pairwise(ids):
            made.append(Flow(f"{source}>{target}#{len(made)}", source, target))
    for node in given.values():
        names.setdefault(node.id, node)
    return Process("p", "", tuple(names.values()), (*made, *flows))


def boundary(key: str, host: str, *, interrupting: bool = True, kind: str = "timer") -> Node:
    return Node(key, "boundaryEvent", key, attached_to=host, event_kinds=(kind,), interrupting=interrupting)


def random_process(seed: int, *, inclusive: bool, structured: bool = False) -> Process:
    """A small graph of random nodes; most are unsound, `structured` ones less often."""
    rng = random.Random(seed)
    kinds = "ttxxaa" + ("oo" if inclusive else "")
    inner = [f"{rng.choice(kinds)}{index}" for index in range(rng.randint(2, 6))]
    paths: list[str] = []
    order = ["s", *inner, "e"]
    for first, second in pairwise(order):
        if structured or rng.random() < 0.8:
            paths.append(f"{first} {second}")
    for _ in range(rng.randint(1, 4)):
        source, target = rng.choice(order[:-1]), rng.choice(order[1:])
        paths.append(f"{source} {target}")
    hosts = [key for key in inner if key[0] == "t"]
    extra = []
    if hosts and rng.random() < 0.4:
        extra.append(boundary("b", rng.choice(hosts)))
        paths.append(f"b {rng.choice(order[1:])}")
    for key in order:
        paths.append(key)
    return process(";".join(paths), extra)
