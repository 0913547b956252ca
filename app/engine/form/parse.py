"""A form-js schema (schemaVersion 19) to a Form, or every problem it has."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from app.engine.form.check import check_components, collect_zi_groups
from app.engine.form.fields import read_choices, read_default, read_limits, read_look, read_options
from app.engine.form.form import Form
from app.engine.form.model import (
    COMPONENT_TYPES,
    CONTAINER_TYPES,
    INPUT_TYPES,
    MAX_ROWS,
    UNSET,
    Column,
    Component,
    FormInvalid,
    Phrase,
)
from app.engine.form.source import KEY, Json, Reading, read_json
from app.engine.form.vocabulary import FORMATS, SUBTYPES, unknown_keys, unknown_properties
from app.engine.form.words import Text

MAX_COMPONENTS = 500
_MAX_DEPTH = 6
_SCHEMA_VERSIONS = range(1, 20)
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*|/static/[\w./-]+", re.ASCII)
_MAX_IMAGE = 280_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a component stands."""

    depth: int = 0
    lists: int = 0
    fixed_rows: bool = True


def parse_form(schema: bytes | str | Json, form_key: str) -> Form:
    """The form in a form-js schema.

    Raises FormInvalid with every problem (component id, Chinese and English message) when the schema uses
    what cannot be served: unsupported or unknown parts, wrong FEEL, clashing keys, contradictory limits.
    """
    data = read_json(schema, form_key)
    reading = Reading(form_key)
    components = _read_components(data.get("components"), "form", Place(), reading)
    _check_head(data, components, reading)
    check_components(components, reading)
    zi_groups = collect_zi_groups(components, _zi_sources(data.get("components")), reading)
    if reading.problems:
        raise FormInvalid(reading.problems)
    properties = data.get("properties") if isinstance(data.get("properties"), dict) else {}
    title = Text(_plain(properties, "title"), _plain(properties, "title_en"))
    return Form(form_key, title, components, zi_groups, frozenset(reading.names), frozenset(reading.members))


def _plain(node: Json | None, name: str) -> str:
    value = (node or {}).get(name)
    return value if isinstance(value, str) else ""


def _check_head(data: Json, components: tuple[Component, ...], reading: Reading) -> None:
    if data.get("type", "default") != "default":
        reading.refuse("json", None, "type 应为 default", "type must be default")
    version = data.get("schemaVersion", 19)
    if version not in _SCHEMA_VERSIONS:
        reading.refuse(
            "json", None, f"不支持 schemaVersion {version!r}", f"schemaVersion {version!r} is not supported"
        )
    count = sum(1 for component in components for _ in _family(component))
    if count > MAX_COMPONENTS:
        reading.refuse(
            "large", None, f"组件超过 {MAX_COMPONENTS} 个", f"more than {MAX_COMPONENTS} components"
        )


def _family(component: Component) -> list[Component]:
    return [component, *(member for child in component.children for member in _family(child))]


def _zi_sources(nodes: object) -> dict[str, Json]:
    """The `properties` of every component that names a zi_group, by component id."""
    found: dict[str, Json] = {}
    for node in nodes if isinstance(nodes, list) else []:
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict) and properties.get("zi_group") not in (None, ""):
                found[str(node.get("id"))] = properties
            found |= _zi_sources(node.get("components"))
    return found


def _read_components(nodes: object, owner: str, place: Place, reading: Reading) -> tuple[Component, ...]:
    if not isinstance(nodes, list):
        reading.refuse("json", owner, "components 应为列表", "components must be a list")
        return ()
    if place.depth > _MAX_DEPTH:
        reading.refuse("large", owner, "组件嵌套过深", "components are nested too deeply")
        return ()
    found = (_read_component(node, owner, place, reading) for node in nodes)
    return tuple(component for component in found if component is not None)


