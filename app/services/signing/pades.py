"""Sign a PDF (PAdES B-B, with a time stamp B-T) and judge what a signed one is worth, with pyHanko."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import RevokedError

from app.services.errors import Conflict, ServiceError
from app.services.signing.appearance import Seal, field_of
from app.services.signing.keys import KeyRefused, KeySource
from app.services.signing.revocation import Asking
from app.services.signing.subjects import Holder, holder_of

DIGEST = "sha256"
Made = TypeVar("Made")
# What is wrong with a signature is our answer to a reader, not news for the operator.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class SigningFailed(Conflict):
    """The PDF could not be signed: the file, the key or the time stamping authority refused."""

    def __init__(self) -> None:
        super().__init__(
            "签署未完成：证书或时间戳服务无法使用，请稍后再试。没有保存任何内容。",
            "Signing failed: the certificate or the time stamping service cannot be used. Nothing was saved.",
        )


class StampMissing(ServiceError):
    """The time stamping authority did not answer in time, or not with a time stamp."""

    def __init__(self) -> None:
        super().__init__(
            "签署未完成：时间戳服务没有及时应答，请稍后再试。没有保存任何内容，任务仍待签署。",
            "Not signed: the time stamping service did not answer in time. Nothing was saved, the task is still "
            "to be signed; please try again later.",
        )


@dataclass(frozen=True)
class SignatureState:
    """One signature in a file. `is_valid` is the bottom line: intact, trusted, in time, and nothing changed since."""

    field: str
    subject: str
    issuer: str
    certificate_sha256: str
    signed_at: datetime | None
    timestamped_at: datetime | None
    is_valid: bool
    is_intact: bool
    is_trusted: bool
    covers_file: bool
    reason: str
    holder: Holder
    is_checked: bool  # revocation lists or answers, in the file or asked for, say that it was not revoked


@dataclass(frozen=True)
class Trust:
    """Whom to trust, and whom to ask about revocation (nobody: only what the file brings along counts)."""

    roots: Sequence[x509.Certificate]
    asking: Asking | None = None

    def context(self, moment: datetime, mode: str = "soft-fail", **more: Any) -> dict[str, Any]:
        """The arguments of a validation context. What says that a certificate is good now says so of before."""
        return {
            "trust_roots": list(self.roots),
            "moment": moment,
            "allow_fetching": self.asking is not None,
            "fetchers": self.asking.fetchers if self.asking else None,
            "revocation_mode": mode,
            "retroactive_revinfo": True,
            **more,
        }


def sign(
    pdf: bytes,
    source: KeySource,
    *,
    field: str,
    reason: str,
    stamper: TimeStamper | None = None,
    seal: Seal | None = None,
    trust: Trust | None = None,
) -> bytes:
    """The PDF with one more signature, as an incremental update: what is there already stays byte for byte.

    With `seal` it can be seen on its page. With a `trust` that may ask, what was answered about revocation goes into
    the file, so that it can be judged when nobody answers any more (PAdES B-LT). Raises KeyRefused, SigningFailed,
    StampMissing.
    """
    signer = source.open()
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        look = (
            seal.draw(signer.signing_cert) if seal is not None and signer.signing_cert is not None else None
        )
        spec, style = field_of(writer.prev, field, seal.place if seal else "", look)
        metadata = PdfSignatureMetadata(
            field_name=field,
            md_algorithm=DIGEST,
            reason=reason,
            subfilter=SigSeedSubFilter.PADES,
            **_long_term(trust),
        )
        made = PdfSigner(metadata, signer, timestamper=stamper, new_field_spec=spec, stamp_style=style)
        _apart(lambda: made.sign_pdf(writer, output=out))
    except TimestampRequestError as error:
        raise StampMissing from error
    except (SigningError, PdfError, OSError) as error:
        if isinstance(error.__cause__, RevokedError):
            raise KeyRefused("这张证书已被吊销。", "This certificate was revoked.") from error
        raise SigningFailed from error
    except ValueError as error:
        raise KeyRefused("不支持这张证书的密钥。", "This kind of key cannot be used.") from error
    return out.getvalue()


def _long_term(trust: Trust | None) -> dict[str, Any]:
    if trust is None or trust.asking is None:
        return {}
    return {
        "embed_validation_info": True,
        # The real time: answers are of now, whatever the clock of a demonstration says.
        "validation_context": ValidationContext(**trust.context(datetime.now(UTC))),
        "dss_settings": DSSContentSettings(
            include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
        ),
    }


def read_signatures(pdf: bytes, trust: Trust, now: datetime) -> list[SignatureState]:
    """Every signature in a file, oldest first; empty when it has none or cannot be read."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        kept = _kept(reader)
        return [_state(signature, trust, kept, now) for signature in reader.embedded_regular_signatures]
    except (
        PdfError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
    ):  # whatever a forged file makes the parser do
        return []


