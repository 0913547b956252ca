"""Where a signing key comes from: a PKCS#12 file that is sent and forgotten, or a token behind the same interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from pyhanko.sign.signers import Signer, SimpleSigner

from app.services.errors import Invalid

MAX_BYTES = 100 * 1024


class KeyRefused(Invalid):
    """The certificate file cannot be opened, or nothing can be signed with it."""


class KeySource(Protocol):
    """Something that can sign for one request: a file, a smart card, a remote signing service.

    An adapter returns pyHanko's `Signer` (for tokens `pyhanko.sign.pkcs11.PKCS11Signer`, for remote services
    `ExternalSigner` or a subclass); the key itself never has to leave the token.
    """

    def open(self) -> Signer:
        """What signs. Raises KeyRefused."""


@dataclass(frozen=True)
class Pkcs12:
    """A certificate with its key in a file (.p12, .pfx); held in memory, never stored."""

    data: bytes = field(repr=False)
    passphrase: str = field(repr=False)

    def open(self) -> Signer:
        """What signs with the key of the file. Raises KeyRefused."""
        if not self.data or len(self.data) > MAX_BYTES:
            raise KeyRefused("请选择证书文件（.p12 或 .pfx）。", "Choose a certificate file (.p12 or .pfx).")
        try:
            signer: SimpleSigner | None = SimpleSigner.load_pkcs12_data(
                self.data, other_certs=(), passphrase=self.passphrase.encode() if self.passphrase else None
            )
        except ValueError:
            signer = None
        if signer is None or signer.signing_cert is None:
            raise KeyRefused(
                "证书文件打不开：密码不正确，或者文件不是 PKCS#12 格式。",
                "The certificate cannot be opened: the passphrase is wrong, or the file is not PKCS#12.",
            )
        return signer
