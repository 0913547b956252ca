"""Runs test cases of the DMN Technology Compatibility Kit (github.com/dmn-tck/tck)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from app.engine.dmn import xml
from app.engine.dmn.errors import DmnInvalid, DmnNotFound
from app.engine.dmn.item_types import AllowedType
from app.engine.dmn.model import DecisionModel
from app.engine.dmn.reading import read_model
from app.engine.dmn.trace import DecisionResult
from app.engine.feel.errors import FeelError
from app.engine.feel.hosting import format_value, from_host
from app.engine.feel.operators import identical
from app.engine.feel.scope import Scope
from app.engine.feel.temporal import FeelDateTime, FeelTime
from app.engine.feel.temporal_text import parse_date, parse_date_time, parse_duration, parse_time
from app.engine.feel.types import ContextType, FeelType, ListType
from app.engine.feel.values import kind_of

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TOLERANCE = Decimal("1e-8")
_NUMBERS = frozenset(
    {"decimal", "double", "float", "integer", "int", "long", "short", "byte", "nonNegativeInteger"}
)
_READERS = {
    "date": parse_date,
    "dateTime": parse_date_time,
    "time": parse_time,
    "duration": parse_duration,
    "dayTimeDuration": parse_duration,
    "yearMonthDuration": parse_duration,
}
_SUMMARY = "{} passed, {} failed"
NO_CASES = _SUMMARY.format(0, 0)
# Only that there is a clock matters to the kit, not what it shows.
_NOW = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class TckFailure:
    """A result that is not the expected one."""

    file: str
    case: str
    result: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file} {self.case} {self.result}: {self.reason}"


@dataclass(frozen=True)
class TckReport:
    """How many cases passed, and every one that did not."""

    passed: int
    failures: tuple[TckFailure, ...]

    @property
    def failed(self) -> int:
        return len(self.failures)

    def lines(self) -> Iterator[str]:
        """A line for each failure and, last, `N passed, M failed`."""
        yield from (str(failure) for failure in self.failures)
        yield _SUMMARY.format(self.passed, self.failed)


def _scalar(element: etree._Element) -> Any:
    text = element.text or ""
    kind = (element.get(_TYPE) or "").rpartition(":")[2]
    if element.get(_NIL) == "true":
        return None
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in _NUMBERS:
        number = Decimal(text.strip())
        return number if number.is_finite() else None
    if kind in _READERS:
        return _READERS[kind](text.strip())
    return Untyped(text) if not kind else text


class Untyped(str):
    """A value written without its type: the model or the result tells what it is."""

    __slots__ = ()


_PLAIN_READERS: dict[str, Callable[[str], Any]] = {
    "number": Decimal,
    "boolean": lambda text: {"true": True, "false": False}.get(text),
    "date": parse_date,
    "date and time": parse_date_time,
    "time": parse_time,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


def _typed(value: Any, kind: FeelType | None) -> Any:
    """The value with untyped parts read by the type the model declares."""
    if isinstance(kind, ListType) and isinstance(value, list):
        return [_typed(item, kind.item) for item in value]
    if isinstance(kind, AllowedType):
        return _typed(value, kind.base)
    if isinstance(kind, ContextType) and isinstance(value, dict):
        types = dict(kind.entries)
        return {key: _typed(item, types.get(key)) for key, item in value.items()}
    if isinstance(value, Untyped) and kind is not None and kind.name in _PLAIN_READERS:
        return _PLAIN_READERS[kind.name](value.strip())
    return value


def read_value(element: etree._Element | None) -> Any:
    """The FEEL value a test case writes down: a value, a list or components."""
    if element is None:
        return None
    components = list(xml.children(element, "component"))
    if components:
        return {part.get("name") or "": read_value(part) for part in components}
    listed = xml.child(element, "list")
    if listed is not None:
        return (
            None
            if listed.get(_NIL) == "true"
            else [read_value(item) for item in xml.children(listed, "item")]
        )
    value = xml.child(element, "value")
    return None if value is None else _scalar(value)


def same_value(expected: Any, actual: Any) -> bool:
    """Whether a result is the expected one; numbers may differ by 1e-8 of their size."""
    if actual is None and isinstance(expected, Untyped):
        return not expected.strip()
    if isinstance(expected, Untyped) and (reader := _PLAIN_READERS.get(kind_of(actual))):
        expected = reader(expected.strip())
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return abs(expected - actual) <= _TOLERANCE * max(Decimal(1), abs(expected))
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        return len(expected) == len(actual) and all(same_value(e, a) for e, a in pairs)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            same_value(e, actual[key]) for key, e in expected.items()
        )
    if isinstance(expected, (FeelDateTime, FeelTime)) and type(expected) is type(actual):
        return _same_moment(expected, actual)
    return identical(str(expected) if isinstance(expected, Untyped) else expected, actual) is True


def _same_moment(expected: FeelDateTime | FeelTime, actual: FeelDateTime | FeelTime) -> bool:
    # The kit's values have offsets only; a result in a named zone is right when it is that instant.
    local = [_is_local(value) for value in (expected, actual)]
    return local[0] == local[1] and expected.key() == actual.key()


def _is_local(value: FeelDateTime | FeelTime) -> bool:
    return value.time.is_local if isinstance(value, FeelDateTime) else value.is_local


def _evaluate(
    model: DecisionModel, case: etree._Element, result: etree._Element, inputs: Mapping[str, Any]
) -> Any:
    """The value to judge; what the case invokes may be named by the case, or by the result alone."""
    scope = Scope(now=_NOW, zone="UTC")
    kinds = (case.get("type"), result.get("type"))
    wanted = result.get("name") or ""
    name = case.get("invocableName") or wanted
    if "bkm" in kinds:
        return model.invoke(name, inputs, scope).value
    if "decisionService" in kinds:
        return _output(model.evaluate_service(name, inputs, scope), wanted)
    try:
        return model.evaluate(wanted, inputs, scope).value
    except DmnNotFound:
        if any(service.name == wanted for service in model.services.values()):
            return model.evaluate_service(wanted, inputs, scope).value
        return model.invoke(wanted, inputs, scope).value


def _output(found: DecisionResult, wanted: str) -> Any:
    """The output decision a result is about, the service's whole value when it names none of several."""
    return found.value[wanted] if isinstance(found.value, dict) and wanted in found.value else found.value


