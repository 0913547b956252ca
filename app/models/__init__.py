"""Tables, by the four words of the architecture and the registers; import from here."""

from __future__ import annotations

from app.models import (
    account,
    back_tests,
    clocks,
    comments,
    drafts,
    evidence,
    files,
    history,
    identity,
    inbox_views,
    interests,
    migrations,
    operations,
    outbox,
    register,
    repository,
    runtime,
    search,
    studio,
    trial,
)

__all__ = [
    "account",
    "back_tests",
    "clocks",
    "comments",
    "drafts",
    "evidence",
    "files",
    "history",
    "identity",
    "inbox_views",
    "interests",
    "migrations",
    "operations",
    "outbox",
    "register",
    "repository",
    "runtime",
    "search",
    "studio",
    "trial",
]
