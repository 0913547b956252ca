from __future__ import annotations

import io
from typing import Any

import pytest

from app.models.history import DecisionRecord
from app.models.register import Clause
from app.models.runtime import ProcessInstance
from app.services import files
from app.services.delegates import DelegateError
from app.services.history import record_event
from app.services.registers import archives, calls, clauses, statistics
from app.services.registers.fingerprint import digest
from tests.services.registers.registers import Registers
from tests.services.registers.test_calls import join, open_call, review, submit
from tests.services.registers.test_publicity import close, object_to, publish


def build(registers: Registers, case: ProcessInstance) -> Any:
    return registers.call("build_archive", case, case_no=case.number)


def test_a_case_file_lists_everything_with_its_hash(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case = registers.add_case("CX", registers.add_org())
    assert build(registers, case)["missing"] == ["文书"]
    letter = registers.call("render_letter", case, letter="TPL-99", case_no=case.number, data={})
    registers.call("deliver_document", case, doc_no=letter["doc_no"], to="org:1")
    registers.call("stamp_submission", case, case_no=case.number, parts=[{"part": "p", "content": 1}])
    pdf = io.BytesIO(b"%PDF-1.7")
    files.attach(
        registers.session,
        registers.settings.files_dir,
        pdf,
        "附.pdf",
        "org:1",
        registers.now,
        instance_id=case.id,
    )
    registers.session.add(
        DecisionRecord(
            instance_id=case.id,
            subject=case.number,
            process_key="p",
            element_id="r",
            decision_id="d",
            decision_name="业绩条件",
            trace={},
            decided_at=registers.now,
        )
    )
    built = build(registers, case)
    assert [entry["kind"] for entry in built["files"]] == ["文书", "回执", "附件", "判定", "记录"]
    assert built["files"][0]["sha256"] == letter["sha256"]
    assert built["missing"] == [f"测试函（{letter['doc_no']}）的送达证明"]
    registers.call("record_service", case, doc_no=letter["doc_no"], how="deemed")
    again = build(registers, case)
    assert (again["archive_no"], again["missing"]) == ("DA-2026-0001", [])


def test_a_sealed_case_file_stays_as_it_is(registers: Registers) -> None:
    case = registers.add_case("CX", registers.add_org())
    built = build(registers, case)
    sealed = registers.call("seal_archive", case, archive_no=built["archive_no"], retention=30)
    assert (sealed["retention"], sealed["keep_until"]) == ("30年", "2056-03-02")
    registers.pass_time(days=1)
    registers.call("render_letter", case, letter="TPL-99", case_no=case.number, data={})
    assert build(registers, case) == {**built, "missing": []}
    assert registers.call("seal_archive", case, archive_no=built["archive_no"], retention="永久") == sealed
    archive = archives.find(registers.session, built["archive_no"])
    assert archive is not None
    assert digest(archive.index.encode()) == archive.sha256 == built["sha256"]
    assert archives.archives(registers.session) == [archive]
    with pytest.raises(DelegateError, match="ARCHIVE_NOT_FOUND"):
        registers.call("seal_archive", case, archive_no="DA-2026-0404")


@pytest.mark.parametrize(
    ("given", "words", "until"),
    [("10年", "10年", "2036-03-02"), (10, "10年", "2036-03-02"), ("永久", "永久", None), (None, "", None)],
)
def test_retention_is_years_or_words(
    registers: Registers, given: object, words: str, until: str | None
) -> None:
    case = registers.add_case()
    number = build(registers, case)["archive_no"]
    sealed = registers.call("seal_archive", case, archive_no=number, retention=given)
    assert (sealed["retention"], sealed["keep_until"]) == (words, until)


def test_figures_of_calls_count_by_kind_of_organisation(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    call = open_call(registers)
    cases = [join(registers, call, letter * 18) for letter in "ABCD"]
    for case in cases[:3]:
        submit(registers, call, case)
    for case in cases[:2]:
        record_event(registers.session, case, "case_state", now=registers.now, detail={"state": "accepted"})
    review(registers, call, cases[0])
    registers.end(cases[0], "selected")
    [figures] = statistics.call_figures(registers.session)
    assert (figures.submitted, figures.accepted, figures.reviewed, figures.selected) == (3, 2, 1, 1)
    assert (figures.acceptance_rate, figures.eligibility_rate, figures.selection_rate) == (
        2 / 3,
        1 / 2,
        1 / 3,
    )
    empty = statistics.CallFigures("PC-1", "bank", 0, 0, 0, 0)
    assert empty.acceptance_rate is empty.eligibility_rate is empty.selection_rate is None


def test_figures_of_publicities_count_objections(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    first = publish(registers)
    for outcome in ("upheld", "rejected"):
        close(registers, object_to(registers, first)[1], outcome)
    registers.made["PC"] += 5
    second = publish(registers)
    figures = {
        f.publicity_no: (f.objections, f.upheld, f.upheld_rate)
        for f in statistics.publicity_figures(registers.session)
    }
    assert figures == {first.number: (2, 1, 0.5), second.number: (0, 0, None)}


def test_clauses_follow_the_policies_and_none_is_lost(registers: Registers) -> None:
    policy = {
        "clauses": [
            {"id": "S2-3.1", "zh": "申报", "en": "Submission", "text": "原文"},
            {"id": "S2-4", "zh": "联系", "text": "地址"},
        ]
    }
    assert clauses.load_clauses(registers.session, {"ip_finance": policy}) == 2
    assert clauses.load_clauses(registers.session, {"ip_finance": policy}) == 0
    policy["clauses"] = [{"id": "S2-3.1", "zh": "申报", "en": "Submission", "text": "原文", "note": "更正"}]
    assert clauses.load_clauses(registers.session, {"ip_finance": policy}) == 1
    assert [(c.code, c.note) for c in clauses.clauses(registers.session)] == [
        ("S2-3.1", "更正"),
        ("S2-4", ""),
    ]
    assert registers.session.get_one(Clause, "S2-4").text == "地址"


def test_the_receipts_of_a_call_stand_in_order_of_arrival(registers: Registers) -> None:
    call = open_call(registers)
    cases = [join(registers, call, letter * 18) for letter in "BA"]
    for case in cases:
        submit(registers, call, case)
        registers.pass_time(minutes=1)
    assert [r.case_no for r in calls.receipts_of(registers.session, call.number)] == [c.number for c in cases]
