"""Item definitions as FEEL types (DMN 1.5, 7.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app.engine.dmn.xml import attribute, child, children, text_of, type_ref
from app.engine.feel.errors import FeelSyntaxError
from app.engine.feel.expressions import UnaryTests, compile_unary_tests
from app.engine.feel.frames import RootFrame
from app.engine.feel.names import KnownNames
from app.engine.feel.parser import Parser
from app.engine.feel.scope import Run
from app.engine.feel.types import (
    ANY,
    SIMPLE_TYPES,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    Mismatch,
    resolve_type,
)

MAX_DEPTH = 30
Problem = Callable[[etree._Element, str], None]


@dataclass(frozen=True, slots=True)
class AllowedType(FeelType):
    """A type whose values must pass tests."""

    base: FeelType
    tests: UnaryTests

    def accepts(self, value: Any) -> bool:
        return self.base.accepts(value)

    def permits(self, value: Any, run: Run) -> bool:
        if value is None or not self.base.permits(value, run):
            return value is None
        return self.tests.run(RootFrame({}, run), value) is True

    def coerce(self, value: Any, run: Run) -> Any:
        found = self.base.coerce(value, run)
        if not self.permits(found, run):
            raise Mismatch("the value is not an allowed one")
        return found

    def is_list(self) -> bool:
        return self.base.is_list()

    def conforms_to(self, other: FeelType) -> bool:
        return self.base.conforms_to(other)


class TypeTable(Mapping[str, FeelType]):
    """The types of a model by name, built when first used; `foreign` finds those of imported models."""

    def __init__(
        self, root: etree._Element, problem: Problem, foreign: Callable[[str], FeelType | None]
    ) -> None:
        self._elements = {
            name: item for item in children(root, "itemDefinition") if (name := attribute(item, "name"))
        }
        self._problem = problem
        self._foreign = foreign
        self._types: dict[str, FeelType] = {}
        self._foreign_types: dict[str, FeelType | None] = {}
        self._open: list[str] = []

    def __getitem__(self, name: str) -> FeelType:
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._elements)

    def __len__(self) -> int:
        return len(self._elements)

    def __bool__(self) -> bool:
        return True

    def component_names(self) -> Iterator[str]:
        """The names of all components of all types: what may stand after a dot."""
        for item in self._elements.values():
            for component in item.iter("{*}itemComponent"):
                if name := attribute(component, "name"):
                    yield name

    def find(self, name: str) -> FeelType | None:
        """The type a name stands for; None for an unknown one."""
        if name in self._types:
            return self._types[name]
        if name not in self._elements:
            if name not in self._foreign_types:
                self._foreign_types[name] = self._foreign(name)
            return self._foreign_types[name]
        if name in self._open or len(self._open) > MAX_DEPTH:
            # A type that contains itself is checked down to here.
            return ANY
        self._open.append(name)
        built = self._build(self._elements[name])
        self._open.pop()
        self._types[name] = built
        return built

    def resolve(self, reference: str | None, element: etree._Element) -> FeelType | None:
        """The type a `typeRef` means, None for none and for `Any`; an unknown one is a problem."""
        if reference is None:
            return None
        found = self.find(reference) or self._feel_type(reference)
        if found is None:
            self._problem(element, f"type {reference} is unknown")
        return None if found is ANY else found

    def _feel_type(self, reference: str) -> FeelType | None:
        prefix, _, local = reference.partition(":")
        if "<" not in reference:
            if local:
                return self.find(local) or SIMPLE_TYPES.get(local)
            return SIMPLE_TYPES.get(prefix.removeprefix("feel."))
        try:
            parser = Parser(reference, KnownNames(self._elements))
            node = parser.type()
            parser.finish()
        except FeelSyntaxError:
            return None
        return resolve_type(node, self)

    def _build(self, element: etree._Element) -> FeelType:
        base = self._base(element)
        base = self._restricted(base, element, "allowedValues")
        if attribute(element, "isCollection") == "true":
            base = ListType("list", base)
        return self._restricted(base, element, "typeConstraint")

    def _base(self, element: etree._Element) -> FeelType:
        components = list(children(element, "itemComponent"))
        if components:
            entries = tuple((attribute(part, "name") or "", self._build(part)) for part in components)
            return ContextType("context", entries)
        function = child(element, "functionItem")
        if function is not None:
            parameters = tuple(
                self.resolve(type_ref(part), part) or ANY for part in children(function, "parameters")
            )
            result = self.resolve(attribute(function, "outputTypeRef"), function) or ANY
            return FunctionType("function", parameters, result)
        return self.resolve(type_ref(element), element) or ANY

    def _restricted(self, base: FeelType, element: etree._Element, tag: str) -> FeelType:
        text = (text_of(child(element, tag), "text") or "").strip()
        if not text:
            return base
        try:
            return AllowedType(base.name, base, compile_unary_tests(text))
        except FeelSyntaxError as error:
            self._problem(element, f"{tag}: {error}")
            return base
