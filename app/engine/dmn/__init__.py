"""Decision models: DMN 1.1 to 1.5 XML to decisions that can be evaluated, with a trace."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.engine.dmn.elements import Decision, InputData, Knowledge, Service
from app.engine.dmn.errors import DmnError, DmnInvalid, DmnNotFound
from app.engine.dmn.model import DecisionModel
from app.engine.dmn.reading import read_model
from app.engine.dmn.tables import DecisionTable, InputClause, OutputClause, Rule
from app.engine.dmn.trace import DecisionResult, DecisionTrace, InputValue, RowHit

__all__ = [
    "Decision",
    "DecisionModel",
    "DecisionResult",
    "DecisionTable",
    "DecisionTrace",
    "DmnError",
    "DmnInvalid",
    "DmnNotFound",
    "InputClause",
    "InputData",
    "InputValue",
    "Knowledge",
    "OutputClause",
    "RowHit",
    "Rule",
    "Service",
    "parse_decisions",
]

_NONE: Mapping[str, bytes] = MappingProxyType({})


def parse_decisions(xml: bytes, imports: Mapping[str, bytes] = _NONE) -> DecisionModel:
    """The decision model; `imports` holds other models by namespace or file name.

    Raises DmnInvalid with every problem and the id of its element.
    """
    model, problems = read_model(xml, imports)
    if problems:
        raise DmnInvalid(problems)
    return model