def _read_component(node: object, owner: str, place: Place, reading: Reading) -> Component | None:
    if not isinstance(node, dict):
        reading.refuse("json", owner, "组件应为对象", "a component must be an object")
        return None
    kind, identity = node.get("type"), node.get("id")
    if not isinstance(identity, str) or not identity:
        identity = str(node.get("key") or node.get("path") or kind)
        reading.refuse("id", identity, "组件缺少 id", "the component has no id")
    if kind == "button":
        return None
    if not isinstance(kind, str) or kind not in COMPONENT_TYPES:
        reading.refuse(
            "unsupported", identity, f"不支持组件类型 {kind!r}", f"component type {kind!r} is not supported"
        )
        return None
    _check_words(kind, identity, node, reading)
    component = _read_common(kind, identity, node, place, reading)
    if kind in CONTAINER_TYPES:
        return _with_children(component, node, place, reading)
    return component if kind in INPUT_TYPES else _with_source(component, node, reading)


def _check_words(kind: str, identity: str, node: Json, reading: Reading) -> None:
    for name in unknown_keys(kind, frozenset(node)):
        reading.refuse("unknown", identity, f"不认识的键 {name}", f"unknown key {name}")
    properties = node.get("properties") or {}
    if not isinstance(properties, dict):
        reading.refuse("json", identity, "properties 应为对象", "properties must be an object")
        return
    for name in unknown_properties(kind, frozenset(map(str, properties))):
        reading.refuse("unknown", identity, f"不认识的属性 {name}", f"unknown property {name}")


def properties_of(node: Json) -> Json:
    """The `properties` of a component, empty when they are missing or malformed."""
    found = node.get("properties")
    return found if isinstance(found, dict) else {}


def _read_common(kind: str, identity: str, node: Json, place: Place, reading: Reading) -> Component:
    properties = properties_of(node)
    subtype = ""
    if kind == "datetime":
        subtype = reading.one_of(identity, "subtype", node.get("subtype"), SUBTYPES) or "date"
    conditional = node.get("conditional")
    hide = conditional.get("hide") if isinstance(conditional, dict) else None
    readonly = reading.flag(identity, "readonly", node.get("readonly"))
    if not readonly.is_set or readonly.literal is False:
        readonly = reading.flag(identity, "disabled", node.get("disabled"))
    if readonly.literal is False:
        readonly = UNSET
    if readonly.is_set and place.lists and not place.fixed_rows:
        reading.refuse(
            "contradiction",
            identity,
            "可增删行的列表中不能有只读列（行会错位），请改用 expression 或 allowAddRemove: false",
            "a list whose rows can be added or removed cannot hold read-only columns",
        )
    return Component(
        id=identity,
        type=kind,
        key=_read_key(kind, identity, node, reading),
        subtype=subtype,
        label=_read_label(kind, subtype, identity, node, properties, reading),
        description=reading.phrase(
            identity, "description", node.get("description"), properties.get("description_en")
        ),
        hide=reading.feel(identity, "conditional.hide", hide) if hide not in (None, "") else None,
        readonly=readonly,
        limits=read_limits(kind, subtype, identity, node, properties, reading),
        choices=read_choices(kind, identity, node, reading),
        default=read_default(kind, identity, node, properties, reading),
        look=read_look(kind, identity, node, properties, reading),
    )


def _read_key(kind: str, identity: str, node: Json, reading: Reading) -> tuple[str, ...]:
    if kind == "group":
        path = node.get("path")
        return reading.key(identity, "path", path) if path not in (None, "") else ()
    if kind == "dynamiclist":
        return reading.key(identity, "path", node.get("path"))
    if kind in INPUT_TYPES or kind == "expression":
        return reading.key(identity, "key", node.get("key"))
    return ()


def _read_label(
    kind: str, subtype: str, identity: str, node: Json, properties: Json, reading: Reading
) -> Phrase | None:
    raw = node.get("label") or properties.get("label")
    if kind == "datetime":
        labels = [node.get("dateLabel"), node.get("timeLabel")]
        raw = next((label for label in (labels[::-1] if subtype == "time" else labels) if label), raw)
    if kind == "documentPreview":
        return reading.phrase(identity, "title", node.get("title") or raw, properties.get("title_en"))
    label = reading.phrase(identity, "label", raw, properties.get("label_en"))
    if label is None and (kind in INPUT_TYPES | CONTAINER_TYPES or kind == "expression") and not raw:
        reading.refuse("label", identity, "缺少名称（label）", "the label is missing")
    return label


