"""Registers (台账): what the processes decide about the world."""

from __future__ import annotations

from app.models.register.appeals import Appeal
from app.models.register.calls import Acceptance, Call, CallCase, Receipt
from app.models.register.credit import CreditRecord, Freeze, RegistryReply, Sanction
from app.models.register.documents import (
    Archive,
    Attachment,
    Document,
    DocumentSignature,
    LetterDraft,
    Notification,
)
from app.models.register.money import Agreement, Budget, LedgerEntry, Milestone, Payment, Receivable
from app.models.register.policy import CalendarDay, CalendarYear, Clause
from app.models.register.publicity import Notice, NoticeItem, Objection
from app.models.register.review import ExpertDraw, ScoreSheet
from app.models.register.typical_cases import TypicalCase

__all__ = [
    "Acceptance",
    "Agreement",
    "Appeal",
    "Archive",
    "Attachment",
    "Budget",
    "CalendarDay",
    "CalendarYear",
    "Call",
    "CallCase",
    "Clause",
    "CreditRecord",
    "Document",
    "DocumentSignature",
    "ExpertDraw",
    "Freeze",
    "LedgerEntry",
    "LetterDraft",
    "Milestone",
    "Notice",
    "NoticeItem",
    "Notification",
    "Objection",
    "Payment",
    "Receipt",
    "Receivable",
    "RegistryReply",
    "Sanction",
    "ScoreSheet",
    "TypicalCase",
]
