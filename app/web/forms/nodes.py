"""What the templates lay out: one node a component, with its texts, errors and attributes worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.engine.form import State
from app.engine.form.model import Component
from app.web.forms.shown import Shown


@dataclass(frozen=True, slots=True)
class OptionView:
    """One choice on the page."""

    id: str
    value: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Counter:
    """How many 字 a text has, and its group together; `most` is the limit."""

    text: str
    over: bool
    most: int | None
    group: str


@dataclass(frozen=True, slots=True)
class DisputeView:
    """Another person's value for the same field: `token` names it to the server."""

    token: str
    by: str
    at: str
    value: Any
    here: str
    here_at: str
    removed: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a list."""

    number: int
    legend: str
    nodes: list[Node]
    remove: str
    wrong: bool
    id: Any = None
    disputes: tuple[DisputeView, ...] = ()

    @property
    def blocks(self) -> list[Block]:
        """The nodes for reading."""
        return group_values(self.nodes)


@dataclass(frozen=True, slots=True)
class Block:
    """Part of a form that is read: neighbouring values together, or one other node."""

    pairs: list[Node]
    node: Node | None = None


@dataclass(slots=True)
class Node:
    """One component on the page; `kind` picks the macro that draws it."""

    kind: str
    state: State
    id: str
    label: str = ""
    hint: str = ""
    required: bool = False
    errors: list[str] = field(default_factory=list)
    clauses: tuple[str, ...] = ()
    name: str = ""
    input: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    options: list[OptionView] = field(default_factory=list)
    many: bool = False
    prefix: str = ""
    suffix: str = ""
    counter: Counter | None = None
    shown: Shown = field(default_factory=Shown)
    markup: str = ""
    children: list[Node] = field(default_factory=list)
    rows: list[RowView] = field(default_factory=list)
    columns: list[Node] = field(default_factory=list)
    cells: list[list[Shown]] = field(default_factory=list)
    column_labels: list[tuple[str, bool]] = field(default_factory=list)
    as_table: bool = False
    fits: int = 0
    may_add: bool = False
    add_label: str = ""
    count_text: str = ""
    classes: str = ""
    disputes: tuple[DisputeView, ...] = ()

    @property
    def component(self) -> Component:
        """The component drawn."""
        return self.state.component

    @property
    def blocks(self) -> list[Block]:
        """What is in a group, for reading."""
        return group_values(self.children)

    @property
    def has_remove(self) -> bool:
        """Whether rows can be removed."""
        return any(row.remove for row in self.rows)

    @property
    def described_by(self) -> str:
        """Ids of the hint, error and counter that belong to the input."""
        parts = [("hint", self.hint), ("error", self.errors), ("count", self.counter)]
        return " ".join(f"{self.id}-{name}" for name, there in parts if there)


def group_values(nodes: list[Node]) -> list[Block]:
    """Neighbouring values together, everything else alone."""
    blocks: list[Block] = []
    for node in nodes:
        if node.kind not in ("value_line", "figure"):
            blocks.append(Block([], node))
        elif blocks and blocks[-1].node is None:
            blocks[-1].pairs.append(node)
        else:
            blocks.append(Block([node]))
    return blocks
