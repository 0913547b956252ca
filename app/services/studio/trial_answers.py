"""What services answer in a trial unless the tester says otherwise: samples of our operations, else by signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.engine.definition import Definition
from app.engine.effects import ServiceCall
from app.engine.trial.samples import sample_result
from app.engine.trial.script import Answer
from app.services import delegates

HASH = "0" * 64
Sample = Callable[[Mapping[str, Any], datetime], Any]


def answers_for(definition: Definition) -> Callable[[ServiceCall, datetime], Answer]:
    """The default answers in trials of a process."""
    signatures = delegates.signatures()

    def answer(call: ServiceCall, now: datetime) -> Answer:
        sample = SAMPLES.get(call.delegate)
        if sample is not None:
            return Answer(sample(call.parameters, now))
        return Answer(sample_result(definition, signatures.get(call.delegate), call, now))

    return answer


def _receipt(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    parts = [part for part in given.get("parts") or () if isinstance(part, Mapping)]
    late = str(given.get("submitted_at") or "") > str(given.get("deadline") or "~")
    return {
        "receipt_no": f"HZ-{now.year}-0000", "received_at": given.get("submitted_at") or now.isoformat(), "late": late,
        "sha256": HASH, "verify_code": "SAMPLE",
        "parts": [{"part": p.get("part"), "title": p.get("title", ""), "sha256": HASH} for p in parts], "files": [],
    }  # fmt: skip


def _experts(_given: Mapping[str, Any], _now: datetime) -> list[dict[str, Any]]:
    return [
        {"principal": f"user:{n}", "name": f"样例专家 {n}", "employer_uscc": "", "employer": f"样例机构 {n}",
         "interests": []}
        for n in range(1, 8)
    ]  # fmt: skip


def _drawn(given: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    pool = list(given.get("pool") or ())
    size = int(given.get("size") or 0)
    return {"experts": pool[:size], "seed": "样例", "draw_no": 1}


def _objection(_given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "receipt_no": f"YY-{now.year}-0000", "code": "SAMPLE", "masked_name": "样*",
        "starts_at": (now - timedelta(days=5)).isoformat(), "ends_at": now.isoformat(),
    }  # fmt: skip


SAMPLES: Mapping[str, Sample] = {
    "stamp_submission": _receipt,
    "open_acceptance": lambda given, now: {
        "acceptance_no": f"SL-{now.year}-0000", "opened_at": now.isoformat(), "due_at": None},
    "read_clock": lambda given, now: {"used": 0, "left": 5, "counted_on": now.date().isoformat()},
    "render_letter": lambda given, now: {
        "doc_no": f"WS-{now.year}-0000", "sha256": HASH, "letter": given.get("letter")},
    "deliver_document": lambda given, now: {"sent_at": now.isoformat(), "channel": "portal"},
    "record_service": lambda given, now: {"served_at": now.isoformat(), "served_how": given.get("how") or "opened"},
    "notify": lambda given, now: {"count": 1},
    "register_objection": _objection,
    "query_credit_source": lambda given, now: {
        "source": given.get("source"), "status": "clear", "note": "", "queried_at": now.isoformat(),
        "replied_at": now.isoformat(), "sha256": HASH},
    "query_own_records": lambda given, now: {
        "source": "own_records", "status": "clear", "note": "无失信记录", "queried_at": now.isoformat()},
    "compare_registry": lambda given, now: {
        "differences": [], "checked": len(given.get("deals") or ()), "matched": len(given.get("deals") or ()),
        "source_at": now.isoformat()},
    "list_experts": _experts,
    "list_officers": lambda given, now: [
        {"principal": "user:1", "name": "样例人员 1"}, {"principal": "user:2", "name": "样例人员 2"}],
    "draw_experts": _drawn,
    "count_objections": lambda given, now: dict.fromkeys(
        ("open", "upheld", "rejected", "withdrawn", "not_accepted", "total"), 0),
    "verify_signature": lambda given, now: {
        "valid": True, "reason": "", "text_sha256": given.get("text_sha256"), "file_sha256": HASH},
    "payment_facts": lambda given, now: {
        "budget_balance": 1_000_000_000, "already_paid": False, "frozen": False, "warnings": []},
    "check_draft": lambda given, now: {"ok": True, "errors": 0, "warnings": 0, "findings": [], "findings_en": []},
    "verify_release": lambda given, now: {"ok": True, "problems": [], "unset": [], "missing": []},
}  # fmt: skip
