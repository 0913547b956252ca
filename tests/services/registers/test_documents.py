from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models.history import HistoryEvent
from app.models.identity import Membership
from app.models.register import Document
from app.services import documents, files
from app.services.delegates import DelegateError
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted
from app.services.registers import letters, mailbox, typesetting, verification
from tests.services.registers.registers import COMMON, LETTER, START, Registers

PUBLIC_LETTERS = Path(__file__).resolve().parents[3] / "letters"


def render(registers: Registers, **more: Any) -> tuple[Any, Document]:
    case = registers.add_case("CX", registers.add_org(uscc=f"9131{len(registers.made):014d}"))
    given = {"letter": "TPL-99", "case_no": case.number, "data": {"body": "正文 #import *x* $y$"}, **more}
    result = registers.call("render_letter", case, element="sv_render", **given)
    document = documents.find_document(registers.session, result["doc_no"])
    assert document is not None
    return result, document


def test_a_letter_is_numbered_typeset_hashed_and_kept(registers: Registers) -> None:
    result, document = render(registers)
    with files.open_file(registers.settings.files_dir, result["sha256"]) as stored:
        pdf = stored.read()
    assert pdf.startswith(b"%PDF-")
    assert b"pdfaid" in pdf
    assert (document.number, document.title, document.size) == ("WS-2026-0001", "测试函", len(pdf))
    assert document.data["number"] == "WS-2026-0001"
    assert document.data["verify_url"].startswith(
        "https://office.example.invalid/verify?number=WS-2026-0001&code="
    )
    assert result["issued_at"] == START.isoformat()


def test_the_title_of_the_data_wins(registers: Registers) -> None:
    assert render(registers, data={"title": "受理通知书"})[1].title == "受理通知书"


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (
        typesetting.render_pdf(
            LETTER.encode(),
            {"number": "1", "title": "函", "verify_url": None, "body": body},
            START,
            common={"_common.typ": COMMON.encode()},
        )
        for body in ("甲", "甲")
    )
    assert first == second


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (b"#let x = ", "expected"),
        (b'#read("/etc/passwd")', "not found"),
        (b'#read("../secret")', "outside|escape|not found|denied"),
        (b'#import "@preview/cetz:0.1.0": *', "network"),
        (b"#panic(1)", "panicked"),
    ],
)
def test_a_bad_template_fails_with_a_reason(template: bytes, reason: str) -> None:
    with pytest.raises(typesetting.LetterFailed, match=reason):
        typesetting.render_pdf(template, {}, START)


def test_shared_files_stay_in_the_letters_folder() -> None:
    with pytest.raises(typesetting.LetterFailed, match="outside"):
        typesetting.render_pdf(b"x", {}, START, common={"../x.typ": b""})


def test_without_a_chinese_font_the_reason_is_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "_has_chinese", lambda _fonts: False)
    with pytest.raises(typesetting.FontsMissing):
        typesetting.render_pdf(b"x", {}, START, fonts_dir=tmp_path)


@pytest.mark.parametrize("letter", ["TPL-98", "../TPL-99", "", "TPL-99.typ"])
def test_an_unknown_letter_is_named(registers: Registers, letter: str) -> None:
    with pytest.raises(DelegateError, match="LETTER_FAILED: no letter"):
        render(registers, letter=letter)


@pytest.mark.parametrize("path", sorted(PUBLIC_LETTERS.glob("TPL-*.typ")), ids=lambda path: path.stem)
def test_every_letter_of_the_repository_is_typeset_with_its_head_alone(path: Path) -> None:
    head = {
        "number": "WS-2026-0001",
        "case_no": "CX-2026-0001",
        "issued_at": START.isoformat(),
        "title": "题",
        "verify_code": "ABCD-EFGH",
        "verify_url": "https://office.example.invalid/verify",
    }
    common = {"_common.typ": (PUBLIC_LETTERS / "_common.typ").read_bytes()}
    assert typesetting.render_pdf(path.read_bytes(), head, START, common=common, qr=head["verify_url"])


def test_a_delivered_document_lies_in_the_mailbox_once(registers: Registers) -> None:
    result, document = render(registers)
    case = document.instance
    for _ in range(2):
        sent = registers.call("deliver_document", case, doc_no=result["doc_no"], to="org:7")
        assert sent == {"sent_at": START.isoformat(), "channel": "portal"}
    [line] = mailbox.messages_of(registers.session, ["org:7"])
    assert (line.document_id, line.case_no, line.read_at) == (document.id, case.number, None)
    assert document.served_at is None


