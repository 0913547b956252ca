"""What is wrong with a form as a whole: clashing keys, contradictory limits, groups of counted texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.engine.form.model import (
    CHOICE_TYPES,
    MANY_OF,
    MAX_ROWS,
    TEXT_TYPES,
    UNSET,
    Component,
    ZiGroup,
)
from app.engine.form.moments import read_moment
from app.engine.form.source import Reading
from app.engine.form.words import Text

Key = tuple[str, ...]


def check_components(components: tuple[Component, ...], reading: Reading) -> None:
    """Note every clash between and within components."""
    _check_ids(components, reading, set())
    _check_keys(components, reading)
    for component in components:
        _check_each(component, reading)


def _check_ids(components: tuple[Component, ...], reading: Reading, seen: set[str]) -> None:
    for component in components:
        if component.id in seen:
            reading.refuse("id", component.id, "组件 id 重复", "the component id occurs twice")
        seen.add(component.id)
        _check_ids(component.children, reading, seen)


def _places(components: tuple[Component, ...], prefix: Key) -> list[tuple[Key, Component]]:
    """Where values are written, seen from one form or row; lists are places, their columns are not."""
    found: list[tuple[Key, Component]] = []
    for component in components:
        if component.type == "group":
            found += _places(component.children, prefix + component.key)
        elif component.holds_value and component.key:
            found.append((prefix + component.key, component))
    return found


def _check_keys(components: tuple[Component, ...], reading: Reading) -> None:
    taken: dict[Key, Component] = {}
    for place, component in _places(components, ()):
        for other in taken:
            if place[: len(other)] == other or other[: len(place)] == place:
                name, first = ".".join(place), taken[other].id
                reading.refuse(
                    "key",
                    component.id,
                    f"键 {name} 与组件 {first} 冲突",
                    f"key {name} clashes with component {first}",
                )
                break
        taken.setdefault(place, component)
        if component.type == "dynamiclist":
            _check_keys(component.children, reading)


def _check_each(component: Component, reading: Reading) -> None:
    _check_order(component, reading)
    if component.type == "dynamiclist":
        _check_list(component, reading)
    if component.type in CHOICE_TYPES:
        _check_choice(component, reading)
    if component.type == "datetime" and isinstance(component.default.literal, str):
        try:
            read_moment(component.subtype, component.default.literal)
        except ValueError:
            reading.refuse(
                "value", component.id, "defaultValue 不是日期时间", "defaultValue is no date or time"
            )
    fixed = component.readonly.literal is True and not component.default.is_set
    if fixed and component.is_input and component.limits.required.literal is True:
        reading.refuse(
            "contradiction",
            component.id,
            "只读且必填而没有默认值，填写人无法补上",
            "read-only and required without a default: nobody could fill it in",
        )
    for child in component.children:
        _check_each(child, reading)


def _check_order(component: Component, reading: Reading) -> None:
    limits = component.limits
    pairs = {
        "min/max": (limits.least, limits.most),
        "minLength/maxLength": (limits.min_length, limits.max_length),
        "minItems/maxItems, min_rows/max_rows": (limits.min_items, limits.max_items),
        "min_zi/max_zi": (limits.min_zi, limits.max_zi),
    }
    for name, (low, high) in pairs.items():
        if _above(low.literal, high.literal):
            reading.refuse(
                "contradiction",
                component.id,
                f"{name} 的下限大于上限",
                f"{name}: lower bound above upper bound",
            )


def _above(low: Any, high: Any) -> bool:
    return low is not None and high is not None and type(low) is type(high) and bool(low > high)


def _check_list(component: Component, reading: Reading) -> None:
    limits = component.limits
    if not component.children:
        reading.refuse("value", component.id, "列表没有列", "the list has no columns")
    if not component.adds_rows and (limits.min_items.is_set or limits.max_items.is_set):
        reading.refuse(
            "contradiction",
            component.id,
            "allowAddRemove 为 false 时行数固定，不能再给 min_rows、max_rows",
            "rows are fixed by allowAddRemove: false; min_rows and max_rows cannot apply",
        )
    if isinstance(limits.max_items.literal, int) and not 1 <= limits.max_items.literal <= MAX_ROWS:
        reading.refuse(
            "value", component.id, f"max_rows 应为 1 至 {MAX_ROWS}", f"max_rows must be 1 to {MAX_ROWS}"
        )


def _check_choice(component: Component, reading: Reading) -> None:
    fixed, default = component.choices.fixed, component.default.literal
    if not fixed or default is None:
        return
    wanted = default if component.type in MANY_OF and isinstance(default, tuple) else (default,)
    for value in wanted:
        if all(str(option.value) != str(value) for option in fixed):
            reading.refuse(
                "value", component.id, f"默认值 {value} 不在选项中", f"default {value} is not an option"
            )


def collect_zi_groups(
    components: tuple[Component, ...], sources: Mapping[str, Mapping[str, Any]], reading: Reading
) -> tuple[ZiGroup, ...]:
    """Groups of texts counted together; `sources` are the properties of the components that name one."""
    places = {component.id: place for place, component in _places(components, ())}
    kinds = {component.id: component.type for _, component in _places(components, ())}
    members: dict[str, list[str]] = {}
    for identity, properties in sources.items():
        if kinds.get(identity) not in TEXT_TYPES:
            reading.refuse(
                "contradiction",
                identity,
                "zi_group 只用于列表之外的文字",
                "zi_group is for texts outside lists",
            )
            continue
        members.setdefault(str(properties["zi_group"]), []).append(identity)
    return tuple(
        _read_zi_group(name, identities, places, sources, reading) for name, identities in members.items()
    )


def _read_zi_group(
    name: str,
    identities: list[str],
    places: Mapping[str, Key],
    sources: Mapping[str, Mapping[str, Any]],
    reading: Reading,
) -> ZiGroup:
    raws = [
        raw for identity in identities if (raw := sources[identity].get("zi_group_max")) not in (None, "")
    ]
    first = identities[0]
    if len({str(raw) for raw in raws}) > 1:
        reading.refuse(
            "contradiction", first, f"zi_group {name} 的上限不一致", f"zi_group {name} has different limits"
        )
    most = reading.count(first, "zi_group_max", raws[0]) if raws else UNSET
    if not raws:
        reading.refuse(
            "value", first, f"zi_group {name} 缺少 zi_group_max", f"zi_group {name} has no zi_group_max"
        )
    labels = [
        reading.text(
            identity,
            "zi_group_label",
            sources[identity].get("zi_group_label"),
            sources[identity].get("zi_group_label_en"),
        )
        for identity in identities
    ]
    label = next((text for text in labels if text is not None), Text("合计", "Total"))
    return ZiGroup(name, label, most, tuple(places[identity] for identity in identities))
