"""The prover: hand-made faults with their runs, and random nets against a second reading of the rules."""

from __future__ import annotations

import contextlib

import pytest

from app.engine.graph import Flow, Node, Process
from app.engine.soundness import proof, prove
from tests.engine.layout.random_diagrams import random_diagram
from tests.engine.soundness.nets import boundary, process, random_process
from tests.engine.soundness.reference import Game, TooLarge, Verdict, judge

SOUND = {
    "sequence": "s t1 t2 e",
    "choice": "s x1 t1 x2 e; x1 t2 x2",
    "loop": "s t1 x1 e; x1 t1",
    "parallel": "s a1 t1 a2 e; a1 t2 a2",
    "parallel to two ends": "s a1 t1 e1; a1 t2 e2",
    "inclusive": "s o1 t1 o2 e; o1 t2 o2; o1 t3 o2",
    "inclusive in a loop": "s x0 o1 t1 o2 x1 e; o1 t2 o2; x1 x0",
    "parallel in a loop": "s x0 a1 t1 a2 x1 e; a1 t2 a2; x1 x0",
    "two starts": "s1 t1 e; s2 t2 e",
    "events": "s g1 c1 t1 e; g1 c2 t2 e",
    "implicit end": "s t1",
    "no start event": "t1 t2 e",
    "two beginnings without a start event": "t1 a1 e; t2 a1",
}
UNSOUND = {
    "xor split, and join": ("s x1 t1 a1 e; x1 t2 a1", "deadlock", ("a1",)),
    "and split, xor join": ("s a1 t1 x1 t3 e; a1 t2 x1", "unsynchronised", ("x1",)),
    "and split, implicit join": ("s a1 t1 t3 e; a1 t2 t3", "unsynchronised", ("t3",)),
    "endless loop": ("s t1 x1 t2 x1 ; t9 e", "livelock", ("x1",)),
    "and join fed by a loop": ("s t1 a1 t2 x1 e; x1 a1", "deadlock", ("a1",)),
    "two tokens to one end": ("s a1 t1 e; a1 t2 e", "improper", ("e",)),
    "fork in a loop": ("s x0 t1 a1 t2 x1 e; x1 x0; a1 x0", "unbounded", ("t1",)),
    "unreachable": ("s t1 e; t8 t9 e9; t9 t8", "dead", ("t8",)),
}


@pytest.mark.parametrize("paths", SOUND.values(), ids=SOUND.keys())
def test_sound_processes(paths: str) -> None:
    assert prove(process(paths)).findings == ()


@pytest.mark.parametrize(("paths", "kind", "elements"), UNSOUND.values(), ids=UNSOUND.keys())
def test_faults_are_found_where_they_are(paths: str, kind: str, elements: tuple[str, ...]) -> None:
    findings = [finding for finding in prove(process(paths)).findings if finding.kind == kind]
    assert set(elements) <= {element for finding in findings for element in finding.element_ids}
    assert all(finding.process_id == "p" for finding in findings)


def test_shortest_run_can_be_played() -> None:
    (finding,) = prove(process("s t0 x1 t1 a1 e; x1 t2 a1; x1 t4 t5 t6 a1")).findings[:1]
    assert [step.element_id for step in finding.run] == ["s", "t0", "t0", "x1", "t1", "t1"]
    assert finding.run[0].tokens == ("s>t0#0",)
    assert finding.run[1].tokens == ("t0",)
    assert finding.run[-1].tokens == ("t1>a1#3",)


def test_message_names_the_elements_in_both_languages() -> None:
    (finding, *_) = prove(process("s x1 t1 a1 e; x1 t2 a1")).findings
    assert "死锁" in finding.message_zh
    assert "a1" in finding.message_zh
    assert "deadlock" in finding.message_en
    assert str(finding).startswith("error: p#a1 [deadlock] ")
    assert str(finding).endswith("; by way of s → x1 → t1 → t1")
    assert "；经过：s → x1 → t1 → t1" in str(finding)


