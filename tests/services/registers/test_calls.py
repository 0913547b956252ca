from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.models.identity import Membership, Organisation
from app.models.outbox import Delivery
from app.models.runtime import ProcessInstance
from app.services import files
from app.services.delegates import DelegateError
from app.services.errors import NotFound
from app.services.registers import calls, clocks
from tests.services.registers.registers import START, Registers, utc

DEADLINE = START + timedelta(days=30)


def open_call(registers: Registers, **more: Any) -> ProcessInstance:
    instance = registers.add_case("PC")
    given = {
        "title": "首批申报",
        "notice": {"text": "正文"},
        "deadline": DEADLINE.isoformat(),
        "process_id": "declaration",
        "quota": 10,
        "parameters": {"publicity_days": 5},
    }
    registers.call("open_call", instance, call_no=instance.number, **{**given, **more})
    return instance


def join(registers: Registers, call: ProcessInstance, uscc: str) -> ProcessInstance:
    case = registers.add_case("CX", registers.add_org(f"银行{uscc}", uscc))
    calls.join(registers.session, calls.get_call(registers.session, call.number), case)
    return case


def submit(
    registers: Registers, call: ProcessInstance, case: ProcessInstance, content: object = "正文"
) -> Any:
    parts = [{"part": "declaration", "title": "申报书", "content": content}]
    return registers.call("stamp_submission", case, case_no=case.number, call_no=call.number, parts=parts)


def review(registers: Registers, call: ProcessInstance, case: ProcessInstance, score: float = 80.125) -> None:
    payload = {"case_no": case.number, "score": score, "org_name": "东海银行"}
    registers.send("MSG-CASE-REVIEWED", call.number, payload)


def test_an_open_call_is_shown_until_its_very_deadline(registers: Registers) -> None:
    number = open_call(registers).number
    [call] = calls.open_calls(registers.session, DEADLINE - timedelta(microseconds=1))
    assert (call.number, call.body["text"], call.quota) == (number, "正文", 10)
    assert calls.open_calls(registers.session, DEADLINE) == []
    assert calls.past_calls(registers.session, DEADLINE) == [call]
    variables = calls.start_variables(call)
    assert variables["params"] == {"publicity_days": 5}
    assert variables["call"]["deadline"] == "2026-04-01T09:30:00+08:00"


def test_a_call_cannot_open_after_its_deadline(registers: Registers) -> None:
    with pytest.raises(DelegateError, match="DEADLINE_PASSED"):
        open_call(registers, deadline=START.isoformat())


def test_an_organisation_takes_part_once(registers: Registers) -> None:
    number = open_call(registers).number
    call = calls.get_call(registers.session, number)
    case = join(registers, calls_instance(registers, call), "A" * 18)
    org = case.org
    assert isinstance(org, Organisation)
    with pytest.raises(calls.AlreadyDeclared) as caught:
        calls.check_open(registers.session, call, org, registers.now)
    assert caught.value.case_no == case.number
    registers.end(case, "withdrawn")
    calls.check_open(registers.session, call, org, registers.now)
    with pytest.raises(calls.CallClosed):
        calls.check_open(registers.session, call, org, DEADLINE)


def calls_instance(registers: Registers, call: Any) -> ProcessInstance:
    return registers.session.get_one(ProcessInstance, call.instance_id)


