"""Sign a PDF (PAdES B-B, with a time stamp B-T) and judge what a signed one is worth, with pyHanko."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from app.services.errors import Conflict
from app.services.signing.keys import KeyRefused, KeySource

DIGEST = "sha256"
# What is wrong with a signature is our answer to a reader, not news for the operator.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class SigningFailed(Conflict):
    """The PDF could not be signed: the file, the key or the time stamping authority refused."""

    def __init__(self) -> None:
        super().__init__(
            "签署未完成：证书或时间戳服务无法使用，请稍后再试。",
            "Signing failed: the certificate or the time stamping service cannot be used.",
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


def sign(
    pdf: bytes, source: KeySource, *, field: str, reason: str, stamper: TimeStamper | None = None
) -> bytes:
    """The PDF with one more signature, as an incremental update: what is there already stays byte for byte.

    Raises KeyRefused, SigningFailed.
    """
    signer = source.open()
    metadata = PdfSignatureMetadata(
        field_name=field, md_algorithm=DIGEST, reason=reason, subfilter=SigSeedSubFilter.PADES
    )
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        made = PdfSigner(metadata, signer, timestamper=stamper, new_field_spec=SigFieldSpec(field))
        made.sign_pdf(writer, output=out)
    except (SigningError, TimestampRequestError, PdfError, OSError) as error:
        raise SigningFailed from error
    except ValueError as error:
        raise KeyRefused("不支持这张证书的密钥。", "This kind of key cannot be used.") from error
    return out.getvalue()


def read_signatures(pdf: bytes, roots: Sequence[x509.Certificate], now: datetime) -> list[SignatureState]:
    """Every signature in a file, oldest first; empty when it has none or cannot be read."""
    try:
        found = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_regular_signatures
        return [_state(signature, roots, now) for signature in found]
    except (
        PdfError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
    ):  # whatever a forged file makes the parser do
        return []


def _state(
    signature: EmbeddedPdfSignature, roots: Sequence[x509.Certificate], now: datetime
) -> SignatureState:
    certificate = signature.signer_cert
    status = _validate(signature, roots, now)
    stamp = status.timestamp_validity if status else None
    stamped = stamp.timestamp if stamp else None
    signed_at = stamped or signature.self_reported_timestamp
    return SignatureState(
        field=signature.field_name,
        subject=_name_of(certificate.subject),
        issuer=_name_of(certificate.issuer),
        certificate_sha256=certificate.sha256.hex(),
        signed_at=signed_at.astimezone(UTC) if signed_at else None,
        timestamped_at=stamped.astimezone(UTC) if stamped else None,
        is_valid=bool(status and status.bottom_line),
        is_intact=bool(status and status.intact and status.valid),
        is_trusted=bool(status and status.trusted),
        covers_file=bool(status and status.coverage == SignatureCoverageLevel.ENTIRE_FILE),
        reason=_reason(status),
    )


def _name_of(name: x509.Name) -> str:
    """Person, organisation and unit of a certificate, as a reader expects them."""
    parts = [str(name.native.get(key, "")) for key in ("organization_name", "organizational_unit_name")]
    common = str(name.native.get("common_name") or name.human_friendly)
    about = "；".join(part for part in parts if part)
    return f"{common}（{about}）" if about else common


def _validate(
    signature: EmbeddedPdfSignature, roots: Sequence[x509.Certificate], now: datetime
) -> PdfSignatureStatus | None:
    """The verdict as of the time stamp where there is one: a certificate may expire after it was used."""
    stamps = [token["encap_content_info"]["content"].parsed["gen_time"].native
              for token in extract_tst_data_iter(signature.signer_info, signed=False)]  # fmt: skip
    moment = min([now, *stamps])
    context = ValidationContext(
        trust_roots=list(roots), moment=moment, allow_fetching=False, revocation_mode="soft-fail"
    )
    try:
        return validate_pdf_signature(
            signature, signer_validation_context=context, ts_validation_context=context
        )
    except (SignatureValidationError, PdfError, ValueError):
        return None


def _reason(status: PdfSignatureStatus | None) -> str:
    """Why the bottom line is not reached, in words; empty when it is."""
    if status is None:
        return "签名数据无法解析"
    if status.bottom_line:
        return ""
    if not status.intact or not status.valid:
        return "文件内容在签署后被改动"
    if not status.trusted:
        return "签名证书不受信任或不在有效期内"
    if status.modification_level is not None and status.docmdp_ok is False:
        return "签署后又追加了不被允许的修改"
    if status.timestamp_validity is not None and not status.timestamp_validity.trusted:
        return "时间戳不受信任"
    return "签署后文件被修改"
