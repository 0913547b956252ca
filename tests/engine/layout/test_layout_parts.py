"""Text measuring, rectangles and the quality measure itself."""

from __future__ import annotations

import pytest

from app.engine.layout import layout_quality
from app.engine.layout.scene import Rect, count_crossings
from app.engine.layout.text import balance, text_width, wrap
from app.engine.xml import BPMN, BPMNDI, DC, DI


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("形式审查", 100, ["形式审查"]),
        ("编制申报通知与参数表", 60, ["编制申报通", "知与参数表"]),
        ("审查（合议）", 40, ["审查", "（合", "议）"]),
        ("受理、补正。", 36, ["受理、", "补正。"]),
        ("Archive original", 60, ["Archive", "original"]),
        ("R07 送达", 100, ["R07 送达"]),
        ("第一\n第二", 100, ["第一", "第二"]),
        ("", 100, []),
    ],
)
def test_wrap(text: str, width: float, lines: list[str]) -> None:
    assert wrap(text, width, 12) == lines


def test_balance_makes_even_lines_without_adding_any() -> None:
    assert wrap("一二三四五六七八九", 96, 12) == ["一二三四五六七八", "九"]
    assert balance("一二三四五六七八九", 96, 12) == ["一二三四五", "六七八九"]


def test_no_line_is_wider_than_asked_for_chinese() -> None:
    text = "自受理之日起二十个工作日内作出决定，法定节假日顺延；逾期未补正的，视为撤回。"
    for width in (48, 60, 84, 200):
        assert all(text_width(line, 12) <= width for line in balance(text, width, 12))
        assert "".join(balance(text, width, 12)) == text


def test_rectangles() -> None:
    rect = Rect(0, 0, 10, 10)
    assert rect.overlaps(Rect(9, 9, 5, 5))
    assert not rect.overlaps(Rect(10, 0, 5, 5))
    assert rect.crosses((-5, 5), (15, 5))
    assert not rect.crosses((-5, 10), (15, 10))
    assert not rect.crosses((-5, 5), (0, 5))
    assert not rect.crosses((11, 0), (20, 10))
    assert rect.crosses((-1, -1), (11, 11))
    assert rect.grown(1).contains(rect)


def test_crossings_are_counted_at_right_angles_only() -> None:
    flat = ((0.0, 5.0), (10.0, 5.0))
    assert count_crossings(flat, ((5.0, 0.0), (5.0, 10.0))) == 1
    assert count_crossings(flat, ((5.0, 5.0), (5.0, 10.0))) == 0
    assert count_crossings(flat, flat) == 0


def diagram(shapes: dict[str, tuple[int, int, int, int]], path: tuple[tuple[int, int], ...]) -> bytes:
    drawn = "".join(
        f'<d:BPMNShape bpmnElement="{key}"><c:Bounds x="{x}" y="{y}" width="{w}" height="{h}"/></d:BPMNShape>'
        for key, (x, y, w, h) in shapes.items()
    )
    points = "".join(f'<i:waypoint x="{x}" y="{y}"/>' for x, y in path)
    return (
        f'<b:definitions xmlns:b="{BPMN}" xmlns:d="{BPMNDI}" xmlns:c="{DC}" xmlns:i="{DI}"><b:process id="p">'
        '<b:laneSet id="ls"><b:lane id="lane"><b:flowNodeRef>a</b:flowNodeRef></b:lane></b:laneSet>'
        '<b:task id="a"/><b:task id="b"/><b:task id="c"/><b:sequenceFlow id="f" sourceRef="a" targetRef="b"/>'
        f'</b:process><d:BPMNDiagram><d:BPMNPlane bpmnElement="p">{drawn}'
        f'<d:BPMNEdge bpmnElement="f">{points}</d:BPMNEdge></d:BPMNPlane></d:BPMNDiagram></b:definitions>'
    ).encode()


GOOD = {"lane": (0, 0, 600, 200), "a": (50, 50, 100, 80), "b": (450, 50, 100, 80), "c": (250, 250, 100, 80)}
STRAIGHT = ((150, 90), (450, 90))


def test_quality_of_a_clean_diagram_is_all_zero() -> None:
    quality = layout_quality(diagram(GOOD, STRAIGHT))
    assert (
        quality.node_overlaps,
        quality.edge_node_crossings,
        quality.nodes_outside_lane,
        quality.missing,
    ) == (0,) * 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"c": (460, 60, 100, 80)}, "node_overlaps"),
        ({"c": (250, 50, 100, 80)}, "edge_node_crossings"),
        ({"a": (50, 150, 100, 80)}, "nodes_outside_lane"),
    ],
)
def test_quality_sees_each_defect(change: dict[str, tuple[int, int, int, int]], field: str) -> None:
    assert getattr(layout_quality(diagram({**GOOD, **change}, STRAIGHT)), field) == 1


def test_quality_counts_what_is_not_drawn() -> None:
    assert layout_quality(diagram({"a": (0, 0, 100, 80)}, STRAIGHT)).missing == 3
