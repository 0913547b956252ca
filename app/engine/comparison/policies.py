"""Two versions of a policy: parameters, clauses and terms by their keys, everything else by its path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.engine.comparison.changes import Change, Owner, compare_facets
from app.engine.comparison.flattening import flatten
from app.engine.comparison.values import Names

# Section → what an entry is called, and what its entries are known by.
SECTIONS = {"parameters": ("参数", "parameter", "key"), "clauses": ("条款", "clause", "id"),
            "terms": ("术语", "term", "zh"), "sources": ("文件", "source", "id")}  # fmt: skip


def compare_policies(before: bytes, after: bytes, names: Names) -> Iterator[Change]:
    """Every difference between two policy files. Raises ValueError for what is no JSON object."""
    old, new = _read(before), _read(after)
    for section, (zh, en, key) in SECTIONS.items():
        yield from _compare_section((zh, en), _entries(old, section, key), _entries(new, section, key), names)
    rest = [
        {key: value for key, value in found.items() if not isinstance(value, list)} for found in (old, new)
    ]
    yield from compare_facets(Owner("", "政策", "policy"), flatten(rest[0]), flatten(rest[1]), names)


def _compare_section(
    words: tuple[str, str], old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]], names: Names
) -> Iterator[Change]:
    for key, item in new.items():
        owner = _owner(words, key, item)
        if key in old:
            own = {**names, **_names(item)}
            yield from compare_facets(owner, _facets(old[key]), _facets(item), own)
        else:
            yield Change("added", key, f"新增{owner.zh}", f"added {owner.en}")
    for key, item in old.items():
        if key not in new:
            owner = _owner(words, key, item)
            yield Change("removed", key, f"删除{owner.zh}", f"removed {owner.en}")


def _owner(words: tuple[str, str], key: str, item: Mapping[str, Any]) -> Owner:
    zh, en = str(item.get("zh") or key), str(item.get("en") or item.get("zh") or key)
    mark = f"{key} " if words[0] == "条款" else ""
    return Owner(key, f"{words[0]}“{mark}{zh}”", f"{words[1]} “{mark}{en}”")


def _facets(item: Mapping[str, Any]) -> dict[str, str]:
    """The default of a parameter may itself be an object: its parts are told one by one."""
    renamed = {("defaultValue" if key == "default" else key): value for key, value in item.items()}
    return flatten(renamed)


def _names(item: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What a parameter calls its members and codes."""
    listed = item.get("names")
    found = listed.items() if isinstance(listed, Mapping) else ()
    return {
        code: (str(name.get("zh") or code), str(name.get("en") or name.get("zh") or code))
        for code, name in found
        if isinstance(name, Mapping)
    }


def _entries(policy: Mapping[str, Any], section: str, key: str) -> dict[str, dict[str, Any]]:
    entries = policy.get(section)
    items = entries if isinstance(entries, list) else []
    return {str(item.get(key)): item for item in items if isinstance(item, dict)}


def _read(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("not a policy")
    return found
