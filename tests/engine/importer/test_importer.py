"""Import: each sort of foreign construct becomes a loadable draft and a finding; nothing disappears unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.diagram import render_svg
from app.engine.graph import read_collaboration
from app.engine.importer import Known, import_check, repair
from app.engine.importer.carrying import KEPT
from app.engine.importer.findings import TEXTS
from app.engine.importer.placeholders import load_all
from app.engine.xml import BPMN, BPMNDI, DC, XmlRefused, bpmn, parse_xml, zr
from tests.engine.importer.samples import PLAIN, SAMPLES, around, document, flow, inside, process


def test_every_code_has_a_sample() -> None:
    assert set(SAMPLES) | {"refused"} == set(TEXTS)


@pytest.mark.parametrize("code", SAMPLES)
def test_sample_gives_its_finding_and_loads(code: str) -> None:
    repaired = repair(SAMPLES[code])
    assert code in [finding.code for finding in repaired.findings]
    assert read_collaboration(repaired.xml).processes
    assert load_all(repaired.xml) == []
    parse_xml(render_svg(repaired.xml).encode())


@pytest.mark.parametrize("code", SAMPLES)
def test_repairing_twice_changes_nothing_more(code: str) -> None:
    """What was repaired once needs no repair; only standing notes such as unknown forms are repeated."""
    once = repair(SAMPLES[code])
    again = repair(once.xml)
    standing = {
        "several_processes",
        "choreography",
        "data",
        "expression",
        "not_drawn",
    }
    assert {finding.code for finding in again.findings} <= standing
    assert again.xml == once.xml


def test_what_editors_cannot_read_is_kept_as_it_is() -> None:
    root = parse_xml(repair(SAMPLES["carried"]).xml)
    parts = {part[0].tag: part for part in root.iter(f"{{{KEPT}}}part")}
    assert set(parts) == {bpmn("extension"), bpmn("model"), bpmn("Assignee")}
    assert parts[bpmn("extension")].findtext(f".//{bpmn('documentation')}") == "甲"
    assert parts[bpmn("model")][0].get("kind") == "乙"
    assert parts[bpmn("Assignee")].get("from") == "n"
    assert root.find(bpmn("extension")) is None


def test_ids_become_legal_everywhere() -> None:
    """Also where they are referred to, and in the drawing, where no id is one of the model's."""
    root = parse_xml(repair(SAMPLES["illegal_id"]).xml)
    own = next(root.iter(bpmn("dataInput"))).get("id")
    assert own == "_7a"
    assert next(root.iter(bpmn("dataInputRefs"))).text == own
    shape = 'bpmnElement="n"><dc:Bounds x="0" y="0" width="100" height="80"/></bpmndi:BPMNShape>'
    drawn = PLAIN.replace(b"</definitions>", f"""<bpmndi:BPMNDiagram xmlns:bpmndi="{BPMNDI}" xmlns:dc="{DC}" id="p">
<bpmndi:BPMNPlane id="n" bpmnElement="p"><bpmndi:BPMNShape id="n" {shape}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>""".encode())  # fmt: skip
    ids = [found.get("id") for found in parse_xml(repair(drawn).xml).iter() if found.get("id")]
    assert len(ids) == len(set(ids))


def test_several_lists_of_extensions_become_one_and_prefixes_are_declared_once() -> None:
    two = '<extensionElements><o:a xmlns:o="urn:o"/></extensionElements><extensionElements><o:b xmlns:o="urn:o"/></extensionElements>'
    root = parse_xml(repair(around(f'<task id="n" o:kind="x" xmlns:o="urn:o">{two}</task>')).xml)
    (task,) = root.iter(bpmn("task"))
    (extensions,) = task.findall(bpmn("extensionElements"))
    assert [child.tag for child in extensions] == ["{urn:o}a", "{urn:o}b"]
    assert root.nsmap["o"] == "urn:o"
    assert task.get("{urn:o}kind") == "x"


def test_messages_are_complete_in_both_languages() -> None:
    for code, sample in SAMPLES.items():
        for finding in repair(sample).findings:
            assert finding.message_zh, code
            assert finding.message_en, code
            assert "{detail}" not in finding.message_zh + finding.message_en


def test_what_cannot_run_is_set_aside_and_not_lost() -> None:
    root = parse_xml(repair(SAMPLES["compensation"]).xml)
    (shelf,) = root.iter(zr("setAside"))
    assert [child.tag for child in shelf] == [bpmn("compensateEventDefinition")]
    root = parse_xml(repair(SAMPLES["dangling_flow"]).xml)
    (shelf,) = root.iter(zr("setAside"))
    assert shelf[0].get("targetRef") == "nowhere"


def test_known_references_stay() -> None:
    known = Known(processes={"elsewhere"}, decisions={"quota"}, forms={"embedded:app:forms/a.html"})
    for code, tag in (("called_process", "callActivity"), ("decision", "businessRuleTask")):
        repaired = repair(SAMPLES[code], known)
        assert code not in [finding.code for finding in repaired.findings]
        assert f"<{tag} " in repaired.xml.decode()
    assert "form" not in [finding.code for finding in repair(SAMPLES["form"], known).findings]


