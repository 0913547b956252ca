"""The proof of one process: its sub-processes first, because what is around asks how they can end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.engine.graph import SUB_PROCESSES, Node, Process, read_collaboration
from app.engine.soundness.endings import caught_inside, raised
from app.engine.soundness.findings import Finding, SoundnessReport
from app.engine.soundness.net import Choices, Ending, Net, TooManyBranches
from app.engine.soundness.reduction import fuse
from app.engine.soundness.search import Exploration, explore
from app.engine.soundness.translation import Level, translate
from app.engine.soundness.verdict import judge, judge_crowds

EXACT_MARKINGS = 4_000
MAX_MARKINGS = 100_000
MAX_STEPS = 2_000
ANYTHING = frozenset({"completed", "cancel", "error:", "escalation:"})
NO_CALLS: Mapping[str, Ending] = {}
NO_CHOICES = Choices()


def prove(
    xml: bytes | Process,
    *,
    called: Mapping[str, Ending] = NO_CALLS,
    choices: Choices = NO_CHOICES,
    max_markings: int = MAX_MARKINGS,
) -> SoundnessReport:
    """A report about every process of a BPMN file, with its embedded sub-processes.

    Soundness in the sense of workflow nets (van der Aalst 1998), played with the token rules of BPMN 2.0.2
    §13: from every reachable state the end can be reached, no flow ever holds two tokens, no end event is
    reached twice, and every element can be reached. `called` tells how called processes can end (any other
    may end in every way); `choices` what the values of the conditions rule out, else each branch counts as
    possible. Not modelled: compensation, the moment at which an event sub-process interrupts what is around
    it, messages between pools. Raises XmlRefused.
    """
    processes = (xml,) if isinstance(xml, Process) else read_collaboration(xml).processes
    proofs = [prove_process(process, called, choices, max_markings) for process in processes]
    return SoundnessReport(tuple(finding for proof in proofs for finding in proof.findings))


@dataclass(slots=True)
class ProcessProof:
    """What was found in one process, and how it can end as its callers see it."""

    findings: list[Finding] = field(default_factory=list)
    ending: Ending = field(default_factory=lambda: Ending(ANYTHING))


def prove_process(
    process: Process, called: Mapping[str, Ending], choices: Choices, limit: int
) -> ProcessProof:
    """The proof of one process."""
    proof = ProcessProof()
    calls = ((node.id, node.called_element or "") for node in process.nodes if node.type == "callActivity")
    endings = {node_id: called[key] for node_id, key in calls if key in called}
    for scope in [*_sub_processes(process), None]:
        if scope is not None and scope.type == "adHocSubProcess":
            continue
        scope_id = scope.id if scope is not None else None
        level = Level(process, scope_id, endings, frozenset(choices.closed))
        outcomes = set(_prove_level(proof, level, choices, limit)) | _handled(process, scope_id, endings)
        ending = Ending(frozenset(outcomes), raised(process, scope_id, called))
        if scope is None:
            proof.ending = ending
        else:
            endings[scope.id] = ending
    proof.findings += _never_taken(process, choices)
    return proof


def _prove_level(proof: ProcessProof, level: Level, choices: Choices, limit: int) -> Iterator[str]:
    """Adds the findings about a level; gives its outcomes."""
    try:
        for net in translate(level):
            exploration, found = _prove_net(net, choices, limit)
            proof.findings += found
            yield from exploration.outcomes
            if not exploration.is_complete:
                yield from ANYTHING
    except TooManyBranches as error:
        note = f"> {error.bound} × {error.bound}"
        proof.findings.append(Finding("too_large", level.process.id, (error.element_id,), note=note))
        yield from ANYTHING


def _handled(process: Process, scope_id: str | None, endings: Mapping[str, Ending]) -> set[str]:
    """What the event sub-processes of a level throw is thrown by the level."""
    handlers = (node.id for node in process.children(scope_id) if node.triggered_by_event)
    found = {outcome for key in handlers if key in endings for outcome in endings[key].outcomes}
    return {outcome for outcome in found if not caught_inside(process, scope_id, outcome)}


def _sub_processes(process: Process) -> list[Node]:
    """All embedded sub-processes, inner ones first."""

    def depth(node: Node) -> int:
        parent = process.by_id.get(node.parent_id or "")
        return 0 if parent is None else 1 + depth(parent)

    return sorted((node for node in process.nodes if node.type in SUB_PROCESSES), key=depth, reverse=True)


def _prove_net(net: Net, choices: Choices, limit: int) -> tuple[Exploration, list[Finding]]:
    """Exactly when that is small; otherwise with places fused, which keeps the verdict."""
    if len(net.steps) > MAX_STEPS:
        finding = Finding("too_large", net.process_id, (), note=f"> {MAX_STEPS}")
        return Exploration(is_complete=False), [finding]
    exploration = explore(net, min(EXACT_MARKINGS, limit))
    judged = net
    if not exploration.is_complete:
        judged = fuse(net)
        exploration = explore(judged, limit)
    findings = judge(judged, exploration, choices, limit)
    return exploration, [*(judge_crowds(net, findings) if exploration.clashes else ()), *findings]


def _never_taken(process: Process, choices: Choices) -> Iterator[Finding]:
    for flow in process.flows:
        if flow.id in choices.closed:
            yield Finding("never_taken", process.id, (flow.id,), note=choices.closed[flow.id])
