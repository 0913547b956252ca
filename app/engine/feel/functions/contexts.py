"""Context functions (DMN 1.5, 10.3.4.9) and `is`."""

from __future__ import annotations

from typing import Any

from app.engine.feel.functions.registry import built_in
from app.engine.feel.operators import identical
from app.engine.feel.scope import Run
from app.engine.feel.types import Mismatch


@built_in("get value", "m: context, key: string")
def get_value(m: dict[str, Any], key: str) -> Any:
    """The entry of that name, None if there is none."""
    return m.get(key)


@built_in("get entries", "m: context", with_run=True)
def get_entries(run: Run, m: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of contexts with `key` and `value`."""
    run.grow(3 * len(m))
    return [{"key": key, "value": value} for key, value in m.items()]


@built_in("context", "entries: list", with_run=True)
def make_context(run: Run, entries: list[Any]) -> dict[str, Any]:
    """A context of entries with `key` and `value`; raises Mismatch for others and for equal keys."""
    run.grow(len(entries))
    made: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Mismatch("an entry has no key or no value")
        if entry["key"] in made:
            raise Mismatch(f"key {entry['key']} appears twice")
        made[entry["key"]] = entry["value"]
    return made


def _put(run: Run, context: Any, keys: list[Any], value: Any) -> dict[str, Any]:
    if not isinstance(context, dict):
        raise Mismatch("a key leads to no context")
    if not isinstance(keys[0], str):
        raise Mismatch("a key is no string")
    run.grow(len(context) + 1)
    if len(keys) > 1:
        value = _put(run, context.get(keys[0]), keys[1:], value)
    return {**context, keys[0]: value}


@built_in("context put", "context: context, key: string, value: any|null", with_run=True)
def put(run: Run, context: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The context with an entry added or replaced."""
    return _put(run, context, [key], value)


@built_in("context put", "context: context, keys: list, value: any|null", with_run=True)
def put_nested(run: Run, context: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any]:
    """The context with an entry added or replaced in an inner context."""
    if not keys:
        raise Mismatch("no keys are given")
    return _put(run, context, keys, value)


@built_in("context merge", "contexts: list", with_run=True)
def merge(run: Run, contexts: list[Any]) -> dict[str, Any]:
    """One context of the entries of all; later ones win."""
    merged: dict[str, Any] = {}
    for context in contexts:
        if not isinstance(context, dict):
            raise Mismatch("an element is no context")
        run.grow(len(context))
        merged.update(context)
    return merged


@built_in("is", "value1: any|null, value2: any|null")
def is_same(value1: Any, value2: Any) -> bool | None:
    """Whether both are the same value of the same type."""
    return identical(value1, value2)
