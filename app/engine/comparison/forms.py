"""Two versions of a form, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.engine.comparison.changes import Change, Owner, compare_facets
from app.engine.comparison.flattening import flatten, plain
from app.engine.comparison.values import Names

_HEAD = {"components", "schemaVersion", "exporter", "type", "id"}
_TYPES = {
    "textfield": ("文本框", "text field"), "textarea": ("多行文本", "text area"), "number": ("数字", "number"),
    "datetime": ("日期时间", "date"), "radio": ("单选", "radio buttons"), "select": ("下拉选择", "select"),
    "checkbox": ("勾选框", "checkbox"), "checklist": ("多选", "checklist"), "taglist": ("标签多选", "tag list"),
    "filepicker": ("附件", "files"), "text": ("说明文字", "text"), "html": ("说明", "HTML"), "group": ("分组", "group"),
    "dynamiclist": ("可增行的表", "list with rows"), "table": ("表格", "table"),
    "expression": ("计算字段", "computed field"),
    "separator": ("分隔线", "line"), "spacer": ("空白", "space"),
}  # fmt: skip


def compare_forms(before: bytes, after: bytes, names: Names) -> Iterator[Change]:
    """Every difference between two form-js schemas. Raises ValueError for what is no JSON object."""
    old, new = _read(before), _read(after)
    title = Owner("", "表单", "form")
    yield from compare_facets(title, _head(old), _head(new), names)
    fields, now = dict(_fields(old, "")), dict(_fields(new, ""))
    for key, field in now.items():
        if key in fields:
            yield from compare_facets(_owner(key, field), _facets(fields[key]), _facets(field), names)
        else:
            yield _came_or_went("added", key, field)
    for key, field in fields.items():
        if key not in now:
            yield _came_or_went("removed", key, field)
    if [key for key in fields if key in now] != [key for key in now if key in fields]:
        yield Change("changed", "", "字段调整了顺序", "fields stand in another order", is_layout=True)


def _came_or_went(kind: Any, key: str, field: Mapping[str, Any]) -> Change:
    zh, en = ("新增", "added") if kind == "added" else ("删除", "removed")
    type_zh, type_en = _TYPES.get(str(field.get("type")), ("字段", "field"))
    owner = _owner(key, field)
    return Change(kind, key, f"{zh}{type_zh}{owner.zh}", f"{en} {type_en} {owner.en}")


def _read(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("not a form")
    return found


def _head(form: Mapping[str, Any]) -> dict[str, str]:
    return flatten({key: value for key, value in form.items() if key not in _HEAD})


def _fields(holder: Mapping[str, Any], parent: str) -> Iterator[tuple[str, dict[str, Any]]]:
    components = holder.get("components")
    for number, item in enumerate(components if isinstance(components, list) else (), 1):
        if isinstance(item, dict):
            key = str(item.get("id") or item.get("key") or f"{parent}/{number}")
            yield key, {**item, "parent": parent}
            yield from _fields(item, str(item.get("label") or key))


def _facets(field: Mapping[str, Any]) -> dict[str, str]:
    found = {
        key: value for key, value in field.items() if key not in ("components", "id", "layout", "values")
    }
    options = field.get("values")
    if isinstance(options, list):
        found["values"] = "、".join(_option(item) for item in options)
    facets = flatten(found)
    if "type" in facets:
        facets["type"] = _TYPES.get(facets["type"], (facets["type"],))[0]
    return facets


def _option(item: Any) -> str:
    if not isinstance(item, dict):
        return plain(item)
    label, value = plain(item.get("label")), plain(item.get("value"))
    return f"{label}（{value}）" if value and value != label else label


def _owner(key: str, field: Mapping[str, Any]) -> Owner:
    properties = field.get("properties")
    extra = properties if isinstance(properties, dict) else {}
    zh = str(field.get("label") or field.get("dateLabel") or extra.get("label") or field.get("key") or key)
    return Owner(key, f"“{zh}”", f"“{extra.get('label_en') or zh}”")
