"""Operations on agreements: check signatures, seal, load for reviews, compare with the pledge registry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from app.models.register import Agreement
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.registers import agreements, cases, ledger, pledges, signatures, typical_cases


@delegate
def verify_signature(
    ctx: DelegateContext,
    *,
    kind: Literal["undertaker", "bureau"],
    case_no: str,
    signature: dict[str, Any],
    text_sha256: str,
    signer: str | None = None,
    party: dict[str, Any] | None = None,
    other_holder_reason: str | None = None,
) -> dict[str, Any]:
    """Check one side's signature: signer, confirmations, signed file, and that the text is the locked one.

    A file signed by certificate is the locked text with nothing but valid, trusted signatures added; its certificate
    names the `party` {name, uscc}, or an officer gives the reason why another one speaks for it.

    Gives valid, reason, text_sha256, file_sha256, other_holder (the organisation of the certificate when that is all
    that is wrong), revocation (checked, unchecked; null for a scan).
    """
    side = signatures.Side(kind, party, (other_holder_reason or "").strip())
    finding = signatures.judge(
        ctx.session, ctx.settings, side, case_no, signature, text_sha256, signer, ctx.now
    )
    checked = {True: "checked", False: "unchecked", None: None}
    return {
        "valid": finding.valid,
        "reason": "；".join(finding.reasons),
        "text_sha256": text_sha256,
        "file_sha256": finding.file_sha256,
        "other_holder": finding.holder or None,
        "revocation": checked[finding.is_checked],
    }


@delegate
def seal_agreement(
    ctx: DelegateContext,
    *,
    case_no: str,
    org: dict[str, Any],
    doc_no: str,
    text_sha256: str,
    targets: list[dict[str, Any]],
    fund_amount: Decimal = Decimal(0),
    tasks: list[Any] | None = None,
    instalments: list[dict[str, Any]] | None = None,
    allowed_uses: list[Any] | None = None,
    milestones: list[dict[str, Any]] | None = None,
    term_end: date | None = None,
    undertaker_signature: dict[str, Any] | None = None,
    bureau_signature: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Enter a signed agreement with its targets and milestones; the same text of a case is entered once.

    Gives agreement_no, version, doc_no, sha256 (of the text), effective_at. Error TEXT_CHANGED.
    """
    terms = agreements.Terms(
        tasks or [], targets, fund_amount, instalments or [], allowed_uses or [], milestones or [], term_end
    )
    signed = [undertaker_signature or {}, bureau_signature or {}]
    agreement = _seal(ctx, case_no, org, doc_no, text_sha256, terms, signed)
    return {
        "agreement_no": agreement.number,
        "version": agreement.version,
        "doc_no": doc_no,
        "sha256": text_sha256,
        "effective_at": agreement.effective_at,
    }


@delegate
def load_agreement(ctx: DelegateContext, *, agreement_no: str) -> dict[str, Any]:
    """An agreement as signed, with what was paid on it so far. Error AGREEMENT_NOT_FOUND.

    Gives agreement_no, case_no, org, targets, tasks, fund_amount, paid_amount, allowed_uses, milestones,
    state.
    """
    agreement = agreements.find(ctx.session, agreement_no)
    if agreement is None:
        raise DelegateError("AGREEMENT_NOT_FOUND", f"没有协议 {agreement_no}。")
    return {
        "agreement_no": agreement.number,
        "case_no": agreement.case_no,
        "org": cases.party(agreement.org) or {"name": agreement.org_name},
        "targets": agreement.targets,
        "tasks": agreement.terms.get("tasks", []),
        "fund_amount": agreement.funds,
        "paid_amount": ledger.paid_on(ctx.session, agreement.case_no),
        "allowed_uses": agreement.terms.get("allowed_uses", []),
        "milestones": agreement.terms.get("milestones", []),
        "state": agreement.state,
    }


@delegate
def accept_report(
    ctx: DelegateContext,
    *,
    agreement_no: str,
    due_on: date,
    document_no: str,
    cases: list[dict[str, Any]],
    period: str = "",
    recommended: bool = False,
) -> dict[str, Any]:
    """A periodic report counts: its milestone is done, its cases stand in a document and go into the pool.

    Gives counted, document_no, cases (number).
    """
    counted = agreements.note_reported(ctx.session, agreement_no, due_on)
    added = typical_cases.add(ctx.session, ctx.instance, agreement_no, cases, ctx.now, period=period,
                              document_no=document_no, recommended=recommended)  # fmt: skip
    return {"counted": counted, "document_no": document_no, "cases": added}


@delegate
def compare_registry(
    ctx: DelegateContext,
    *,
    case_no: str,
    org: dict[str, Any],
    deals: list[dict[str, Any]],
    year: int | None = None,
) -> dict[str, Any]:
    """Compare declared deals with the newest extract of the pledge registry.

    Gives differences {registration_no, field, reported, registered, note}, checked, matched, source_at (null:
    no extract was imported).
    """
    return pledges.compare(ctx.session, str(org.get("uscc") or ""), deals, year)


def _seal(
    ctx: DelegateContext,
    case_no: str,
    org: dict[str, Any],
    doc_no: str,
    text_sha256: str,
    terms: agreements.Terms,
    signed: list[dict[str, Any]],
) -> Agreement:
    try:
        return agreements.seal(
            ctx.session, ctx.instance, case_no, org, doc_no, text_sha256, terms, signed, ctx.now
        )
    except agreements.TextChanged as changed:
        raise DelegateError("TEXT_CHANGED", changed.message) from None