def test_the_call_goes_on_when_the_last_case_is_reviewed(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    call = open_call(registers)
    first, second, draft = (join(registers, call, letter * 18) for letter in "ABC")
    for case in (first, second):
        submit(registers, call, case)
    review(registers, call, first)
    assert not registers.messages("MSG-ALL-REVIEWED")
    registers.now = DEADLINE
    closed = registers.call("close_call", call, call_no=call.number)
    assert (closed["count"], [r["case_no"] for r in closed["receipts"]]) == (2, [first.number, second.number])
    review(registers, call, second)
    assert not registers.messages("MSG-ALL-REVIEWED")  # the draft has not ended yet
    registers.end(draft, "expired")
    [message] = registers.messages("MSG-ALL-REVIEWED")
    assert message.key == call.number
    assert [case["case_no"] for case in message.payload["cases"]] == [first.number, second.number]
    review(registers, call, second)
    registers.call("close_call", call, call_no=call.number)
    assert len(registers.messages("MSG-ALL-REVIEWED")) == 1
    entry = calls.find_case(registers.session, first.number)
    assert entry is not None
    assert str(entry.score) == "80.12"


def test_a_call_without_cases_goes_on_at_once(registers: Registers) -> None:
    call = open_call(registers)
    registers.now = DEADLINE
    registers.call("close_call", call, call_no=call.number)
    [message] = registers.messages("MSG-ALL-REVIEWED")
    assert message.payload == {"cases": []}


def test_a_case_that_ends_is_not_ranked(registers: Registers) -> None:
    call = open_call(registers)
    good, bad = join(registers, call, "A" * 18), join(registers, call, "B" * 18)
    for case in (good, bad):
        submit(registers, call, case)
        review(registers, call, case)
    registers.call("report_case_ended", bad, call_no=call.number, case_no=bad.number, outcome="withdrawn")
    review(registers, call, bad)  # too late: it has ended
    registers.now = DEADLINE
    registers.call("close_call", call, call_no=call.number)
    [message] = registers.messages("MSG-ALL-REVIEWED")
    assert [case["case_no"] for case in message.payload["cases"]] == [good.number]


def test_a_cancelled_call_names_the_cases_that_run(registers: Registers) -> None:
    call = open_call(registers)
    running, ended = join(registers, call, "A" * 18), join(registers, call, "B" * 18)
    registers.end(ended, "withdrawn")
    for _ in range(2):
        found = registers.call("cancel_call", call, call_no=call.number, reason="政策调整")
        assert found["cases"] == [running.number]
    registers.send("MSG-DELIBERATED", running.number, {"result": "proposed"})
    assert calls.find_case(registers.session, running.number).deliberation == "proposed"  # type: ignore[union-attr]
    registers.end(running, "called_off")
    assert not registers.messages("MSG-ALL-REVIEWED")


@pytest.mark.parametrize(("status", "state"), [("completed", "completed"), ("cancelled", "cancelled")])
def test_a_call_ends_with_its_process(registers: Registers, status: str, state: str) -> None:
    call = open_call(registers)
    registers.end(call, "done", status)
    assert calls.get_call(registers.session, call.number).state == state


def test_messages_to_unknown_calls_and_cases_change_nothing(registers: Registers) -> None:
    case = registers.add_case()
    registers.send("MSG-CASE-REVIEWED", "PC-2026-0009", {"case_no": case.number})
    registers.send("MSG-DELIBERATED", case.number, {"result": "proposed"})
    registers.end(case, "done")
    with pytest.raises(NotFound):
        calls.get_call(registers.session, "PC-2026-0009")
    with pytest.raises(DelegateError, match="CALL_NOT_FOUND"):
        registers.call("close_call", case, call_no="PC-2026-0009")


def test_a_receipt_is_stamped_hashed_and_given_once(registers: Registers) -> None:
    call = open_call(registers)
    case = registers.add_case("CX", registers.add_org())
    receipt = submit(registers, call, case, {"a": 1, "b": 2})
    registers.pass_time(hours=1)
    again = submit(registers, call, case, {"b": 2, "a": 1})
    assert again == receipt
    assert receipt["receipt_no"] == "HZ-2026-0001"
    assert receipt["received_at"] == START.isoformat()
    assert not receipt["late"]
    assert receipt["parts"][0]["title"] == "申报书"
    assert submit(registers, call, case, {"a": 2})["receipt_no"] == "HZ-2026-0002"
    assert calls.find_case(registers.session, case.number).state == "submitted"  # type: ignore[union-attr]


@pytest.mark.parametrize(("later", "late"), [(0, False), (1, True)])
def test_late_is_judged_by_the_calls_instant(registers: Registers, later: int, late: bool) -> None:
    call, case = open_call(registers), registers.add_case("CX", registers.add_org())
    registers.now = DEADLINE + timedelta(seconds=later)
    tomorrow = (registers.now + timedelta(days=1)).isoformat()
    parts = [{"part": "p", "content": 1}]
    receipt = registers.call(
        "stamp_submission",
        case,
        case_no=case.number,
        call_no=call.number,
        parts=parts,
        deadline=tomorrow,
        submitted_at=tomorrow,
    )
    assert (receipt["late"], receipt["received_at"]) == (late, registers.now.isoformat())


def test_a_submission_outside_a_call_has_the_deadline_it_is_given(registers: Registers) -> None:
    case = registers.add_case()
    for call_no, deadline, late in ((None, None, False), ("PC-2026-0404", START - timedelta(1), True)):
        receipt = registers.call(
            "stamp_submission",
            case,
            case_no=case.number,
            call_no=call_no,
            deadline=deadline,
            parts=[{"part": "p", "content": call_no}],
        )
        assert receipt["late"] is late


def test_the_acceptance_clock_leaves_suspensions_out(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case = registers.add_case()
    ticket = registers.call("open_acceptance", case, case_no=case.number, limit=5)
    assert ticket["due_at"] == "2026-03-09T23:59:59+08:00"
    assert registers.call("open_acceptance", case, case_no=case.number, limit=5) == ticket
    registers.move_to(2026, 3, 4, 10)
    assert registers.call("suspend_clock", case, case_no=case.number, reason="补正材料") == {
        "working_days": 2
    }
    registers.move_to(2026, 3, 11, 10)
    assert registers.call("suspend_clock", case, case_no=case.number) == {"working_days": 2}
    assert registers.call("resume_clock", case, case_no=case.number) == {"working_days": 2}
    registers.move_to(2026, 3, 13, 23, 59)
    assert registers.call("stop_clock", case, case_no=case.number) == {"working_days": 4}
    registers.move_to(2026, 3, 20, 9)
    assert registers.call("stop_clock", case, case_no=case.number) == {"working_days": 4}
    kinds = [(s.kind, s.working_days) for s in clocks.segments_of(registers.session, case.number)]
    assert kinds == [("running", 2), ("suspended", 5), ("running", 2)]


def test_no_clock_runs_on_after_its_case(registers: Registers) -> None:
    case = registers.add_case()
    assert registers.call("open_acceptance", case, case_no=case.number)["due_at"] is None
    registers.move_to(2026, 3, 3, 9)
    registers.end(case, "withdrawn")
    [segment] = clocks.segments_of(registers.session, case.number, "acceptance")
    assert (segment.working_days, segment.ended_at) == (1, utc(2026, 3, 3, 1))


def test_a_receipt_lists_every_file_with_its_hash_and_is_mailed(registers: Registers) -> None:
    org = registers.add_org()
    case = registers.add_case("CX", org)
    person = registers.add_user("bian")
    person.email = "bian@example.invalid"
    registers.session.add(Membership(user_id=person.id, org_id=org.id, role="signer"))
    kept = files.attach(registers.session, registers.settings.files_dir, io.BytesIO(b"%PDF-1.7 one"), "明细.pdf",
                        org.principal, registers.now, instance_id=case.id)  # fmt: skip
    foreign = files.attach(registers.session, registers.settings.files_dir, io.BytesIO(b"%PDF-1.7 two"), "他人.pdf",
                           "org:99", registers.now)  # fmt: skip
    refer = [{**files.describe(row), "id": str(row.id)} for row in (kept, kept, foreign)]
    content = {"deals": [{"files": refer[:2]}], "more": refer[2:]}
    receipt = registers.call(
        "stamp_submission", case, case_no=case.number, parts=[{"part": "deals", "content": content}]
    )
    assert receipt["files"] == [{"name": "明细.pdf", "size": 12, "sha256": kept.sha256}]
    mail = registers.session.scalars(select(Delivery)).one()
    assert (mail.address, mail.channel) == ("bian@example.invalid", "mail")
    for told in (receipt["receipt_no"], receipt["sha256"], kept.sha256, "09:30:00.000"):
        assert told in mail.text
