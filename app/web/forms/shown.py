"""Values as people read them: on the page, in print, masked where somebody may not see all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.engine.form import Language, State
from app.engine.form.convert import option_key
from app.engine.form.model import CHOICE_TYPES, Column, Component, Option
from app.engine.form.moments import show_moment
from app.engine.form.template import show
from app.engine.form.words import UNITS, YES_NO, Text
from app.engine.rules import mask


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment as a line on the page."""

    id: str
    name: str
    size: str
    url: str | None = None


AttachmentUrl = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value to be read: text, or attachments; `number` asks for aligned digits."""

    text: str = ""
    files: tuple[Attachment, ...] = ()
    number: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not self.text and not self.files


def show_state(
    state: State, value: Any, language: Language, *, reveal: bool = True, link: AttachmentUrl | None = None
) -> Shown:
    """The `value` of a component as its type asks."""
    component = state.component
    if component.type == "filepicker":
        return Shown(files=attachments(value, link))
    if component.type in CHOICE_TYPES:
        items = value if isinstance(value, list) else [value]
        text = show([_option_label(state, item, language) for item in items if item is not None], language)
        return Shown(_masked(component, text, reveal))
    if component.type == "checkbox":
        return Shown(YES_NO[value is True].said(language))
    if component.type == "datetime":
        return Shown(show_moment(str(value)) if value else "", number=True)
    if component.type == "number" and component.limits.rule == "year":
        return show_as(value, "year", language)
    if component.type == "number":
        return Shown(
            show_number(value, component.limits.decimals, component.look.unit, language), number=True
        )
    if component.type == "expression":
        return show_as(value, component.look.format, language, component.look.decimals, component.look.unit)
    return Shown(_masked(component, show(value, language), reveal))


def show_as(
    value: Any, style: str, language: Language, decimals: int | None = None, unit: str | None = None
) -> Shown:
    """A computed value or table cell in one of the formats."""
    number = (
        _as_number(value)
        if style in ("number", "amount", "percent", "year") or isinstance(value, Decimal)
        else None
    )
    if number is not None and style == "year":
        return Shown(format(number.normalize(), "f"), number=True)
    if number is None:
        return Shown(show_moment(str(value)) if style == "date" and value else show(value, language))
    if style == "percent":
        return Shown(
            show_number(number * 100, 2 if decimals is None else decimals, None, language) + "%", number=True
        )
    places = 2 if style == "amount" and decimals is None else decimals
    return Shown(show_number(number, places, unit, language), number=True)


def show_cell(column: Column, value: Any, language: Language) -> Shown:
    """A cell of a read-only table: the label of a value of ours, else the value as the column asks."""
    label = label_of(column.options, value)
    return Shown(label.said(language)) if label is not None else show_as(value, column.format, language)


def label_of(options: Sequence[Option], value: Any) -> Text | None:
    """What people read for this value; None when it is none of the options."""
    key = option_key(value)
    return next((option.label for option in options if option_key(option.value) == key), None)


def show_number(value: Any, decimals: int | None, unit: str | None, language: Language) -> str:
    """Digits in groups of three, with the unit behind them."""
    number = _as_number(value)
    if number is None:
        return ""
    text = f"{number:,.{decimals}f}" if decimals is not None else f"{number:,f}"
    return f"{text} {UNITS[unit].said(language)}" if unit else text


def _as_number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def _option_label(state: State, value: Any, language: Language) -> str:
    label = label_of(state.options, value)
    return label.said(language) if label is not None else show(value, language)


def _masked(component: Component, text: str, reveal: bool) -> str:
    kind = component.look.mask
    return text if reveal or kind is None else mask(kind, text)


def attachments(value: Any, link: AttachmentUrl | None = None) -> tuple[Attachment, ...]:
    """The attachments in a file picker's value; `link` gives their addresses."""
    found = [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []
    return tuple(
        Attachment(
            str(item.get("id")),
            str(item.get("name") or ""),
            show_size(item.get("size")),
            link(str(item.get("id"))) if link is not None else None,
        )
        for item in found
    )


def show_size(size: object) -> str:
    """A file's size in KB or MB."""
    number = _as_number(size)
    if number is None:
        return ""
    return (
        f"{float(round(number / 1_000_000, 1)):g} MB"
        if number >= 1_000_000
        else f"{max(1, round(number / 1_000))} KB"
    )
