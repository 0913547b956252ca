"""Random block-structured BPMN files: sequences, choices, parallel parts, loops, boundary events, sub-processes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zr="https://zhirong.example.invalid/schema/1.0" id="defs" targetNamespace="urn:test">\n'
)
NAMES = (
    "形式审查",
    "资格与信用核查",
    "专家评审",
    "签发受理通知书",
    "集体审议",
    "归档",
    "编制申报通知与参数表",
    "公示",
)


@dataclass
class Blocks:
    """Grows one process; every part returns its entry and its exit."""

    rng: random.Random
    lanes: int = 3
    parts: list[str] = field(default_factory=list)
    lane_of: dict[str, int] = field(default_factory=dict)
    count: int = 0
    lane: int = 0

    def node(self, tag: str, inner: str = "", more: str = "", named: bool = True) -> str:
        self.count += 1
        key = f"n{self.count}"
        if self.rng.random() < 0.35:
            self.lane = self.rng.randrange(max(self.lanes, 1))
        self.lane_of[key] = self.lane
        name = f' name="{self.rng.choice(NAMES)}"' if named else ""
        self.parts.append(f'<bpmn:{tag} id="{key}"{name}{more}>{inner}</bpmn:{tag}>')
        return key

    def flow(self, source: str, target: str, name: str = "") -> None:
        self.count += 1
        label = f' name="{name}"' if name else ""
        self.parts.append(
            f'<bpmn:sequenceFlow id="f{self.count}" sourceRef="{source}" targetRef="{target}"{label}/>'
        )

    def block(self, depth: int) -> tuple[str, str]:
        kinds = ["task", "task", "seq", "seq", "xor", "and", "loop", "boundary", "sub"]
        kind = self.rng.choice(kinds) if depth > 0 else "task"
        return getattr(self, f"_{kind}")(depth - 1)

    def _task(self, _depth: int) -> tuple[str, str]:
        key = self.node(
            self.rng.choice(["userTask", "serviceTask", "businessRuleTask", "intermediateCatchEvent"])
        )
        return key, key

    def _seq(self, depth: int) -> tuple[str, str]:
        first = self.block(depth)
        last = first
        for _ in range(self.rng.randint(1, 3)):
            following = self.block(depth)
            self.flow(last[1], following[0])
            last = following
        return first[0], last[1]

    def _split(self, depth: int, gateway: str) -> tuple[str, str]:
        split, join = self.node(gateway), self.node(gateway, named=False)
        for index in range(self.rng.randint(2, 4)):
            entry, leave = self.block(depth)
            self.flow(
                split,
                entry,
                "" if gateway == "parallelGateway" else ("同意", "退回", "补正后重报")[index % 3],
            )
            self.flow(leave, join)
        if self.rng.random() < 0.3:
            self.flow(split, join, "其他")
        return split, join

    def _xor(self, depth: int) -> tuple[str, str]:
        return self._split(depth, "exclusiveGateway")

    def _and(self, depth: int) -> tuple[str, str]:
        return self._split(depth, "parallelGateway")

    def _loop(self, depth: int) -> tuple[str, str]:
        entry, leave = self.block(depth)
        gateway = self.node("exclusiveGateway")
        self.flow(leave, gateway)
        self.flow(gateway, entry, "退回")
        return entry, gateway

    def _boundary(self, depth: int) -> tuple[str, str]:
        host = self.node("userTask")
        for _ in range(self.rng.randint(1, 3)):
            event = self.node(
                "boundaryEvent",
                "<bpmn:timerEventDefinition/>",
                f' attachedToRef="{host}" cancelActivity="false"',
            )
            self.lane_of[event] = self.lane_of[host]
            entry, leave = self.block(min(depth, 0))
            self.flow(event, entry)
            self.flow(leave, self.node("endEvent"))
        return host, host

    def _sub(self, depth: int) -> tuple[str, str]:
        inside = Blocks(self.rng, 0, count=self.count)
        inside.process(depth)
        self.count = inside.count
        key = self.node("subProcess", "".join(inside.parts))
        return key, key

    def process(self, depth: int) -> None:
        start = self.node("startEvent")
        entry, leave = self._seq(depth) if depth > 0 else self._task(0)
        self.flow(start, entry)
        self.flow(leave, self.node("endEvent"))


def random_diagram(seed: int, depth: int = 4, lanes: int = 3) -> bytes:
    """A BPMN file without a diagram; the same seed always gives the same file."""
    blocks = Blocks(random.Random(seed), lanes)
    blocks.process(depth)
    refs = "".join(
        f'<bpmn:lane id="lane{lane}" name="角色{lane}">'
        + "".join(
            f"<bpmn:flowNodeRef>{key}</bpmn:flowNodeRef>"
            for key, own in blocks.lane_of.items()
            if own == lane
        )
        + "</bpmn:lane>"
        for lane in range(lanes)
    )
    lane_set = f'<bpmn:laneSet id="lanes">{refs}</bpmn:laneSet>' if lanes else ""
    body = "\n    ".join(blocks.parts)
    text = f'{HEAD}  <bpmn:process id="p" name="随机流程" isExecutable="true">{lane_set}\n    {body}\n  </bpmn:process>\n'
    return (text + "</bpmn:definitions>\n").encode()
