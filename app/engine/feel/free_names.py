"""Which names a text needs from outside, for linting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from app.engine.feel import nodes as n


@dataclass
class FreeNames:
    """`variables` are surely free, `entries` may be entries of a filtered element, `calls` are functions.

    `members` are the first steps of paths: `a.b.c` reads member `b` of the free name `a`.
    """

    variables: set[str] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    members: set[tuple[str, str]] = field(default_factory=set)


def _children(value: Any) -> Iterator[n.Node]:
    if isinstance(value, n.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _children(item)


def children(node: n.Node) -> Iterator[n.Node]:
    """The nodes directly inside a node."""
    for part in fields(node):
        yield from _children(getattr(node, part.name))


def mentions(node: n.Node, name: str) -> bool:
    """Whether the name occurs anywhere inside the node."""
    if isinstance(node, n.Name):
        return node.name == name
    return any(mentions(child, name) for child in children(node))


class _Walk:
    def __init__(self) -> None:
        self.found = FreeNames()

    def visit(self, node: n.Node, bound: frozenset[str], filtered: bool) -> None:
        visitor = _VISITORS.get(type(node))
        if visitor is not None:
            visitor(self, node, bound, filtered)
            return
        for child in children(node):
            self.visit(child, bound, filtered)

    def name(self, node: n.Name, bound: frozenset[str], filtered: bool) -> None:
        if node.name not in bound and node.name != "?":
            (self.found.entries if filtered else self.found.variables).add(node.name)

    def path(self, node: n.Path, bound: frozenset[str], filtered: bool) -> None:
        source = node.source
        if isinstance(source, n.Name) and source.name not in bound and not filtered:
            self.found.members.add((source.name, node.name))
        self.visit(source, bound, filtered)

    def call(self, node: n.Call, bound: frozenset[str], filtered: bool) -> None:
        if isinstance(node.function, n.Name):
            if node.function.name not in bound:
                self.found.calls.add(node.function.name)
        else:
            self.visit(node.function, bound, filtered)
        for argument in node.arguments:
            self.visit(argument, bound, filtered)

    def filter(self, node: n.Filter, bound: frozenset[str], filtered: bool) -> None:
        self.visit(node.source, bound, filtered)
        self.visit(node.condition, bound | {"item"}, True)

    def context(self, node: n.ContextNode, bound: frozenset[str], filtered: bool) -> None:
        for key, value in node.entries:
            self.visit(value, bound, filtered)
            bound |= {key}

    def loop(self, node: n.For | n.Quantified, bound: frozenset[str], filtered: bool) -> None:
        for iterator in node.iterators:
            self.visit(iterator.domain, bound, filtered)
            if iterator.end is not None:
                self.visit(iterator.end, bound, filtered)
            bound |= {iterator.name}
        if isinstance(node, n.For):
            self.visit(node.body, bound | {"partial"}, filtered)
        else:
            self.visit(node.condition, bound, filtered)

    def function(self, node: n.FunctionNode, bound: frozenset[str], filtered: bool) -> None:
        self.visit(node.body, bound | {name for name, _ in node.parameters}, filtered)


_VISITORS: dict[type[n.Node], Callable[[_Walk, Any, frozenset[str], bool], None]] = {
    n.Name: _Walk.name,
    n.Path: _Walk.path,
    n.Call: _Walk.call,
    n.Filter: _Walk.filter,
    n.ContextNode: _Walk.context,
    n.For: _Walk.loop,
    n.Quantified: _Walk.loop,
    n.FunctionNode: _Walk.function,
}


def find_free_names(node: n.Node) -> FreeNames:
    """The names in the tree that nothing inside it binds."""
    walk = _Walk()
    walk.visit(node, frozenset(), False)
    return walk.found
