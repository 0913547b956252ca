"""The messages that the application itself sends and takes: what checks of a bundle must know of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from app.engine.lint.host import Host

# What the registers send when something was booked, decided or handed in, and what people may send to a case.
SENT = frozenset(
    {
        "MSG-ALL-REVIEWED", "MSG-APPEAL", "MSG-APPEAL-WITHDRAWN", "MSG-BOUNCED", "MSG-CALL-CANCELLED",
        "MSG-CREDIT-ACK", "MSG-DECISION-ANNULLED",
        "MSG-INSTALMENT-REQUEST", "MSG-OBJECTION", "MSG-OBJECTION-WITHDRAWN", "MSG-OBJECTIONS-RESOLVED", "MSG-PAID",
        "MSG-PAID-FULL", "MSG-PAID-PART", "MSG-PAY-FAILED", "MSG-PUBLICITY-TERMINATE", "MSG-RECEIPT-OPENED",
        "MSG-RELEASE-SUPERSEDED", "MSG-RELEASE-WITHDRAWN", "MSG-REPAIR", "MSG-REPORT-DUE",
        "MSG-REVIEW-DUE", "MSG-WITHDRAW",
    }
)  # fmt: skip
# What the registers act upon whoever sends it.
HANDLED = frozenset({"MSG-CASE-REVIEWED", "MSG-DELIBERATED", "MSG-OBJECTION-CLOSED"})


def host_of(files: Mapping[str, bytes]) -> Host:
    """What lies around a bundle: our messages, and the clauses of its policies if it has any."""
    policies = [data for path, data in files.items() if path.startswith("policies/")]
    clauses = frozenset(clause for data in policies for clause in _clauses(data))
    return Host(SENT, HANDLED, clauses if policies else None)


def _clauses(data: bytes) -> Iterator[str]:
    """The clause ids of a policy file; what is wrong with the file is another check's business."""
    try:
        policy = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    listed = policy.get("clauses") if isinstance(policy, dict) else None
    for clause in listed if isinstance(listed, list) else ():
        if isinstance(clause, dict) and isinstance(clause.get("id"), str):
            yield clause["id"]
