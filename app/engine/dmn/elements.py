"""The parts of a decision model after reading: decisions, knowledge, services and what they require."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.dmn.tables import DecisionTable
from app.engine.feel.compiler import Code
from app.engine.feel.types import FeelType
from app.engine.feel.values import Parameter

if TYPE_CHECKING:
    from app.engine.dmn.model import DecisionModel


@dataclass(frozen=True)
class Reference:
    """A requirement: an element of this model, or of the imported model with that namespace."""

    element_id: str
    source: Import | None = None


@dataclass(frozen=True)
class InputData:
    id: str
    name: str
    type: FeelType | None


@dataclass(frozen=True)
class Decision:
    """A decision; `table` is set when its logic is a decision table.

    Without logic (`code` is None) its value is given from outside like input data.
    """

    id: str
    name: str
    table: DecisionTable | None
    code: Code | None
    type: FeelType | None
    requires: tuple[Reference, ...]
    name_en: str = ""


@dataclass(frozen=True)
class Knowledge:
    """A business knowledge model: a function."""

    id: str
    name: str
    parameters: tuple[Parameter, ...]
    code: Code
    result_type: FeelType | None
    requires: tuple[Reference, ...]
    table: DecisionTable | None = None


@dataclass(frozen=True)
class Service:
    """A decision service: outputs computed from given input data and input decisions."""

    id: str
    name: str
    outputs: tuple[Reference, ...]
    inputs: tuple[Reference, ...]
    type: FeelType | None


Element = InputData | Decision | Knowledge | Service


@dataclass(frozen=True)
class Import:
    """Another model, known here by a name (empty: its names are used as they are)."""

    name: str
    model: DecisionModel