def test_interrupting_boundary_event_is_an_alternative() -> None:
    assert prove(process("s t1 x1 e; b x1", [boundary("b", "t1")])).sound
    report = prove(process("s a1 t1 a2 e; a1 t2 a2; b e2", [boundary("b", "t1")]))
    assert [finding.kind for finding in report.findings] == ["deadlock"]


def test_side_branch_of_a_non_interrupting_event_may_run_beside_a_loop() -> None:
    reminder = boundary("b", "t1", interrupting=False)
    assert prove(process("s t1 x1 e; x1 t1; b t2 e2", [reminder])).sound


def test_fault_inside_a_side_branch_is_found() -> None:
    reminder = boundary("b", "t1", interrupting=False)
    report = prove(process("s t1 e; b x1 t2 a1 e2; x1 t3 a1", [reminder]))
    assert [finding.kind for finding in report.findings] == ["deadlock"]
    assert report.findings[0].run[0].element_id == "b"


def test_non_interrupting_branch_that_joins_again_doubles_the_token() -> None:
    reminder = boundary("b", "t1", interrupting=False)
    report = prove(process("s t1 x1 t2 e; b x1", [reminder]))
    assert {finding.kind for finding in report.findings} == {"unsynchronised", "improper"}


def test_terminate_ends_everything() -> None:
    stop = Node("e9", "endEvent", "", event_kinds=("terminate",))
    assert prove(process("s a1 t1 x1 t3 e; a1 t2 e9", [stop])).sound


def sub_process(inner: str, outer: str, extra: tuple[Node, ...] = (), end: Node | None = None) -> Process:
    """The inner paths inside the sub-process `p1` of the outer paths."""
    inside = process(inner, [end] if end else [])
    around = process(outer, extra)
    nodes = [Node(n.id, n.type, n.name, event_kinds=n.event_kinds, parent_id="p1") for n in inside.nodes]
    flows = [Flow(f"in:{f.id}", f.source, f.target, parent_id="p1") for f in inside.flows]
    return Process("p", "", (*around.nodes, *nodes), (*around.flows, *flows))


def test_sub_process_is_proved_by_itself() -> None:
    report = prove(sub_process("s9 x9 t8 a9 e9; x9 t9 a9", "s p1 e"))
    assert [finding.kind for finding in report.findings if "a9" in finding.element_ids] == ["deadlock"]


def test_sub_process_that_always_fails_never_goes_on() -> None:
    failing = Node("e9", "endEvent", "", event_kinds=("error",))
    report = prove(sub_process("s9 t9 e9", "s p1 t1 e; b e2", (boundary("b", "p1", kind="error"),), failing))
    assert [(finding.kind, finding.element_ids) for finding in report.findings] == [
        ("dead", ("e",)),
        ("dead", ("t1",)),
    ]


def test_error_event_needs_something_that_fails_inside() -> None:
    report = prove(sub_process("s9 c9 e9", "s p1 e; b e2", (boundary("b", "p1", kind="error"),)))
    assert [finding.element_ids for finding in report.findings] == [("b",), ("e2",)]
    assert prove(sub_process("s9 r9 e9", "s p1 e; b e2", (boundary("b", "p1", kind="error"),))).sound


def test_escalation_leaves_the_sub_process_running() -> None:
    throw = Node("e9", "endEvent", "", event_kinds=("escalation",))
    event = boundary("b", "p1", kind="escalation", interrupting=False)
    assert prove(sub_process("s9 t9 e9", "s p1 e; b e2", (event,), throw)).sound


def test_conditional_flows_of_an_activity_are_alternatives() -> None:
    paths = process("s t1; t2 x1 e; t3 x1")
    flows = (
        Flow("c", "t1", "t2", condition="amount > 5"),
        Flow("d", "t1", "t3", is_default=True),
    )
    assert prove(Process("p", "", paths.nodes, (*paths.flows, *flows))).sound


