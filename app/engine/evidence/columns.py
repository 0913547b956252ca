"""The fields of a dynamic list as columns of a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.engine.form.judge import bound, moment_bound
from app.engine.form.model import CHOICE_TYPES, Component, Option
from app.engine.form.state import State, offered
from app.engine.form.words import UNITS, Text


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a row; `key` is its place in the row."""

    key: tuple[str, ...]
    component: Component
    label: Text
    hint: Text
    options: tuple[Option, ...] = ()
    least: Decimal | str | None = None  # of numbers and moments, as things stand
    most: Decimal | str | None = None

    @property
    def required(self) -> bool:
        """Whether every row needs it, whatever else stands in the row."""
        return self.component.limits.required.literal is True

    @property
    def unit(self) -> Text | None:
        """The unit of an amount."""
        return UNITS[self.component.look.unit] if self.component.look.unit else None

    @property
    def title(self) -> Text:
        """The label with the unit, as it stands above the column."""
        if self.unit is None:
            return self.label
        english = f"{self.label.en} ({self.unit.en})" if self.label.en else ""
        return Text(f"{self.label.zh}（{self.unit.zh}）", english)


def columns_of(state: State) -> tuple[Column, ...]:
    """The columns that people fill in; files and computed fields are not among them."""
    return tuple(_columns(state, state.component.children, ()))


def is_importable(state: State) -> bool:
    """Whether rows of this list can come from a sheet: people add them, and no list lies inside."""
    component = state.component
    if component.type != "dynamiclist" or not component.adds_rows or not state.editable:
        return False
    return not _holds_lists(component.children) and bool(columns_of(state))


def _columns(state: State, children: tuple[Component, ...], prefix: tuple[str, ...]) -> Iterator[Column]:
    for child in children:
        if child.type == "group":
            yield from _columns(state, child.children, prefix + child.key)
        elif child.is_input and child.type != "filepicker":
            options = offered(child, state.context) if child.type in CHOICE_TYPES else ()
            label, hint = state.phrase(child.label), state.phrase(child.description)
            yield Column(prefix + child.key, child, label, hint, options, *_bounds(state, child))


def _bounds(state: State, child: Component) -> tuple[Decimal | str | None, Decimal | str | None]:
    cell, limits = State(child, (), state.context), child.limits
    if child.type == "datetime":
        return moment_bound(cell, limits.least), moment_bound(cell, limits.most)
    if child.type == "number":
        return bound(cell, limits.least), bound(cell, limits.most)
    return None, None


def _holds_lists(children: tuple[Component, ...]) -> bool:
    return any(child.type == "dynamiclist" or _holds_lists(child.children) for child in children)