def test_documentation_outside_of_a_process_moves_into_one() -> None:
    found = repair(SAMPLES["documentation_moved"])
    process = parse_xml(found.xml).find(bpmn("process"))
    assert [item.text for item in process.findall(bpmn("documentation"))] == ["说明"]
    assert parse_xml(found.xml).find(bpmn("documentation")) is None


def test_implicit_split_is_accepted_as_it_is() -> None:
    split = around('<task id="n"/><endEvent id="f"/>' + flow("n", "f"))
    assert {finding.code for finding in repair(split).findings} == {"layout_made"}


def test_a_clean_file_is_left_alone() -> None:
    drawn = repair(PLAIN).xml
    repaired = repair(drawn)
    assert repaired.findings == ()
    assert repaired.xml == drawn


def test_translatable_expressions_stay() -> None:
    sample = around('<userTask id="n" camunda:assignee="${starter}"/>')
    assert {finding.code for finding in repair(sample).findings} == {"layout_made"}


def test_new_start_is_drawn_left_of_what_it_leads_to() -> None:
    drawn = repair(PLAIN).xml.decode()
    assert 'bpmnElement="s"' in drawn
    root = parse_xml(drawn.encode())
    scope = root.find(bpmn("process"))
    for key in ("s", "s_n"):
        scope.remove(next(child for child in scope if child.get("id") == key))
    from lxml import etree

    repaired = repair(etree.tostring(root))
    assert {finding.code for finding in repaired.findings} == {"no_start", "shape_removed"}
    model = read_collaboration(repaired.xml)
    start = next(node for node in model.processes[0].nodes if node.type == "startEvent")
    assert f'bpmnElement="{start.id}"' in repaired.xml.decode()
    assert model.processes[0].outgoing[start.id][0].target == "n"


def test_sub_process_without_start_begins_with_all_its_heads() -> None:
    repaired = repair(inside('<task id="a"/><task id="b"/>'))
    model = read_collaboration(repaired.xml).processes[0]
    start = next(node for node in model.nodes if node.type == "startEvent" and node.parent_id == "n")
    assert {found.target for found in model.outgoing[start.id]} == {"a", "b"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<a/>",
        f'<process xmlns="{BPMN}"/>'.encode(),
        b'<!DOCTYPE d [<!ENTITY x "y">]><d>&x;</d>',
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_diagram_is_refused(data: bytes) -> None:
    with pytest.raises(XmlRefused):
        repair(data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "gb18030"])
def test_encodings(encoding: str) -> None:
    text = document('<process id="p" name="受理" isExecutable="true"/>').decode()
    repaired = repair(text.encode(encoding))
    assert read_collaboration(repaired.xml).processes[0].name == "受理"


def test_definitions_inside_an_envelope_are_found() -> None:
    body = PLAIN.decode().partition("?>")[2]
    assert read_collaboration(repair(f"<export>{body}</export>".encode()).xml).processes[0].id == "p"


def test_folder_check_counts(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_bytes(PLAIN)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.BPMN").write_bytes(process(""))
    (tmp_path / "deep" / "c.bpmn").write_bytes(b"broken")
    (tmp_path / "readme.txt").write_text("x")
    lines = list(import_check(tmp_path))
    assert lines[-1] == "2 of 3 loaded"
    assert lines[0].startswith(str(Path("deep") / "c.bpmn"))


def test_another_loader_can_be_plugged_in(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_bytes(PLAIN)
    seen: list[bytes] = []
    assert list(import_check(tmp_path, seen.append))[-1] == "1 of 1 loaded"
    assert len(seen) == 1

    def refuse(data: bytes) -> object:
        raise ValueError("no")

    assert list(import_check(tmp_path, refuse))[-1] == "0 of 1 loaded"


def test_empty_folder(tmp_path: Path) -> None:
    assert list(import_check(tmp_path)) == ["0 of 0 loaded"]


def test_a_slow_file_is_told_and_stops_no_other(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.bpmn").write_bytes(PLAIN.replace(b'name="p"', f'name="{name}"'.encode()))
    (tmp_path / "b.bpmn").write_bytes(process(""))

    def load(data: bytes) -> object:
        while data.count(b"<bpmn:task") + data.count(b"<task") == 0:
            """Spins on the file without a task."""
        return None

    lines = list(import_check(tmp_path, load, seconds=0.2))
    assert lines[-1] == "2 of 3 loaded"
    assert lines[0] == "b.bpmn: not loaded within 0.2 s"


@pytest.mark.parametrize("fault", [RecursionError("deep"), MemoryError(), TypeError("odd"), KeyError("x")])
def test_a_fault_of_our_own_is_told_with_the_file(tmp_path: Path, fault: Exception) -> None:
    (tmp_path / "a.bpmn").write_bytes(PLAIN)

    def load(data: bytes) -> object:
        raise fault

    first, *_, last = import_check(tmp_path, load)
    assert first.startswith(f"a.bpmn: {type(fault).__name__}")
    assert last == "0 of 1 loaded"


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.bpmn").open("wb") as file:
        file.truncate(3_000_000_000)
    first, last = import_check(tmp_path)
    assert "10000000" in first
    assert last == "0 of 1 loaded"
