from __future__ import annotations

import io
from typing import Any

import pytest

from app.models.register import Agreement
from app.models.runtime import ProcessInstance
from app.services import files
from app.services.delegates import DelegateError
from app.services.registers import agreements, credit
from tests.services.registers.registers import USCC, Registers

MILESTONES = [
    {"name": "中期", "kind": "mid_term", "due": "2026-12-31"},
    {"name": "总结", "kind": "final", "due": "2027-12-31T00:00:00+08:00"},
    {"name": "季报", "kind": "report", "due": "2026-06-30"},
    {"name": "未定", "kind": "report", "due": None},
]
TARGETS = [{"year": 2026, "deals": 50, "first_loans": 20}]


def locked(registers: Registers) -> tuple[ProcessInstance, Any]:
    case = registers.add_case("CX", registers.add_org())
    return case, registers.call(
        "render_letter", case, letter="TPL-99", case_no=case.number, data={"body": "协议"}
    )


def signature(
    registers: Registers, data: bytes = b"%PDF-1.7 /ByteRange [0 1 2 3]", **more: Any
) -> dict[str, Any]:
    attachment = files.attach(
        registers.session, registers.settings.files_dir, io.BytesIO(data), "签章.pdf", "org:1", registers.now
    )
    return {
        "method": "e_seal",
        "signer": "法定代表人",
        "confirm_text": True,
        "confirm_liability": True,
        "signed_file": [{**files.describe(attachment), "id": str(attachment.id)}],
        **more,
    }


def verify(
    registers: Registers, case: ProcessInstance, given: dict[str, Any], sha256: str, kind: str = "undertaker"
) -> Any:
    return registers.call(
        "verify_signature",
        case,
        kind=kind,
        case_no=case.number,
        signature=given,
        text_sha256=sha256,
        signer=given.get("signer"),
    )


@pytest.mark.parametrize("kind", ["undertaker", "bureau"])
def test_a_complete_signature_is_valid(registers: Registers, kind: str) -> None:
    case, text = locked(registers)
    given = signature(registers)
    found = verify(registers, case, given, text["sha256"], kind)
    assert (found["valid"], found["reason"]) == (True, "")
    assert found["file_sha256"] == given["signed_file"][0]["sha256"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"signer": " "}, "未填写签署人"),
        ({"confirm_text": False}, "未确认签署文本与校验值一致"),
        ({"confirm_liability": None}, "未确认知悉并接受协议约定的责任"),
        ({"signed_file": []}, "未上传已签署的文件"),
        ({"signed_file": [{"id": 404}]}, "未上传已签署的文件"),
        ({"signed_file": "签章.pdf"}, "未上传已签署的文件"),
    ],
)
def test_an_incomplete_signature_says_what_is_missing(
    registers: Registers, more: dict[str, Any], reason: str
) -> None:
    case, text = locked(registers)
    found = verify(registers, case, signature(registers, **more), text["sha256"])
    assert (found["valid"], found["reason"]) == (False, reason)


def test_a_signature_on_another_text_or_without_a_seal_is_invalid(registers: Registers) -> None:
    case, text = locked(registers)
    assert "不一致" in verify(registers, case, signature(registers), "0" * 64)["reason"]
    plain = signature(registers, b"%PDF-1.7 unsigned")
    assert "没有电子签章" in verify(registers, case, plain, text["sha256"])["reason"]
    picture = signature(registers, b"%PDF-1.7 scan", method="scan")
    assert verify(registers, case, picture, text["sha256"])["valid"]
    swapped = signature(registers)
    swapped["signed_file"][0]["sha256"] = "0" * 64
    assert not verify(registers, case, swapped, text["sha256"])["valid"]


def seal(registers: Registers, case: ProcessInstance, text: Any, **more: Any) -> Any:
    given = {
        "case_no": case.number,
        "org": {"name": "东海银行"},
        "doc_no": text["doc_no"],
        "text_sha256": text["sha256"],
        "targets": TARGETS,
        "fund_amount": 500000,
        "milestones": MILESTONES,
        "term_end": "2027-12-31",
        "undertaker_signature": {"signer": "甲"},
        "bureau_signature": {"signer": "乙"},
        **more,
    }
    return registers.call("seal_agreement", case, **given)


