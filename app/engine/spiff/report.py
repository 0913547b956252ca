"""Everything that is wrong with a diagram, gathered instead of raised one by one."""

from __future__ import annotations

from typing import Any

from app.engine.comparison.vocabulary import facet_name
from app.engine.errors import Problem, Severity
from app.engine.feel import FeelError
from app.engine.spiff.formula import Formula, compile_feel, compile_value, literal
from app.engine.spiff.instants import LITERAL
from app.engine.spiff.settings import translate_juel


class Report:
    """The problems of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, element: Any, code: str, zh: str, en: str, severity: Severity = "error") -> None:
        """Note a problem at an XML element; None for the file as a whole."""
        element_id = element.get("id") if element is not None else None
        line = element.sourceline if element is not None else None
        self.problems.append(Problem(code, element_id, self.file, zh, en, severity, line))

    def refuse(self, element: Any, zh: str, en: str) -> None:
        """Note an element that cannot be run."""
        self.add(element, "unsupported", zh, en)


class ElementCompiler:
    """Compiles the formulas of one element; a wrong one is reported and gives null."""

    def __init__(self, report: Report, element: Any) -> None:
        self.report = report
        self.element = element

    def value(self, text: str, what: str) -> Formula:
        """A `zr:` value: literal, or FEEL after `=`."""
        try:
            return compile_value(text)
        except FeelError as error:
            return self._wrong(text, what, error)

    def feel(self, text: str, what: str) -> Formula:
        """A formal expression: FEEL, also after `=` or as `${…}`."""
        text = text.strip()
        try:
            return compile_feel(translate_juel(text) or text.removeprefix("=").strip())
        except FeelError as error:
            return self._wrong(text, what, error)

    def time(self, text: str, what: str) -> Formula:
        """A timer value: ISO 8601 as it stands, or FEEL."""
        text = text.strip()
        return literal(text) if LITERAL.fullmatch(text) else self.feel(text, what)

    def _wrong(self, text: str, what: str, error: FeelError) -> Formula:
        place_zh, place_en = facet_name(what)
        self.report.add(
            self.element,
            "feel_syntax",
            f"{place_zh}的表达式有误（第 {error.line} 行第 {error.column} 列）：{error.message_zh}：{text}",
            f"{place_en}: {error.message} (line {error.line}, column {error.column}): {text}",
        )
        return Formula(text)
