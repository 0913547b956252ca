"""Which drawings a file holds: the process first, then the insides of collapsed sub-processes."""

from __future__ import annotations

from pathlib import Path

from app.engine.diagram import render_svg
from app.engine.diagram.planes import list_planes

FOLDER = Path(__file__).resolve().parents[3] / "bpmn"
DECLARATION = "innovation_centre_declaration"


def test_the_process_comes_first_then_its_sub_processes() -> None:
    xml = (FOLDER / f"{DECLARATION}.bpmn").read_bytes()
    main, *inner = list_planes(xml, DECLARATION)
    assert main.id == DECLARATION
    assert {plane.id for plane in inner} == {"sub_prepare", "sub_eval"}
    assert {"sub_prepare", "sub_eval"} < set(main.elements)
    prepare = next(plane for plane in inner if plane.id == "sub_prepare")
    tasks = [name for name in prepare.elements if name.startswith("t_")]
    assert tasks == ["t_pre", "t_form", "t_deals", "t_plan", "t_commit", "t_op", "t_sub"]
    assert "t_deals" not in main.elements


def test_every_drawing_can_be_rendered() -> None:
    for path in sorted(FOLDER.glob("*.bpmn")):
        xml = path.read_bytes()
        for plane in list_planes(xml, path.stem):
            svg = render_svg(xml, process_id=plane.id)
            assert all(f'data-element-id="{name}"' in svg for name in plane.elements), (path.name, plane.id)