def test_a_signed_agreement_is_entered_once_with_its_milestones(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case, text = locked(registers)
    sealed = seal(registers, case, text)
    assert sealed["agreement_no"] == "XY-2026-0001"
    assert seal(registers, case, text)["agreement_no"] == "XY-2026-0001"
    [agreement] = agreements.agreements_of(registers.session)
    assert [(m.kind, m.due_on.isoformat()) for m in agreement.milestones] == [
        ("report", "2026-06-30"),
        ("mid_term", "2026-12-31"),
        ("final", "2027-12-31"),
    ]
    loaded = registers.call("load_agreement", registers.add_case("KH"), agreement_no=" XY-2026-0001 ")
    assert (loaded["fund_amount"], loaded["paid_amount"], loaded["targets"]) == (500000, 0, TARGETS)
    assert loaded["org"]["uscc"] == USCC
    with pytest.raises(DelegateError, match="AGREEMENT_NOT_FOUND"):
        registers.call("load_agreement", case, agreement_no="XY-2026-0404")
    with pytest.raises(DelegateError, match="TEXT_CHANGED"):
        seal(registers, case, {**text, "sha256": "0" * 64})


def test_reviews_start_on_their_day_and_once(registers: Registers) -> None:
    case, text = locked(registers)
    seal(registers, case, text)
    registers.move_to(2026, 12, 30, 23, 59)
    assert agreements.announce_due(registers.context) == 0
    registers.move_to(2026, 12, 31, 0, 0)
    assert agreements.announce_due(registers.context) == 1
    assert agreements.announce_due(registers.context) == 0
    [message] = registers.messages("MSG-REVIEW-DUE")
    assert (message.key, message.payload["review_type"], message.payload["year"]) == (
        case.number,
        "mid_term",
        2026,
    )
    assert message.payload["org"]["id"] == case.org_id


def test_a_revoked_agreement_makes_nothing_due(registers: Registers) -> None:
    case, text = locked(registers)
    seal(registers, case, text)
    facts = registers.call("case_facts", registers.add_case("CC"), case_no=case.number)
    assert (facts["stage"], facts["scheme"]) == ("awarded_unpaid", "municipal_project")
    registers.call(
        "cancel_qualification", registers.add_case("CC"), case_no=case.number, measures=["revoke_project"]
    )
    assert registers.session.query(Agreement).one().state == "revoked"
    registers.move_to(2028, 1, 1)
    assert agreements.announce_due(registers.context) == 0


DEALS = [
    {"kind": "patent_pledge_loan", "registration_no": "Y1", "amount": 1000000, "enterprise": "甲公司"},
    {"kind": "patent_pledge_loan", "registration_no": "Y2", "amount": "2000000.00"},
    {"kind": "trademark_pledge_loan", "registration_no": "Y9", "amount": 1},
    {"kind": "trademark_pledge_loan", "registration_no": None, "amount": 1, "enterprise": "乙公司"},
    {"kind": "trademark_pledge_loan", "registration_no": "Y1", "amount": 1000000},
    {"kind": "ip_insurance", "registration_no": "P1", "amount": 1},
]


def compare(registers: Registers, **more: Any) -> Any:
    return registers.call(
        "compare_registry", registers.add_case(), case_no="CX-1", org={"uscc": USCC}, deals=DEALS, **more
    )


def test_declared_deals_are_compared_with_the_registry(registers: Registers) -> None:
    rows = [
        {"registration_no": "Y1", "amount": 1000000, "date": "2026-05-01"},
        {"registration_no": "Y2", "amount": 1500000, "date": "2026-06-01"},
    ]
    credit.import_reply(
        registers.session,
        "ip_pledge",
        USCC,
        "clear",
        registers.now,
        registers.now,
        detail={"registrations": rows},
    )
    found = compare(registers, year=2026)
    assert [(d["registration_no"], d["note"]) for d in found["differences"]] == [
        ("Y2", "金额与登记不一致"),
        ("Y9", "登记平台没有此登记号"),
        (None, "未填写质押登记号"),
        ("Y1", "重复填报"),
    ]
    assert (found["checked"], found["matched"]) == (4, 3)
    assert [d["note"] for d in compare(registers, year=2025)["differences"]].count(
        "登记平台没有此登记号"
    ) == 4


def test_without_an_extract_nothing_is_judged(registers: Registers) -> None:
    found = compare(registers)
    assert (found["differences"], found["source_at"]) == ([], None)
