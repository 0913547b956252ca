"""Nested JSON as facets: the path of each value and its text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def flatten(value: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Every value below an object by its dotted path; lists stay whole, what is empty is left out."""
    found: dict[str, str] = {}
    for key, item in value.items():
        place = f"{path}.{key}" if path else str(key)
        if isinstance(item, Mapping):
            found |= flatten(item, place)
        elif item not in (None, "", []):
            found[place] = plain(item)
    return found


def plain(item: Any) -> str:
    """A value as text: lists one entry a line, booleans as FEEL has them."""
    if isinstance(item, str):
        return item
    if isinstance(item, list) and all(isinstance(each, (str, int, float)) for each in item):
        return "、".join(str(each) for each in item)
    if isinstance(item, list):
        return "\n".join(json.dumps(each, ensure_ascii=False) for each in item)
    return json.dumps(item, ensure_ascii=False)
