"""Proof that a process can always end properly, or the shortest run in which it does not."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.graph import SUB_PROCESSES, Node, Process, read_collaboration
from app.engine.soundness.findings import Finding, Kind, RunStep, SoundnessReport
from app.engine.soundness.net import Net, TooManyBranches
from app.engine.soundness.reduction import fuse
from app.engine.soundness.search import Exploration, explore
from app.engine.soundness.translation import Level, translate
from app.engine.soundness.verdict import judge

__all__ = ["Finding", "Kind", "RunStep", "SoundnessReport", "prove"]

EXACT_MARKINGS = 4_000
MAX_MARKINGS = 100_000


def prove(xml: bytes | Process, *, max_markings: int = MAX_MARKINGS) -> SoundnessReport:
    """A report about every process of a BPMN file, each embedded sub-process on its own.

    Soundness in the sense of workflow nets (van der Aalst 1998), played with the token rules of BPMN 2.0.2
    §13: from every reachable state the end can be reached, no flow ever holds two tokens, and every element
    can be reached. Conditions on data are ignored: each branch counts as possible. Not modelled:
    compensation, the effect of event sub-processes on what is around them, messages between pools.
    Raises XmlRefused.
    """
    processes = (xml,) if isinstance(xml, Process) else read_collaboration(xml).processes
    findings = tuple(finding for process in processes for finding in _prove_process(process, max_markings))
    return SoundnessReport(findings)


def _prove_process(process: Process, limit: int) -> Iterator[Finding]:
    outcomes: dict[str, frozenset[str]] = {}
    for scope in [*_sub_processes(process), None]:
        if scope is not None and scope.type == "adHocSubProcess":
            continue
        scope_id = scope.id if scope is not None else None
        level = Level(process, scope_id, outcomes)
        reached: set[str] = set()
        try:
            for net in translate(level):
                exploration, net_found = _prove_net(net, limit)
                reached |= exploration.outcomes
                yield from net_found
        except TooManyBranches as error:
            yield Finding("too_large", process.id, (error.element_id,))
            reached |= {"completed", "error", "escalation", "cancel"}
        if scope_id is not None:
            outcomes[scope_id] = frozenset(reached)


def _sub_processes(process: Process) -> list[Node]:
    """All embedded sub-processes, inner ones first, because outer ones ask how they can end."""

    def depth(node: Node) -> int:
        parent = process.by_id.get(node.parent_id or "")
        return 0 if parent is None else 1 + depth(parent)

    return sorted((node for node in process.nodes if node.type in SUB_PROCESSES), key=depth, reverse=True)


def _prove_net(net: Net, limit: int) -> tuple[Exploration, list[Finding]]:
    """Exactly when that is small; otherwise with places fused, which keeps the verdict."""
    exploration = explore(net, min(EXACT_MARKINGS, limit))
    if exploration.is_complete:
        return exploration, judge(net, exploration)
    reduced = fuse(net)
    exploration = explore(reduced, limit)
    return exploration, judge(reduced, exploration)
