"""Random block-structured processes: how they are drawn, and how a failing one is made smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from random import Random


@dataclass(frozen=True)
class Block:
    """A part of a process with one way in and at most one way out."""


@dataclass(frozen=True)
class Task(Block):
    """A user task."""

    id: str


@dataclass(frozen=True)
class Seq(Block):
    """One after the other."""

    parts: tuple[Block, ...]


@dataclass(frozen=True)
class Xor(Block):
    """A decision task, then one branch; an empty branch goes straight on."""

    id: str
    branches: tuple[Block, ...]


@dataclass(frozen=True)
class And(Block):
    """All branches."""

    id: str
    branches: tuple[Block, ...]


@dataclass(frozen=True)
class Or(Block):
    """A decision task, then the chosen branches; the first one when none is chosen."""

    id: str
    branches: tuple[Block, ...]


@dataclass(frozen=True)
class Loop(Block):
    """The body, then a decision task: again or on."""

    id: str
    body: Block


@dataclass(frozen=True)
class Race(Block):
    """An event gateway: the first message chooses the branch."""

    id: str
    branches: tuple[Block, ...]


@dataclass(frozen=True)
class Sub(Block):
    """An embedded sub-process; `fails` lets it be caught by an error boundary event."""

    id: str
    body: Block
    handler: Block | None = None


@dataclass(frozen=True)
class Raise(Block):
    """An error end event; stands only where a Sub with a handler is around, in the same process."""

    id: str


@dataclass(frozen=True)
class Call(Block):
    """A called process."""

    id: str
    body: Block


@dataclass(frozen=True)
class Many(Block):
    """A multi-instance task or, with a body, sub-process; `enough` runs end it (0: all)."""

    id: str
    count: int
    sequential: bool
    enough: int
    body: Block | None = None


@dataclass(frozen=True)
class Guard(Block):
    """A boundary event by message on a task or sub-process.

    `kind` is `stop` (interrupts, the handler joins behind), `back` (interrupts, the handler leads to the
    activity again) or `beside` (does not interrupt, the handler ends by itself).
    """

    id: str
    host: Block
    kind: str
    handler: Block


EMPTY = Seq(())
Drawer = Callable[["Drawing", int, "Place"], Block]


@dataclass(frozen=True)
class Place:
    """Where a block stands: what would be ambiguous there is not drawn."""

    can_fail: bool = False
    beside: bool = False


class Drawing:
    """Draws blocks from a source of randomness."""

    def __init__(self, random: Random, kinds: frozenset[str] | None = None) -> None:
        self.random = random
        self.kinds = [kind for kind in DRAWERS if kinds is None or kind in kinds]
        self._count = 0

    def name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def block(self, depth: int, place: Place) -> Block:
        """A random block of at most this depth."""
        if depth <= 0 or self.random.random() < 0.15:
            if place.can_fail and self.random.random() < 0.25:
                return Xor(self.name("x"), (Raise(self.name("r")), Task(self.name("t"))))
            return Task(self.name("t"))
        # Beside its activity a handler may run twice at the same elements: nothing there has a hidden state.
        kinds = ["seq", "xor", "loop", "race"] if place.beside else self.kinds
        return DRAWERS[self.random.choice(kinds)](self, depth - 1, place)

    def branches(self, depth: int, place: Place, least: int = 2) -> tuple[Block, ...]:
        return tuple(self.block(depth, place) for _ in range(self.random.randint(least, 3)))


def draw(random: Random, depth: int = 4, kinds: frozenset[str] | None = None) -> Block:
    """A random process."""
    return Drawing(random, kinds).block(depth, Place())


def _seq(d: Drawing, depth: int, place: Place) -> Block:
    return Seq(d.branches(depth, place))


def _xor(d: Drawing, depth: int, place: Place) -> Block:
    branches = d.branches(depth, place)
    return Xor(d.name("x"), (*branches, EMPTY) if d.random.random() < 0.4 else branches)


def _and(d: Drawing, depth: int, place: Place) -> Block:
    return And(d.name("a"), d.branches(depth, replace(place, can_fail=False)))


def _or(d: Drawing, depth: int, place: Place) -> Block:
    return Or(d.name("o"), d.branches(depth, replace(place, can_fail=False)))


def _loop(d: Drawing, depth: int, place: Place) -> Block:
    return Loop(d.name("l"), d.block(depth, place))


def _race(d: Drawing, depth: int, place: Place) -> Block:
    return Race(d.name("e"), d.branches(depth, place))


def _sub(d: Drawing, depth: int, place: Place) -> Block:
    if d.random.random() < 0.4:
        body = d.block(depth, Place(can_fail=True))
        return Sub(d.name("s"), body, d.block(depth - 1, place))
    return Sub(d.name("s"), d.block(depth, Place()))


def _call(d: Drawing, depth: int, _: Place) -> Block:
    return Call(d.name("c"), d.block(depth, Place()))


def _many(d: Drawing, depth: int, _: Place) -> Block:
    count = d.random.randint(0, 3)
    enough = d.random.choice([0, 0, 1, 2])
    body = d.block(depth, Place()) if d.random.random() < 0.5 else None
    return Many(d.name("m"), count, d.random.random() < 0.4, enough, body)


def _guard(d: Drawing, depth: int, place: Place) -> Block:
    kind = d.random.choice(["stop", "back", "beside"])
    if d.random.random() < 0.5:
        host: Block = Task(d.name("t"))
    else:
        host = Sub(d.name("s"), d.block(depth, Place()))
    handler = d.block(depth - 1, replace(place, beside=place.beside or kind == "beside", can_fail=False))
    return Guard(d.name("b"), host, kind, handler)


DRAWERS: dict[str, Drawer] = {
    "seq": _seq, "xor": _xor, "and": _and, "or": _or, "loop": _loop, "race": _race, "sub": _sub,
    "call": _call, "many": _many, "guard": _guard,
}  # fmt: skip


def smaller(block: Block) -> Iterator[Block]:
    """Blocks like this one with something left out, the smallest first."""
    yield from _parts(block)
    for field in fields(block):
        value = getattr(block, field.name)
        if isinstance(value, Block):
            kinds = (Task, Sub) if field.name == "host" else (Block,)
            yield from (
                replace(block, **{field.name: less}) for less in smaller(value) if isinstance(less, kinds)
            )
        elif isinstance(value, tuple):
            yield from (replace(block, **{field.name: less}) for less in _fewer(value))


def _fewer(parts: tuple[Block, ...]) -> Iterator[tuple[Block, ...]]:
    for index, part in enumerate(parts):
        before, behind = parts[:index], parts[index + 1 :]
        if len(parts) > 2:
            yield before + behind
        yield from ((*before, less, *behind) for less in smaller(part))


def _parts(block: Block) -> Iterator[Block]:
    for field in fields(block):
        value = getattr(block, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Block) and not isinstance(part, Raise) and not _raises(part):
                yield part


def _raises(block: Block) -> bool:
    """Whether an error would leave the block: such a block must keep its surroundings."""
    if isinstance(block, Raise):
        return True
    if isinstance(block, Sub) and block.handler is not None:
        return _raises(block.handler)
    for field in fields(block):
        value = getattr(block, field.name)
        if any(
            isinstance(p, Block) and _raises(p) for p in (value if isinstance(value, tuple) else (value,))
        ):
            return True
    return False