def test_a_public_document_is_served_by_being_published(registers: Registers) -> None:
    _, document = render(registers, to="public")
    assert (document.served_how, document.served_at) == ("public", START)
    reader = registers.add_user("外人")
    assert letters.readable_document(registers.context, document.number, reader) is document


def test_the_addressee_serves_a_document_by_opening_it(registers: Registers) -> None:
    _, document = render(registers)
    user = registers.add_user("经办")
    org = document.instance.org
    assert org is not None
    registers.session.add(Membership(user_id=user.id, org_id=org.id, role="editor"))
    registers.session.flush()
    registers.session.refresh(user)
    context, number = registers.acting(user), document.number
    with pytest.raises(NotFound):
        letters.open_document(context, number, [org.principal])  # not sent yet
    registers.call("deliver_document", document.instance, doc_no=number, to=org.principal)
    with pytest.raises(letters.NotSignedFor):
        letters.readable_document(context, number, user)
    registers.pass_time(days=1)
    context = registers.acting(user)
    for _ in range(2):
        assert letters.open_document(context, number, [user.principal, org.principal]) is document
        context.session.expire_all()
        told = mailbox.messages_of(context.session, [org.principal])
        assert [line.read_at for line in told if line.document_id == document.id] == [context.now]
    assert (document.served_how, document.served_at, document.opened_by) == (
        "opened",
        registers.now,
        user.principal,
    )
    [message] = registers.messages("MSG-RECEIPT-OPENED")
    assert (message.key, message.payload["opened_at"]) == (number, registers.now.isoformat())
    assert letters.readable_document(context, number, user) is document
    stranger = registers.add_user("外人")
    with pytest.raises(NotFound):
        letters.open_document(registers.acting(stranger), number, [stranger.principal])
    with pytest.raises(NotFound):
        letters.readable_document(registers.acting(stranger), number, stranger)
    with pytest.raises(NotFound):
        letters.open_document(context, "WS-2026-0404", [org.principal])


def test_the_office_reads_what_its_group_was_sent(registers: Registers) -> None:
    _, document = render(registers)
    officer, auditor = registers.add_user("处室", "division"), registers.add_user("审计", "auditor")
    registers.call("deliver_document", document.instance, doc_no=document.number, to="group:division")
    for reader in (officer, auditor):
        assert letters.readable_document(registers.acting(reader), document.number, reader) is document


def test_an_annulled_document_says_so_with_its_reason(registers: Registers) -> None:
    result, document = render(registers)
    case, org = document.instance, document.instance.org
    assert org is not None
    registers.call("deliver_document", case, doc_no=document.number, to=org.principal)
    officer = registers.add_user("处室", "supervisor", "division")
    newer = registers.call(
        "render_letter", case, letter="TPL-99", case_no=case.number, data={}, to=org.principal
    )
    other = registers.call("render_letter", case, letter="TPL-99", case_no=case.number, data={}, to="org:404")
    registers.pass_time(days=1)
    context = registers.acting(officer)
    with pytest.raises(Invalid):
        letters.annul(context, document.number, "  ")
    for wrong in (document.number, other["doc_no"], "WS-2026-0404"):
        with pytest.raises(Conflict):
            letters.annul(context, document.number, "写错了", wrong)
    assert document.annulled_at is None
    letters.annul(context, document.number, " 单位名称有误 ", newer["doc_no"])
    with pytest.raises(Conflict):
        letters.annul(context, document.number, "再一次")
    with pytest.raises(Conflict):
        letters.annul(context, newer["doc_no"], "替代", document.number)

    for found in (
        verification.find(registers.session, document.number, result["verify_code"]),
        verification.find_by_hash(registers.session, result["sha256"]),
    ):
        assert found is not None
        assert not found.counts
        assert (found.annulled_at, found.annulled_reason, found.replaced_by) == (
            registers.now, "单位名称有误", newer["doc_no"])  # fmt: skip
    [event] = registers.session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "document_annulled"))
    assert (event.instance_id, event.actor_id) == (case.id, officer.id)
    told = mailbox.messages_of(registers.session, [org.principal])[0]
    assert "已作废" in told.subject
    assert "单位名称有误" in told.text
    assert newer["doc_no"] in told.text
    assert letters.open_document(context, document.number, [org.principal]) is document, "it stays readable"


