"""Which column a box stands in: cycles are broken, then each box comes right of what leads to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from app.engine.layout.scene import Box, Kind, Link


def forward_links(boxes: Sequence[Box], links: Sequence[Link]) -> tuple[Link, ...]:
    """The sequence links that remain when the back edge of every cycle is left out.

    A depth-first walk from the starts: in a reducible graph, which every block-structured process is,
    the edges it finds to be back edges do not depend on the order of the walk.
    """
    known = {box.id for box in boxes if box.near is None}
    leaving: dict[str, list[Link]] = defaultdict(list)
    entered: set[str] = set()
    for link in links:
        if link.kind is Kind.SEQUENCE and link.source in known and link.target in known:
            leaving[link.source].append(link)
            if link.source != link.target:
                entered.add(link.target)
    starts = [box.id for box in boxes if box.first and box.id not in entered]
    starts += [box.id for box in boxes if box.id in known and box.id not in entered]
    starts += [box.id for box in boxes if box.id in known]
    back = _back_links(starts, leaving)
    return tuple(link for links_of in leaving.values() for link in links_of if link.id not in back)


def _back_links(starts: Iterable[str], leaving: dict[str, list[Link]]) -> set[str]:
    done: set[str] = set()
    back: set[str] = set()
    for start in starts:
        if start in done:
            continue
        open_nodes = {start}
        stack = [(start, iter(leaving[start]))]
        while stack:
            node, rest = stack[-1]
            link = next(rest, None)
            if link is None:
                stack.pop()
                open_nodes.discard(node)
                done.add(node)
            elif link.target in open_nodes:
                back.add(link.id)
            elif link.target not in done:
                open_nodes.add(link.target)
                stack.append((link.target, iter(leaving[link.target])))
    return back


def assign_columns(
    boxes: Sequence[Box], links: Sequence[Link], forward: Sequence[Link], level: frozenset[str]
) -> dict[str, int]:
    """A column for every box in the flow; links named in `level` may stay within one column.

    Longest path from the starts; what no start reaches stands as late as what follows allows.
    """
    ids = [box.id for box in boxes if box.near is None]
    widths = {box.id: box.span for box in boxes}
    spans = [(link.source, link.target, 0 if link.id in level else widths[link.source]) for link in forward]
    spans += _message_spans(ids, spans, links)
    order = topological(ids, spans)
    column = dict.fromkeys(ids, 0)
    leaving: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for source, target, step in spans:
        leaving[source].append((target, step))
    for node in order:
        for target, step in leaving[node]:
            column[target] = max(column[target], column[node] + step)
    early = _reached([box.id for box in boxes if box.first][:1] or order[:1], leaving)
    for node in reversed(order):
        if node not in early and leaving[node]:
            column[node] = max(column[node], min(column[target] - step for target, step in leaving[node]))
    return column


def topological(ids: Sequence[str], spans: Sequence[tuple[str, str, int]]) -> list[str]:
    """The ids so that every span's source comes before its target; file order among equals."""
    waiting = dict.fromkeys(ids, 0)
    leaving: dict[str, list[str]] = defaultdict(list)
    for source, target, _step in spans:
        waiting[target] += 1
        leaving[source].append(target)
    ready = [node for node in ids if not waiting[node]]
    order: list[str] = []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for target in leaving[node]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return order


def _message_spans(
    ids: Sequence[str], spans: Sequence[tuple[str, str, int]], links: Sequence[Link]
) -> list[tuple[str, str, int]]:
    """Message flows pull their receiver at least as far right as their sender, unless that makes a cycle."""
    known = set(ids)
    leaving: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for source, target, step in spans:
        leaving[source].append((target, step))
    added: list[tuple[str, str, int]] = []
    for link in links:
        if link.kind is not Kind.MESSAGE or link.source not in known or link.target not in known:
            continue
        if link.source not in _reached([link.target], leaving):
            added.append((link.source, link.target, 0))
            leaving[link.source].append((link.target, 0))
    return added


def _reached(starts: Iterable[str], leaving: dict[str, list[tuple[str, int]]]) -> set[str]:
    seen = set(starts)
    stack = list(seen)
    while stack:
        for target, _step in leaving[stack.pop()]:
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen
