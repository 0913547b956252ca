"""Which steps of a bundle make which letter, what they give it, and sample values for that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.engine.feel import FeelError, Scope
from app.engine.form import Component, Form
from app.engine.letters import letter_parameters
from app.engine.reading import Reading, user_tasks
from app.engine.spiff.formula import Formula
from app.engine.spiff.values import plain
from app.engine.trial.samples import SAMPLE_ORG, SAMPLE_TEXT, sample_value

_MEMBER = re.compile(r"(?<![.\w])([A-Za-z_]\w*)\.([a-z_]\w*)")
_MONEY = re.compile(r"(^|_)(amount|funds?|principal|interest|fee|balance|sum)$")
_SAMPLE_MONEY = 12345.67
_OPEN, _CLOSE = "([{", ")]}"
_ENTRY = re.compile(r'\s*(?:"(?P<quoted>[^"]+)"|(?P<name>\w+))\s*:(?P<value>.*)\Z', re.DOTALL)


@dataclass(frozen=True)
class LetterUse:
    """One step that makes a letter: where it is, and the FEEL context that it gives the letter."""

    letter: str
    process_id: str
    element_id: str
    name: str
    name_en: str
    data: Formula

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """What the letter is given: each name with the expression behind it."""
        return tuple(_entries(self.data.text))


def letter_uses(reading: Reading) -> tuple[LetterUse, ...]:
    """Every step of the processes read that names its letter outright."""
    found = []
    for process_id, process in sorted(reading.processes.items()):
        for spec in process.specs.values():
            for node in spec.nodes:
                given = letter_parameters(node)
                if not {"letter", "data"} <= given.keys() or given["letter"].names:
                    continue
                letter = given["letter"].evaluate({}, Scope())
                if isinstance(letter, str):
                    found.append(LetterUse(letter, process_id, node.bpmn_id, node.bpmn_name or node.bpmn_id,
                                           node.settings.text("nameEn") or "", given["data"]))  # fmt: skip
    return tuple(found)


class Samples:
    """Sample values for the letters of a bundle, made from its forms and from what its expressions read."""

    def __init__(self, reading: Reading, parameters: Mapping[str, Any], scope: Scope, now: datetime) -> None:
        self._reading, self._parameters, self._scope, self._now = reading, parameters, scope, now
        self._members: dict[str, set[str]] = {}
        for data in reading.bundle.processes.values():
            for name, member in _MEMBER.findall(data.decode(errors="replace")):
                self._members.setdefault(name, set()).add(member)

    def of(self, use: LetterUse) -> dict[str, Any]:
        """What a step might give its letter; an entry that comes to nothing with samples is a sample of its name."""
        variables = {name: self._variable(use, name) for name in use.data.names}
        try:
            found = plain(use.data.evaluate(variables, self._scope))
        except FeelError:
            found = None
        given = found if isinstance(found, dict) else {}
        return {
            name: given[name] if given.get(name) is not None else _sample(name, self._now)
            for name, _text in use.entries
        }

    def _variable(self, use: LetterUse, name: str) -> Any:
        now = self._now
        if name == "org":
            return SAMPLE_ORG
        if name == "params":
            return dict(self._parameters)
        if name == "instance":
            return {"no": sample_value("case_no", now), "process": use.process_id, "started_at": now.isoformat(),
                    "starter": "user:1"}  # fmt: skip
        values = {member: _sample(member, now) for member in sorted(self._members.get(name, ()))}
        for task in user_tasks(self._reading.processes[use.process_id].specs.values()):
            form = self._reading.forms.get(task.settings.text("formKey") or "")
            if task.settings.text("resultVariable") == name and form is not None:
                values |= sample_of_form(form, now)
        return values or _sample(name, now)


def sample_of_form(form: Form, now: datetime) -> dict[str, Any]:
    """What somebody might have filled in."""
    return _sample_values(form.components, now)


def _sample(name: str, now: datetime) -> Any:
    return _SAMPLE_MONEY if _MONEY.search(name) else sample_value(name, now)


def _sample_values(components: tuple[Component, ...], now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for component in components:
        if component.type == "dynamiclist":
            _plant(values, component.key, [_sample_values(component.children, now)])
        elif component.children:
            inner = _sample_values(component.children, now)
            for name, value in inner.items():
                _plant(values, (*component.key, name), value)
        elif component.holds_value and component.key:
            _plant(values, component.key, _sample_field(component, now))
    return values


def _plant(values: dict[str, Any], key: tuple[str, ...], value: Any) -> None:
    for name in key[:-1]:
        inner = values.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        values = inner
    if key:
        values[key[-1]] = value


def _sample_field(component: Component, now: datetime) -> Any:
    """A value of a field's type; texts say which field they stand for."""
    if component.choices.fixed:
        value = component.choices.fixed[0].value
        return [value] if component.type in ("checklist", "taglist") else value
    if component.type == "number":
        least = component.limits.least.literal
        return least if least is not None else 1
    if component.type == "checkbox":
        return True
    if component.type == "datetime":
        return now.date().isoformat() if component.subtype == "date" else now.isoformat()
    if component.type in ("checklist", "taglist", "filepicker"):
        return []
    if component.type == "expression":
        return _sample(component.key[-1], now)
    label = component.label.zh.source if component.label is not None else ""
    return f"{label}（{SAMPLE_TEXT}）" if label else SAMPLE_TEXT


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """The entries of the outermost context of a FEEL text."""
    inside = text.strip()
    if not (inside.startswith("{") and inside.endswith("}")):
        return
    for piece in _pieces(inside[1:-1]):
        found = _ENTRY.match(piece)
        if found is not None:
            yield found["quoted"] or found["name"], found["value"].strip()


def _pieces(text: str) -> Iterator[str]:
    """The parts between the commas that stand outside of texts and brackets."""
    depth, quoted, begin = 0, False, 0
    for at, sign in enumerate(text):
        if sign == '"' and (at == 0 or text[at - 1] != "\\"):
            quoted = not quoted
        elif not quoted:
            depth += (sign in _OPEN) - (sign in _CLOSE)
            if sign == "," and depth == 0:
                yield text[begin:at]
                begin = at + 1
    yield text[begin:]
