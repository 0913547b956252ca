"""Function definitions and invocations as closures (DMN 1.5, 10.3.2.13, 10.3.2.11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.engine.feel import nodes as n
from app.engine.feel.compiler import COMPILERS, Code, Compiler
from app.engine.feel.errors import FeelBudgetError, FeelError
from app.engine.feel.frames import BUILT_INS, Frame
from app.engine.feel.scope import Run
from app.engine.feel.types import Mismatch, resolve_type
from app.engine.feel.values import FeelFunction, Parameter, kind_of


class WrongArguments(ValueError):
    """A function does not take these arguments."""


def _function(compiler: Compiler, node: n.FunctionNode) -> Code:
    body = compiler.compile(node.body)
    place = compiler.place(node)

    def run(frame: Frame) -> Any:
        parameters = tuple(
            Parameter(name, resolve_type(kind, frame.run.types) if kind else None)
            for name, kind in node.parameters
        )

        def call(_: Run, arguments: Sequence[Any]) -> Any:
            if node.external:
                frame.run.warn("external functions are refused", *place)
                return None
            names = {parameter.name: value for parameter, value in zip(parameters, arguments, strict=True)}
            return body(Frame(names, frame))

        return FeelFunction("", parameters, call)

    return run


def _coerced(run: Run, parameter: Parameter, value: Any) -> Any:
    return value if parameter.type is None else parameter.type.coerce(value, run)


def bind(
    run: Run, function: FeelFunction, arguments: Sequence[Any], names: tuple[str, ...] | None
) -> list[Any]:
    """The arguments in the order of the parameters, converted; raises ValueError when they do not fit."""
    parameters = function.parameters
    if names is not None:
        given = dict(zip(names, arguments, strict=True))
        if not given.keys() <= {parameter.name for parameter in parameters}:
            raise WrongArguments("arguments are named differently")
        # What is not named is null (DMN 1.5, 10.3.2.13.5).
        arguments = [given.get(parameter.name) for parameter in parameters]
    elif len(arguments) != len(parameters):
        raise WrongArguments(f"{len(parameters)} arguments expected, {len(arguments)} given")
    return [_coerced(run, parameter, value) for parameter, value in zip(parameters, arguments, strict=True)]


def invoke(
    run: Run, function: FeelFunction, arguments: Sequence[Any], names: tuple[str, ...] | None = None
) -> Any:
    """Call a function; raises ValueError and the like when arguments do not fit, FeelBudgetError."""
    run.step()
    run.hand_over(arguments)
    run.depth -= 1
    if run.depth < 0:
        raise FeelBudgetError("functions call each other too deeply")
    try:
        if function.call_named is not None and names is not None:
            return function.call_named(run, dict(zip(names, arguments, strict=True)))
        if function.variadic:
            return function.call(run, arguments)
        result = function.call(run, bind(run, function, arguments, names))
        return result if function.result_type is None else function.result_type.coerce(result, run)
    finally:
        run.depth += 1


# What a function may raise for arguments it has no result for: null in FEEL.
NO_RESULT = (ValueError, TypeError, ArithmeticError, LookupError, Mismatch)


def _call(compiler: Compiler, node: n.Call) -> Code:
    function, place, names = compiler.compile(node.function), compiler.place(node), node.names
    arguments = [compiler.compile(argument) for argument in node.arguments]
    label = node.function.name if isinstance(node.function, n.Name) else "the function"
    built_in = BUILT_INS.get(label)
    direct = built_in.call_with(len(arguments)) if built_in and built_in.call_with and not names else None

    def run(frame: Frame) -> Any:
        target = function(frame)
        if not isinstance(target, FeelFunction):
            frame.run.warn(f"{label} is {kind_of(target)}, no function", *place)
            return None
        try:
            if direct is not None and target is built_in and frame.run.depth > 0:
                # What goes deeper are functions written in FEEL, which are counted when they are called.
                frame.run.step()
                values = [argument(frame) for argument in arguments]
                frame.run.hand_over(values)
                return direct(frame.run, values)
            return invoke(frame.run, target, [argument(frame) for argument in arguments], names)
        except FeelError:
            raise
        except NO_RESULT as error:
            frame.run.warn(f"{label}: {error}", *place)
            return None

    return run


COMPILERS.update({n.FunctionNode: _function, n.Call: _call})