def test_only_the_office_of_the_case_annuls(registers: Registers) -> None:
    _, document = render(registers)
    clerk, bank = registers.add_user("经办", "clerk"), registers.add_user("本单位", "supervisor")
    registers.session.add(Membership(user_id=bank.id, org_id=document.instance.org_id, role="editor"))
    registers.session.flush()
    registers.session.refresh(bank)
    with pytest.raises(NotPermitted):
        letters.annul(registers.acting(clerk), document.number, "理由")
    with pytest.raises(NotFound):
        letters.annul(registers.acting(bank), document.number, "理由")
    with pytest.raises(NotFound):
        letters.annul(registers.acting(registers.add_user("监督", "supervisor")), "WS-2026-0404", "理由")
    assert document.annulled_at is None


def test_how_a_document_was_served_is_booked_once(registers: Registers) -> None:
    _, document = render(registers)
    booked = registers.call("record_service", document.instance, doc_no=document.number, how="deemed")
    registers.pass_time(days=1)
    assert registers.call("record_service", document.instance, doc_no=document.number, how="manual") == booked
    assert document.served_how == "deemed"
    for name, given in (("record_service", {"how": "deemed"}), ("deliver_document", {"to": "org:1"})):
        with pytest.raises(DelegateError, match="DOCUMENT_NOT_FOUND"):
            registers.call(name, document.instance, doc_no="WS-2026-0404", **given)


def test_anybody_can_check_a_number_and_its_code(registers: Registers) -> None:
    result, document = render(registers)
    verified = verification.find(
        registers.session, f" {document.number.lower()} ", result["verify_code"].lower()
    )
    assert verified is not None
    assert verified.exact_time == "2026-03-02 09:30:00.000"
    assert (verified.kind, verified.title, verified.sha256) == ("document", "测试函", result["sha256"])
    assert verification.matches(verified, result["sha256"].upper())
    assert not verification.matches(verified, "0" * 64)
    case = document.instance
    receipt = registers.call(
        "stamp_submission", case, case_no=case.number, parts=[{"part": "p", "content": 1}]
    )
    stamped = verification.find(registers.session, receipt["receipt_no"], receipt["verify_code"])
    assert stamped is not None
    assert (stamped.kind, [entry.part for entry in stamped.parts]) == ("receipt", ["p"])
    notice = registers.call("publish_notice", case, case_no=case.number, title="公示", items=[], days=5)
    assert (
        verification.find(registers.session, notice["publicity_no"], notice["verify_code"]).kind == "notice"
    )
    wrong = [
        (document.number, "AAAA-AAAA"),
        ("WS-2026-0404", result["verify_code"]),
        (document.number, receipt["verify_code"]),
    ]
    assert [verification.find(registers.session, *pair) for pair in wrong] == [None] * 3


def test_notifications_are_read_by_their_owner(registers: Registers) -> None:
    case = registers.add_case()
    assert registers.call(
        "notify", case, to=["org:1", "org:1", "group:clerk", None], subject="提醒", text="请办理"
    ) == {"count": 2}
    assert registers.call("notify", case, to="org:1", subject="再次提醒") == {"count": 1}
    first, second = mailbox.messages_of(registers.session, ["org:1", "user:9"])
    assert (first.subject, second.subject) == ("再次提醒", "提醒")
    assert mailbox.messages_of(registers.session, ["org:1"], before=first.id) == [second]
    assert [line.read_at for line in mailbox.messages_of(registers.session, ["org:1"])] == [None, None]
    mailbox.mark_read(registers.session, first.id, ["org:1"], registers.now)
    assert [line.read_at for line in mailbox.messages_of(registers.session, ["org:1"])] == [
        registers.now,
        None,
    ]
    with pytest.raises(NotFound):
        mailbox.mark_read(registers.session, first.id, ["org:2"], registers.now)


def test_messages_go_to_each_item(registers: Registers) -> None:
    items = [{"key": "CX-2026-0001", "payload": {"result": "proposed"}}, {"key": "CX-2026-0002"}]
    assert registers.call("send_messages", registers.add_case(), message="MSG-DELIBERATED", items=items) == {
        "count": 2
    }
    assert [(m.key, m.payload) for m in registers.messages("MSG-DELIBERATED")] == [
        ("CX-2026-0001", {"result": "proposed"}),
        ("CX-2026-0002", {}),
    ]
