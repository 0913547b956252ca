"""A form with values in it: what is visible, editable, offered and computed, component by component."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.engine.feel import Expression, FeelError, Scope, to_json
from app.engine.form.convert import Files, is_empty, option_key, read_value
from app.engine.form.model import CHOICE_TYPES, MAX_ROWS, Component, Option, Phrase, Setting
from app.engine.form.words import Complaint, Language, Path, Text

MISSING: Any = object()
_MAX_PASSES = 8
_MAX_OPTIONS = 2_000
_NOT_A_LIST = Complaint("{label}的格式不正确", "{label} has a wrong format")
_TOO_MANY_ROWS = Complaint(
    f"{{label}}不能超过 {MAX_ROWS} 行", f"{{label}} cannot have more than {MAX_ROWS} rows"
)


class Context:
    """The variables that expressions of one place see."""

    __slots__ = ("scope", "variables")

    def __init__(self, variables: Mapping[str, Any], scope: Scope) -> None:
        self.variables = variables
        self.scope = scope

    def evaluate(self, expression: Expression) -> Any:
        """The value of `expression`; null when it fails."""
        try:
            return expression.evaluate(self.variables, self.scope)
        except FeelError:
            return None

    def value(self, setting: Setting) -> Any:
        """A literal as it is, an expression evaluated."""
        return setting.literal if setting.expression is None else self.evaluate(setting.expression)

    def within(self, item: Any) -> Context:
        """The context inside something: its keys and `this`."""
        inner = {str(key): value for key, value in item.items()} if isinstance(item, Mapping) else {}
        return Context({**self.variables, **inner, "this": item}, self.scope)


class _Silent(Context):
    """The first look at the data, when no expression can be answered yet."""

    __slots__ = ()

    def evaluate(self, expression: Expression) -> Any:
        return None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list; `number` counts from 1 as on the page; a blank row is not stored."""

    number: int
    states: tuple[State, ...]
    blank: bool