def _inputs(model: DecisionModel, case: etree._Element) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for node in xml.children(case, "inputNode"):
        source, place = model, inputs
        namespace = node.get("namespace") or model.namespace
        for each in model.imports:
            if each.model.namespace == namespace != model.namespace:
                source, place = each.model, inputs.setdefault(each.name, {}) if each.name else inputs
        name = node.get("name") or ""
        types = {element.name: element.type for element in source.inputs.values()}
        place[name] = _typed(read_value(node), types.get(name))
    return inputs


def _check(model: DecisionModel, case: etree._Element, result: etree._Element) -> str | None:
    """Why the result is wrong, None when it is right."""
    try:
        actual = from_host(_evaluate(model, case, result, _inputs(model, case)))
        expected_element = xml.child(result, "expected")
        if expected_element is None and result.get("errorResult") != "true":
            return None
        expected = read_value(expected_element)
        if same_value(expected, actual):
            return None
    except (FeelError, DmnNotFound, ArithmeticError, ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"
    return f"expected {format_value(expected)}, got {format_value(actual)}"


def _load_model(folder: Path, name: str) -> DecisionModel:
    """The model of that file name, with the other models of the folder to import from."""
    imports = {path.name: path.read_bytes() for path in sorted(folder.glob("*.dmn")) if path.name != name}
    return read_model((folder / name).read_bytes(), imports)[0]


def _run_file(file: Path) -> Iterator[TckFailure | None]:
    """A failure, or None for a case all of whose results are right, for each case; other XML has no cases."""
    try:
        cases = xml.parse_xml(file.read_bytes())
        if xml.tag_of(cases) != "testCases":
            return
        model = _load_model(file.parent, (xml.text_of(cases, "modelName") or "").strip())
    except (DmnInvalid, OSError, ValueError, RecursionError) as error:
        yield TckFailure(file.name, "-", "-", str(error))
        return
    for case in xml.children(cases, "testCase"):
        wrong = ((result, _check(model, case, result)) for result in xml.children(case, "resultNode"))
        found = next(((result, reason) for result, reason in wrong if reason), None)
        if found is None:
            yield None
        else:
            yield TckFailure(file.name, case.get("id") or "", found[0].get("name") or "", found[1])


def run_tck(directory: Path) -> TckReport:
    """Run every file of test cases below a directory with the model beside it; the unit is a test case."""
    passed, failures = 0, []
    for file in sorted(directory.rglob("*.xml")):
        for failure in _run_file(file):
            if failure is None:
                passed += 1
            else:
                failures.append(failure)
    return TckReport(passed, tuple(failures))


def main_lines(directory: str | Path) -> Iterator[str]:
    """What the command line prints: failures, then exactly `N passed, M failed`."""
    yield from run_tck(Path(directory)).lines()
