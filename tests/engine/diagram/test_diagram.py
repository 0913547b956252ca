"""The SVG renderer: everything is drawn, named, escaped and styled by class."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.engine.diagram import DIAGRAM_CSS, ElementState, render_svg
from app.engine.diagram.symbols import EVENT_SIGNS
from app.engine.layout import layout
from app.engine.xml import parse_xml, qname
from tests.engine.diagrams import diagram
from tests.engine.layout.random_diagrams import HEAD, random_diagram

SVG = "http://www.w3.org/2000/svg"
TAIL = "</bpmn:definitions>"

KINDS = {
    "message": "messageEventDefinition", "timer": "timerEventDefinition", "signal": "signalEventDefinition",
    "error": "errorEventDefinition", "escalation": "escalationEventDefinition", "link": "linkEventDefinition",
    "conditional": "conditionalEventDefinition", "compensate": "compensateEventDefinition",
    "cancel": "cancelEventDefinition", "terminate": "terminateEventDefinition",
}  # fmt: skip


def one(body: str) -> bytes:
    return (HEAD + f'<bpmn:process id="p" name="受理">{body}</bpmn:process>' + TAIL).encode()


def draw(xml: bytes, **more: Any) -> Any:
    return parse_xml(render_svg(xml, **more).encode())


def group(svg: Any, element_id: str) -> Any:
    return next(item for item in svg.iter(qname(SVG, "g")) if item.get("data-element-id") == element_id)


def title(svg: Any, element_id: str) -> str:
    return group(svg, element_id).findtext(qname(SVG, "title"))


@pytest.mark.parametrize("seed", range(6))
def test_every_element_is_drawn_once_with_a_title(seed: int) -> None:
    xml = random_diagram(seed, depth=2)
    svg = draw(xml)
    ids = [item.get("data-element-id") for item in svg.iter(qname(SVG, "g")) if item.get("data-element-id")]
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(rb'<bpmn:(?!definitions|process|laneSet)\w+ id="(\w+)"', xml))
    assert {key.decode() for key in wanted} <= set(ids)
    assert all(title(svg, key) for key in ids)


def test_no_style_attributes_and_no_scripts() -> None:
    text = render_svg(random_diagram(1, depth=2))
    assert " style=" not in text
    assert "<style" not in text
    assert "<script" not in text
    assert not re.search(r"\son\w+=", text)


def test_every_class_that_is_drawn_has_a_rule() -> None:
    states = {
        f"n{i}": ElementState(status, 3, "综合处") for i, status in enumerate(("done", "active", "failed"))
    }
    text = "".join(render_svg(random_diagram(seed, depth=2), states) for seed in range(4))
    used = {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}
    ruled = set(re.findall(r"\.([a-z][\w-]*)", DIAGRAM_CSS))
    assert {name for name in used - ruled if not name.startswith("bpmn-")} == set()


def test_picture_holds_everything_it_shows() -> None:
    svg = draw(random_diagram(3, depth=2))
    left, top, width, height = (float(value) for value in svg.get("viewBox").split())
    for item in svg.iter(qname(SVG, "rect")):
        x, y = float(item.get("x")), float(item.get("y"))
        assert left <= x
        assert top <= y
        assert x + float(item.get("width")) <= left + width
        assert y + float(item.get("height")) <= top + height


def test_accessible_name_and_summary() -> None:
    xml = one('<bpmn:userTask id="a" name="审查"/><bpmn:userTask id="b" name="审批"/>')
    svg = draw(xml, states={"a": ElementState("done"), "b": ElementState("active")})
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "受理"
    assert svg.findtext(qname(SVG, "desc")) == "共 2 个环节；已完成：审查；进行中：审批"
    assert draw(xml, title="案件流程").get("aria-label") == "案件流程"
    assert draw(xml, language="en").findtext(qname(SVG, "desc")) == "2 steps"


def test_states_are_class_sign_count_and_words() -> None:
    xml = one('<bpmn:userTask id="a" name="打分"/>')
    svg = draw(xml, states={"a": ElementState("waiting", 3, "评审专家 · 2 天")})
    assert "is-waiting" in group(svg, "a").get("class")
    assert title(svg, "a") == "人工任务：打分（等待中，×3，评审专家 · 2 天）"
    badges = next(item for item in svg.iter(qname(SVG, "g")) if item.get("class") == "bpmn-state")
    text = "".join(badges.itertext())
    assert "×3" in text
    assert "评审专家 · 2 天" in text
    assert [item.get("class") for item in badges.iter(qname(SVG, "circle"))] == ["badge badge-waiting"]
    english = draw(xml, states={"a": ElementState("failed")}, language="en")
    assert title(english, "a") == "user task: 打分 (failed)"


def test_flows_that_were_taken_are_marked() -> None:
    xml = one(
        '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>'
    )
    assert "is-done" in group(draw(xml, states={"f": ElementState("done")}), "f").get("class")


def test_names_are_escaped() -> None:
    name = "&lt;script&gt;alert('x')&lt;/script&gt; &amp; &quot;甲&quot;"
    xml = one(f'<bpmn:userTask id="a" name="{name}"/><bpmn:startEvent id="s" name="{name}"/>')
    hostile = {"a": ElementState("active", 2, '"><script>x</script>')}
    text = render_svg(xml, hostile, title='"><script>')
    assert "<script" not in text
    parse_xml(text.encode())


def test_control_characters_do_not_break_the_picture() -> None:
    xml = one('<bpmn:userTask id="a" name="甲"/>')
    parse_xml(render_svg(xml, {"a": ElementState("done", 1, "a\x00b\x1b")}, title="\x01").encode())


def test_standalone_file_has_its_rules_inside_without_variables() -> None:
    svg = draw(one('<bpmn:userTask id="a"/>'), embed_css=True)
    rules = svg.findtext(qname(SVG, "style"))
    assert ".shape" in rules
    assert "var(" not in rules


@pytest.mark.parametrize("kind", KINDS)
def test_event_signs(kind: str) -> None:
    definition = f"<bpmn:{KINDS[kind]}/>"
    xml = one(
        f'<bpmn:intermediateThrowEvent id="t">{definition}</bpmn:intermediateThrowEvent>'
        f'<bpmn:intermediateCatchEvent id="c">{definition}</bpmn:intermediateCatchEvent>'
    )
    svg = draw(xml)
    data = EVENT_SIGNS[kind][0][1]
    for key in ("t", "c"):
        assert data in [item.get("d") for item in group(svg, key).iter(qname(SVG, "path"))]
    filled = next(group(svg, "t").iter(qname(SVG, "path"))).get("class")
    assert filled == ("open" if kind in ("timer", "conditional") else "solid")


def test_multiple_and_non_interrupting_events() -> None:
    xml = one(
        '<bpmn:task id="a"/><bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="false">'
        "<bpmn:timerEventDefinition/><bpmn:signalEventDefinition/></bpmn:boundaryEvent>"
    )
    event = group(draw(xml), "b")
    assert [item.get("class") for item in event.iter(qname(SVG, "circle"))] == [
        "shape gapped",
        "shape gapped",
    ]
    assert EVENT_SIGNS["multiple"][0][1] in [item.get("d") for item in event.iter(qname(SVG, "path"))]


@pytest.mark.parametrize(
    ("element", "signs"),
    [
        ('<bpmn:userTask id="a"/>', 1),
        ('<bpmn:task id="a"/>', 0),
        ('<bpmn:callActivity id="a"/>', 1),
        ('<bpmn:userTask id="a"><bpmn:multiInstanceLoopCharacteristics/></bpmn:userTask>', 2),
        ('<bpmn:task id="a" isForCompensation="true"><bpmn:standardLoopCharacteristics/></bpmn:task>', 2),
        ('<bpmn:adHocSubProcess id="a"/>', 2),
        ('<bpmn:exclusiveGateway id="a"/>', 1),
        ('<bpmn:eventBasedGateway id="a"/>', 1),
    ],
)
def test_icons_and_markers(element: str, signs: int) -> None:
    drawn = group(draw(one(element)), "a")
    assert len(drawn.findall(qname(SVG, "g"))) == signs


def test_artifacts_pools_and_lines() -> None:
    xml = (
        HEAD
        + '<bpmn:collaboration id="c"><bpmn:participant id="x" name="银行"/><bpmn:participant id="y" name="知识产权局"'
        ' processRef="p"/><bpmn:messageFlow id="m" name="回执" sourceRef="t" targetRef="x"/></bpmn:collaboration>'
        '<bpmn:process id="p"><bpmn:sendTask id="t"/><bpmn:textAnnotation id="n"><bpmn:text>说明</bpmn:text>'
        '</bpmn:textAnnotation><bpmn:association id="as" sourceRef="t" targetRef="n"/>'
        '<bpmn:dataObjectReference id="o" name="申报书"/><bpmn:dataStoreReference id="db" name="台账"/></bpmn:process>'
        + TAIL
    ).encode()
    svg = draw(xml)
    assert "dashed" in group(svg, "m").find(qname(SVG, "path")).get("class")
    assert "dotted" in group(svg, "as").find(qname(SVG, "path")).get("class")
    texts = "".join(svg.itertext())
    for word in ("银行", "回执", "说明", "申报书", "台账"):
        assert word in texts
    upright = [item.text for item in group(svg, "y").iter(qname(SVG, "tspan"))]
    assert upright == list("知识产权局")


def test_file_without_a_diagram_is_laid_out_first() -> None:
    xml = random_diagram(4, depth=1)
    assert render_svg(xml) == render_svg(layout(xml))


def test_plane_of_a_process_can_be_chosen() -> None:
    xml = layout(
        (
            HEAD + '<bpmn:process id="p" name="甲"><bpmn:task id="a"/></bpmn:process>'
            '<bpmn:process id="q" name="乙"><bpmn:task id="b"/></bpmn:process>' + TAIL
        ).encode()
    )
    assert draw(xml, process_id="q").get("aria-label") == "乙"
    assert draw(xml, process_id="unknown").get("aria-label") == "流程图"


@pytest.mark.parametrize("body", ["", '<bpmn:process id="p"/>', '<bpmn:collaboration id="c"/>'])
def test_empty_files_give_an_empty_picture(body: str) -> None:
    assert parse_xml(render_svg((HEAD + body + TAIL).encode()).encode()).get("role") == "img"


@pytest.mark.parametrize("number", ["nan", "inf", "", "1e300", "x"])
def test_shapes_without_usable_bounds_are_left_out(number: str) -> None:
    xml = layout(one('<bpmn:userTask id="a"/><bpmn:userTask id="b"/>')).decode()
    broken = re.sub(r'(<dc:Bounds x=")\d+', rf"\g<1>{number}", xml, count=1).encode()
    text = render_svg(broken)
    assert 'data-element-id="a"' not in text
    assert 'data-element-id="b"' in text


def test_long_names_are_fitted_and_kept_whole_in_the_title() -> None:
    name = "知识产权质押融资风险补偿资金申请材料完整性与合规性审查" * 3
    xml = layout(one('<bpmn:userTask id="a" name="审查"/>')).decode().replace("审查", name).encode()
    svg = draw(xml)
    assert title(svg, "a") == f"人工任务：{name}"
    for item in group(svg, "a").iter(qname(SVG, "tspan")):
        assert len(item.text) <= 10


def test_in_english_elements_are_called_as_their_author_calls_them() -> None:
    xml = diagram(
        '<startEvent id="s" name="开始" zr:nameEn="Begin"/><endEvent id="e" name="结束"/>',
        "s -> e",
        attributes='zr:nameEn="Process"',
    )
    english = render_svg(xml, language="en")
    assert "Begin" in english
    assert "结束" in english, "what has no English name keeps its own"
    assert "开始" not in english
    assert "开始" in render_svg(xml)
