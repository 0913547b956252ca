from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from app.models.register import Agreement
from app.models.runtime import ProcessInstance
from app.services import file_store, files
from app.services.delegates import DelegateError
from app.services.registers import agreements, credit, verification
from app.services.registers.fingerprint import digest
from app.services.signing import pades
from app.services.signing.authority import DEMO_PASSPHRASE, DemoAuthority, stamper_of
from app.services.signing.keys import KeyRefused, Pkcs12
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


def by_certificate(registers: Registers, pdf: bytes, field: str = "undertaker", who: str = "签署人") -> bytes:
    """The PDF signed with a certificate of the demo authority."""
    settings = registers.settings
    p12 = DemoAuthority(settings.secret).issue_pkcs12(who, "东海银行", registers.now)
    stamper = stamper_of(settings, registers.now)
    return pades.sign(pdf, Pkcs12(p12, DEMO_PASSPHRASE), field=field, reason="签署", stamper=stamper)


def text_of(registers: Registers, text: Any) -> bytes:
    return file_store.read(registers.settings.files_dir, text["sha256"])


@pytest.fixture
def registers(registers: Registers) -> Registers:
    """With the demo authority to trust."""
    registers.settings = replace(registers.settings, demo=True)
    return registers


def signature(registers: Registers, data: bytes = b"%PDF-1.7 a scan", **more: Any) -> dict[str, Any]:
    attachment = files.attach(
        registers.session, registers.settings.files_dir, io.BytesIO(data), "签章.pdf", "org:1", registers.now
    )
    return {
        "method": "scan",
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
    plain = signature(registers, b"%PDF-1.7 unsigned", method="e_seal")
    assert "没有电子签章" in verify(registers, case, plain, text["sha256"])["reason"]
    picture = signature(registers, b"%PDF-1.7 scan", method="scan")
    assert verify(registers, case, picture, text["sha256"])["valid"]
    swapped = signature(registers)
    swapped["signed_file"][0]["sha256"] = "0" * 64
    assert not verify(registers, case, swapped, text["sha256"])["valid"]


def test_signing_does_not_mind_an_event_loop_around_it(registers: Registers) -> None:
    """Servers that run handlers in an event loop, and tools that leave one behind."""
    case, text = locked(registers)

    async def sign() -> bytes:
        return by_certificate(registers, text_of(registers, text))

    with ThreadPoolExecutor(max_workers=1) as thread:
        signed = thread.submit(lambda: asyncio.run(sign())).result()
    found = verify(registers, case, signature(registers, signed, method="e_seal"), text["sha256"])
    assert (found["valid"], found["reason"]) == (True, "")


def test_both_sides_sign_the_same_file_by_certificate(registers: Registers) -> None:
    case, text = locked(registers)
    first = by_certificate(registers, text_of(registers, text))
    given = signature(registers, first, method="e_seal")
    assert verify(registers, case, given, text["sha256"])["reason"] == ""
    second = by_certificate(registers, first, "bureau", "市局签约人")
    assert verify(registers, case, signature(registers, second, method="e_seal"), text["sha256"], "bureau")[
        "valid"
    ]
    found = verification.find(registers.session, text["doc_no"], text["verify_code"])
    assert found is not None
    assert [(one.side, one.is_demo, one.timestamped_at is not None) for one in found.signatures] == [
        ("undertaker", True, True),
        ("bureau", True, True),
    ]
    assert "签署人" in found.signatures[0].subject
    for pdf in (text_of(registers, text), first, second):
        known = verification.find_by_hash(registers.session, digest(pdf))
        assert known is not None
        assert known.number == text["doc_no"]
    assert verification.find_by_hash(registers.session, digest(second + b" ")) is None


def _flipped(pdf: bytes) -> bytes:
    at = pdf.rindex(b"endstream", 0, len(pdf) // 3) - 5
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def _turned(pdf: bytes) -> bytes:
    """A page turned by an incremental update: every byte that was signed is still there."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Rotate"] = generic.NumberObject(90)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "reason"),
    [(_flipped, "被改动"), (_turned, "不被允许的修改"), (lambda pdf: pdf[:-700], "没有电子签章")],
    ids=["flipped", "turned", "cut"],
)
def test_every_later_change_is_detected(registers: Registers, change: Any, reason: str) -> None:
    case, text = locked(registers)
    signed = by_certificate(registers, text_of(registers, text))
    found = verify(registers, case, signature(registers, change(signed), method="e_seal"), text["sha256"])
    assert not found["valid"]
    assert reason in found["reason"]


def test_another_text_or_an_unknown_authority_is_refused(registers: Registers) -> None:
    case, text = locked(registers)
    other = registers.call(
        "render_letter", case, letter="TPL-99", case_no=case.number, data={"body": "另一份"}
    )
    wrong = signature(registers, by_certificate(registers, text_of(registers, other)), method="e_seal")
    assert "不是锁定的协议文本" in verify(registers, case, wrong, text["sha256"])["reason"]
    good = signature(registers, by_certificate(registers, text_of(registers, text)), method="e_seal")
    registers.settings = replace(registers.settings, demo=False)
    assert "不受信任" in verify(registers, case, good, text["sha256"])["reason"]
    registers.settings = replace(registers.settings, demo=True)
    assert verify(registers, case, good, text["sha256"])["valid"]
    again = verify(registers, case, good, text["sha256"], "bureau")
    assert "没有本方新的电子签章" in again["reason"]


@pytest.mark.parametrize(("data", "passphrase"), [(b"", "demo"), (b"nonsense", "demo"), (None, "wrong")])
def test_a_certificate_that_does_not_open_is_refused(
    registers: Registers, data: bytes | None, passphrase: str
) -> None:
    p12 = DemoAuthority(registers.settings.secret).issue_pkcs12("甲", "东海银行", registers.now)
    with pytest.raises(KeyRefused):
        Pkcs12(p12 if data is None else data, passphrase).open()


def test_the_demo_authority_is_the_same_every_time_and_keeps_no_key() -> None:
    one, other = DemoAuthority("a" * 32), DemoAuthority("b" * 32)
    assert one.certificate() == DemoAuthority("a" * 32).certificate()
    assert one.certificate() != other.certificate()
    assert "不具有法律效力" in one.certificate().subject.rfc4514_string()


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
    assert agreements.announce_due(registers.context) == 1  # the report; a test of its own below
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


def test_reports_start_before_their_day_and_are_done_when_accepted(registers: Registers) -> None:
    case, text = locked(registers)
    seal(registers, case, text)
    registers.move_to(2026, 6, 14, 23, 59)
    assert agreements.announce_due(registers.context) == 0
    registers.move_to(2026, 6, 15, 0, 0)
    assert agreements.announce_due(registers.context) == 1
    assert agreements.announce_due(registers.context) == 0
    [message] = registers.messages("MSG-REPORT-DUE")
    assert (message.payload["due_on"], message.payload["due_at"]) == (
        "2026-06-30",
        "2026-06-30T23:59:59+08:00",
    )
    given: dict[str, Any] = {"agreement_no": "XY-2026-0001", "document_no": "WS-1", "cases": [{}]}
    report = registers.add_case("BS")
    assert registers.call("accept_report", report, due_on=date(2026, 6, 30), **given)["counted"] is True
    assert registers.call("accept_report", report, due_on=date(2026, 7, 1), **given)["counted"] is False
    [agreement] = agreements.agreements_of(registers.session)
    assert [m.state for m in agreement.milestones] == ["done", "pending", "pending"]


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
