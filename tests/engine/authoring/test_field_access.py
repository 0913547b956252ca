"""Writing what a step hides and locks into a diagram: nothing else in the file changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.authoring.field_access import set_field_access, steps_of
from app.engine.bundle import Bundle
from app.engine.reading import Reading
from app.engine.xml import parse_xml
from tests.engine.diagrams import diagram
from tests.engine.lint.test_lint import ENDS, task

CONTENT = Path(__file__).parents[3] / "bpmn"


def read(xml: bytes) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    reading = Reading(Bundle({"p": xml}))
    reading.read_process("p")
    return {step.element_id: (step.hidden, step.readonly) for step in steps_of(reading, "p/f")}


def test_only_the_tag_of_the_task_changes() -> None:
    before = diagram(ENDS + task("a", 'zr:due="= x > wd(3)"') + task("b"), "s -> a -> b -> e")
    after = set_field_access(before, "b", ["c1", "c2"], ["c3"])
    assert read(after) == {"a": ((), ()), "b": (("c1", "c2"), ("c3",))}
    assert after.replace(b' zr:hiddenFields="c1 c2" zr:readonlyFields="c3"', b"") == before
    assert set_field_access(after, "b", [], []) == before
    assert read(set_field_access(after, "b", ["c9"], []))["b"] == (("c9",), ())
    assert read(set_field_access(after, "a", [], ["c"])) == {"a": ((), ("c",)), "b": (("c1", "c2"), ("c3",))}


def test_other_prefixes_quotes_and_layouts() -> None:
    ns = "http://www.omg.org/spec/BPMN/20100524/MODEL"
    text = f"""<x:definitions xmlns:x='{ns}' targetNamespace='t'><!-- <x:userTask id="a"/> --><x:process id="p">
    <x:userTask
        name='1 > 0 "so"'
        id='a'
    /></x:process></x:definitions>"""
    after = set_field_access(text.encode(), "a", ["c"], [])
    assert parse_xml(after).find(f".//{{{ns}}}userTask").attrib.values() == ['1 > 0 "so"', "a", "c"]


@pytest.mark.parametrize("name", ["zz", "s", "p"])
def test_what_is_no_user_task(name: str) -> None:
    with pytest.raises(KeyError):
        set_field_access(diagram(ENDS + task("a"), "s -> a -> e"), name, ["c"], [])


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*.bpmn")), ids=lambda path: path.stem)
def test_all_our_tasks_can_be_written(path: Path) -> None:
    before = path.read_bytes()
    tasks = [e.get("id") for e in parse_xml(before).iter() if str(e.tag).endswith("}userTask")]
    for element_id in tasks:
        after = set_field_access(before, element_id, ["c1"], ["c2"])
        assert len(after) == len(before) + len(' zr:hiddenFields="c1" zr:readonlyFields="c2"')
        assert set_field_access(after, element_id, [], []) == before
