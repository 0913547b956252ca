"""What is deployed together: the files of a bundle, and the delegates its service tasks may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NO_PARAMETERS: Mapping[str, ParameterSpec] = MappingProxyType({})


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of a delegate; `type` is a FEEL type name such as `string`, `number`, `list`, `Any`."""

    type: str = "Any"
    required: bool = True


@dataclass(frozen=True)
class DelegateSignature:
    """What is known of a registered delegate; `result` is a FEEL type name, `null` for none."""

    name: str
    parameters: Mapping[str, ParameterSpec] = field(default_factory=lambda: _NO_PARAMETERS)
    result: str = "Any"
    description: str = ""


@dataclass(frozen=True)
class Bundle:
    """Files by process id, decision id and form key."""

    processes: Mapping[str, bytes]
    decisions: Mapping[str, bytes] = field(default_factory=dict)
    forms: Mapping[str, bytes] = field(default_factory=dict)


def process_file(process_id: str) -> str:
    """The file name that problems of a process are reported under."""
    return f"{process_id}.bpmn"


def decision_file(decision_id: str) -> str:
    """The file name that problems of a decision are reported under."""
    return f"{decision_id}.dmn"


def form_file(form_key: str) -> str:
    """The file name that problems of a form are reported under."""
    return f"{form_key}.json"
