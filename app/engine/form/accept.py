"""Which values a form accepts: the one validation behind pages and API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.feel import Scope, to_json
from app.engine.form.convert import Files
from app.engine.form.judge import bound, complaint_about, is_required, is_value_empty
from app.engine.form.model import Component, ZiGroup
from app.engine.form.state import MISSING, State, plain, plant, survey
from app.engine.form.words import Complaint, Message, Path
from app.engine.rules import count_zi

Errors = dict[Path, list[Message]]


@dataclass(frozen=True, slots=True)
class ZiCount:
    """How many 字 the texts of one group have together; `most` is the limit as it is now."""

    group: ZiGroup
    count: int
    most: int | None


@dataclass(frozen=True)
class Accepted:
    """The outcome of looking at what was sent.

    `values` is the new content of the form's context: what was accepted, what the server computed, and for
    hidden and read-only fields what was stored. Numbers are Decimal, moments ISO text. Paths of `errors` and
    `missing` count rows from 0 as they were sent. `states` shows each component as it was judged.
    """

    values: dict[str, Any]
    errors: Errors
    missing: list[Path]
    states: tuple[State, ...]
    zi_counts: tuple[ZiCount, ...]

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors

    @property
    def all_states(self) -> Iterator[State]:
        """Every state in the order of the page, containers before what is in them."""
        return _walk(self.states)

    def to_json(self) -> dict[str, Any]:
        """`values` as JSON can hold them: exact decimals that no float is equal to become text."""
        return {key: to_json(value) for key, value in self.values.items()}


def accept_data(
    components: tuple[Component, ...],
    zi_groups: tuple[ZiGroup, ...],
    data: Mapping[str, Any],
    variables: Mapping[str, Any],
    scope: Scope | None = None,
    *,
    stored: Mapping[str, Any] | None = None,
    files: Files | None = None,
    partial: bool = False,
) -> Accepted:
    """What the components make of `data`; see `Form.accept`."""
    states = survey(components, data, variables, scope, stored=stored, files=files)
    gathered = _Gathered(partial)
    gathered.judge(states, ())
    counts = tuple(_count(group, states) for group in zi_groups)
    for count in counts:
        gathered.judge_zi(count, states)
    errors = {
        state.path: gathered.errors[state.path] for state in _walk(states) if state.path in gathered.errors
    }
    return Accepted(_values(states), errors, gathered.missing, states, counts)


def _walk(states: tuple[State, ...]) -> Iterator[State]:
    for state in states:
        yield state
        yield from _walk(state.states)
        for row in state.rows:
            yield from _walk(row.states)


class _Gathered:
    """Errors found so far."""

    def __init__(self, partial: bool) -> None:
        self.partial = partial
        self.errors: Errors = {}
        self.missing: list[Path] = []

    def add(self, state: State, complaint: Complaint, rows: tuple[int, ...]) -> None:
        self.errors.setdefault(state.path, []).append(Message(complaint.about(state.label), rows))

    def judge(self, states: tuple[State, ...], rows: tuple[int, ...]) -> None:
        for state in states:
            if not state.editable:
                continue
            if state.component.is_input or state.component.type == "dynamiclist":
                self.judge_one(state, rows)
            self.judge(state.states, rows)
            for row in state.rows:
                if not row.blank:
                    self.judge(row.states, (*rows, row.number))

    def judge_one(self, state: State, rows: tuple[int, ...]) -> None:
        if state.complaint is None and is_value_empty(state) and is_required(state):
            self.missing.append(state.path)
        complaint = complaint_about(state)
        if complaint is not None and not (self.partial and complaint.is_missing):
            self.add(state, complaint, rows)

    def judge_zi(self, count: ZiCount, states: tuple[State, ...]) -> None:
        if count.most is None or count.count <= count.most:
            return
        members = [state for state in _zi_members(count.group, states) if state.editable]
        longest = max(members, key=lambda state: count_zi(str(state.value or "")), default=None)
        if longest is not None:
            over, most = count.count - count.most, count.most
            zh = f"{count.group.label.zh}合计 {count.count} 字，超出 {over} 字（不超过 {most} 字）"
            label = count.group.label.en or count.group.label.zh
            en = f"{label}: {count.count} characters in total, {over} over the limit of {most}"
            self.add(longest, Complaint(zh, en), ())


def _zi_members(group: ZiGroup, states: tuple[State, ...], prefix: tuple[str, ...] = ()) -> list[State]:
    found: list[State] = []
    for state in states:
        place = prefix + state.component.key
        if state.component.type == "group":
            found += _zi_members(group, state.states, place)
        elif place in group.members and not state.hidden:
            found.append(state)
    return found


def _count(group: ZiGroup, states: tuple[State, ...]) -> ZiCount:
    members = _zi_members(group, states)
    total = sum(count_zi(str(state.value)) for state in members if isinstance(state.value, str))
    most = bound(members[0], group.most) if members else None
    return ZiCount(group, total, int(most) if most is not None else None)


def _values(states: tuple[State, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    _put_values(states, values)
    return values


def _put_values(states: tuple[State, ...], values: dict[str, Any]) -> None:
    for state in states:
        component = state.component
        if component.type == "group":
            inner = values
            if component.key:
                inner = {}
            _put_values(state.states, inner)
            if component.key and inner:
                _merge(values, component.key, inner)
        elif component.holds_value and component.key:
            value = _value_of(state)
            if value is not MISSING:
                _merge(values, component.key, value)


def _merge(values: dict[str, Any], key: tuple[str, ...], value: Any) -> None:
    """Two groups may share a path, and dotted keys may write beside them."""
    target = values
    for name in key[:-1]:
        target = target.setdefault(name, {})
    if isinstance(value, dict) and isinstance(target.get(key[-1]), dict):
        for name, item in value.items():
            _merge(target[key[-1]], (name,), item)
    else:
        plant(target, key[-1:], value)


def _value_of(state: State) -> Any:
    if state.hidden:
        return plain(state.stored) if state.stored is not MISSING else MISSING
    if state.component.type == "dynamiclist":
        if state.complaint is not None:
            return MISSING
        return [_values(row.states) for row in state.rows if not row.blank]
    if state.component.type == "expression":
        return state.value
    if state.readonly and state.stored is not MISSING:
        return plain(state.stored)
    return MISSING if state.complaint is not None else state.value
