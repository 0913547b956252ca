"""Blocks as BPMN files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatchmethod
from itertools import count

from tests.engine.diagrams import HEAD
from tests.engine.fuzz import blocks as b

ROOT = '<message id="M" name="M"/><error id="E" errorCode="E"/>'


class Level:
    """The elements and flows of one process or sub-process."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self._flows = 0

    def add(self, text: str) -> None:
        self.text.append(text)

    def flow(self, source: str, target: str, condition: str = "", name: str = "") -> str:
        self._flows += 1
        flow_id = name or f"{source}-{target}-{self._flows}"
        inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        self.add(
            f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
        )
        return flow_id


class Writer:
    """Writes one process, and what it calls into `files`; `items` are the item variables in sight."""

    def __init__(self, files: dict[str, bytes], numbers: Iterator[int], items: Sequence[str] = ()) -> None:
        self.files = files
        self.numbers = numbers
        self.items = tuple(items)
        self.level = Level()

    def process(self, block: b.Block, process_id: str) -> None:
        """Write a whole file."""
        self.body(block)
        text = "".join(self.level.text)
        process = f'<process id="{process_id}" isExecutable="true">{text}</process>'
        self.files[process_id] = f"{HEAD}{ROOT}{process}</definitions>".encode()

    def body(self, block: b.Block) -> None:
        """Start, block, end."""
        tag = next(self.numbers)
        self.level.add(f'<startEvent id="start-{tag}"/>')
        last = self.chain(f"start-{tag}", block)
        if last is not None:
            self.level.add(f'<endEvent id="end-{tag}"/>')
            self.level.flow(last, f"end-{tag}")

    def chain(self, source: str, block: b.Block, condition: str = "", name: str = "") -> str | None:
        """Write a block behind `source`; the id of its last element, None when it does not go on."""
        first, last = self.write(block)
        if first is None:
            return source
        self.level.flow(source, first, condition, name)
        return last

    def nested(self, block: b.Block, items: Sequence[str]) -> str:
        """The content of a sub-process."""
        outer, seen = self.level, self.items
        self.level, self.items = Level(), (*self.items, *items)
        self.body(block)
        text = "".join(self.level.text)
        self.level, self.items = outer, seen
        return text

    def key(self, block_id: str) -> str:
        """A correlation key that tells the items apart."""
        parts = [f'"{block_id}"', *(f'"/" + string({item})' for item in self.items)]
        return "= " + " + ".join(parts).replace('"', "&quot;")

    def user(self, task_id: str, inner: str = "") -> None:
        self.level.add(f'<userTask id="{task_id}" zr:resultVariable="{task_id}">{inner}</userTask>')

    @singledispatchmethod
    def write(self, block: b.Block) -> tuple[str | None, str | None]:
        """Write a block; its first and its last element."""
        raise TypeError(block)

    @write.register
    def _task(self, block: b.Task) -> tuple[str | None, str | None]:
        self.user(block.id)
        return block.id, block.id

    @write.register
    def _raise(self, block: b.Raise) -> tuple[str | None, str | None]:
        self.level.add(f'<endEvent id="{block.id}"><errorEventDefinition errorRef="E"/></endEvent>')
        return block.id, None

    @write.register
    def _seq(self, block: b.Seq) -> tuple[str | None, str | None]:
        first: str | None = None
        last: str | None = None
        for part in block.parts:
            start, end = self.write(part)
            if start is None:
                continue
            if first is None:
                first = start
            elif last is not None:
                self.level.flow(last, start)
            else:
                raise ValueError("nothing can follow an error")
            last = end
        return first, last

    def _split(self, block: b.Xor | b.Or | b.And, tag: str, conditions: Sequence[str]) -> str:
        gate, join = f"{block.id}-split", f"{block.id}-join"
        default = f' default="{gate}-default"' if "" in conditions and tag != "parallelGateway" else ""
        self.level.add(f'<{tag} id="{gate}"{default}/><{tag} id="{join}"/>')
        for branch, condition in zip(block.branches, conditions, strict=True):
            name = f"{gate}-default" if not condition and default else ""
            first, last = self.write(branch)
            self.level.flow(gate, first or join, condition, name)
            if first is not None and last is not None:
                self.level.flow(last, join)
        return join

    @write.register
    def _xor(self, block: b.Xor) -> tuple[str | None, str | None]:
        self.user(block.id)
        join = self._split(
            block, "exclusiveGateway", ["", *(f"{block.id}.c = {n}" for n in range(1, len(block.branches)))]
        )
        self.level.flow(block.id, f"{block.id}-split")
        return block.id, join

    @write.register
    def _or(self, block: b.Or) -> tuple[str | None, str | None]:
        self.user(block.id)
        conditions = ["", *(f"list contains({block.id}.c, {n})" for n in range(1, len(block.branches)))]
        join = self._split(block, "inclusiveGateway", conditions)
        self.level.flow(block.id, f"{block.id}-split")
        return block.id, join

    @write.register
    def _and(self, block: b.And) -> tuple[str | None, str | None]:
        join = self._split(block, "parallelGateway", [""] * len(block.branches))
        return f"{block.id}-split", join

    @write.register
    def _loop(self, block: b.Loop) -> tuple[str | None, str | None]:
        merge, gate, out = f"{block.id}-merge", f"{block.id}-gate", f"{block.id}-out"
        self.level.add(f'<exclusiveGateway id="{merge}"/><exclusiveGateway id="{gate}" default="{gate}-on"/>')
        self.level.add(f'<exclusiveGateway id="{out}"/>')
        self.user(block.id)
        last = self.chain(merge, block.body)
        if last is not None:
            self.level.flow(last, block.id)
        self.level.flow(block.id, gate)
        self.level.flow(gate, merge, f"{block.id}.c = 1")
        self.level.flow(gate, out, name=f"{gate}-on")
        return merge, out

    @write.register
    def _race(self, block: b.Race) -> tuple[str | None, str | None]:
        join = f"{block.id}-join"
        self.level.add(f'<eventBasedGateway id="{block.id}"/><exclusiveGateway id="{join}"/>')
        for number, branch in enumerate(block.branches):
            catch = f"{block.id}-{number}"
            self.level.add(
                f'<intermediateCatchEvent id="{catch}" zr:correlationKey="{self.key(catch)}">'
                '<messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
            )
            self.level.flow(block.id, catch)
            last = self.chain(catch, branch)
            if last is not None:
                self.level.flow(last, join)
        return block.id, join

    @write.register
    def _sub(self, block: b.Sub) -> tuple[str | None, str | None]:
        self.level.add(f'<subProcess id="{block.id}">{self.nested(block.body, ())}</subProcess>')
        if block.handler is None:
            return block.id, block.id
        join, event = f"{block.id}-join", f"{block.id}-error"
        self.level.add(f'<exclusiveGateway id="{join}"/>')
        self.level.add(
            f'<boundaryEvent id="{event}" attachedToRef="{block.id}"><errorEventDefinition errorRef="E"/>'
            f"</boundaryEvent>"
        )
        self.level.flow(block.id, join)
        last = self.chain(event, block.handler)
        if last is not None:
            self.level.flow(last, join)
        return block.id, join

    @write.register
    def _call(self, block: b.Call) -> tuple[str | None, str | None]:
        Writer(self.files, self.numbers, self.items).process(block.body, f"p-{block.id}")
        given = "".join(f'<zr:in source="= {item}" target="{item}"/>' for item in self.items)
        self.level.add(
            f'<callActivity id="{block.id}" calledElement="p-{block.id}">'
            f"<extensionElements>{given}</extensionElements>"
            "</callActivity>"
        )
        return block.id, block.id

    @write.register
    def _many(self, block: b.Many) -> tuple[str | None, str | None]:
        numbers = ", ".join(str(n) for n in range(1, block.count + 1))
        condition = (
            f"<completionCondition>nrOfCompletedInstances >= {block.enough}</completionCondition>"
            if block.enough
            else ""
        )
        output = f"{block.id}.n" if block.body is None else f"i_{block.id} * 10"
        loop = (
            f'<multiInstanceLoopCharacteristics isSequential="{str(block.sequential).lower()}"'
            f' zr:collection="= [{numbers}]" zr:elementVariable="i_{block.id}"'
            f' zr:outputCollection="out_{block.id}"'
            f' zr:outputElement="= {output}">{condition}</multiInstanceLoopCharacteristics>'
        )
        if block.body is None:
            self.user(block.id, loop)
        else:
            inner = self.nested(block.body, (f"i_{block.id}",))
            self.level.add(f'<subProcess id="{block.id}">{loop}{inner}</subProcess>')
        return block.id, block.id

    @write.register
    def _guard(self, block: b.Guard) -> tuple[str | None, str | None]:
        before, after = f"{block.id}-before", f"{block.id}-after"
        self.level.add(f'<exclusiveGateway id="{before}"/><exclusiveGateway id="{after}"/>')
        first, last = self.write(block.host)
        # The event sits on the activity; a sub-process may have an error handler and a merge behind it.
        host = block.host.id if isinstance(block.host, (b.Task, b.Sub)) else ""
        cancel = ' cancelActivity="false"' if block.kind == "beside" else ""
        self.level.add(
            f'<boundaryEvent id="{block.id}" attachedToRef="{host}"{cancel}'
            f' zr:correlationKey="{self.key(block.id)}">'
            '<messageEventDefinition messageRef="M"/></boundaryEvent>'
        )
        self.level.flow(before, first or "")
        self.level.flow(last or "", after)
        end = self.chain(block.id, block.handler)
        if end is not None and block.kind == "beside":
            self.level.add(f'<endEvent id="{block.id}-end"/>')
            self.level.flow(end, f"{block.id}-end")
        elif end is not None:
            self.level.flow(end, before if block.kind == "back" else after)
        return before, after


def write_bundle(block: b.Block) -> dict[str, bytes]:
    """The files of a process and of all that it calls; the main process is `main`."""
    files: dict[str, bytes] = {}
    Writer(files, count()).process(block, "main")
    return files