def last_holder(pdf: bytes) -> Holder | None:
    """Whose certificate the newest signature bears, whatever it is worth."""
    found = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_regular_signatures
    return holder_of(found[-1].signer_cert) if found else None


def _kept(reader: PdfFileReader) -> DocumentSecurityStore | None:
    """What the file brings along about revocation."""
    try:
        return DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return None


def _state(
    signature: EmbeddedPdfSignature, trust: Trust, kept: DocumentSecurityStore | None, now: datetime
) -> SignatureState:
    certificate = signature.signer_cert
    moment = _moment(signature, now)
    status = _validate(signature, trust, kept, moment, "soft-fail")
    stamp = status.timestamp_validity if status else None
    stamped = stamp.timestamp if stamp else None
    signed_at = stamped or signature.self_reported_timestamp
    is_valid = bool(status and status.bottom_line)
    return SignatureState(
        field=signature.field_name,
        subject=_name_of(certificate.subject),
        issuer=_name_of(certificate.issuer),
        certificate_sha256=certificate.sha256.hex(),
        signed_at=signed_at.astimezone(UTC) if signed_at else None,
        timestamped_at=stamped.astimezone(UTC) if stamped else None,
        is_valid=is_valid,
        is_intact=bool(status and status.intact and status.valid),
        is_trusted=bool(status and status.trusted),
        covers_file=bool(status and _covers_file(status)),
        reason=_reason(status),
        holder=holder_of(certificate),
        is_checked=is_valid and _is_checked(signature, trust, kept, moment),
    )


def _covers_file(status: PdfSignatureStatus) -> bool:
    """Nothing came after it but, at most, what says that its certificate was not revoked."""
    level = status.modification_level
    return status.coverage == SignatureCoverageLevel.ENTIRE_FILE or (
        level is not None and level <= ModificationLevel.LTA_UPDATES
    )


def _is_checked(
    signature: EmbeddedPdfSignature, trust: Trust, kept: DocumentSecurityStore | None, moment: datetime
) -> bool:
    """The same verdict when nothing is trusted that no list and no answer vouches for."""
    strict = _validate(signature, trust, kept, moment, "require")
    return bool(strict and strict.trusted)


def _name_of(name: x509.Name) -> str:
    """Person, organisation and unit of a certificate, as a reader expects them."""
    parts = [str(name.native.get(key, "")) for key in ("organization_name", "organizational_unit_name")]
    common = str(name.native.get("common_name") or name.human_friendly)
    about = "；".join(part for part in parts if part)
    return f"{common}（{about}）" if about else common


def _moment(signature: EmbeddedPdfSignature, now: datetime) -> datetime:
    """The time stamp where there is one: a certificate may expire after it was used."""
    stamps = [token["encap_content_info"]["content"].parsed["gen_time"].native
              for token in extract_tst_data_iter(signature.signer_info, signed=False)]  # fmt: skip
    moment: datetime = min([now, *stamps])
    return moment


def _validate(
    signature: EmbeddedPdfSignature,
    trust: Trust,
    kept: DocumentSecurityStore | None,
    moment: datetime,
    mode: str,
) -> PdfSignatureStatus | None:
    """The verdict as of a moment; None for what cannot be read."""
    try:
        signer, stamper = (
            kept.as_validation_context(arguments) if kept else ValidationContext(**arguments)
            for arguments in (trust.context(moment, mode), trust.context(moment))
        )
        return _apart(
            lambda: validate_pdf_signature(
                signature, signer_validation_context=signer, ts_validation_context=stamper
            )
        )
    except (SignatureValidationError, PdfError, ValueError):
        return None


def _apart(work: Callable[[], Made]) -> Made:
    """pyHanko starts an event loop for each call, which it may not do in a thread that runs one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work).result()


def _reason(status: PdfSignatureStatus | None) -> str:
    """Why the bottom line is not reached, in words; empty when it is."""
    if status is None:
        return "签名数据无法解析"
    if status.bottom_line:
        return ""
    if not status.intact or not status.valid:
        return "文件内容在签署后被改动"
    if status.revoked:
        return "签名证书已被吊销"
    if not status.trusted:
        return "签名证书不受信任或不在有效期内"
    if status.modification_level is not None and status.docmdp_ok is False:
        return "签署后又追加了不被允许的修改"
    if status.timestamp_validity is not None and not status.timestamp_validity.trusted:
        return "时间戳不受信任"
    return "签署后文件被修改"