def _with_children(component: Component, node: Json, place: Place, reading: Reading) -> Component:
    adds_rows = component.type == "dynamiclist" and node.get("allowAddRemove", True) is not False
    lists = place.lists + (component.type == "dynamiclist")
    if lists > 2:
        reading.refuse("large", component.id, "列表最多嵌套两层", "lists can be nested twice at most")
        return component
    fixed_rows = place.fixed_rows and not adds_rows if component.type == "dynamiclist" else place.fixed_rows
    inside = Place(place.depth + 1, lists, fixed_rows)
    children = _read_components(node.get("components"), component.id, inside, reading)
    first_rows = reading.integer(
        component.id, "defaultRepetitions", node.get("defaultRepetitions"), 0, MAX_ROWS
    )
    return replace(
        component,
        children=children,
        adds_rows=adds_rows,
        first_rows=1 if first_rows is None else first_rows,
    )


def _with_source(component: Component, node: Json, reading: Reading) -> Component:
    """The component with what it shows or computes."""
    properties, identity = properties_of(node), component.id
    match component.type:
        case "expression":
            return replace(component, source=reading.feel(identity, "expression", node.get("expression")))
        case "text":
            body = reading.phrase(identity, "text", node.get("text"), properties.get("text_en"))
        case "html":
            body = reading.phrase(identity, "content", node.get("content"), properties.get("content_en"))
        case "image":
            return _with_image(component, node, properties, reading)
        case "table" | "documentPreview":
            source = reading.feel(identity, "dataSource", node.get("dataSource"))
            columns = _read_columns(identity, node, reading) if component.type == "table" else ()
            return replace(component, source=source, table=columns)
        case _:
            return component
    if body is None and not node.get("text") and not node.get("content"):
        reading.refuse("label", identity, "缺少内容", "the content is missing")
    return replace(component, body=body)


def _with_image(component: Component, node: Json, properties: Json, reading: Reading) -> Component:
    source = node.get("source")
    if (
        not isinstance(source, str)
        or len(source) > _MAX_IMAGE
        or not _IMAGE.fullmatch(source)
        or ".." in source
    ):
        reading.refuse(
            "unsupported",
            component.id,
            "图片只能是不超过 200 KB 的 data:image/（png、jpeg、gif、webp）或 /static/ 下的路径",
            "an image must be data:image/ (png, jpeg, gif, webp) of at most 200 KB or a path under /static/",
        )
        source = ""
    alternative = reading.phrase(component.id, "alt", node.get("alt"), properties.get("alt_en"))
    if alternative is None:
        reading.refuse("label", component.id, "图片缺少替代文字（alt）", "the image has no alt text")
    return replace(component, image=source, body=alternative)


def _read_columns(identity: str, node: Json, reading: Reading) -> tuple[Column, ...]:
    nodes: Any = node.get("columns")
    if not isinstance(nodes, list) or not nodes:
        reading.refuse("value", identity, "columns 应为非空列表", "columns must be a list that is not empty")
        return ()
    columns: list[Column] = []
    for entry in nodes:
        column = entry if isinstance(entry, dict) else {}
        label = reading.text(identity, "columns.label", column.get("label"), column.get("label_en"))
        key = column.get("key")
        if label is None or not isinstance(key, str) or not KEY.fullmatch(key):
            reading.refuse("value", identity, "每列需要 key 和 label", "each column needs key and label")
            continue
        shown = reading.one_of(identity, "columns.format", column.get("format"), FORMATS)
        values = column.get("values")
        options = read_options(identity, values, reading) if values is not None else ()
        columns.append(Column(key, label, shown or "text", options))
    return tuple(columns)
