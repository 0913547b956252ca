"""What a block-structured process must do, said in another way: a tree of running blocks, no tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from tests.engine.fuzz import blocks as b

Context = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Action:
    """Something that may be done: complete a task or deliver a message; `context` are the items around it."""

    kind: str
    name: str
    context: Context
    choices: int = 0
    many: bool = False


@dataclass(frozen=True)
class Answer:
    """What is submitted: a choice and a number that tells this submission from all others."""

    choice: Any = None
    number: int = 0


@dataclass
class World:
    """What must be found in the variables, and the levels that are being entered."""

    written: dict[str, Any] = field(default_factory=dict)
    levels: list[LevelRun] = field(default_factory=list)


class Failed(Exception):
    """An error that travels outwards."""


class Running:
    """A running block; `done` when it has been left. `of` names the block of a run that does not hold it."""

    of = ""

    def __init__(self, context: Context, world: World) -> None:
        self.context = context
        self.world = world
        self.done = False

    def actions(self) -> Iterator[Action]:
        """What may be done inside."""
        return iter(())

    def act(self, action: Action, answer: Answer) -> bool:
        """Do it if it is inside; raises Failed."""
        return False


def enter(block: b.Block, context: Context, world: World) -> Running:
    """The running block; raises Failed."""
    return _enter(block, context, world)


@singledispatch
def _enter(block: b.Block, context: Context, world: World) -> Running:
    raise TypeError(block)


class TaskRun(Running):
    """A task that waits; `choices` and `many` say what is to be decided in it."""

    def __init__(
        self, name: str, context: Context, world: World, choices: int = 0, many: bool = False
    ) -> None:
        super().__init__(context, world)
        self.action = Action("task", name, context, choices, many)
        self.choice: Any = None
        self.number = 0

    def actions(self) -> Iterator[Action]:
        if not self.done:
            yield self.action

    def act(self, action: Action, answer: Answer) -> bool:
        if self.done or action != self.action:
            return False
        self.done, self.choice, self.number = True, answer.choice, answer.number
        self.world.written[self.action.name] = answer.number
        return True


class Steps(Running):
    """Runs that come one after the other: `follow` gives the next one, None at the end."""

    def __init__(self, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.current: Running | None = None
        self.step = 0

    def follow(self) -> Running | None:
        """The run after the current one."""
        raise TypeError

    def go_on(self) -> None:
        """Go on as far as nothing waits."""
        while self.current is None or self.current.done:
            self.current = self.follow()
            self.step += 1
            if self.current is None:
                self.done = True
                return

    def actions(self) -> Iterator[Action]:
        if self.current is not None:
            yield from self.current.actions()

    def act(self, action: Action, answer: Answer) -> bool:
        if self.current is None or not self.current.act(action, answer):
            return False
        self.go_on()
        return True


class SeqRun(Steps):
    def __init__(self, block: b.Seq, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.parts = block.parts
        self.go_on()

    def follow(self) -> Running | None:
        return enter(self.parts[self.step], self.context, self.world) if self.step < len(self.parts) else None


class AllRun(Running):
    """Several at once; left when all are done."""

    def __init__(self, runs: list[Running], context: Context, world: World) -> None:
        super().__init__(context, world)
        self.runs = runs
        self.done = all(run.done for run in runs)

    def actions(self) -> Iterator[Action]:
        for run in self.runs:
            if not run.done:
                yield from run.actions()

    def act(self, action: Action, answer: Answer) -> bool:
        if not any(run.act(action, answer) for run in self.runs if not run.done):
            return False
        self.done = all(run.done for run in self.runs)
        return True


class ChoiceRun(Steps):
    """A decision task, then what was chosen."""

    def __init__(self, block: b.Xor | b.Or, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.block = block
        self.task = TaskRun(block.id, context, world, len(block.branches), isinstance(block, b.Or))
        self.go_on()

    def follow(self) -> Running | None:
        branches = self.block.branches
        if self.step == 0:
            return self.task
        if self.step > 1:
            return None
        if isinstance(self.block, b.Xor):
            return enter(branches[self.task.choice], self.context, self.world)
        chosen = [n for n in self.task.choice if n > 0] or [0]
        return AllRun(
            [enter(branches[n], self.context, self.world) for n in chosen], self.context, self.world
        )


class LoopRun(Steps):
    def __init__(self, block: b.Loop, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.block = block
        self.again = True
        self.go_on()

    def follow(self) -> Running | None:
        if self.step % 2 == 0:
            if isinstance(self.current, TaskRun) and self.step > 0 and self.current.choice != 1:
                return None
            return enter(self.block.body, self.context, self.world)
        return TaskRun(self.block.id, self.context, self.world, 2)


class RaceRun(Steps):
    def __init__(self, block: b.Race, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.block = block
        self.won: int | None = None

    def follow(self) -> Running | None:
        if self.won is None:
            raise TypeError
        return enter(self.block.branches[self.won], self.context, self.world) if self.step == 0 else None

    def actions(self) -> Iterator[Action]:
        if self.won is not None:
            yield from super().actions()
            return
        for number in range(len(self.block.branches)):
            yield Action("message", f"{self.block.id}-{number}", self.context)

    def act(self, action: Action, answer: Answer) -> bool:
        if self.won is not None:
            return super().act(action, answer)
        for number, own in enumerate(self.actions()):
            if own == action:
                self.won = number
                self.go_on()
                return True
        return False


class SubRun(Steps):
    """A sub-process with an error handler."""

    def __init__(self, block: b.Sub, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.block = block
        self.failed = False
        try:
            self.current = enter(block.body, context, world)
        except Failed:
            self._handle()
        self._settle()

    def _handle(self) -> None:
        if self.block.handler is None or self.failed:
            raise Failed
        self.failed = True
        self.current = enter(self.block.handler, self.context, self.world)

    def _settle(self) -> None:
        self.done = self.current is not None and self.current.done

    def act(self, action: Action, answer: Answer) -> bool:
        if self.current is None:
            return False
        try:
            if not self.current.act(action, answer):
                return False
        except Failed:
            self._handle()
        self._settle()
        return True


class ManyRun(Running):
    """Runs for each item; `outputs` are the numbers of the finished ones."""

    def __init__(self, block: b.Many, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.block = block
        self.items: dict[int, Running] = {}
        self.finished: dict[int, int] = {}
        self.started = 0
        while self.started < (min(1, block.count) if block.sequential else block.count):
            self._start()
        self._settle()

    def _start(self) -> None:
        self.started += 1
        context = (*self.context, (f"i_{self.block.id}", self.started))
        body = self.block.body
        self.items[self.started] = (
            TaskRun(self.block.id, context, self.world) if body is None else enter(body, context, self.world)
        )

    def _settle(self) -> None:
        progress = True
        while progress and not self.done:
            progress = False
            for number, run in list(self.items.items()):
                if run.done:
                    progress = True
                    del self.items[number]
                    self.finished[number] = run.number if isinstance(run, TaskRun) else number * 10
                    if self.block.enough and len(self.finished) >= self.block.enough:
                        self.items.clear()
                        self._leave()
                        return
                    if self.block.sequential and self.started < self.block.count:
                        self._start()
                    break
        if len(self.finished) == self.block.count:
            self._leave()

    def _leave(self) -> None:
        self.done = True
        self.world.written[f"out_{self.block.id}"] = [self.finished[n] for n in sorted(self.finished)]

    def actions(self) -> Iterator[Action]:
        for run in self.items.values():
            yield from run.actions()

    def act(self, action: Action, answer: Answer) -> bool:
        if not any(run.act(action, answer) for run in list(self.items.values())):
            return False
        self._settle()
        return True


class GuardRun(Running):
    """An activity with a boundary event; a handler beside it may go on when the activity is done."""

    def __init__(self, block: b.Guard, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.block = block
        self.beside = world.levels[-1].beside
        self.host: Running | None = enter(block.host, context, world)
        self.handler: Running | None = None
        self.fired = False
        self._settle()

    @property
    def own(self) -> Action:
        return Action("message", self.block.id, self.context)

    def _settle(self) -> None:
        if self.handler is not None and self.handler.done:
            if self.block.kind == "back":
                self.handler, self.host = None, enter(self.block.host, self.context, self.world)
            else:
                self.done = True
        if self.host is not None and self.host.done:
            self.done = True

    def _listens(self) -> bool:
        if self.host is None or self.fired:
            return False
        # When the sub-process has failed its error handler runs; the sub-process itself is gone.
        return not (isinstance(self.host, SubRun) and self.host.failed)

    def actions(self) -> Iterator[Action]:
        if self.host is not None:
            yield from self.host.actions()
            if self._listens():
                yield self.own
        elif self.handler is not None:
            yield from self.handler.actions()

    def act(self, action: Action, answer: Answer) -> bool:
        if self._listens() and action == self.own:
            handler = enter(self.block.handler, self.context, self.world)
            if self.block.kind == "beside":
                # Fired once only: a second handler at the same elements could not be told apart.
                self.fired = True
                handler.of = handler.of or self.block.id
                self.beside.append(handler)
            else:
                self.host, self.handler = None, handler
        elif not any(run.act(action, answer) for run in (self.host, self.handler) if run is not None):
            return False
        self._settle()
        return True


class LevelRun(Running):
    """A level (process, sub-process): its main block and the handlers beside."""

    def __init__(self, block: b.Block, context: Context, world: World) -> None:
        super().__init__(context, world)
        self.beside: list[Running] = []
        world.levels.append(self)
        try:
            self.main = enter(block, context, world)
        finally:
            world.levels.pop()
        self._settle()

    def _settle(self) -> None:
        self.beside = [run for run in self.beside if not run.done] if self.main.done else self.beside
        self.done = self.main.done and all(run.done for run in self.beside)

    def actions(self) -> Iterator[Action]:
        if not self.main.done:
            yield from self.main.actions()
        for run in self.beside:
            if not run.done:
                yield from run.actions()

    def act(self, action: Action, answer: Answer) -> bool:
        self.world.levels.append(self)
        try:
            found = any(run.act(action, answer) for run in [self.main, *self.beside] if not run.done)
        finally:
            self.world.levels.pop()
        if found:
            self._settle()
        return found


@_enter.register
def _task(block: b.Task, context: Context, world: World) -> Running:
    return TaskRun(block.id, context, world)


@_enter.register
def _raise(block: b.Raise, context: Context, world: World) -> Running:
    raise Failed


@_enter.register
def _seq(block: b.Seq, context: Context, world: World) -> Running:
    return SeqRun(block, context, world)


@_enter.register(b.Xor)
@_enter.register(b.Or)
def _choice(block: b.Xor | b.Or, context: Context, world: World) -> Running:
    return ChoiceRun(block, context, world)


@_enter.register
def _and(block: b.And, context: Context, world: World) -> Running:
    run = AllRun([enter(branch, context, world) for branch in block.branches], context, world)
    run.of = block.id
    return run


@_enter.register
def _loop(block: b.Loop, context: Context, world: World) -> Running:
    return LoopRun(block, context, world)


@_enter.register
def _race(block: b.Race, context: Context, world: World) -> Running:
    return RaceRun(block, context, world)


@_enter.register
def _sub(block: b.Sub, context: Context, world: World) -> Running:
    return SubRun(b.Sub(block.id, b.Call(block.id, block.body), block.handler), context, world)


@_enter.register
def _call(block: b.Call, context: Context, world: World) -> Running:
    return LevelRun(block.body, context, world)


@_enter.register
def _many(block: b.Many, context: Context, world: World) -> Running:
    body = b.Call(block.id, block.body) if block.body is not None else None
    return ManyRun(b.Many(block.id, block.count, block.sequential, block.enough, body), context, world)


@_enter.register
def _guard(block: b.Guard, context: Context, world: World) -> Running:
    return GuardRun(block, context, world)
