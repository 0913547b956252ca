"""Parameters that a draft changes, put into the facts of past decisions where the diagrams hand them over.

A step hands a parameter over by its path alone (`= params.track_record`). What a call set for itself stays: only what
a fact shares with the policy's old default becomes the new one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.engine.spiff.decision_task import DecisionTask
from app.services import repository
from app.services.studio.kept_tests import default_parameters
from app.services.studio.process_editing import read_bundle

_PATH = re.compile(r"=?\s*params\.(\w+(?:\.\w+)*)\s*")
_NONE: Any = object()

# Parameter → its default before and after.
Changes = Mapping[str, Mapping[str, Any]]


def changed_parameters(base: Mapping[str, bytes], files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """The parameters with another default than in the base: `before` and `after` by key."""
    old, new = default_parameters(base), default_parameters(files)
    return {
        key: {"before": old[key], "after": value}
        for key, value in new.items()
        if key in old and old[key] != value
    }


def handed_over(files: Mapping[str, bytes], changes: Changes) -> dict[str, dict[str, str]]:
    """The decisions that are given a changed parameter: decision → fact → path below `params`."""
    found: dict[str, dict[str, str]] = {}
    if not changes:
        return found
    for process in read_bundle(repository.make_bundle(files)).processes.values():
        for spec in process.specs.values():
            for node in spec.nodes:
                for name, formula in node.settings.parameters if isinstance(node, DecisionTask) else ():
                    path = _PATH.fullmatch(formula.text)
                    if path is not None and path[1].split(".")[0] in changes:
                        found.setdefault(node.decision_id, {})[name] = path[1]
    return found


def facts_with(facts: Mapping[str, Any], paths: Mapping[str, str], changes: Changes) -> dict[str, Any]:
    """The facts of a past decision with the new parameters."""
    renewed = dict(facts)
    for name, path in paths.items():
        key, *members = path.split(".")
        before, after = (_at(changes[key][side], members) for side in ("before", "after"))
        if name in renewed:
            renewed[name] = _renewed(renewed[name], before, after)
    return renewed


def _at(value: Any, members: list[str]) -> Any:
    for member in members:
        value = value.get(member) if isinstance(value, dict) else None
    return value


def _renewed(fact: Any, before: Any, after: Any) -> Any:
    if fact == before:
        return after
    if not all(isinstance(each, dict) for each in (fact, before, after)):
        return fact
    added = {name: value for name, value in after.items() if name not in before and name not in fact}
    return added | {
        name: _renewed(value, before.get(name, _NONE), after[name]) if name in after else value
        for name, value in fact.items()
    }
