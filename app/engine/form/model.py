"""A form as data: what form-js's schema says, read, checked and immutable."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.engine.errors import DefinitionInvalid
from app.engine.feel import Expression
from app.engine.form.pattern import Pattern
from app.engine.form.template import Template
from app.engine.form.words import Language, Text

TEXT_TYPES = frozenset({"textfield", "textarea"})
ONE_OF = frozenset({"radio", "select"})
MANY_OF = frozenset({"checklist", "taglist"})
CHOICE_TYPES = ONE_OF | MANY_OF
INPUT_TYPES = TEXT_TYPES | CHOICE_TYPES | {"number", "datetime", "checkbox", "filepicker"}
VALUE_TYPES = INPUT_TYPES | {"expression"}
STATIC_TYPES = frozenset({"text", "html", "separator", "spacer", "table", "documentPreview", "image"})
CONTAINER_TYPES = frozenset({"group", "dynamiclist"})
COMPONENT_TYPES = VALUE_TYPES | STATIC_TYPES | CONTAINER_TYPES

MAX_ROWS = 500


class FormInvalid(DefinitionInvalid):
    """The schema cannot be served as a form; `problems` lists all that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A literal or a FEEL expression."""

    literal: Any = None
    expression: Expression | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is anything."""
        return self.expression is not None or self.literal is not None


UNSET = Setting()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text with templates in both languages; English may be missing."""

    zh: Template
    en: Template | None = None

    def template(self, language: Language) -> Template:
        """The template of `language`; the Chinese where there is no English."""
        return self.en if language == "en" and self.en is not None else self.zh


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: the stored value (text, number or boolean) and what people read."""

    value: Any
    label: Text


@dataclass(frozen=True, slots=True)
class Choices:
    """Where options come from: a fixed list or an expression; `expression` wins."""

    fixed: tuple[Option, ...] = ()
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value must meet."""

    required: Setting = UNSET
    least: Setting = UNSET
    most: Setting = UNSET
    min_length: Setting = UNSET
    max_length: Setting = UNSET
    min_items: Setting = UNSET
    max_items: Setting = UNSET
    max_zi: Setting = UNSET
    min_zi: Setting = UNSET
    pattern: Pattern | None = None
    pattern_error: Text | None = None
    rule: str | None = None
    duplicate_key: str | None = None  # the kind of number by which rows are known
    check: Expression | None = None
    check_message: Text | None = None
    decimals: int | None = None
    extensions: tuple[str, ...] = ()
    multiple: Setting = UNSET
    max_size: int = 20_000_000


@dataclass(frozen=True, slots=True)
class ZiGroup:
    """Texts whose 字 are counted together."""

    name: str
    label: Text
    most: Setting
    members: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a read-only table; `options` say what people read for the values of ours among its cells."""

    key: str
    label: Text
    format: str = "text"
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How a component is shown; nothing here decides what is accepted."""

    clauses: tuple[str, ...] = ()
    prefix: Phrase | None = None
    suffix: Phrase | None = None
    unit: str | None = None
    mask: str | None = None
    autocomplete: str | None = None
    columns: int | None = None
    span: int | None = None
    width: str | None = None
    rows: int | None = None
    display: str = "auto"
    row_label: Text | None = None
    add_label: Text | None = None
    format: str = "text"
    decimals: int | None = None
    outline: bool = False
    step: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One component; `key` is its place relative to the form, group path or row around it, () for none."""

    id: str
    type: str
    key: tuple[str, ...] = ()
    subtype: str = ""
    label: Phrase | None = None
    description: Phrase | None = None
    body: Phrase | None = None
    hide: Expression | None = None
    readonly: Setting = UNSET
    limits: Limits = Limits()
    choices: Choices = Choices()
    default: Setting = UNSET
    source: Expression | None = None
    image: str = ""
    table: tuple[Column, ...] = ()
    children: tuple[Component, ...] = ()
    adds_rows: bool = True
    first_rows: int = 1
    look: Look = Look()

    @property
    def is_input(self) -> bool:
        """Whether people can fill it in."""
        return self.type in INPUT_TYPES

    @property
    def holds_value(self) -> bool:
        """Whether a value is stored under its key."""
        return self.type in VALUE_TYPES or self.type == "dynamiclist"
