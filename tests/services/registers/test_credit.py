from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from app.models.register import Sanction
from app.models.runtime import ProcessInstance
from app.services import files
from app.services.delegates import DelegateError
from app.services.errors import Invalid, NotFound
from app.services.registers import credit
from tests.services.registers.registers import START, USCC, Registers


def query(registers: Registers, **more: Any) -> Any:
    return registers.call("query_credit_source", registers.add_case(), source="gsxt", uscc=USCC, **more)


def import_reply(registers: Registers, verdict: str = "clear", **age: float) -> Any:
    return credit.import_reply(
        registers.session, "gsxt", USCC, verdict, registers.now - timedelta(**age), registers.now, note="截图"
    )


def test_a_source_without_extract_is_missing(registers: Registers) -> None:
    assert query(registers)["status"] == "missing"


def test_the_newest_extract_counts_while_it_is_fresh(registers: Registers) -> None:
    import_reply(registers, "hit", days=3)
    first = import_reply(registers, "clear", days=2)
    assert import_reply(registers, "clear", days=2) is first
    found = query(registers)
    assert (found["status"], found["note"], found["queried_at"]) == ("clear", "截图", START.isoformat())
    assert query(registers, valid_days=2)["status"] == "clear"
    registers.pass_time(seconds=1)
    assert query(registers, valid_days=2)["status"] == "missing"


@pytest.mark.parametrize(("verdict", "days"), [("perhaps", 1), ("clear", -1)])
def test_an_extract_needs_a_verdict_and_a_past(registers: Registers, verdict: str, days: int) -> None:
    with pytest.raises(Invalid):
        import_reply(registers, verdict, days=days)


def decided(
    registers: Registers, measures: list[str], period: int | None = 36
) -> tuple[ProcessInstance, ProcessInstance]:
    case, lead = registers.add_case("CX", registers.add_org()), registers.add_case("CC")
    given = {"case_no": case.number, "measures": measures, "period": period, "decision_no": "WS-2026-0009"}
    for _ in range(2):
        registers.call("cancel_qualification", lead, **given)
    return case, lead


def own(registers: Registers) -> Any:
    return registers.call("query_own_records", registers.add_case(), uscc=USCC)["status"]


def test_a_ban_holds_until_its_last_day(registers: Registers) -> None:
    assert own(registers) == "clear"
    decided(registers, ["cancel_qualification", "recover_funds"])
    rows = registers.session.query(Sanction).order_by(Sanction.id).all()
    assert [(row.measure, row.ends_on) for row in rows] == [
        ("cancel_qualification", date(2029, 3, 2)),
        ("recover_funds", None),
    ]
    assert own(registers) == "own_ban"
    registers.move_to(2029, 3, 2, 23, 59)
    assert own(registers) == "own_ban"
    registers.move_to(2029, 3, 3, 0, 0)
    assert own(registers) == "clear"


def test_a_ban_without_end_holds(registers: Registers) -> None:
    decided(registers, ["bar_from_policy"], None)
    registers.move_to(2066, 1, 1)
    assert own(registers) == "own_ban"


def test_a_sanction_needs_somebody_to_hit(registers: Registers) -> None:
    lead = registers.add_case("CC")
    given = {"case_no": "CX-2026-0404", "measures": ["bar_from_policy"]}
    with pytest.raises(DelegateError, match="USCC_MISSING"):
        registers.call("cancel_qualification", lead, **given)
    registers.call("cancel_qualification", lead, **given, org={"name": "某某公司", "uscc": USCC})
    assert own(registers) == "own_ban"


def record(registers: Registers, case: ProcessInstance, lead: ProcessInstance, **more: Any) -> Any:
    given = {
        "case_no": case.number,
        "org": {"name": "东海银行", "uscc": USCC},
        "facts": "虚报业绩",
        "basis": "S2-C3",
        "decision_no": "WS-2026-0009",
        "degree": "serious",
        "period": 24,
        **more,
    }
    return registers.call("register_credit_entry", lead, **given)


