"""The layouter: clean pictures for any block-structured process, and nothing changed but the picture."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from app.engine.graph import read_collaboration
from app.engine.layout import Quality, layout, layout_quality
from app.engine.layout.__main__ import main
from app.engine.xml import BPMN, BPMNDI, DC, DI, bpmn, parse_xml, qname
from tests.engine.layout.random_diagrams import HEAD, random_diagram

TAIL = "</bpmn:definitions>"


def defects(quality: Quality) -> tuple[int, ...]:
    return (
        quality.node_overlaps,
        quality.edge_node_crossings,
        quality.nodes_outside_lane,
        quality.missing,
    )


def semantics(data: bytes) -> bytes:
    """The file without its diagram and without the collaboration that lanes call for."""
    root = parse_xml(data)
    for child in [*root.findall(qname(BPMNDI, "BPMNDiagram")), *root.findall(bpmn("collaboration"))]:
        before = child.getprevious()
        if before is not None:
            before.tail = "\n"
        root.remove(child)
    for child in root:
        child.tail = "\n"
    root.text = "\n"
    etree.cleanup_namespaces(root, keep_ns_prefixes=["zr", "bpmn"])
    return etree.tostring(root, method="c14n")


def shapes(data: bytes) -> dict[str, dict[str, float]]:
    found = {}
    for shape in parse_xml(data).iter(qname(BPMNDI, "BPMNShape")):
        bounds = shape.find(qname(DC, "Bounds"))
        found[shape.get("bpmnElement")] = {key: float(value) for key, value in bounds.attrib.items()}
    return found


@pytest.mark.parametrize("seed", range(24))
def test_random_processes_are_drawn_cleanly(seed: int) -> None:
    data = random_diagram(seed, depth=2, lanes=seed % 4)
    drawn = layout(data)
    assert defects(layout_quality(drawn)) == (0, 0, 0, 0)
    assert semantics(drawn) == semantics(data)


@pytest.mark.parametrize("seed", [10, 11])
def test_large_processes_are_drawn_cleanly(seed: int) -> None:
    """Seventy and ninety nodes; with three boundary events on one task, lines must not come in between them."""
    assert defects(layout_quality(layout(random_diagram(seed, depth=3, lanes=seed % 4)))) == (0, 0, 0, 0)


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_layout_is_deterministic_and_stable(seed: int) -> None:
    data = random_diagram(seed, depth=2)
    drawn = layout(data)
    assert layout(data) == drawn
    assert layout(drawn) == drawn


def test_flow_runs_from_left_to_right_within_the_lane() -> None:
    data = (
        HEAD + '<bpmn:process id="p"><bpmn:startEvent id="s"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="1" sourceRef="s" targetRef="a"/>'
        '<bpmn:sequenceFlow id="2" sourceRef="a" targetRef="b"/><bpmn:sequenceFlow id="3" sourceRef="b" targetRef="e"/>'
        "</bpmn:process>" + TAIL
    ).encode()
    at = shapes(layout(data))
    assert at["s"]["x"] < at["a"]["x"] < at["b"]["x"] < at["e"]["x"]
    assert {rect["y"] + rect["height"] / 2 for rect in at.values()} == {at["a"]["y"] + 40}
    assert (at["a"]["width"], at["a"]["height"], at["s"]["width"]) == (100, 80, 36)


def test_lanes_get_a_pool_and_stand_below_each_other() -> None:
    drawn = layout(random_diagram(5, depth=2, lanes=3))
    model = read_collaboration(drawn)
    assert [pool.process_id for pool in model.pools] == ["p"]
    at = shapes(drawn)
    pool, lanes = at[model.pools[0].id], [at[f"lane{index}"] for index in range(3)]
    assert [lane["x"] for lane in lanes] == [pool["x"] + 30] * 3
    assert lanes[0]["y"] == pool["y"]
    for upper, lower in pairwise(lanes):
        assert upper["y"] + upper["height"] == lower["y"]
    assert lanes[2]["y"] + lanes[2]["height"] == pool["y"] + pool["height"]


def test_without_lanes_no_collaboration_is_invented() -> None:
    assert read_collaboration(layout(random_diagram(5, depth=2, lanes=0))).pools == ()


def test_nested_lanes_lie_inside_each_other() -> None:
    data = (
        HEAD
        + '<bpmn:process id="p"><bpmn:laneSet id="ls"><bpmn:lane id="out" name="局"><bpmn:childLaneSet id="c">'
        '<bpmn:lane id="in1" name="处"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>'
        '<bpmn:lane id="in2" name="科"><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet></bpmn:lane>'
        '<bpmn:lane id="other"/></bpmn:laneSet><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        '<bpmn:sequenceFlow id="f" sourceRef="a" targetRef="b"/></bpmn:process>' + TAIL
    ).encode()
    drawn = layout(data)
    at = shapes(drawn)
    assert at["in1"]["x"] == at["out"]["x"] + 30
    assert at["in1"]["height"] + at["in2"]["height"] == at["out"]["height"]
    assert defects(layout_quality(drawn)) == (0, 0, 0, 0)


def test_boundary_events_sit_on_the_lower_border_of_their_host() -> None:
    drawn = layout(random_diagram(2, depth=3))
    at = shapes(drawn)
    events = [
        node for process in read_collaboration(drawn).processes for node in process.nodes if node.attached_to
    ]
    assert events
    for event in events:
        host, own = at[event.attached_to or ""], at[event.id]
        assert own["y"] + 18 == host["y"] + host["height"]
        assert host["x"] - 1 <= own["x"]
        assert own["x"] + 36 <= host["x"] + host["width"] + 1


SUB = (
    '<bpmn:process id="p"><bpmn:startEvent id="s"/><bpmn:subProcess id="sub"><bpmn:startEvent id="is"/>'
    '<bpmn:userTask id="it"/><bpmn:sequenceFlow id="if" sourceRef="is" targetRef="it"/></bpmn:subProcess>'
    '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="sub"/></bpmn:process>'
)


def test_expanded_sub_process_holds_its_content() -> None:
    at = shapes(layout((HEAD + SUB + TAIL).encode()))
    for key in ("is", "it"):
        assert at["sub"]["x"] < at[key]["x"]
        assert at[key]["y"] + at[key]["height"] < at["sub"]["y"] + at["sub"]["height"]


def test_collapsed_sub_process_stays_collapsed_and_gets_its_own_plane() -> None:
    di = (
        f'<d:BPMNDiagram xmlns:d="{BPMNDI}" id="D"><d:BPMNPlane id="P" bpmnElement="p">'
        '<d:BPMNShape id="X" bpmnElement="sub" isExpanded="false"/></d:BPMNPlane></d:BPMNDiagram>'
    )
    drawn = layout((HEAD + SUB + di + TAIL).encode())
    at = shapes(drawn)
    assert (at["sub"]["width"], at["sub"]["height"]) == (100, 80)
    planes = [plane.get("bpmnElement") for plane in parse_xml(drawn).iter(qname(BPMNDI, "BPMNPlane"))]
    assert planes == ["p", "sub"]
    assert 'id="X"' in drawn.decode()


COLLABORATION = (
    '<bpmn:collaboration id="c"><bpmn:participant id="office" name="受理机关" processRef="p"/>'
    '<bpmn:participant id="bank" name="银行"/><bpmn:participant id="firm" name="企业" processRef="q"/>'
    '<bpmn:messageFlow id="m1" sourceRef="a" targetRef="bank"/><bpmn:messageFlow id="m2" sourceRef="bank" targetRef="b"/>'
    '<bpmn:messageFlow id="m3" sourceRef="a" targetRef="b"/><bpmn:messageFlow id="m4" sourceRef="firm" targetRef="a"/>'
    '</bpmn:collaboration><bpmn:process id="p"><bpmn:sendTask id="a"/></bpmn:process>'
    '<bpmn:process id="q"><bpmn:receiveTask id="b"/></bpmn:process>'
)


def test_several_pools_with_message_flows() -> None:
    drawn = layout((HEAD + COLLABORATION + TAIL).encode())
    at = shapes(drawn)
    assert at["office"]["y"] < at["bank"]["y"] < at["firm"]["y"]
    edges = [edge.get("bpmnElement") for edge in parse_xml(drawn).iter(qname(BPMNDI, "BPMNEdge"))]
    assert sorted(edges) == ["m1", "m2", "m3", "m4"]


ARTIFACTS = (
    '<bpmn:process id="p"><bpmn:startEvent id="s"/><bpmn:userTask id="t" name="审查">'
    '<bpmn:dataInputAssociation id="di"><bpmn:sourceRef>data</bpmn:sourceRef></bpmn:dataInputAssociation></bpmn:userTask>'
    '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/><bpmn:dataObjectReference id="data" name="申报书"/>'
    '<bpmn:textAnnotation id="note"><bpmn:text>自受理之日起二十个工作日内作出决定，法定节假日顺延。</bpmn:text></bpmn:textAnnotation>'
    '<bpmn:textAnnotation id="note2"><bpmn:text>材料齐全</bpmn:text></bpmn:textAnnotation>'
    '<bpmn:association id="as" sourceRef="t" targetRef="note"/><bpmn:association id="as2" sourceRef="f" targetRef="note2"/>'
    '<bpmn:group id="g"/><bpmn:association id="as3" sourceRef="g" targetRef="note"/></bpmn:process>'
)


def test_annotations_and_data_stay_near() -> None:
    drawn = layout((HEAD + ARTIFACTS + TAIL).encode())
    at = shapes(drawn)
    task = at["t"]
    for key in ("note", "data"):
        assert abs(at[key]["x"] - task["x"]) < 400
    edges = {edge.get("bpmnElement") for edge in parse_xml(drawn).iter(qname(BPMNDI, "BPMNEdge"))}
    assert edges == {"f", "di", "as", "as2"}


def test_group_is_drawn_around_what_it_held_before() -> None:
    drawn = layout((HEAD + ARTIFACTS + TAIL).encode())
    task = shapes(drawn)["t"]
    root = parse_xml(drawn)
    plane = next(root.iter(qname(BPMNDI, "BPMNPlane")))
    shape = etree.SubElement(plane, qname(BPMNDI, "BPMNShape"), bpmnElement="g", id="g_di")
    bounds = {"x": task["x"] - 5, "y": task["y"] - 5, "width": 110, "height": 90}
    etree.SubElement(shape, qname(DC, "Bounds"), {key: str(value) for key, value in bounds.items()})
    at = shapes(layout(etree.tostring(root)))
    assert at["g"]["x"] < at["t"]["x"]
    assert at["g"]["x"] + at["g"]["width"] > at["t"]["x"] + 100


def test_colours_and_ids_of_the_old_diagram_are_kept() -> None:
    data = (
        HEAD + '<bpmn:process id="p"><bpmn:userTask id="a"/></bpmn:process>'
        f'<d:BPMNDiagram xmlns:d="{BPMNDI}" xmlns:c="http://www.omg.org/spec/BPMN/non-normative/color/1.0" id="D">'
        '<d:BPMNPlane id="P" bpmnElement="p"><d:BPMNShape id="mine" bpmnElement="a" c:background-color="#ff0000"/>'
        "</d:BPMNPlane></d:BPMNDiagram>" + TAIL
    ).encode()
    text = layout(data).decode()
    assert 'id="mine"' in text
    assert 'background-color="#ff0000"' in text
    assert 'id="D"' in text


def test_default_namespace_and_comments_survive() -> None:
    data = (
        f'<?xml version="1.0"?>\n<!-- 来源 -->\n<definitions xmlns="{BPMN}" id="d">\n'
        '  <process id="p"><!-- 说明 --><task id="a"/></process>\n</definitions>'
    ).encode()
    text = layout(data).decode()
    assert "<!-- 来源 -->" in text
    assert "<!-- 说明 -->" in text
    assert "<task id" in text


@pytest.mark.parametrize(
    "body",
    [
        "",
        '<bpmn:process id="p"/>',
        '<bpmn:process id="p"><bpmn:userTask id="a"/><bpmn:sequenceFlow id="f" sourceRef="a" targetRef="a"/></bpmn:process>',
        '<bpmn:process id="p"><bpmn:userTask id="a"/><bpmn:sequenceFlow id="f" sourceRef="a" targetRef="no"/></bpmn:process>',
        '<bpmn:process id="p"><bpmn:boundaryEvent id="b" attachedToRef="none"/></bpmn:process>',
        '<bpmn:process id="p"><bpmn:subProcess id="s"/></bpmn:process>',
        '<bpmn:process id="p"><bpmn:endEvent id="e"/><bpmn:boundaryEvent id="b" attachedToRef="e"/><bpmn:task id="t"/>'
        '<bpmn:sequenceFlow id="f" sourceRef="b" targetRef="t"/></bpmn:process>',
        '<bpmn:collaboration id="c"><bpmn:participant id="x"/></bpmn:collaboration>',
        '<bpmn:collaboration id="c"/><bpmn:process id="p"><bpmn:laneSet id="l"><bpmn:lane id="k"/></bpmn:laneSet></bpmn:process>',
        '<bpmn:process id="p"><bpmn:laneSet id="l"><bpmn:lane id="k"/></bpmn:laneSet><bpmn:task id="t"/></bpmn:process>',
    ],
)
def test_odd_files_are_drawn_without_complaint(body: str) -> None:
    drawn = layout((HEAD + body + TAIL).encode())
    assert layout(drawn) == drawn
    assert layout_quality(drawn).node_overlaps == 0


def test_hundred_nodes() -> None:
    tasks = "".join(f'<bpmn:userTask id="t{i}"/>' for i in range(100))
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{i}" sourceRef="t{i}" targetRef="t{i + 1}"/>' for i in range(99)
    )
    back = "".join(
        f'<bpmn:sequenceFlow id="b{i}" sourceRef="t{i}" targetRef="t{i - 7}"/>' for i in range(9, 99, 9)
    )
    drawn = layout((HEAD + f'<bpmn:process id="p">{tasks}{flows}{back}</bpmn:process>' + TAIL).encode())
    assert defects(layout_quality(drawn)) == (0, 0, 0, 0)


def test_waypoints_are_whole_numbers_at_right_angles() -> None:
    root = parse_xml(layout(random_diagram(9, depth=2)))
    for edge in root.iter(qname(BPMNDI, "BPMNEdge")):
        points = [(int(p.get("x")), int(p.get("y"))) for p in edge.findall(qname(DI, "waypoint"))]
        assert len(points) >= 2
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == x2 or y1 == y2


def test_files_are_rewritten_in_place(tmp_path: Path) -> None:
    path = tmp_path / "p.bpmn"
    path.write_bytes(random_diagram(1, depth=1))
    assert main([str(path)]) == 0
    assert layout_quality(path.read_bytes()).missing == 0
    stamp = path.stat().st_mtime_ns
    assert main([str(path)]) == 0
    assert path.stat().st_mtime_ns == stamp
    assert main([]) == 2


MIWG = os.environ.get("ZHIRONG_BPMN_MIWG", "")


@pytest.mark.skipif(not MIWG, reason="ZHIRONG_BPMN_MIWG names no folder with the BPMN MIWG test suite")
def test_reference_models_of_the_interchange_working_group() -> None:
    for path in sorted(Path(MIWG).glob("Reference/*.bpmn")):
        quality = layout_quality(layout(path.read_bytes()))
        assert (quality.node_overlaps, quality.edge_node_crossings) == (0, 0), path.name
