from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.models.register import Notice, Objection
from app.models.runtime import ProcessInstance
from app.services import files
from app.services.delegates import DelegateError
from app.services.errors import Invalid, NotFound
from app.services.registers import objections, publicity
from app.services.registers.fingerprint import digest
from tests.services.registers.registers import SHANGHAI, START, Registers

DATA = {
    "item_no": 1,
    "kind": "person",
    "facts": "业绩数据不实。",
    "name": "某某某",
    "phone": "13812345678",
    "signed": True,
}


@pytest.fixture
def published(registers: Registers) -> Notice:
    return publish(registers)


def publish(registers: Registers, call: ProcessInstance | None = None, **more: Any) -> Notice:
    call = call or registers.add_case("PC")
    case = registers.add_case("CX", registers.add_org(uscc=f"9131{registers.made['PC']:014d}"))
    items = [
        {"item_no": 1, "case_no": case.number, "org_name": "东海银行", "text": "拟确定"},
        {"item_no": 2, "case_no": "CX-2026-0404", "org_name": "南湖担保", "text": "拟确定"},
    ]
    given = {
        "title": "名单公示",
        "basis": "依据",
        "body": "正文",
        "items": items,
        "publicity_days": 5,
        **more,
    }
    result = registers.call("publish_notice", call, case_no=call.number, **given)
    notice = publicity.get_notice(registers.session, result["publicity_no"])
    assert result["sha256"] == notice.sha256
    assert result["ends_at"] == notice.ends_at.astimezone(SHANGHAI).isoformat()  # type: ignore[union-attr]
    return notice


def register(registers: Registers, notice: Notice, receipt_no: str | None) -> tuple[ProcessInstance, Any]:
    """The process that MSG-OBJECTION starts registers the objection under its own number."""
    instance = registers.add_case("YY", subject="CX-2026-0001")
    given = registers.messages("MSG-OBJECTION")[-1].payload if receipt_no else DATA
    wanted = ("case_no", "item_no", "kind", "name", "phone", "facts", "received_at", "receipt_no")
    result = registers.call(
        "register_objection",
        instance,
        objection_no=instance.number,
        publicity_no=notice.number,
        **({"case_no": "CX-2026-0001"} | {k: given[k] for k in wanted if k in given}),
    )
    return instance, result


def object_to(registers: Registers, notice: Notice, **more: Any) -> tuple[objections.Ticket, ProcessInstance]:
    ticket = objections.submit_objection(registers.context, notice.number, {**DATA, **more})
    return ticket, register(registers, notice, ticket.receipt_no)[0]


def test_a_notice_is_frozen_and_runs_to_the_end_of_its_last_working_day(
    registers_anywhere: Registers,
) -> None:
    notice = publish(registers_anywhere)
    assert notice.number == "GS-2026-0001"
    assert notice.ends_at.astimezone(SHANGHAI).isoformat() == "2026-03-09T23:59:59+08:00"  # type: ignore[union-attr]
    assert digest(notice.snapshot.encode()) == notice.sha256
    assert orjson.loads(notice.snapshot)["items"][0]["org_name"] == "东海银行"
    assert publicity.content_of(notice)["days"] == 5
    assert [(item.item_no, item.org_name, item.text) for item in notice.items] == [
        ("1", "东海银行", "拟确定"),
        ("2", "南湖担保", "拟确定"),
    ]


def test_the_draft_may_set_its_own_period(registers: Registers) -> None:
    assert publicity.content_of(publish(registers, days=7))["days"] == 7
    for days in ({"publicity_days": None}, {"days": 0}):
        with pytest.raises(DelegateError, match="PUBLICITY_DAYS"):
            publish(registers, **days)


def test_the_public_sees_what_runs_and_what_is_over(registers: Registers, published: Notice) -> None:
    session = registers.session
    assert published.ends_at is not None
    assert publicity.notices_in_publicity(session, registers.now) == [published]
    assert publicity.notices_in_publicity(session, published.ends_at) == [published]
    after = published.ends_at + timedelta(seconds=1)
    assert publicity.notices_in_publicity(session, after) == []
    assert publicity.notice_archive(session, after) == [published]
    assert publicity.notice_archive(session, registers.now) == []
    for state, kept in (("clear", "archived"), ("terminated", "archived")):
        registers.call("archive_notice", registers.add_case(), publicity_no=published.number, state=state)
        assert (published.state, published.outcome) == (kept, "clear")
    assert publicity.notice_archive(session, registers.now) == [published]
    assert publicity.notice_archive(session, registers.now, before=published.id) == []


