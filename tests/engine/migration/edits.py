"""Random edits of block-structured processes, and what they do to a running one by the reference.

An edit rewrites blocks; a running block of the reference goes on with the rewritten one. Nothing here knows
tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from random import Random

from tests.engine.fuzz import blocks as b
from tests.engine.fuzz import reference as r

Rewrite = Callable[[b.Block], b.Block]


@dataclass(frozen=True)
class Edit:
    """`target` is the block that is changed, `mapping` what an author must say about it."""

    kind: str
    target: str
    new: str = ""
    before: bool = False

    @property
    def mapping(self) -> dict[str, str]:
        """Old element → new element, "" for an event that is given up."""
        if self.kind == "rename":
            return {self.target: self.new}
        return {self.target: ""} if self.kind == "unguard" else {}

    def apply(self, block: b.Block) -> b.Block:
        """The block after the edit, with all that lies inside."""
        return self._here(self._inside(block))

    def _inside(self, block: b.Block) -> b.Block:
        changed = {}
        for part in fields(block):
            value = getattr(block, part.name)
            if isinstance(value, b.Block):
                changed[part.name] = self.apply(value)
            elif isinstance(value, tuple):
                changed[part.name] = tuple(self.apply(each) for each in value)
        return replace(block, **changed)

    def _here(self, block: b.Block) -> b.Block:
        if isinstance(block, b.Seq):
            return self._in_row(block)
        if getattr(block, "id", "") != self.target:
            return block
        return REWRITES[self.kind](self, block) if self.kind in REWRITES else block

    def _in_row(self, block: b.Seq) -> b.Block:
        names = [getattr(part, "id", "") for part in block.parts]
        if self.target not in names:
            return block
        place, parts = names.index(self.target), list(block.parts)
        if self.kind == "insert":
            parts.insert(place if self.before else place + 1, b.Task(self.new))
        elif self.kind == "remove":
            del parts[place]
        return b.Seq(tuple(parts))


def _branch(edit: Edit, block: b.Block) -> b.Block:
    return replace(block, branches=(*getattr(block, "branches"), b.Task(edit.new)))  # noqa: B009


def _rotate(_: Edit, block: b.Block) -> b.Block:
    first, *rest = getattr(block, "branches")  # noqa: B009
    return replace(block, branches=(*rest, first))


REWRITES: dict[str, Callable[[Edit, b.Block], b.Block]] = {
    "rename": lambda edit, block: replace(block, id=edit.new),
    "fork": lambda edit, block: b.And(f"{edit.new}a", (block, b.Task(edit.new))),
    "guard": lambda edit, block: b.Guard(f"{edit.new}g", block, "beside" if edit.before else "stop", b.Task(edit.new)),
    "unguard": lambda edit, block: block.host if isinstance(block, b.Guard) else block,
    "branch": _branch,
    "rotate": _rotate,
}  # fmt: skip


def every(block: b.Block, beside: bool = False) -> Iterator[tuple[b.Block, bool]]:
    """The block and all inside, each with whether it stands in a handler that may run twice at once."""
    yield block, beside
    for part in fields(block):
        value = getattr(block, part.name)
        twice = beside or (part.name == "handler" and getattr(block, "kind", "") == "beside")
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, b.Block):
                yield from every(inner, twice)


def possible_edits(block: b.Block, number: int) -> list[Edit]:
    """The edits that keep the process a block that can be written; `number` keeps their elements apart."""
    found: list[Edit] = []
    hosts = {
        each.host.id
        for each, _ in every(block)
        if isinstance(each, b.Guard) and isinstance(each.host, b.Task)
    }
    for each, beside in every(block):
        if isinstance(each, b.Seq):
            found += _of_row(each, number)
        elif isinstance(each, b.Task):
            new = f"n{number}_{each.id}"
            found.append(Edit("rename", each.id, new))
            if each.id not in hosts and not beside:
                found.append(Edit("fork", each.id, new))
                found += [Edit("guard", each.id, new, twice) for twice in (True, False)]
        elif isinstance(each, (b.Xor, b.Or, b.And, b.Race)):
            found.append(Edit("branch", each.id, f"n{number}_{each.id}"))
            if isinstance(each, (b.Xor, b.Or)) and b.EMPTY not in each.branches:
                found.append(Edit("rotate", each.id))
        elif isinstance(each, b.Guard):
            found.append(Edit("unguard", each.id))
    return found


def _of_row(row: b.Seq, number: int) -> list[Edit]:
    names = [part.id for part in row.parts if isinstance(part, b.Task)]
    found = [Edit("insert", name, f"n{number}_{name}", before) for name in names for before in (True, False)]
    return found + [Edit("remove", name) for name in names if len(row.parts) > 1]


def draw_edit(block: b.Block, random: Random, number: int) -> Edit | None:
    """A random edit, all kinds alike; None when there is nothing to edit."""
    edits = possible_edits(block, number)
    if not edits:
        return None
    kind = random.choice(sorted({edit.kind for edit in edits}))
    return random.choice([edit for edit in edits if edit.kind == kind])


class CannotMove(Exception):
    """By the rules the running process has no place in the edited one."""


class Mover:
    """Takes a running process of the reference over to the edited block, in place."""

    def __init__(self, edit: Edit) -> None:
        self.edit = edit
        self.level: r.LevelRun | None = None

    def move(self, run: r.Running) -> r.Running:
        """The run that goes on; raises CannotMove."""
        if run.done:
            return run
        if isinstance(run, r.TaskRun):
            return self._task(run)
        if isinstance(run, r.GuardRun):
            return self._guard(run)
        if isinstance(run, r.LevelRun):
            return self._level(run)
        self._own_block(run)
        self._children(run)
        return run

    def _own_block(self, run: r.Running) -> None:
        edit = self.edit
        if isinstance(run, r.SeqRun):
            self._row(run)
            return
        if isinstance(run, r.AllRun) and edit.kind == "branch" and run.of == edit.target:
            raise CannotMove
        block = getattr(run, "block", None)
        if block is None:
            return
        now = edit.apply(block)
        setattr(run, "block", now)  # noqa: B010
        if isinstance(run, r.ChoiceRun) and isinstance(now, (b.Xor, b.Or)):
            run.task.action = replace(run.task.action, choices=len(now.branches))

    def _row(self, run: r.SeqRun) -> None:
        current = run.step - 1
        names = [getattr(part, "id", "") for part in run.parts]
        place = names.index(self.edit.target) if self.edit.target in names else None
        if place is not None and self.edit.kind == "remove":
            if place == current:
                raise CannotMove
            run.step -= place < current
        if place is not None and self.edit.kind == "insert":
            run.step += place + (not self.edit.before) <= current
        now = self.edit.apply(b.Seq(run.parts))
        run.parts = now.parts if isinstance(now, b.Seq) else run.parts

    def _children(self, run: r.Running) -> None:
        if isinstance(run, r.Steps) and run.current is not None:
            run.current = self.move(run.current)
        elif isinstance(run, r.AllRun):
            run.runs = [self.move(each) for each in run.runs]
        elif isinstance(run, r.ManyRun):
            run.items = {number: self.move(each) for number, each in run.items.items()}

    def _task(self, run: r.TaskRun) -> r.Running:
        edit = self.edit
        if run.action.name != edit.target:
            return run
        if edit.kind in ("remove", "fork"):
            raise CannotMove
        if edit.kind == "rename":
            run.action = replace(run.action, name=edit.new)
        if edit.kind == "guard" and self.level is not None:
            block = REWRITES["guard"](edit, b.Task(edit.target))
            guard = r.GuardRun.__new__(r.GuardRun)
            guard.__dict__.update(context=run.context, world=run.world, done=False, block=block,
                                  beside=self.level.beside, host=run, handler=None, fired=False)  # fmt: skip
            return guard
        return run

    def _guard(self, run: r.GuardRun) -> r.Running:
        if self.edit.kind == "unguard" and run.block.id == self.edit.target:
            if run.host is None:
                raise CannotMove
            return self.move(run.host)
        block = self.edit.apply(run.block)
        run.block = block if isinstance(block, b.Guard) else run.block
        run.host = self.move(run.host) if run.host is not None else None
        run.handler = self.move(run.handler) if run.handler is not None else None
        return run

    def _level(self, run: r.LevelRun) -> r.Running:
        outer, self.level = self.level, run
        if self.edit.kind == "unguard" and any(
            each.of == self.edit.target and not each.done for each in run.beside
        ):
            raise CannotMove
        run.beside[:] = [self.move(each) for each in run.beside]
        run.main = self.move(run.main)
        self.level = outer
        return run
