"""Operations on case files (案卷): gather, seal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.models.register import Archive
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.numbering import OFFICE_ZONE
from app.services.registers import archives
from app.services.registers.periods import add_months

MONTHS_A_YEAR = 12


@delegate
def build_archive(ctx: DelegateContext, *, case_no: str) -> dict[str, Any]:
    """List what belongs to a case file, with hashes: documents, files, receipts, decisions, history.

    Built again, the list is brought up to date until it is sealed.
    Gives archive_no, files {kind, name, number, sha256, at}, missing (names), sha256.
    """
    archive, missing = archives.build(ctx.session, ctx.instance, case_no, ctx.now)
    return {
        "archive_no": archive.number,
        "files": archives.entries_of(archive),
        "missing": missing,
        "sha256": archive.sha256,
    }


@delegate
def seal_archive(ctx: DelegateContext, *, archive_no: str, retention: Any = None) -> dict[str, Any]:
    """Seal a case file; `retention` in years, or words. Gives sealed_at, retention, keep_until."""
    archive = ctx.session.scalar(select(Archive).where(Archive.number == archive_no))
    if archive is None:
        raise DelegateError("ARCHIVE_NOT_FOUND", f"没有案卷 {archive_no}。")
    if archive.state != "sealed":
        archive.state, archive.sealed_at = "sealed", ctx.now
        archive.retention, years = _retention(retention)
        if years is not None:
            today = ctx.now.astimezone(OFFICE_ZONE).date()
            archive.keep_until = add_months(today, years * MONTHS_A_YEAR)
        ctx.session.flush()
    return {
        "archive_no": archive.number,
        "sealed_at": archive.sealed_at,
        "retention": archive.retention,
        "keep_until": archive.keep_until,
    }


def _retention(value: object) -> tuple[str, int | None]:
    """The period as words and as years; None years: for ever, or not set."""
    text = "" if value is None else str(value).strip()
    digits = text.removesuffix("年").strip()
    if digits.isdecimal():
        return f"{digits}年", int(digits)
    return text[:40], None