def test_a_credit_record_is_entered_reported_acknowledged_and_ended(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case, lead = decided(registers, ["cancel_qualification"])
    entry = record(registers, case, lead)
    assert record(registers, case, lead) == entry
    number = entry["credit_no"]
    assert (entry["starts_on"], entry["ends_on"]) == ("2026-03-02", "2028-03-02")
    report = registers.call("export_credit_report", lead, credit_no=number)
    with files.open_file(registers.settings.files_dir, report["sha256"]) as stored:
        assert orjson.loads(stored.read())["action"] == "add"
    for _ in range(2):
        credit.acknowledge(registers.context, number, "入库1")
    assert [m.key for m in registers.messages("MSG-CREDIT-ACK")] == [number]
    credit.ask_repair(registers.context, number, "已整改")
    credit.annul(registers.context, number, "复议撤销")
    assert (
        registers.messages("MSG-REPAIR")[0].key
        == registers.messages("MSG-DECISION-ANNULLED")[0].key
        == number
    )
    for state in ("annulled", "expired"):
        closed = registers.call("close_credit_entry", lead, credit_no=number, state=state, reason="复议撤销")
        assert closed["state"] == "annulled"
    assert registers.call("export_credit_report", lead, credit_no=number)["action"] == "remove"
    assert own(registers) == "clear"  # the ban fell with its decision
    with pytest.raises(NotFound):
        credit.acknowledge(registers.context, number, "x")
    assert [r.number for r in credit.records(registers.session)] == [number]
    assert credit.records(registers.session, state="active") == []


def test_an_active_record_is_a_hit_and_repair_keeps_the_sanction(registers: Registers) -> None:
    case, lead = decided(registers, ["cancel_qualification"], 1)
    number = record(registers, case, lead)["credit_no"]
    registers.move_to(2026, 6, 1)
    assert own(registers) == "hit"
    registers.call("close_credit_entry", lead, credit_no=number, state="repaired", reason="已整改")
    assert own(registers) == "clear"
    assert registers.session.query(Sanction).one().state == "in_force"


def test_a_credit_record_needs_a_known_subject(registers: Registers) -> None:
    with pytest.raises(DelegateError, match="USCC_MISSING"):
        record(registers, registers.add_case(), registers.add_case("CC"), org={"name": "某某"})
    with pytest.raises(DelegateError, match="CREDIT_RECORD_NOT_FOUND"):
        registers.call("export_credit_report", registers.add_case(), credit_no="XJ-2026-0404")


def test_the_facts_of_a_case_come_from_the_registers(registers: Registers) -> None:
    case, lead = registers.add_case("CX", registers.add_org()), registers.add_case("CC")
    found = registers.call("case_facts", lead, case_no=case.number)
    assert (found["org_name"], found["stage"], found["scheme"], found["paid_amount"]) == (
        "东海银行",
        "before_award",
        None,
        0,
    )
    registers.call("post_ledger", case, kind="payment", case_no=case.number, amount="0.01", reference="BF-1")
    assert registers.call("case_facts", lead, case_no=case.number)["stage"] == "paid"
    with pytest.raises(DelegateError, match="CASE_NOT_FOUND"):
        registers.call("case_facts", lead, case_no="CX-2026-0404")


def test_two_investigations_hold_a_case_until_both_release_it(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case, first, second = (registers.add_case(prefix) for prefix in ("CX", "CC", "CC"))
    for lead in (first, first, second):
        registers.call("freeze_case", lead, case_no=case.number, reason="立案")
    assert case.is_frozen
    assert registers.call("unfreeze_case", first, case_no=case.number) == {"still_frozen": True}
    assert registers.call("unfreeze_case", first, case_no=case.number) == {"still_frozen": True}
    assert registers.call("unfreeze_case", second, case_no=case.number) == {"still_frozen": False}
    registers.session.refresh(case)
    assert not case.is_frozen
    registers.call("freeze_case", first, case_no=case.number)
    assert case.is_frozen
