"""From the states that were seen to findings with runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.engine.soundness.findings import Finding, RunStep
from app.engine.soundness.net import END, Choices, Net, Place, Step
from app.engine.soundness.search import Exploration, Marking, Run, play_on

CROWDED_MARKINGS = 2_000


def judge(net: Net, seen: Exploration, choices: Choices, limit: int) -> list[Finding]:
    """All findings about one net; of several ways to the same fault the shortest is shown."""
    if not seen.is_complete:
        return [Finding("too_large", net.process_id, (), note=f"> {limit}")]
    faults = [*_deadlocks(net, seen), *_clashes(net, seen), *_livelocks(net, seen)]
    dead = [
        node_id
        for node_id in sorted(net.expected)
        if node_id not in seen.acted and (node_id in net.unreachable or not faults)
    ]
    return [
        *faults,
        *_repeated_ends(net, seen),
        *_gaps(net, seen, choices),
        *(Finding("dead", net.process_id, (node_id,)) for node_id in dead),
    ]


def judge_crowds(net: Net, known: Iterable[Finding]) -> Iterator[Finding]:
    """What follows where a place holds several tokens: they pile up without end, or get stuck after all."""
    crowd = play_on(net, CROWDED_MARKINGS)
    if crowd.growth is not None:
        last = crowd.growth[-1][1]
        places = {place for place, count in last if count > 1} or {place for place, _ in last}
        yield Finding("unbounded", net.process_id, _where(net, places), _crowded_run(crowd.growth))
    told = {finding.element_ids for finding in known if finding.kind == "deadlock"}
    for run in crowd.stuck:
        where = _where(net, (place for place, _ in run[-1][1]))
        if where not in told:
            told.add(where)
            yield Finding("deadlock", net.process_id, where, _crowded_run(run))


def _crowded_run(run: Run) -> tuple[RunStep, ...]:
    return tuple(shown for step, tokens in run for shown in _shown(step, (place for place, _ in tokens)))


def _repeated_ends(net: Net, seen: Exploration) -> Iterator[Finding]:
    found: set[str] = set()
    for marking, step in seen.repeated:
        if step.node_id not in found:
            found.add(step.node_id)
            run = (*_run(seen, marking), *_shown(step, marking - step.take))
            yield Finding("improper", net.process_id, (step.node_id,), run)


def _gaps(net: Net, seen: Exploration, choices: Choices) -> Iterator[Finding]:
    for node_id, note in choices.gaps.items():
        if node_id in seen.acted:
            marking, step = seen.acted[node_id]
            run = (*_run(seen, marking), *_shown(step, marking or ()))
            yield Finding("uncovered", net.process_id, (node_id,), run, note)


def _deadlocks(net: Net, seen: Exploration) -> list[Finding]:
    found: dict[tuple[str, ...], Finding] = {}
    for marking in seen.stuck:
        where = _where(net, marking)
        if where not in found:
            found[where] = Finding("deadlock", net.process_id, where, _run(seen, marking))
    return list(found.values())


def _clashes(net: Net, seen: Exploration) -> list[Finding]:
    found: dict[str, Finding] = {}
    for marking, step, place in seen.clashes:
        if step.node_id not in found:
            run = (*_run(seen, marking), *_shown(step, (*(marking or ()), place)))
            found[step.node_id] = Finding("unsynchronised", net.process_id, (step.node_id,), run)
    return list(found.values())


def _livelocks(net: Net, seen: Exploration) -> list[Finding]:
    """States from which neither the end nor another fault can be reached any more."""
    good = (
        set(seen.final)
        | set(seen.stuck)
        | {marking for marking, _s, _p in seen.clashes if marking is not None}
    )
    stack = list(good)
    while stack:
        for marking in seen.before[stack.pop()]:
            if marking not in good:
                good.add(marking)
                stack.append(marking)
    trapped = [marking for marking in seen.came if marking not in good]
    if not trapped:
        return []
    where = sorted({node_id for marking in trapped for node_id in _where(net, marking)})
    return [Finding("livelock", net.process_id, tuple(where), _run(seen, trapped[0]))]


def _where(net: Net, marking: Iterable[Place]) -> tuple[str, ...]:
    """The elements at which tokens wait."""
    return tuple(
        sorted(
            {
                net.waits_at.get(place, place.strip("@!").removeprefix("start:"))
                for place in marking
                if not place.startswith(END)
            }
        )
    )


def _run(seen: Exploration, marking: Marking | None) -> tuple[RunStep, ...]:
    """A shortest run to a marking."""
    steps: list[tuple[RunStep, ...]] = []
    while marking is not None:
        before, step = seen.came[marking]
        steps.append(_shown(step, marking))
        marking = before
    return tuple(item for shown in reversed(steps) for item in shown)


def _shown(step: Step, marking: Iterable[Place]) -> tuple[RunStep, ...]:
    """A step as the reader sees it; elements folded into it follow with the same tokens."""
    tokens = tuple(sorted({_token(place) for place in marking if not place.startswith(END)}))
    return tuple(RunStep(node_id, tokens) for node_id in (step.node_id, *step.also))


def _token(place: Place) -> str:
    """The drawn element on which a token of this place is shown."""
    for prefix in ("link:", "start:"):
        if place.startswith(prefix):
            return place.removeprefix(prefix)
    return place.strip("@!")
