"""What the author wrote on an element, in our words: from `zr:`, Camunda's and Spiff Arena's extensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from app.engine.spiff.clock import CASE, ClockBinding
from app.engine.spiff.formula import Formula
from app.engine.xml import ZR, local_name, namespace_of

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
BPMN_EXTENSIONS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}extensionElements"

# Attributes whose text is literal or, after `=`, FEEL.
FORMULAS = frozenset(
    {
        "assignee", "ballot", "candidates", "caseState", "collection", "copyTo", "correlationKey", "due", "outcome",
        "outputElement", "payload", "priority", "signers", "subject", "title", "titleEn",
    }
)  # fmt: skip
PLAIN = frozenset(
    {
        "clauseRef", "decision", "decisionRef", "decisionVariable", "delegate", "dueClock", "duty",
        "elementVariable", "emptyApprover", "escalate", "escalateTo", "formKey", "hiddenFields", "initiatorApprover",
        "liveRules", "nameEn", "notActorOf", "numberPrefix", "operations", "outputCollection", "payloadVariable",
        "readonlyFields", "remind", "repeatable", "repeatedApprover", "resultVariable", "sealed", "separateFrom",
        "startableBy", "tool",
    }
)  # fmt: skip
ATTRIBUTES = FORMULAS | PLAIN
PAIRS = frozenset({"parameter", "in", "out", "prefill"})
ELEMENTS = PAIRS | {"clock"}

_JUEL = re.compile(r"\s*[$#]\{(?P<body>.*)\}\s*", re.DOTALL)
_JUEL_TOKENS = re.compile(r"\"[^\"]*\"|'[^']*'|==|&&|\|\||!=|![ ]*(?=[\w(])")
_JUEL_WORDS = {"==": "=", "&&": " and ", "||": " or ", "!=": "!="}

Pairs = tuple[tuple[str, Formula], ...]


class FormulaCompiler(Protocol):
    """Compiles the texts of one element and keeps what is wrong with them."""

    def value(self, text: str, what: str) -> Formula: ...


@dataclass(frozen=True)
class Settings:
    """The extensions of one element; `attributes` are the texts, `formulas` those that can be computed."""

    attributes: Mapping[str, str]
    formulas: Mapping[str, Formula]
    parameters: Pairs = ()
    inputs: Pairs = ()
    outputs: Pairs = ()
    prefill: Pairs = ()
    unknown: tuple[str, ...] = ()
    passes_all: bool = False
    clocks: tuple[ClockBinding, ...] = ()

    def text(self, name: str) -> str | None:
        """A literal attribute."""
        return self.attributes.get(name)

    def words(self, name: str) -> tuple[str, ...]:
        """A blank-separated attribute."""
        return tuple((self.attributes.get(name) or "").split())

    def formula(self, name: str) -> Formula | None:
        """A computed attribute, None when it is not set."""
        return self.formulas.get(name)

    @property
    def case_state(self) -> Formula | None:
        return self.formulas.get("caseState")


def read_settings(element: Any, compiler: FormulaCompiler) -> Settings:
    """The settings of an element; our own attributes win over foreign ones of the same meaning."""
    attributes, unknown = _own_attributes(element)
    for name, text in (*_camunda_attributes(element), *_spiff_attributes(element)):
        attributes.setdefault(name, text)
    children = list(_extensions(element))
    names = {"parameter": ("name", "value"), "in": ("target", "source"), "out": ("target", "source"),
             "prefill": ("target", "value")}  # fmt: skip
    pairs: dict[str, list[tuple[str, Formula]]] = {kind: [] for kind in names}
    for kind, target, text in _pairs(children):
        pairs[kind].append((target, compiler.value(text, f"{kind} {target}")))
    unknown += [
        local_name(child)
        for child in children
        if namespace_of(child) == ZR and local_name(child) not in ELEMENTS
    ]
    return Settings(
        MappingProxyType(attributes),
        MappingProxyType({n: compiler.value(t, n) for n, t in attributes.items() if n in FORMULAS}),
        tuple(pairs["parameter"]),
        tuple(pairs["in"]),
        tuple(pairs["out"]),
        tuple(pairs["prefill"]),
        tuple(unknown),
        any(namespace_of(c) == CAMUNDA and local_name(c) == "in" and c.get("variables") for c in children),
        tuple(_clock(c, compiler) for c in children if namespace_of(c) == ZR and local_name(c) == "clock"),
    )


def _clock(child: Any, compiler: FormulaCompiler) -> ClockBinding:
    name = child.get("name") or ""
    limit, since = (
        compiler.value(text, f"clock {name}") if text is not None else None
        for text in (child.get("limit"), child.get("since"))
    )
    label, label_en = child.get("label") or "", child.get("labelEn") or ""
    return ClockBinding(name, child.get("act") or "", limit, label, label_en, child.get("of") or CASE, since)


def translate_juel(text: str) -> str | None:
    """The FEEL text of a Camunda expression `${…}`, None when the text is not one.

    Only what FEEL writes in another way is translated: operators and single quotes.
    """
    match = _JUEL.fullmatch(text)
    if match is None or "{" in match["body"]:
        return None

    def replace(found: re.Match[str]) -> str:
        token = found[0]
        if token.startswith("'"):
            return '"' + token[1:-1] + '"'
        return _JUEL_WORDS.get(token, token if token.startswith('"') else "not ")

    return _JUEL_TOKENS.sub(replace, match["body"]).strip()


def foreign_value(text: str) -> str:
    """A foreign text in our notation: `${x}` becomes `= x`, the rest is literal."""
    translated = translate_juel(text)
    return text if translated is None else f"= {translated}"


def _own_attributes(element: Any) -> tuple[dict[str, str], list[str]]:
    known: dict[str, str] = {}
    unknown: list[str] = []
    loops = [child for child in element if local_name(child) == "multiInstanceLoopCharacteristics"]
    for holder in (element, *loops):
        for key, text in holder.attrib.items():
            namespace, _, name = key[1:].partition("}") if key.startswith("{") else ("", "", key)
            if namespace == ZR:
                if name in ATTRIBUTES:
                    known[name] = text
                else:
                    unknown.append(name)
    return known, unknown


def _camunda_attributes(element: Any) -> Iterator[tuple[str, str]]:
    loops = [child for child in element if local_name(child) == "multiInstanceLoopCharacteristics"]
    for holder in (element, *loops):
        found = {
            key.rpartition("}")[2]: text
            for key, text in holder.attrib.items()
            if key.startswith(f"{{{CAMUNDA}}}")
        }
        yield from _camunda_meaning(found)


def _camunda_meaning(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("formKey", "resultVariable", "elementVariable", "decisionRef"):
        if name in found:
            yield name, found[name]
    for name, ours in (("assignee", "assignee"), ("dueDate", "due"), ("priority", "priority")):
        if name in found:
            yield ours, foreign_value(found[name])
    if "collection" in found:
        text = foreign_value(found["collection"])
        yield "collection", text if text.startswith("=") else f"= {text}"
    delegate = found.get("topic") or translate_juel(found.get("delegateExpression", ""))
    if delegate:
        yield "delegate", delegate
    groups = [f"group:{name.strip()}" for name in found.get("candidateGroups", "").split(",") if name.strip()]
    users = [f"user:{name.strip()}" for name in found.get("candidateUsers", "").split(",") if name.strip()]
    if groups or users:
        yield "candidates", " ".join(groups + users)


def _spiff_attributes(element: Any) -> Iterator[tuple[str, str]]:
    for child in _extensions(element):
        if namespace_of(child) != SPIFF:
            continue
        kind = local_name(child)
        if kind == "calledDecisionId" and child.text:
            yield "decisionRef", child.text.strip()
        elif kind == "serviceTaskOperator" and child.get("id"):
            yield "delegate", child.get("id")
            if child.get("resultVariable"):
                yield "resultVariable", child.get("resultVariable")
        elif kind == "properties":
            for item in child:
                if item.get("name") == "formJsonSchemaFilename" and item.get("value"):
                    yield "formKey", item.get("value").removesuffix(".json")


def _extensions(element: Any) -> Iterator[Any]:
    for holder in element.findall(BPMN_EXTENSIONS):
        yield from (child for child in holder if isinstance(child.tag, str))


def _pairs(children: list[Any]) -> Iterator[tuple[str, str, str]]:
    """(kind, target, text) of each parameter, in, out and prefill, whatever its vocabulary."""
    for child in children:
        kind, namespace = local_name(child), namespace_of(child)
        if namespace == ZR and kind in PAIRS:
            target, source = (
                child.get("target") or child.get("name"),
                child.get("source") or child.get("value"),
            )
            if target and source is not None:
                yield kind, target, source
        elif namespace == CAMUNDA and kind in ("in", "out") and child.get("target"):
            source = child.get("source")
            text = f"= {source}" if source else foreign_value(child.get("sourceExpression") or "= null")
            yield kind, child.get("target"), text
        elif namespace == CAMUNDA and kind == "inputOutput":
            for item in child:
                if local_name(item) == "inputParameter" and item.get("name"):
                    yield "parameter", item.get("name"), foreign_value(item.text or "")
        elif namespace == SPIFF and kind == "serviceTaskOperator":
            for item in child.iter(f"{{{SPIFF}}}parameter"):
                yield "parameter", item.get("id") or "", f"= {item.get('value') or 'null'}"
