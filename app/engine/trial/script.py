"""What a trial does, as data: how it starts, what is done in which order, what services answer.

Tokens have other ids in every run; a script names places instead: `process:element`, and the how many-th of the open
tasks (or of the calls so far) at that place, counted from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MAX_ACTS = 300


class ScriptInvalid(ValueError):
    """What is given is no script; says where, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Completion:
    """Somebody who acts as `role` hands in the form of the open task `number` at `place`."""

    place: str
    number: int = 1
    role: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"complete": self.place, "role": self.role, "values": dict(self.values)}
        if self.number != 1:
            found["number"] = self.number
        if self.files:
            found["files"] = {key: dict(file) for key, file in self.files.items()}
        return found


@dataclass(frozen=True)
class Delivery:
    """A message arrives; without a key the one that is waited for first."""

    message: str
    key: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"receive": self.message, "payload": dict(self.payload)}
        if self.key is not None:
            found["key"] = self.key
        return found


@dataclass(frozen=True)
class Wait:
    """Time passes: so many days, or until the next timer is due."""

    days: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"wait": self.days if self.days is not None else "next"}


Act = Completion | Delivery | Wait


@dataclass(frozen=True)
class Answer:
    """What a service gives back, or the BPMN error that it fails with."""

    result: Any = None
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"error": self.error} if self.error else {"result": self.result}


@dataclass(frozen=True)
class Script:
    """A whole trial. `answers` are by call, `process:element#1`; `parameters` differ from the policies' defaults."""

    process_id: str
    at: datetime
    variables: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None
    acts: tuple[Act, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The script as it is kept."""
        start: dict[str, Any] = {"at": self.at.isoformat(), "variables": dict(self.variables)}
        if self.parameters:
            start["parameters"] = dict(self.parameters)
        if self.message is not None:
            start["message"] = self.message
        return {
            "process": self.process_id,
            "start": start,
            "answers": {key: answer.as_json() for key, answer in self.answers.items()},
            "acts": [act.as_json() for act in self.acts],
        }

    @classmethod
    def from_json(cls, data: object) -> Script:
        """The script that `as_json` gave. Raises ScriptInvalid."""
        found = _mapping(data, "process")
        start = _mapping(found.get("start"), "start")
        acts = found.get("acts", [])
        if not isinstance(acts, list) or len(acts) > MAX_ACTS:
            raise ScriptInvalid(
                f"acts 应为不超过 {MAX_ACTS} 项的列表", f"acts must be a list of at most {MAX_ACTS}"
            )
        answers = _mapping(found.get("answers", {}), "answers")
        return cls(
            _text(found.get("process"), "process"),
            _instant(start.get("at")),
            _mapping(start.get("variables", {}), "variables"),
            _mapping(start.get("parameters", {}), "parameters"),
            None if start.get("message") is None else _text(start["message"], "message"),
            tuple(_act(act) for act in acts),
            {key: _answer(answer, key) for key, answer in answers.items()},
        )


def _act(data: object) -> Act:
    found = _mapping(data, "acts")
    if "complete" in found:
        number = found.get("number", 1)
        if not isinstance(number, int) or number < 1:
            raise _wrong("number")
        files = _mapping(found.get("files", {}), "files")
        return Completion(
            _text(found["complete"], "complete"),
            number,
            _text(found.get("role", ""), "role"),
            _mapping(found.get("values", {}), "values"),
            {key: _mapping(file, "files") for key, file in files.items()},
        )
    if "receive" in found:
        key = found.get("key")
        payload = _mapping(found.get("payload", {}), "payload")
        return Delivery(
            _text(found["receive"], "receive"), None if key is None else _text(key, "key"), payload
        )
    days = found.get("wait")
    if days == "next":
        return Wait()
    if isinstance(days, int) and not isinstance(days, bool) and 0 < days <= 3660:
        return Wait(days)
    raise _wrong("wait")


def _answer(data: object, name: str) -> Answer:
    found = _mapping(data, name)
    return Answer(found.get("result"), _text(found.get("error", ""), "error"))


def _mapping(data: object, name: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise _wrong(name)
    return {str(key): value for key, value in data.items()}


def _text(data: object, name: str) -> str:
    if not isinstance(data, str):
        raise _wrong(name)
    return data


def _instant(data: object) -> datetime:
    try:
        found = datetime.fromisoformat(_text(data, "at"))
    except ValueError:
        raise _wrong("at") from None
    if found.tzinfo is None:
        raise _wrong("at")
    return found


def _wrong(name: str) -> ScriptInvalid:
    return ScriptInvalid(f"{name} 缺少或有误", f"{name} is missing or wrong")
