"""Decision tables from XML (DMN 1.5, 8.3; annotations of dmn-js are a rule's description)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from app.engine.dmn import xml
from app.engine.dmn.constants import constant
from app.engine.dmn.item_types import AllowedType
from app.engine.dmn.tables import AGGREGATIONS, HIT_POLICIES, DecisionTable, InputClause, OutputClause, Rule
from app.engine.feel.expressions import UnaryTests

if TYPE_CHECKING:
    from app.engine.dmn.boxed import BoxedReader

_DESCRIPTION = "description"


def _allowed(
    reader: BoxedReader, element: etree._Element, tag: str, names: frozenset[str], type_name: str
) -> UnaryTests | None:
    """The values a column lists, else those its type allows (DMN 1.5, 8.3.2, 8.3.3 and 7.3.3)."""
    text = xml.text_of(xml.child(element, tag), "text")
    if text and text.strip():
        return reader.tests(element, text, names)
    kind = reader.types.find(type_name)
    return kind.tests if isinstance(kind, AllowedType) else None


def _input(reader: BoxedReader, element: etree._Element, names: frozenset[str]) -> InputClause:
    source = xml.child(element, "inputExpression")
    text = (xml.text_of(source, "text") if source is not None else None) or ""
    if not text.strip():
        reader.problem(element, "an input column has no expression")
    expression = reader.expression(element if source is None else source, text, names)
    type_name = xml.type_ref(source) or ""
    return InputClause(
        id=xml.attribute(element, "id") or "",
        label=xml.attribute(element, "label") or expression.text.strip(),
        expression=expression,
        type_name=type_name,
        allowed=_allowed(reader, element, "inputValues", names, type_name),
        label_en=xml.english_name(element),
    )


def listed_values(tests: UnaryTests | None) -> tuple[Any, ...]:
    """The values that tests such as `"a","b"` name one by one; none when they name ranges."""
    if tests is None:
        return ()
    return constant(tests.values) or ()


def _output(
    reader: BoxedReader, element: etree._Element, names: frozenset[str], table_name: str, only: bool
) -> OutputClause:
    name = xml.attribute(element, "name") or (table_name if only else "")
    type_name = xml.type_ref(element) or ""
    allowed = _allowed(reader, element, "outputValues", names, type_name)
    default = xml.text_of(xml.child(element, "defaultOutputEntry"), "text")
    return OutputClause(
        id=xml.attribute(element, "id") or "",
        name=name,
        label=xml.attribute(element, "label") or name,
        type_name=type_name,
        allowed=allowed,
        priorities=listed_values(allowed),
        default=reader.expression(element, default, names) if default and default.strip() else None,
        label_en=xml.english_name(element),
    )


def _rule(
    reader: BoxedReader, element: etree._Element, index: int, names: frozenset[str], labels: tuple[str, ...]
) -> Rule:
    tests = tuple(
        reader.tests(entry, xml.text_of(entry, "text"), names | {"?"})
        for entry in xml.children(element, "inputEntry")
    )
    outputs = tuple(
        reader.expression(entry, xml.text_of(entry, "text"), names)
        for entry in xml.children(element, "outputEntry")
    )
    annotations = {}
    for position, entry in enumerate(xml.children(element, "annotationEntry")):
        text = (xml.text_of(entry, "text") or "").strip()
        label = labels[position] if position < len(labels) else f"annotation {position + 1}"
        if text:
            annotations[label] = text
    described = (xml.text_of(element, _DESCRIPTION) or "").strip()
    if described:
        annotations.setdefault(_DESCRIPTION, described)
    return Rule(xml.attribute(element, "id") or f"rule {index}", index, tests, outputs, annotations)


def _policy(reader: BoxedReader, element: etree._Element) -> tuple[str, str]:
    policy = (xml.attribute(element, "hitPolicy") or "UNIQUE").strip()
    aggregation = (xml.attribute(element, "aggregation") or "").strip()
    if policy[:1] == "C" and policy[1:] in AGGREGATIONS:
        policy, aggregation = "C", policy[1:]
    policy = HIT_POLICIES.get(policy, policy)
    aggregation = AGGREGATIONS.get(aggregation, aggregation)
    if policy not in HIT_POLICIES.values():
        reader.problem(element, f"hit policy {policy} is unknown")
        policy = "UNIQUE"
    if aggregation and (policy != "COLLECT" or aggregation not in AGGREGATIONS.values()):
        if policy == "COLLECT":
            reader.problem(element, f"aggregation {aggregation} is unknown")
        aggregation = ""
    return policy, aggregation


def _check(reader: BoxedReader, element: etree._Element, table: DecisionTable) -> None:
    if not table.outputs:
        reader.problem(element, "the table has no output column")
    names = [clause.name for clause in table.outputs]
    if len(names) > 1 and (len(set(names)) < len(names) or "" in names):
        reader.problem(element, "several output columns need different names")
    for rule, row in zip(table.rules, xml.children(element, "rule"), strict=True):
        if len(rule.tests) != len(table.inputs) or len(rule.outputs) != len(table.outputs):
            reader.problem(row, f"row {rule.index} has not as many cells as there are columns")
    ordered = table.hit_policy in ("PRIORITY", "OUTPUT ORDER")
    if ordered and not any(clause.priorities for clause in table.outputs):
        reader.problem(element, f"hit policy {table.hit_policy} needs output values to order by")


def read_table(reader: BoxedReader, element: etree._Element, names: frozenset[str]) -> DecisionTable:
    """The table; what is wrong with it is told to the reader."""
    parent = element.getparent()
    owner = xml.attribute(parent, "name") or ""
    columns = list(xml.children(element, "output"))
    labels = tuple(
        xml.attribute(clause, "name") or xml.attribute(clause, "label") or f"annotation {position + 1}"
        for position, clause in enumerate(xml.children(element, "annotation"))
    )
    policy, aggregation = _policy(reader, element)
    table = DecisionTable(
        id=xml.id_of(element),
        name=owner,
        hit_policy=policy,
        aggregation=aggregation,
        inputs=tuple(_input(reader, clause, names) for clause in xml.children(element, "input")),
        outputs=tuple(_output(reader, clause, names, owner, len(columns) == 1) for clause in columns),
        rules=tuple(
            _rule(reader, row, index, names, labels)
            for index, row in enumerate(xml.children(element, "rule"), 1)
        ),
        annotations=labels,
    )
    _check(reader, element, table)
    return table
