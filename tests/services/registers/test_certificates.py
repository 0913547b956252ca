"""Signatures that can be seen, certificates that were revoked, and certificates of somebody else."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from app.models.register import DocumentSignature
from app.services import file_store
from app.services.channels import outward
from app.services.registers import signing_room, typesetting, verification
from app.services.settings import Settings
from app.services.signing import authority, pades, revocation
from app.services.signing.appearance import HEIGHT, WIDTH, Seal
from app.services.signing.authority import DEMO_PASSPHRASE, DemoAuthority
from app.services.signing.keys import KeyRefused, Pkcs12
from app.services.signing.subjects import Holder
from tests.authority import Authority, serving
from tests.services.registers.registers import USCC, Registers
from tests.services.registers.test_agreements import by_certificate, locked, signature, text_of, verify

LETTERS = Path(__file__).resolve().parents[3] / "letters"
PARTY = {"name": "东海银行", "uscc": USCC}


@pytest.fixture
def server() -> Iterator[Any]:
    with serving() as made:
        yield made


@pytest.fixture
def issuer(server: Any, tmp_path: Path) -> Authority:
    made = Authority(server.url, tmp_path)
    server.authority = made
    return made


@pytest.fixture
def trusting(registers: Registers, issuer: Authority) -> Registers:
    """Trusts the issuer, may ask its server, and lives today."""
    registers.settings = replace(
        registers.settings, trust_file=issuer.trust_file(), revocation=True, revocation_private=True
    )
    registers.now = datetime.now(UTC)
    return registers


def trust_of(settings: Settings) -> pades.Trust:
    return pades.Trust(authority.trusted_roots(settings), revocation.asking(settings))


def signed_with(registers: Registers, pdf: bytes, p12: bytes, **more: Any) -> bytes:
    return pades.sign(pdf, Pkcs12(p12, "demo"), field="undertaker", reason="签署", **more)


@pytest.mark.parametrize("by", ["crl", "ocsp"])
def test_a_revoked_certificate_is_refused_and_a_good_one_keeps_the_proof(
    trusting: Registers, issuer: Authority, server: Any, by: str
) -> None:
    case, text = locked(trusting)
    p12, serial = issuer.p12("东海银行", by=by)
    signed = signed_with(trusting, text_of(trusting, text), p12, trust=trust_of(trusting.settings))
    assert server.asked
    trusting.settings = replace(trusting.settings, revocation=False)
    found = verify(trusting, case, signature(trusting, signed, method="e_seal"), text["sha256"])
    assert (found["valid"], found["reason"], found["revocation"]) == (True, "", "checked")
    assert trusting.session.query(DocumentSignature).one().is_checked

    issuer.revoked.add(serial)
    with pytest.raises(KeyRefused, match="吊销"):
        signed_with(
            trusting,
            text_of(trusting, text),
            p12,
            trust=trust_of(replace(trusting.settings, revocation=True)),
        )


def test_a_file_signed_elsewhere_is_asked_about(trusting: Registers, issuer: Authority, server: Any) -> None:
    case, text = locked(trusting)
    p12, serial = issuer.p12("东海银行")
    signed = signed_with(trusting, text_of(trusting, text), p12)
    issuer.revoked.add(serial)
    given = signature(trusting, signed, method="e_seal")
    assert "已被吊销" in verify(trusting, case, given, text["sha256"])["reason"]
    issuer.revoked.clear()
    assert verify(trusting, case, given, text["sha256"])["revocation"] == "checked"


@pytest.mark.parametrize("trouble", ["closed network", "redirect", "slow", "gone", "not asked"])
def test_where_nobody_answers_the_signature_counts_and_says_so(
    trusting: Registers, issuer: Authority, server: Any, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    case, text = locked(trusting)
    signed = signed_with(trusting, text_of(trusting, text), issuer.p12("东海银行")[0])
    settings = trusting.settings
    if trouble == "closed network":
        trusting.settings = replace(settings, revocation_private=False)
    if trouble == "not asked":
        trusting.settings = replace(settings, revocation=False)
    if trouble == "redirect":
        server.status = 302
    if trouble == "gone":
        monkeypatch.setattr(issuer, "crl", lambda: b"no list")
    if trouble == "slow":
        server.slow = 0.5
        monkeypatch.setattr(revocation, "SECONDS", 0.2)
    found = verify(trusting, case, signature(trusting, signed, method="e_seal"), text["sha256"])
    assert (found["valid"], found["revocation"]) == (True, "unchecked")
    assert not trusting.session.query(DocumentSignature).one().is_checked
    assert bool(server.asked) == (trouble in {"redirect", "slow", "gone"})


def test_a_certificate_that_we_do_not_trust_makes_us_ask_nobody(
    trusting: Registers, issuer: Authority, server: Any
) -> None:
    case, text = locked(trusting)
    for p12 in (
        issuer.p12("东海银行", forged=True)[0],
        Authority(issuer.url, issuer.folder).p12("东海银行")[0],
    ):
        signed = signed_with(trusting, text_of(trusting, text), p12)
        found = verify(trusting, case, signature(trusting, signed, method="e_seal"), text["sha256"])
        assert not found["valid"]
    assert server.asked == []


def test_an_answer_ends_in_time_however_slowly_it_drips() -> None:
    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not over.wait(0.02):
                self.wfile.write(b"x")

        def log_message(self, *_: Any) -> None: ...

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

    over = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    server.daemon_threads = False
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    until = time.monotonic() + 0.3
    with pytest.raises(OSError, match=r"time|status"):  # it would drip for ever
        outward.fetch(f"http://127.0.0.1:{server.server_port}/", private=True, limit=10**6, until=until)
    over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("holder", "party", "speaks"),
    [
        (Holder("甲", "东海银行", ()), PARTY, True),
        (Holder("甲", "东海银行（上海）", ()), {"name": "东海银行(上海) "}, True),
        (Holder("甲", "东海银行总行", (USCC,)), PARTY, True),
        (Holder("甲", "东海银行", ("913100000000000000",)), PARTY, False),
        (Holder("甲", "南海银行", ()), PARTY, False),
        (Holder("东海银行", "", ()), PARTY, False),
        (Holder("甲", "", ()), {"name": ""}, False),
    ],
)
def test_a_certificate_speaks_for_the_party_it_names(holder: Holder, party: Any, speaks: bool) -> None:
    assert holder.speaks_for(party) is speaks


def test_the_code_in_a_certificate_decides(trusting: Registers, issuer: Authority) -> None:
    _case, text = locked(trusting)
    signed = signed_with(trusting, text_of(trusting, text), issuer.p12("东海银行总行", code=USCC)[0])
    [state] = pades.read_signatures(signed, trust_of(trusting.settings), trusting.now)
    assert state.holder == Holder("签署人", "东海银行总行", (USCC,))


def test_a_certificate_of_somebody_else_counts_only_with_an_officers_reason(registers: Registers) -> None:
    registers.settings = replace(registers.settings, demo=True)
    case, text = locked(registers)
    given = signature(registers, by_certificate(registers, text_of(registers, text)), method="e_seal")

    def judged(party: Any, reason: str | None) -> Any:
        return registers.call("verify_signature", case, kind="undertaker", case_no=case.number, signature=given,
                              text_sha256=text["sha256"], party=party, other_holder_reason=reason)  # fmt: skip

    other = {"name": "南海保险", "uscc": "91310000TEST00009X"}
    found = judged(other, None)
    assert (found["valid"], found["other_holder"]) == (False, "东海银行")
    assert "（东海银行）与协议当事人（南海保险，91310000TEST00009X）不一致" in found["reason"]
    assert not judged(other, "  ")["valid"]
    assert registers.session.query(DocumentSignature).count() == 0
    assert judged(other, "更名，见工商变更通知")["valid"]
    checked = verification.find(registers.session, text["doc_no"], text["verify_code"])
    assert checked is not None
    assert [one.other_holder_reason for one in checked.signatures] == ["更名，见工商变更通知"]


def _agreement() -> bytes:
    head = {"number": "WS-2026-0001", "issued_at": "2026-03-02T01:30:00+00:00", "title": "项目推进协议书",
            "party_b": {"name": "东海银行"}}  # fmt: skip
    common = {"_common.typ": (LETTERS / "_common.typ").read_bytes()}
    now = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    return typesetting.render_pdf((LETTERS / "TPL-20.typ").read_bytes(), head, now, common=common)


def test_both_signatures_can_be_seen_where_the_agreement_keeps_room(registers: Registers) -> None:
    registers.settings = replace(registers.settings, demo=True)
    pdf, drawn = _agreement(), []

    def draw(certificate: Any) -> bytes:
        drawn.append(signing_room.stamp(registers.settings, registers.now, "WS-2026-0001", certificate))
        return drawn[-1]

    for side, who in (("undertaker", "甲"), ("bureau", "乙"), ("nowhere", "丙")):
        p12 = DemoAuthority(registers.settings.secret).issue_pkcs12(who, "东海银行", registers.now)
        pdf = pades.sign(
            pdf, Pkcs12(p12, DEMO_PASSPHRASE), field=side, reason="签署", seal=Seal(f"sign-{side}", draw)
        )
    found = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    boxes = [[float(edge) for edge in one.sig_field["/Rect"]] for one in found]
    first, second, unseen = boxes
    assert [(x2 - x1, y2 - y1) for x1, y1, x2, y2 in (first, second)] == [(WIDTH, HEIGHT)] * 2
    assert second[2] <= first[0], "the office stands on the left, the undertaker on the right"
    assert unseen == [0, 0, 0, 0]
    states = pades.read_signatures(pdf, trust_of(registers.settings), registers.now)
    assert [state.is_valid for state in states] == [True] * 3
    assert all(one.startswith(b"%PDF") for one in drawn)


def test_a_place_name_that_leads_nowhere_is_no_trouble(registers: Registers) -> None:
    registers.settings = replace(registers.settings, demo=True)
    _case, text = locked(registers)
    read: Callable[[], bytes] = lambda: file_store.read(registers.settings.files_dir, text["sha256"])  # noqa: E731
    p12 = DemoAuthority(registers.settings.secret).issue_pkcs12("甲", "东海银行", registers.now)
    seal = Seal("sign-undertaker", lambda _certificate: _agreement())
    signed = pades.sign(read(), Pkcs12(p12, DEMO_PASSPHRASE), field="u", reason="签署", seal=seal)
    [state] = pades.read_signatures(signed, trust_of(registers.settings), registers.now)
    assert state.is_valid
