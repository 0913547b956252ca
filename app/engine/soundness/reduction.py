"""Series fusion: a place whose only way out is one plain step disappears, and with it most of the states."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from app.engine.soundness.net import END, Net, Place, Step


def fuse(net: Net) -> Net:
    """A smaller net with the same verdict; steps remember the elements folded into them.

    Safe because the removed step can act whenever its place holds a token: a second token in the fused
    place means that a second token could reach the following place as well.
    """
    steps, first = list(net.steps), list(net.first)
    while True:
        steps = _merge_equal(steps)
        hit = _fusible(steps)
        if hit is None:
            return replace(net, steps=tuple(steps), first=tuple(first))
        place, target, folded = next(iter(hit.take)), hit.put[0], (hit.node_id, *hit.also)
        steps = [_redirect(step, place, target, folded) for step in steps if step is not hit]
        first = [_redirect(step, place, target, folded) for step in first]


def _merge_equal(steps: list[Step]) -> list[Step]:
    """Steps that do the same count once; the elements of both are kept."""
    known: dict[tuple[object, ...], Step] = {}
    for step in steps:
        key = (step.take, tuple(sorted(step.put)), step.clears, step.waits, step.outcome)
        same = known.get(key)
        if same is None:
            known[key] = step
        else:
            extra = tuple(
                item for item in (step.node_id, *step.also) if item not in (same.node_id, *same.also)
            )
            known[key] = replace(same, also=same.also + extra)
    return list(known.values())


def _fusible(steps: list[Step]) -> Step | None:
    users: dict[Place, list[Step]] = defaultdict(list)
    for step in steps:
        for place in step.take | step.waits:
            users[place].append(step)
    for step in steps:
        if len(step.take) != 1 or len(step.put) != 1 or step.waits or step.clears or step.outcome:
            continue
        (place,) = step.take
        # The trace of an end event is no token: what comes to it twice must still be seen before it.
        if step.put[0].startswith(END):
            continue
        if len(users[place]) == 1 and step.put[0] != place:
            return step
    return None


def _redirect(step: Step, place: Place, target: Place, folded: tuple[str, ...]) -> Step:
    if place not in step.put:
        return step
    put = tuple(target if item == place else item for item in step.put)
    return replace(step, put=put, also=step.also + folded)
