"""An authority that issues certificates, and its server that says which of them were revoked; both only for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

LIST, ANSWER = "application/pkix-crl", "application/ocsp-response"


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.tell(self.server.authority.crl(), LIST)  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/stamp":
            answer = server.stamper.request_tsa_response(tsp.TimeStampReq.load(body))
            self.tell(answer.dump(), "application/timestamp-reply")
        else:
            self.tell(server.authority.answer(ocsp.load_der_ocsp_request(body)), ANSWER)

    def tell(self, body: bytes, kind: str) -> None:
        server: Any = self.server
        server.asked.append(self.path)
        server.meanwhile()
        time.sleep(server.slow)
        self.send_response(server.status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "http://169.254.169.254/")
        self.end_headers()
        with suppress(OSError):  # whoever asked did not wait
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@dataclass
class Authority:
    """A root of our own with a server that says which of its certificates were revoked."""

    url: str
    folder: Path
    revoked: set[int] = field(default_factory=set)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def name(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "测试根证书")])

    def root(self) -> x509.Certificate:
        return self._built(self.name, self.key.public_key(), 1, ca=True).sign(self.key, hashes.SHA256())

    def trust_file(self) -> str:
        path = self.folder / "roots.pem"
        path.write_bytes(self.root().public_bytes(serialization.Encoding.PEM))
        return str(path)

    def p12(
        self, organisation: str, *, code: str = "", by: str = "crl", forged: bool = False
    ) -> tuple[bytes, int]:
        """A certificate of this organisation that names a CRL or an OCSP server; forged: not signed by us."""
        names = [(NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, "签署人")]
        names += [(ObjectIdentifier("2.5.4.97"), f"USCCN-{code}")] if code else []
        key, serial = ec.generate_private_key(ec.SECP256R1()), x509.random_serial_number()
        subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
        made = self._built(subject, key.public_key(), serial, by=by)
        issued = made.sign(ec.generate_private_key(ec.SECP256R1()) if forged else self.key, hashes.SHA256())
        data = pkcs12.serialize_key_and_certificates(
            b"x", key, issued, [self.root()], serialization.BestAvailableEncryption(b"demo")
        )
        return data, serial

    def crl(self) -> bytes:
        made = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        made = made.last_update(self.now - timedelta(minutes=1))
        made = made.next_update(self.now + timedelta(days=1))
        for serial in self.revoked:
            gone = x509.RevokedCertificateBuilder(serial, self.now - timedelta(days=400)).build()
            made = made.add_revoked_certificate(gone)
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def answer(self, asked: ocsp.OCSPRequest) -> bytes:
        is_revoked = asked.serial_number in self.revoked
        made = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=self.now - timedelta(minutes=1),
            next_update=self.now + timedelta(days=1),
            revocation_time=self.now - timedelta(days=400) if is_revoked else None,
            revocation_reason=None,
        )
        made = made.responder_id(ocsp.OCSPResponderEncoding.HASH, self.root())
        for extension in asked.extensions:
            made = made.add_extension(extension.value, critical=False)
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _built(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        serial: int,
        *,
        ca: bool = False,
        by: str = "",
    ) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder(self.name, subject, key, serial)
        made = made.not_valid_before(self.now - timedelta(days=500)).not_valid_after(
            self.now + timedelta(days=500)
        )
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        usage = x509.KeyUsage(True, not ca, False, False, False, ca, ca, False, False)
        made = made.add_extension(usage, critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        if by == "crl":
            where = [x509.UniformResourceIdentifier(f"{self.url}/list")]
            made = made.add_extension(
                x509.CRLDistributionPoints([x509.DistributionPoint(where, None, None, None)]), critical=False
            )
        if by == "ocsp":
            place = x509.UniformResourceIdentifier(f"{self.url}/answer")
            described = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
            made = made.add_extension(x509.AuthorityInformationAccess([described]), critical=False)
        return made


@contextmanager
def serving() -> Iterator[Any]:
    """A server; set its `authority`, its `stamper`, how `slow` it is, and what happens `meanwhile`."""
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    made.asked, made.status, made.slow, made.daemon_threads = [], 200, 0, False
    made.meanwhile = lambda: None
    made.url = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()
