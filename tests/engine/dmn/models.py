"""Small decision models as XML."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from app.engine.dmn import DecisionModel, DecisionTable, parse_decisions

MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def definitions(body: str, namespace: str = "urn:test", model: str = MODEL) -> bytes:
    """A whole model around its elements."""
    text = f'<definitions xmlns="{model}" id="m" name="model" namespace="{namespace}">{body}</definitions>'
    return text.encode()


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def decision(name: str, logic: str, requires: str = "", type_ref: str = "") -> str:
    kind = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    return f'<decision id="d_{name}" name={quoteattr(name)}><variable name={quoteattr(name)}{kind}/>{requires}{logic}</decision>'


def needs(kind: str, *ids: str) -> str:
    """Requirements: kind is Input, Decision or Knowledge."""
    tag = "knowledgeRequirement" if kind == "Knowledge" else "informationRequirement"
    return "".join(f'<{tag}><required{kind} href="{_href(i)}"/></{tag}>' for i in ids)


def _href(element_id: str) -> str:
    return element_id if "#" in element_id else f"#{element_id}"


def input_data(name: str, type_ref: str = "") -> str:
    kind = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    return f'<inputData id="i_{name}" name={quoteattr(name)}><variable name={quoteattr(name)}{kind}/></inputData>'


def table(
    inputs: Sequence[str],
    outputs: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    attributes: str = "",
    output_values: Sequence[str] = (),
    default: str = "",
    input_values: str = "",
) -> str:
    """A decision table; a row is its input cells, output cells and then annotations."""
    parts = [f'<decisionTable id="t" {attributes}>']
    for number, text in enumerate(inputs, 1):
        allowed = f"<inputValues><text>{escape(input_values)}</text></inputValues>" if input_values else ""
        parts.append(
            f'<input id="in{number}"><inputExpression><text>{escape(text)}</text></inputExpression>{allowed}</input>'
        )
    for number, name in enumerate(outputs):
        values = output_values[number] if number < len(output_values) else ""
        inner = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
        inner += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
        parts.append(f'<output id="out{number + 1}" name={quoteattr(name)}>{inner}</output>')
    width = len(inputs) + len(outputs)
    labels = ("clause", "note")[: max((len(row) for row in rows), default=width) - width]
    parts += [f'<annotation name="{label}"/>' for label in labels]
    for number, row in enumerate(rows, 1):
        cells = [("inputEntry", cell) for cell in row[: len(inputs)]]
        cells += [("outputEntry", cell) for cell in row[len(inputs) : width]]
        cells += [("annotationEntry", cell) for cell in row[width:]]
        inner = "".join(f"<{tag}><text>{escape(cell)}</text></{tag}>" for tag, cell in cells)
        parts.append(f'<rule id="r{number}">{inner}</rule>')
    return "".join(parts) + "</decisionTable>"


def model_of(*elements: str) -> DecisionModel:
    return parse_decisions(definitions("".join(elements)))


def table_of(xml: str) -> DecisionTable:
    """The table alone, read from a model around it."""
    found = model_of(decision("t", xml)).decisions["d_t"].table
    assert found is not None
    return found