@pytest.mark.parametrize(("later", "taken"), [(0, True), (1, False)])
def test_objections_are_taken_to_the_last_second(
    registers: Registers, published: Notice, later: int, taken: bool
) -> None:
    assert published.ends_at is not None
    registers.now = published.ends_at + timedelta(seconds=later)
    if taken:
        assert (
            objections.submit_objection(registers.context, published.number, DATA).receipt_no
            == "YS-2026-0001"
        )
    else:
        with pytest.raises(Invalid, match="公示期"):
            objections.submit_objection(registers.context, published.number, DATA)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"kind": "somebody"}, "kind"),
        ({"facts": " "}, "facts"),
        ({"facts": "长" * 5001}, "facts"),
        ({"item_no": 9}, "item_no"),
    ],
)
def test_an_incomplete_objection_names_the_field(
    registers: Registers, published: Notice, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        objections.submit_objection(registers.context, published.number, {**DATA, **data})
    assert list(caught.value.errors) == [field]
    assert not registers.messages("MSG-OBJECTION")


def test_the_process_gets_the_objector_masked_only(registers: Registers, published: Notice) -> None:
    ticket = objections.submit_objection(registers.context, published.number, DATA)
    [message] = registers.messages("MSG-OBJECTION")
    assert message.key == published.number
    assert (message.payload["name"], message.payload["phone"]) == ("某**", "138****5678")
    assert "某某某" not in str(message.payload)
    assert ticket.code not in str(message.payload)
    assert message.payload["respondent"]["name"] == "东海银行"
    assert message.payload["received_at"] == START.isoformat()
    [row] = objections.objections_of(registers.session, published)
    assert "某某某".encode() not in row.identity_sealed
    assert objections.open_identity(row, registers.settings.secret) == {
        "name": "某某某",
        "phone": "13812345678",
    }


def test_an_objection_is_found_by_number_and_code_only(registers: Registers, published: Notice) -> None:
    ticket, instance = object_to(registers, published)
    found = objections.find_by_ticket(registers.session, ticket.receipt_no.lower(), ticket.code.lower())
    assert (found.number, found.principal) == (instance.number, f"ticket:{instance.number}")
    assert objections.find_by_number(registers.session, instance.number) is found
    for receipt_no, code in ((ticket.receipt_no, "2222-2222-2222"), ("YS-2026-0404", ticket.code)):
        with pytest.raises(NotFound):
            objections.find_by_ticket(registers.session, receipt_no, code)
    with pytest.raises(NotFound):
        objections.find_by_number(registers.session, "YY-2026-0404")


def test_registration_keeps_the_receipt_and_tells_no_code(registers: Registers, published: Notice) -> None:
    ticket = objections.submit_objection(registers.context, published.number, DATA)
    instance, result = register(registers, published, ticket.receipt_no)
    assert (result["receipt_no"], result["code"], result["masked_name"]) == (ticket.receipt_no, None, "某**")
    assert result["in_period"] is True
    again = registers.call(
        "register_objection",
        instance,
        objection_no=instance.number,
        publicity_no=published.number,
        case_no="CX-2026-0001",
        kind="person",
        receipt_no=ticket.receipt_no,
    )
    assert again == result


def test_an_objection_without_receipt_number_is_known_by_its_moment(
    registers: Registers, published: Notice
) -> None:
    ticket = objections.submit_objection(registers.context, published.number, DATA)
    payload = registers.messages("MSG-OBJECTION")[0].payload
    instance = registers.add_case("YY")
    result = registers.call(
        "register_objection",
        instance,
        objection_no=instance.number,
        publicity_no=published.number,
        case_no="CX-2026-0001",
        kind="person",
        facts=payload["facts"],
        received_at=payload["received_at"],
    )
    assert result["receipt_no"] == ticket.receipt_no


def test_an_objection_on_paper_is_written_down_sealed(registers: Registers, published: Notice) -> None:
    instance, result = register(registers, published, None)
    assert result["code"]
    found = objections.find_by_ticket(registers.session, result["receipt_no"], result["code"])
    assert (found.number, found.item_id) == (instance.number, published.items[0].id)
    assert objections.open_identity(found, registers.settings.secret)["name"] == "某某某"


def test_counts_and_the_message_when_all_are_resolved(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    notice = publish(registers)
    assert notice.ends_at is not None
    cases = [object_to(registers, notice)[1] for _ in range(4)]
    outcomes = ["upheld", "rejected", "withdrawn", "not_accepted"]
    close(registers, cases[0], "upheld")
    assert count(registers, notice) == {
        "open": 3,
        "upheld": 1,
        "rejected": 0,
        "withdrawn": 0,
        "not_accepted": 0,
        "total": 4,
    }
    registers.now = notice.ends_at + timedelta(hours=1)
    for case, outcome in zip(cases[1:], outcomes[1:], strict=True):
        assert not registers.messages("MSG-OBJECTIONS-RESOLVED")
        close(registers, case, outcome)
    assert count(registers, notice) == {"open": 0, **dict.fromkeys(outcomes, 1), "total": 4}
    [message] = registers.messages("MSG-OBJECTIONS-RESOLVED")
    assert (message.key, message.payload["open"]) == (notice.number, 0)
    close(registers, cases[3], "upheld")
    assert count(registers, notice)["upheld"] == 1


def test_the_last_objection_closed_in_the_period_waits_for_its_end(
    registers: Registers, published: Notice
) -> None:
    close(registers, object_to(registers, published)[1], "rejected")
    assert not registers.messages("MSG-OBJECTIONS-RESOLVED")


def test_an_upheld_objection_marks_the_item_and_a_change_removes_it(
    registers: Registers, published: Notice
) -> None:
    _, case = object_to(registers, published)
    registers.call("decide_objection", case, objection_no=case.number, outcome="upheld", reason="查实")
    assert [item.state for item in published.items] == ["disputed", "listed"]
    close(registers, case, "upheld")
    with pytest.raises(DelegateError, match="OBJECTION_CLOSED"):
        registers.call("decide_objection", case, objection_no=case.number, outcome="rejected")
    kept = [item.data for item in published.items if item.key != "1"]
    change = registers.call(
        "publish_adjustment", registers.add_case(), publicity_no=published.number, items=kept, reason="查实"
    )
    assert [item.state for item in published.items] == ["removed", "listed"]
    adjustment = publicity.get_notice(registers.session, change["adjustment_no"])
    assert (adjustment.kind, adjustment.amends_id, len(adjustment.items)) == ("adjustment", published.id, 1)


def test_a_changed_list_published_again_names_the_one_before(registers: Registers) -> None:
    call = registers.add_case("PC")
    first = publish(registers, call)
    registers.call("archive_notice", call, publicity_no=first.number, state="changed")
    registers.made["PC"] += 1
    assert publish(registers, call).amends is first


def test_an_objector_may_take_it_back(registers: Registers, published: Notice) -> None:
    ticket, case = object_to(registers, published)
    found = objections.find_by_ticket(registers.session, ticket.receipt_no, ticket.code)
    for _ in range(2):
        objections.withdraw_objection(registers.context, found, "已说明")
    [message] = registers.messages("MSG-OBJECTION-WITHDRAWN")
    assert message.key == case.number
    close(registers, case, "withdrawn")
    with pytest.raises(objections.ObjectionEnded):
        objections.withdraw_objection(registers.context, found, "")


@pytest.mark.parametrize(
    "name", ["count_objections", "archive_notice", "publish_adjustment", "close_objection"]
)
def test_unknown_numbers_are_a_business_error(registers: Registers, name: str) -> None:
    given = {
        "count_objections": {"publicity_no": "GS-0"},
        "archive_notice": {"publicity_no": "GS-0", "state": "clear"},
        "publish_adjustment": {"publicity_no": "GS-0", "items": []},
        "close_objection": {"objection_no": "YY-0", "outcome": "upheld"},
    }
    with pytest.raises(DelegateError, match="NOT_FOUND"):
        registers.call(name, registers.add_case(), **given[name])


def test_evidence_is_an_attachment_of_the_ticket(registers: Registers, published: Notice) -> None:
    pdf = io.BytesIO(b"%PDF-1.7\n%%EOF")
    attachment = files.attach(
        registers.session, registers.settings.files_dir, pdf, "证据.pdf", "ticket:new", registers.now
    )
    object_to(registers, published, evidence=[files.describe(attachment)])
    [row] = registers.session.query(Objection).all()
    assert row.evidence[0]["sha256"] == attachment.sha256


def close(registers: Registers, case: ProcessInstance, outcome: str) -> None:
    registers.call("close_objection", case, objection_no=case.number, outcome=outcome)


def count(registers: Registers, notice: Notice) -> Any:
    return registers.call("count_objections", registers.add_case(), publicity_no=notice.number)
