"""Service tasks name an operation; this is the register of operations, and of what follows a message.

The operations stand by topic in `app.services.operations`; importing that package registers them all.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.engine.bundle import DelegateSignature, ParameterSpec
from app.engine.environment import Calendar
from app.models.runtime import ProcessInstance
from app.services.context import Context
from app.services.delegate_parameters import Unfit, convert, word
from app.services.numbering import OFFICE_ZONE
from app.services.registers.fingerprint import plain
from app.services.registers.outgoing import Emit
from app.services.settings import Settings

Operation = TypeVar("Operation", bound=Callable[..., Mapping[str, Any] | list[Any] | None])
MessageHandler = Callable[[Context, str, Mapping[str, Any]], None]
EndHandler = Callable[[Context, ProcessInstance], None]


@dataclass(frozen=True)
class DelegateContext:
    """The step in which a service task runs."""

    session: Session
    instance: ProcessInstance
    element_id: str
    now: datetime
    actor_id: int | None
    calendar: Calendar
    emit: Emit
    settings: Settings


class DelegateError(Exception):
    """A business failure: becomes the BPMN error `code`, caught by an error boundary event."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class DelegateParameterInvalid(DelegateError):
    """The diagram gave a parameter that the operation does not accept."""

    def __init__(self, delegate: str, parameter: str, reason: str) -> None:
        super().__init__("PARAMETER_INVALID", f"{delegate}({parameter}): {reason}")
        self.delegate, self.parameter, self.reason = delegate, parameter, reason


class DelegateUnknown(DelegateError):
    """No operation of this name is registered."""

    def __init__(self, name: str) -> None:
        super().__init__("DELEGATE_UNKNOWN", f"no operation is called {name!r}")
        self.name = name


@dataclass(frozen=True)
class _Registered:
    function: Callable[..., Any]
    hints: Mapping[str, Any]
    signature: DelegateSignature


_operations: dict[str, _Registered] = {}
_message_handlers: dict[str, list[MessageHandler]] = {}
_end_handlers: list[EndHandler] = []


def delegate(function: Operation) -> Operation:
    """Register a function under its name. Its keyword-only parameters are what a diagram may give."""
    hints = typing.get_type_hints(function)
    parameters = {
        name: ParameterSpec(word(hints[name]), parameter.default is inspect.Parameter.empty)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    name = function.__name__
    result = "null" if hints["return"] is type(None) else word(hints["return"])
    signature = DelegateSignature(name, parameters, result, inspect.getdoc(function) or "")
    _operations[name] = _Registered(function, hints, signature)
    return function


def on_message(name: str) -> Callable[[MessageHandler], MessageHandler]:
    """Register a function to run, in the sender's transaction, whenever this message is sent."""

    def register(handler: MessageHandler) -> MessageHandler:
        _message_handlers.setdefault(name, []).append(handler)
        return handler

    return register


def handled_messages() -> frozenset[str]:
    """The messages that a register acts upon."""
    return frozenset(_message_handlers)


def on_end(handler: EndHandler) -> EndHandler:
    """Register a function to run when a case ends, in the transaction of its last step."""
    _end_handlers.append(handler)
    return handler


def signatures() -> Mapping[str, DelegateSignature]:
    """Every operation by name: what deployments are checked against."""
    return {name: operation.signature for name, operation in sorted(_operations.items())}


def call(name: str, context: DelegateContext, parameters: Mapping[str, Any]) -> Any:
    """Run an operation; gives its result as plain JSON values, amounts as numbers, instants in office time.

    Raises DelegateUnknown, DelegateParameterInvalid, and DelegateError for a business failure.
    """
    operation = _operations.get(name)
    if operation is None:
        raise DelegateUnknown(name)
    return plain(_values(operation.function(context, **_arguments(operation, parameters))))


def handle_message(context: Context, name: str, key: str, payload: Mapping[str, Any]) -> None:
    """What the registers do when this message is sent."""
    for handler in _message_handlers.get(name, ()):
        handler(context, key, payload)


def instance_ended(context: Context, instance: ProcessInstance) -> None:
    """What the registers do when this case has ended."""
    for handler in _end_handlers:
        handler(context, instance)


def _arguments(operation: _Registered, given: Mapping[str, Any]) -> dict[str, Any]:
    name, parameters = operation.signature.name, operation.signature.parameters
    for parameter in given:
        if parameter not in parameters:
            raise DelegateParameterInvalid(name, parameter, "is not a parameter of this operation")
    arguments = {}
    for parameter, spec in parameters.items():
        value = given.get(parameter)
        if value is None and not spec.required:
            continue  # FEEL's null means: not given
        try:
            arguments[parameter] = convert(value, operation.hints[parameter])
        except Unfit as unfit:
            raise DelegateParameterInvalid(name, parameter, str(unfit)) from None
    return arguments


def _values(value: Any) -> Any:
    """Decimals as JSON numbers and instants in the office's zone, as expressions and letters read them.

    Two decimal places survive as a float up to 10^13 yuan.
    """
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.astimezone(OFFICE_ZONE)
    if isinstance(value, Mapping):
        return {key: _values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_values(item) for item in value]
    return value
