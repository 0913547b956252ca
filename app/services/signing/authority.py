"""Whom signatures are trusted from: the authorities of TRUST_FILE, and in demo mode one that anybody can ask.

The demo authority is made from the installation's secret whenever it is needed, so its key is stored nowhere. Its
certificates say that they are for demonstration and have no legal force.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.services.settings import Settings
from app.services.signing.stamper import Stamper

MARK = "演示证书，不具有法律效力"
DEMO_PASSPHRASE = "demo"  # noqa: S105  printed on the page; the certificate is worth nothing
_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256


@dataclass(frozen=True)
class DemoAuthority:
    """Issues certificates to whoever asks; in demo mode only."""

    secret: str

    def certificate(self) -> x509.Certificate:
        """The root that demo signatures lead to; the same one for the same secret."""
        key = self._key("root")
        return self._issue(_name("知融演示根证书"), key.public_key(), 1, ca=True)

    def issue_pkcs12(self, person: str, organisation: str, now: datetime) -> bytes:
        """A certificate with a fresh key for a person, as a file with the passphrase `demo`."""
        key = ec.generate_private_key(ec.SECP256R1())
        issued = self._issue(
            _name(person, organisation), key.public_key(), x509.random_serial_number(), until=now
        )
        return pkcs12.serialize_key_and_certificates(
            person.encode(),
            key,
            issued,
            [self.certificate()],
            serialization.BestAvailableEncryption(DEMO_PASSPHRASE.encode()),
        )

    def stamper(self, now: datetime) -> TimeStamper:
        """Stamps with the application's time, which in demo mode can be ahead of the real one."""
        key = _time_key()
        issued = self._issue(_name("知融演示时间戳"), key.public_key(), 2, stamping=True)
        plain = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return DummyTimeStamper(
            tsa_cert=_asn1(issued),
            tsa_key=asn1_keys.PrivateKeyInfo.load(plain),
            certs_to_embed=_store(_asn1(issued)),
            fixed_dt=now.replace(microsecond=0),
        )

    def _key(self, use: str) -> ec.EllipticCurvePrivateKey:
        seed = hashlib.sha512(f"demo authority|{use}|{self.secret}".encode()).digest()
        return ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, ec.SECP256R1())

    def _issue(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        serial: int,
        *,
        ca: bool = False,
        stamping: bool = False,
        until: datetime | None = None,
    ) -> x509.Certificate:
        signing_key = self._key("root")
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name("知融演示根证书"))
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(_BEGIN)
            .not_valid_after(until + timedelta(days=365) if until else _END)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
            .add_extension(_usage(ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
            )
        )
        if stamping:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        return builder.sign(signing_key, hashes.SHA256(), ecdsa_deterministic=True)


def trusted_roots(settings: Settings) -> list[asn1_x509.Certificate]:
    """The certificates that a signature must lead to; none means that no electronic signature is accepted."""
    roots = []
    if settings.trust_file:
        data = Path(settings.trust_file).read_bytes()
        roots += [
            asn1_x509.Certificate.load(der) for _type, _headers, der in pem.unarmor(data, multiple=True)
        ]
    if settings.demo:
        roots.append(_asn1(DemoAuthority(settings.secret).certificate()))
    return roots


def is_demo(settings: Settings, issuer: str) -> bool:
    """Whether an issuer's name is that of the demo authority."""
    return settings.demo and MARK in issuer


def stamper_of(settings: Settings, now: datetime) -> TimeStamper | None:
    """Whom to ask for a time stamp: the configured authority, the demo one in demo mode, or nobody."""
    if settings.tsa_url:
        return Stamper(settings.tsa_url)
    return DemoAuthority(settings.secret).stamper(now) if settings.demo else None


@lru_cache(maxsize=1)
def _time_key() -> rsa.RSAPrivateKey:
    """The demo stamper signs with RSA only; its key lives as long as this process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _store(certificate: asn1_x509.Certificate) -> SimpleCertificateStore:
    store: SimpleCertificateStore = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register(certificate)
    return store


def _name(common: str, organisation: str = "知融演示") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:60]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:60]),
        ]
    )


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
