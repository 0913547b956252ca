"""Tables, by the four words of the architecture and the registers; import from here."""

from __future__ import annotations

from app.models import (
    account,
    clocks,
    comments,
    drafts,
    evidence,
    files,
    history,
    identity,
    inbox_views,
    interests,
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
    "clocks",
    "comments",
    "drafts",
    "evidence",
    "files",
    "history",
    "identity",
    "inbox_views",
    "interests",
    "operations",
    "outbox",
    "register",
    "repository",
    "runtime",
    "search",
    "studio",
    "trial",
]
