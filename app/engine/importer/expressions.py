"""May this text stay? Conditions, times and scripts in FEEL or in the small part of JUEL that is FEEL too."""

from __future__ import annotations

from typing import Any

from app.engine.feel import FeelError
from app.engine.importer.draft import Draft, text_of
from app.engine.spiff.formula import Formula, compile_feel, compile_value
from app.engine.spiff.instants import LITERAL
from app.engine.spiff.settings import read_settings, translate_juel
from app.engine.xml import ZR, bpmn, local_name


def is_feel(text: str) -> bool:
    """True when a formal expression can be compiled."""
    text = text.strip()
    try:
        compile_feel(translate_juel(text) or text.removeprefix("=").strip())
    except FeelError:
        return False
    return True


def is_time(text: str) -> bool:
    """True for an ISO 8601 time or a FEEL expression."""
    return bool(LITERAL.fullmatch(text.strip())) or is_feel(text)


def has_feel_language(element: Any, attribute: str = "language") -> bool:
    """True when nothing says that the expression is in another language."""
    language = (element.get(attribute) or "feel").lower()
    return "feel" in language or (attribute == "language" and "expression" in language)


def set_condition(draft: Draft, flow: Any, text: str) -> None:
    """Give a flow a new condition and set the old one aside."""
    old = flow.find(bpmn("conditionExpression"))
    if old is not None:
        if text_of(old):
            draft.set_aside(flow, old)
        else:
            flow.remove(old)
    condition = flow.makeelement(bpmn("conditionExpression"))
    condition.text = text
    flow.append(condition)


class _Collector:
    """Keeps the names of settings that cannot be compiled."""

    def __init__(self) -> None:
        self.wrong: list[tuple[str, str]] = []

    def value(self, text: str, what: str) -> Formula:
        try:
            return compile_value(text)
        except FeelError:
            self.wrong.append((what, text))
            return Formula(text)


def repair_settings(draft: Draft, element: Any) -> None:
    """Foreign attributes that mean something to the engine but are in another language."""
    collector = _Collector()
    read_settings(element, collector)
    for what, text in collector.wrong:
        kind, _, target = what.partition(" ")
        draft.note(element, "expression", f"{what} = {text}")
        if not target:
            element.set(f"{{{ZR}}}{kind}", "")
            continue
        _hide_parameters(draft, element, target)


def _hide_parameters(draft: Draft, element: Any, target: str) -> None:
    """Set aside the extension that holds a parameter with this name."""
    extensions = element.find(bpmn("extensionElements"))
    for child in list(extensions) if extensions is not None else ():
        names = {
            item.get(key)
            for item in child.iter()
            for key in ("name", "target", "id")
            if isinstance(item.tag, str)
        }
        if target in names and local_name(child) != "setAside":
            draft.set_aside(element, child)
