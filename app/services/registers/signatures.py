"""Whether a signature on an agreement can be accepted.

A scan is accepted on the signer's confirmation. A file signed by certificate must be the locked text with nothing but
signatures added, and the bottom line of each signature must hold: intact, trusted, not revoked as far as anybody can
be asked, and nothing changed since. Its certificate must name the party, by credit code or name, unless an officer says
why another one speaks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Attachment, Document, DocumentSignature
from app.services import file_store, outside
from app.services.settings import Settings
from app.services.signing import authority, pades, revocation
from app.services.signing.pades import SignatureState
from app.services.signing.subjects import Holder


@dataclass(frozen=True)
class Finding:
    """The verdict on one signature; `reasons` are empty when it is valid."""

    reasons: tuple[str, ...]
    file_sha256: str | None
    holder: str = ""  # the organisation of the certificate when it is not the party and nothing else is wrong
    is_checked: bool | None = None  # whether revocation could be checked; None for a scan

    @property
    def valid(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Judged:
    """What a file signed by certificate carries, and what is wrong with it."""

    states: tuple[SignatureState, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """One side of the agreement: who the party is, and why another holder's certificate is accepted for it."""

    kind: str
    party: Mapping[str, Any] | None
    other_holder_reason: str = ""

    def fault(self, holder: Holder) -> str:
        """What is wrong with a certificate of this holder; empty when nothing is."""
        if self.party is None or self.other_holder_reason or holder.speaks_for(self.party):
            return ""
        party = "，".join(str(self.party[key]) for key in ("name", "uscc") if self.party.get(key))
        return f"签名证书的单位（{holder}）与协议当事人（{party}）不一致"


def judge(
    session: Session,
    settings: Settings,
    side: Side,
    case_no: str,
    signature: Mapping[str, Any],
    text_sha256: str,
    signer: str | None,
    now: datetime,
) -> Finding:
    """Judge one side's signature: signer, confirmations, signed file, and the locked text it refers to.

    An accepted signature by certificate is entered with the document.
    """
    kind = side.kind
    signed = _signed_file(session, signature.get("signed_file"))
    text = session.scalar(
        select(Document).where(Document.case_no == case_no, Document.pdf_sha256 == text_sha256).limit(1)
    )
    name = str(signer or signature.get("signer") or "").strip()
    reasons = list(_faults(kind, signature, text, name, signed))
    if signed is not None and text is not None and signature.get("method") == "e_seal":
        judged = judge_file(session, settings, text, signed.sha256, now)
        reasons += judged.faults
        if not reasons:
            return _accept(session, settings, text, side, name, signed.sha256, judged.states[-1], now)
    return Finding(tuple(reasons), signed.sha256 if signed else None)


def judge_file(session: Session, settings: Settings, text: Document, sha256: str, now: datetime) -> Judged:
    """A signed file against the locked text and the signatures that were accepted on it before."""
    earlier = session.scalars(
        select(DocumentSignature)
        .where(DocumentSignature.document_id == text.id)
        .order_by(DocumentSignature.id)
    ).all()
    below = earlier[-1].pdf_sha256 if earlier else text.pdf_sha256
    return outside.ask(
        session,
        ("judge", sha256, below, len(earlier)),
        partial(_judge_against, settings, sha256, below, bool(earlier), now),
    )


def _judge_against(settings: Settings, sha256: str, earlier: str, follows: bool, now: datetime) -> Judged:
    """Asks for revocation where the certificates say: not to be called while a transaction is open."""
    pdf, below = (file_store.read(settings.files_dir, one) for one in (sha256, earlier))
    trust = pades.Trust(authority.trusted_roots(settings), revocation.asking(settings))
    states = tuple(pades.read_signatures(pdf, trust, now))
    known = len(pades.read_signatures(below, trust, now)) if follows else 0
    return Judged(states, tuple(_faults_of_file(pdf, below, states, known, follows)))


def _faults_of_file(
    pdf: bytes, below: bytes, states: tuple[SignatureState, ...], known: int, follows: bool
) -> Iterator[str]:
    if not states:
        yield "上传的文件中没有电子签章"
        return
    if not pdf.startswith(below):
        yield "签署的文件不是对方已签署的同一份文件" if follows else "签署的文件不是锁定的协议文本"
    elif len(states) <= known:
        yield "文件中没有本方新的电子签章"
    for state in states:
        if not state.is_valid:
            yield f"电子签章（{state.subject}）无效：{state.reason}"
    if not states[-1].covers_file:
        yield "最后一个签章之后文件又被追加内容"


def _faults(
    kind: str, signature: Mapping[str, Any], text: Document | None, signer: str, signed: Attachment | None
) -> Iterator[str]:
    if text is None:
        yield "签署文本与锁定的协议文本不一致"
    if not signer:
        yield "未填写签署人"
    if signature.get("confirm_text") is not True:
        yield "未确认签署文本与校验值一致"
    if kind == "undertaker" and signature.get("confirm_liability") is not True:
        yield "未确认知悉并接受协议约定的责任"
    if signed is None:
        yield "未上传已签署的文件"


def _accept(
    session: Session,
    settings: Settings,
    text: Document,
    side: Side,
    signer: str,
    sha256: str,
    state: SignatureState,
    now: datetime,
) -> Finding:
    """Enter a signature that holds, unless its certificate is somebody else's."""
    if fault := side.fault(state.holder):
        return Finding((fault,), sha256, holder=str(state.holder), is_checked=state.is_checked)
    matches = side.party is None or state.holder.speaks_for(side.party)
    row = DocumentSignature(
        document_id=text.id,
        side=side.kind,
        signer=signer[:120],
        subject=state.subject[:300],
        issuer=state.issuer[:300],
        certificate_sha256=state.certificate_sha256,
        is_demo=authority.is_demo(settings, state.issuer),
        signed_at=state.signed_at or now,
        timestamped_at=state.timestamped_at,
        pdf_sha256=sha256,
        accepted_at=now,
        is_checked=state.is_checked,
        other_holder_reason="" if matches else side.other_holder_reason[:300],
    )
    session.add(row)
    session.flush()
    return Finding((), sha256, is_checked=state.is_checked)


def _signed_file(session: Session, value: object) -> Attachment | None:
    """The attachment that the form refers to, if it is stored."""
    entries = value if isinstance(value, list) else [value]
    for entry in entries:
        if isinstance(entry, Mapping) and str(entry.get("id", "")).isdigit():
            attachment = session.get(Attachment, int(entry["id"]))
            if attachment is not None and attachment.sha256 == entry.get("sha256", attachment.sha256):
                return attachment
    return None
