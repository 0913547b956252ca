"""What service tasks can do, by topic. Importing this package registers every operation."""

from __future__ import annotations

from app.services.operations import (
    agreements,
    appeals,
    archives,
    calls,
    credit,
    documents,
    messaging,
    payments,
    people,
    publicity,
    recovery,
    release,
    review,
    sanctions,
    submission,
)

__all__ = [
    "agreements",
    "appeals",
    "archives",
    "calls",
    "credit",
    "documents",
    "messaging",
    "payments",
    "people",
    "publicity",
    "recovery",
    "release",
    "review",
    "sanctions",
    "submission",
]
