"""Proofs of several processes together: how called processes and sub-processes end, and which values there are."""

from __future__ import annotations

import pytest

from app.engine.bundle import Bundle
from app.engine.soundness import Proofs, SoundnessReport
from app.engine.xml import XmlRefused
from tests.engine.diagrams import diagram, level, script, user

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ROOT = '<error id="E1" errorCode="BAD"/><error id="E2" errorCode="WORSE"/><escalation id="X" escalationCode="LATE"/>'
CALL = '<callActivity id="c" calledElement="q"/>'
HARMLESS = '<startEvent id="s"/><intermediateThrowEvent id="i"/>'


def fails(code: str = "E1") -> str:
    return f'<endEvent id="bad"><errorEventDefinition errorRef="{code}"/></endEvent>'


def caught(code: str, host: str = "c") -> str:
    reference = f' errorRef="{code}"' if code else ""
    return f'<boundaryEvent id="b" attachedToRef="{host}"><errorEventDefinition{reference}/></boundaryEvent><endEvent id="f"/>'


def proved(*files: bytes) -> SoundnessReport:
    return Proofs.of_bundle(Bundle(dict(zip("pqr", files, strict=False)))).report("p")


def kinds(report: SoundnessReport) -> set[tuple[str, str]]:
    return {(finding.kind, finding.element_ids[0]) for finding in report.findings}


def test_what_several_tokens_on_one_flow_lead_to_is_followed() -> None:
    """Where x ends at once, both tokens of m wait at the join for ever; where it goes on, all are joined."""
    gates = "".join(f'<parallelGateway id="{key}"/>' for key in ("f", "k", "j"))
    gates += "".join(f'<exclusiveGateway id="{key}"/>' for key in ("x", "m", "n"))
    xml = diagram(
        ENDS + gates + user("t") + '<endEvent id="z"/>',
        "s -> f -> m -> t -> j -> e\nf -> m\nf -> x -> k [go]\nx => z\nk -> n -> j\nk -> n",
    )
    stuck = [finding for finding in proved(xml).findings if finding.kind == "deadlock"]
    assert [finding.element_ids for finding in stuck] == [("j",)]
    assert stuck[0].path[-3:].count("t") >= 1
    assert "z" in stuck[0].path


def called(elements: str, flows: str) -> bytes:
    return diagram(elements, flows, process="q", root=ROOT)


def test_a_called_process_that_always_fails_never_goes_on() -> None:
    parent = diagram(ENDS + CALL + user("t") + caught("E1"), "s -> c -> t -> e\nb -> f", root=ROOT)
    child = called(HARMLESS + fails(), "s -> i -> bad")
    assert kinds(proved(parent, child)) == {("dead", "t"), ("dead", "e")}
    fine = called(
        HARMLESS + fails() + '<endEvent id="ok"/><exclusiveGateway id="g"/>',
        "s -> i -> g -> bad [n > 1]\ng => ok",
    )
    assert proved(parent, fine).sound


@pytest.mark.parametrize(("code", "is_dead"), [("E1", False), ("", False), ("E2", True)])
def test_only_errors_that_can_come_are_caught(code: str, is_dead: bool) -> None:
    parent = diagram(ENDS + CALL + caught(code), "s -> c -> e\nb -> f", root=ROOT)
    child = called(
        HARMLESS + fails() + '<endEvent id="ok"/><exclusiveGateway id="g"/>',
        "s -> i -> g -> bad [n > 1]\ng => ok",
    )
    assert (("dead", "b") in kinds(proved(parent, child))) is is_dead


def test_a_service_inside_may_raise_any_code() -> None:
    parent = diagram(ENDS + CALL + caught("E2"), "s -> c -> e\nb -> f", root=ROOT)
    child = called(
        '<startEvent id="s"/><endEvent id="e"/><serviceTask id="v" zr:delegate="d"/>', "s -> v -> e"
    )
    assert proved(parent, child).sound
    assert kinds(proved(parent, called(HARMLESS, "s -> i"))) == {("dead", "b"), ("dead", "f")}


def test_errors_pass_through_levels_until_something_takes_them() -> None:
    middle = diagram(ENDS + '<callActivity id="c" calledElement="r"/>', "s -> c -> e", process="q", root=ROOT)
    deep = diagram(HARMLESS + fails(), "s -> i -> bad", process="r", root=ROOT)
    parent = diagram(ENDS + CALL + caught("E1"), "s -> c -> e\nb -> f", root=ROOT)
    assert kinds(proved(parent, middle, deep)) == {("dead", "e")}
    inner = level(
        '<startEvent id="s3"/><intermediateThrowEvent id="i"/><endEvent id="bad"><errorEventDefinition'
        ' errorRef="E1"/></endEvent>',
        "s3 -> i -> bad",
    )
    around = level(
        f'<startEvent id="s2"/><endEvent id="e2"/><subProcess id="u">{inner}</subProcess>', "s2 -> u -> e2"
    )
    outer = diagram(
        ENDS + f'<subProcess id="c">{around}</subProcess>' + caught("E1"), "s -> c -> e\nb -> f", root=ROOT
    )
    assert kinds(proved(outer)) == {("dead", "e"), ("dead", "e2")}