@dataclass(frozen=True, slots=True)
class State:
    """One component with its value; `path` leads to it from the form's root (row numbers from 0)."""

    component: Component
    path: Path
    context: Context
    hidden: bool = False
    readonly: bool = False
    sent: Any = MISSING
    stored: Any = MISSING
    value: Any = None
    complaint: Complaint | None = None
    options: tuple[Option, ...] = ()
    states: tuple[State, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def editable(self) -> bool:
        """Whether a value sent by the browser counts."""
        return not self.hidden and not self.readonly

    @property
    def label(self) -> Text:
        """The component's name in both languages, templates filled."""
        return self.phrase(self.component.label)

    def phrase(self, phrase: Phrase | None, escape: Callable[[str], str] = str) -> Text:
        """A text of the component in both languages, values passed through `escape`."""
        if phrase is None:
            return Text("", "")
        english = phrase.en.fill(self.context, "en", escape) if phrase.en is not None else ""
        return Text(phrase.zh.fill(self.context, "zh", escape), english)

    def said(self, phrase: Phrase | None, language: Language, escape: Callable[[str], str] = str) -> str:
        """A text of the component in one language."""
        return phrase.template(language).fill(self.context, language, escape) if phrase is not None else ""

    def computed(self) -> Any:
        """What the component's own expression gives (tables, previews, computed fields), as plain data."""
        source = self.component.source
        return plain(self.context.evaluate(source)) if source is not None else None


def plain(value: Any) -> Any:
    """FEEL values as they are stored: decimals stay exact, dates and durations become ISO text."""
    if value is None or isinstance(value, (bool, str, Decimal)):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return to_json(value)


def dig(tree: object, key: Sequence[str]) -> Any:
    """What stands at `key` in nested mappings; MISSING when there is nothing."""
    for name in key:
        if not isinstance(tree, Mapping) or name not in tree:
            return MISSING
        tree = tree[name]
    return tree


def plant(tree: dict[str, Any], key: Sequence[str], value: Any) -> None:
    """Put `value` at `key`, making the mappings on the way."""
    for name in key[:-1]:
        tree = tree.setdefault(name, {})
    tree[key[-1]] = value


def visible_tree(states: Iterator[State] | tuple[State, ...]) -> dict[str, Any]:
    """The values that expressions see: everything visible, null where empty, blank rows left out."""
    tree: dict[str, Any] = {}
    _collect(states, tree)
    return tree


def _collect(states: Iterator[State] | tuple[State, ...], tree: dict[str, Any]) -> None:
    for state in states:
        component = state.component
        if component.type == "group":
            target = tree
            for name in component.key:
                target = target.setdefault(name, {})
            _collect(() if state.hidden else state.states, target)
        elif component.holds_value:
            plant(tree, component.key, _seen_value(state))


def _seen_value(state: State) -> Any:
    if state.hidden:
        return None
    if state.component.type == "dynamiclist":
        return [visible_tree(row.states) for row in state.rows if not row.blank]
    return state.value


@dataclass(frozen=True, slots=True)
class _Around:
    """What surrounds the components being looked at."""

    sent: Any
    stored: Any
    context: Context
    path: Path = ()
    hidden: bool = False
    readonly: bool = False
    fixed_row: bool = False


@dataclass
class _Survey:
    """One pass over the form; `known_rows` are the rows' values of the pass before."""

    files: Files
    known_rows: dict[Path, dict[str, Any]] = field(default_factory=dict)

    def look(self, components: tuple[Component, ...], around: _Around) -> tuple[State, ...]:
        return tuple(self.look_at(component, around) for component in components)

    def look_at(self, component: Component, around: _Around) -> State:
        context = around.context
        hidden = around.hidden or (component.hide is not None and context.evaluate(component.hide) is True)
        readonly = around.readonly or context.value(component.readonly) is True
        state = State(
            component,
            (*around.path, *(component.key or (() if component.type == "group" else (component.id,)))),
            context,
            hidden,
            readonly,
            dig(around.sent, component.key),
            dig(around.stored, component.key),
        )
        if component.type == "group":
            return self.look_into_group(state)
        if component.type == "dynamiclist":
            return self.look_into_list(state)
        if component.type == "expression":
            return _with(state, value=state.computed())
        return self.look_at_input(state) if component.is_input else state

    def look_into_group(self, state: State) -> State:
        inside = _Around(state.sent, state.stored, state.context, state.path, state.hidden, state.readonly)
        return _with(state, states=self.look(state.component.children, inside))

    def look_at_input(self, state: State) -> State:
        component, context = state.component, state.context
        options = offered(component, context) if component.type in CHOICE_TYPES else ()
        raw = state.sent if state.editable else MISSING
        if raw is MISSING:
            raw = state.stored if state.stored is not MISSING else plain(context.value(component.default))
        reading = read_value(component, raw, options, self.files)
        if state.readonly and reading.complaint is not None:
            return _with(state, value=plain(raw), options=options)
        return _with(state, value=reading.value, complaint=reading.complaint, options=options)

    def look_into_list(self, state: State) -> State:
        component = state.component
        is_given = not component.adds_rows or not state.editable or state.sent is MISSING
        rows, complaint = (self.given_rows(state) if is_given else state.sent), None
        if not is_given and not _are_rows(rows):
            rows, complaint = [], _NOT_A_LIST if rows is not None else None
        if len(rows) > MAX_ROWS:
            rows, complaint = rows[:MAX_ROWS], _TOO_MANY_ROWS
        looked = tuple(self.look_into_row(state, number, row, is_given) for number, row in enumerate(rows))
        return _with(state, rows=looked, complaint=complaint)

    def given_rows(self, state: State) -> Sequence[Any]:
        """The rows that the browser does not decide: stored, else default, else empty ones."""
        for rows in (state.stored, plain(state.context.value(state.component.default))):
            if isinstance(rows, (list, tuple)):
                return [row if isinstance(row, Mapping) else {} for row in rows]
        return [{} for _ in range(state.component.first_rows)]

    def look_into_row(self, state: State, number: int, row: Mapping[str, Any], is_given: bool) -> Row:
        component, path = state.component, (*state.path, number)
        sent, stored = (MISSING, row) if is_given else (row, MISSING)
        if not component.adds_rows and _has_row(state.sent, number):
            sent = state.sent[number]
        own = self.known_rows.get(path, {})
        outer = state.context
        around = {"this": own, "parent": outer.variables.get("this", outer.variables), "i": number + 1}
        context = type(outer)({**outer.variables, **own, **around}, outer.scope)
        inside = _Around(sent, stored, context, path, state.hidden, state.readonly)
        states = self.look(component.children, inside)
        return Row(number + 1, states, component.adds_rows and not state.readonly and _is_blank(states))


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, (list, tuple)) and all(isinstance(row, Mapping) for row in rows)