def test_link_events_are_one_flow() -> None:
    throw = Node("l1", "intermediateThrowEvent", "", event_kinds=("link",), link="A")
    catch = Node("l2", "intermediateCatchEvent", "", event_kinds=("link",), link="A")
    assert prove(process("s t1 l1; l2 t2 e", [throw, catch])).sound


def test_compensation_is_left_out() -> None:
    event = boundary("b", "t1", kind="compensate")
    handler = Node("t9", "userTask", "", for_compensation=True)
    assert prove(process("s t1 e", [event, handler])).sound


def test_too_large_is_said_and_not_guessed() -> None:
    paths = ";".join(f"s a1 t{i} x{i} e{i}; x{i} t{i}; b{i} t{i}" for i in range(12))
    hosts = [boundary(f"b{i}", f"t{i}") for i in range(12)]
    report = prove(process(paths, hosts), max_markings=500)
    assert [(finding.kind, finding.severity) for finding in report.findings] == [("too_large", "warning")]
    assert (report.sound, report.verdict) == (False, "NOT PROVED")
    wide = "s o1;" + ";".join(f"o1 t{i} o2" for i in range(12)) + ";o2 e"
    assert [finding.kind for finding in prove(process(wide)).findings] == ["too_large"]


def test_wide_parallel_blocks_are_proved_by_fusion() -> None:
    paths = ";".join(
        f"s a1 t{i}a t{i}b t{i}c t{i}d a2 e" if i == 0 else f"a1 t{i}a t{i}b t{i}c t{i}d a2" for i in range(9)
    )
    assert prove(process(paths)).sound


@pytest.mark.parametrize("seed", range(40))
def test_block_structured_diagrams_are_sound(seed: int) -> None:
    assert prove(random_diagram(seed, depth=3, lanes=0)).findings == ()


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("structured", [False, True])
def test_random_nets_get_the_verdict_of_the_reference(inclusive: bool, structured: bool) -> None:
    kinds = []
    for seed in range(150):
        net = random_process(seed, inclusive=inclusive, structured=structured)
        with contextlib.suppress(TooLarge):
            expected = judge(net, 3_000)
            compare(net, expected, inclusive=inclusive)
            kinds.append(bool(expected.kinds))
    assert len(kinds) > 130
    assert 20 < sum(kinds) < len(kinds)


def compare(net: Process, expected: Verdict, *, inclusive: bool) -> None:
    """The prover says what the reference says; growth across inclusive joins it may leave unsaid."""
    findings = prove(net).findings
    unsaid = {"dead", "unbounded"} if inclusive else {"dead"}
    found = {finding.kind for finding in findings} - unsaid
    assert found == expected.kinds - unsaid, net
    if expected.kinds <= {"improper"}:
        assert {f.element_ids[0] for f in findings if f.kind == "dead"} == expected.dead, net


def main_fault(net: Process) -> set[str]:
    """Behind a doubled token nothing is followed further, so what else is found there may differ."""
    kinds = {finding.kind for finding in prove(net).findings}
    return {"unsynchronised"} if "unsynchronised" in kinds else set(kinds)


def test_fusion_keeps_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    nets = [random_process(seed, inclusive=seed % 2 == 0, structured=True) for seed in range(300)]
    exact = [main_fault(net) for net in nets]
    monkeypatch.setattr(proof, "EXACT_MARKINGS", 0)
    assert [main_fault(net) for net in nets] == exact


def test_every_run_is_a_run_of_the_reference() -> None:
    """Each step of a counter-example must be a step that the second reading of the rules allows too."""
    for seed in range(100):
        net = random_process(seed, inclusive=seed % 2 == 0, structured=True)
        game = Game(net, dict(net.by_id), {}, [], 3_000)
        try:
            game.play([])
        except TooLarge:
            continue
        states = {frozenset(place.removeprefix("@") for place, _ in tokens) for tokens, _ in game.seen}
        for finding in prove(net).findings:
            for step in finding.run if finding.kind != "unbounded" else ():
                assert frozenset(step.tokens) in states