def test_an_event_sub_process_takes_the_error_of_its_level() -> None:
    handler = (
        '<subProcess id="h" triggeredByEvent="true">'
        + level(
            '<startEvent id="hs"><errorEventDefinition errorRef="E1"/></startEvent><endEvent id="he"/>',
            "hs -> he",
        )
        + "</subProcess>"
    )
    parent = diagram(ENDS + CALL + caught("E1"), "s -> c -> e\nb -> f", root=ROOT)
    child = called(HARMLESS + fails() + handler, "s -> i -> bad")
    assert kinds(proved(parent, child)) == {("dead", "b"), ("dead", "f")}


def test_escalations_reach_the_caller_and_stop_nothing() -> None:
    throw = '<intermediateThrowEvent id="x"><escalationEventDefinition escalationRef="X"/></intermediateThrowEvent>'
    event = '<boundaryEvent id="b" attachedToRef="c" cancelActivity="false"><escalationEventDefinition escalationRef="X"/></boundaryEvent><endEvent id="f"/>'
    parent = diagram(ENDS + CALL + event, "s -> c -> e\nb -> f", root=ROOT)
    assert proved(parent, called(ENDS + throw, "s -> x -> e")).sound
    assert ("dead", "b") in kinds(proved(parent, called(ENDS, "s -> e")))


def test_a_process_that_calls_itself_is_proved() -> None:
    again = diagram(
        ENDS + '<callActivity id="c" calledElement="p"/><exclusiveGateway id="g"/>',
        "s -> g -> c [n > 1]\ng => e\nc -> e",
    )
    assert proved(again).sound


def test_files_outside_the_bundle_are_proved_by_themselves() -> None:
    parent = diagram(ENDS + CALL + caught("E1"), "s -> c -> e\nb -> f", root=ROOT)
    proofs = Proofs.of_bundle(Bundle({"q": called(HARMLESS, "s -> i")}))
    assert proofs.file(parent).sound
    with pytest.raises(XmlRefused):
        proofs.file(b"<a>")
    with pytest.raises(KeyError):
        proofs.report("p")


def test_values_rule_out_ways_and_so_elements() -> None:
    gateway = '<exclusiveGateway id="g"/>' + user("t") + user("u")
    xml = diagram(
        ENDS + script("x", 'kind = "a"') + gateway, 's -> x -> g -> t [kind = "b"]\ng => u\nt -> e\nu -> e'
    )
    report = proved(xml)
    assert {(f.kind, f.element_ids) for f in report.findings} == {
        ("dead", ("t",)),
        ("never_taken", ("f_g_t",)),
    }
    assert not report.sound


def test_a_gap_is_shown_with_its_run_and_values() -> None:
    gateway = '<exclusiveGateway id="g"/>' + user("t") + user("u") + user("v")
    choice = script("x", 'kind = "a"') + script("y", 'kind = "c"') + '<exclusiveGateway id="d"/>'
    xml = diagram(
        ENDS + choice + gateway,
        's -> d -> x [n > 1]\nd => y\nx -> v\ny -> v -> g -> t [kind = "a"]\ng -> u [kind = "b"]\nt -> e\nu -> e',
    )
    (gap,) = [finding for finding in proved(xml).findings if finding.kind == "uncovered"]
    assert gap.element_ids == ("g",)
    assert gap.note == 'kind = "c"'
    assert gap.path[-1] == "g"
    assert gap.path[0] == "s"
    assert gap.as_json()["run"] == list(gap.path)
    assert 'kind = "c"' in gap.message_zh


@pytest.mark.parametrize(
    "condition",
    ["today() > d", "some i in l satisfies i", "wd(2) > x", "list[1] = 2", "kind = other", "f(kind)"],
)
def test_other_conditions_are_left_to_chance(condition: str) -> None:
    gateway = '<exclusiveGateway id="g"/>' + user("t") + user("u")
    escaped = condition.replace("<", "&lt;")
    xml = diagram(
        ENDS + script("x", 'kind = "a"') + gateway, f"s -> x -> g -> t [{escaped}]\ng => u\nt -> e\nu -> e"
    )
    assert proved(xml).sound