def _has_row(rows: Any, number: int) -> bool:
    return isinstance(rows, (list, tuple)) and number < len(rows) and isinstance(rows[number], Mapping)


def _with(state: State, **changes: Any) -> State:
    values = {name: getattr(state, name) for name in State.__slots__}
    return State(**{**values, **changes})


def _is_blank(states: tuple[State, ...]) -> bool:
    """Nobody filled anything in: there is only nothing, or nothing beside columns that begin with a value."""
    inputs = list(_inputs(states))
    if any(state.complaint is not None for state in inputs):
        return False
    filled = [state for state in inputs if not is_empty(state.value)]
    return not filled or (len(filled) < len(inputs) and all(_is_untouched(state) for state in filled))


def _inputs(states: tuple[State, ...]) -> Iterator[State]:
    for state in states:
        if state.component.is_input:
            yield state
        yield from _inputs(state.states)
        for row in state.rows:
            yield from _inputs(row.states)


def _is_untouched(state: State) -> bool:
    return bool(state.value == plain(state.component.default.literal))


def offered(component: Component, context: Context) -> tuple[Option, ...]:
    """The options of a choice field as they are now."""
    expression = component.choices.expression
    if expression is None:
        return component.choices.fixed
    found: dict[str, Option] = {}
    values = context.evaluate(expression)
    for entry in values[:_MAX_OPTIONS] if isinstance(values, (list, tuple)) else ():
        option = _option_of(plain(entry))
        if option is not None:
            found.setdefault(str(option_key(option.value)), option)
    return tuple(found.values())


def _option_of(entry: Any) -> Option | None:
    value = entry.get("value") if isinstance(entry, Mapping) else entry
    key = option_key(value)
    if key is None or key == "":
        return None
    if not isinstance(entry, Mapping):
        return Option(value, Text(key, ""))
    return Option(value, Text(str(entry.get("label") or key), str(entry.get("label_en") or "")))


def survey(
    components: tuple[Component, ...],
    sent: object,
    variables: Mapping[str, Any],
    scope: Scope | None = None,
    *,
    stored: Mapping[str, Any] | None = None,
    files: Files | None = None,
) -> tuple[State, ...]:
    """The state of every component when `sent` was sent for a form that holds `stored`.

    Conditions and computed fields depend on each other, so the form is looked at until nothing changes;
    a circle of conditions stops after a fixed number of passes. Never raises for any data.
    """
    held = stored if stored is not None else {}
    known = {**_known_files(held, 0), **{str(key): file for key, file in (files or {}).items()}}
    used = scope if scope is not None else Scope()
    silent = _Around(sent, held, _Silent(variables, used))
    states = _Survey(known).look(components, silent)
    tree = visible_tree(states)
    for _ in range(_MAX_PASSES):
        around = _Around(sent, held, Context({**variables, **tree}, used))
        states = _Survey(known, _row_values(states)).look(components, around)
        before, tree = tree, visible_tree(states)
        if tree == before:
            break
    return states


def _row_values(states: tuple[State, ...]) -> dict[Path, dict[str, Any]]:
    found: dict[Path, dict[str, Any]] = {}
    for state in states:
        found |= _row_values(state.states)
        for row in state.rows:
            found[(*state.path, row.number - 1)] = visible_tree(row.states)
            found |= _row_values(row.states)
    return found


def _known_files(tree: object, depth: int) -> dict[str, Mapping[str, Any]]:
    """Attachments that the stored values refer to: they may be sent again."""
    if depth > 12:
        return {}
    if isinstance(tree, Mapping):
        if "sha256" in tree and option_key(tree.get("id")):
            return {str(option_key(tree["id"])): tree}
        tree = list(tree.values())
    found: dict[str, Mapping[str, Any]] = {}
    for item in tree if isinstance(tree, (list, tuple)) else ():
        found |= _known_files(item, depth + 1)
    return found
