"""Whether a certificate was revoked: lists (CRL) and answers (OCSP, RFC 6960) asked for where the certificate says.

The addresses stand in certificates that anybody can make, so they are asked only for certificates that lead to a
trusted root, by `channels.outward`, a few times, for a few seconds in all. Certificates of issuers are never fetched.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field

from asn1crypto import x509
from pyhanko_certvalidator.fetchers import CertificateFetcher, Fetchers
from pyhanko_certvalidator.fetchers.api import FetchLimits
from pyhanko_certvalidator.fetchers.common_utils import FetchBudget
from pyhanko_certvalidator.fetchers.requests_fetchers.crl_client import RequestsCRLFetcher
from pyhanko_certvalidator.fetchers.requests_fetchers.ocsp_client import RequestsOCSPFetcher
from requests import RequestException

from app.services.channels import outward
from app.services.settings import Settings

SECONDS = 6.0  # for everything that one signature makes us ask
LIMIT = 10 * 1024 * 1024
REQUESTS = 8
_NOBODY: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The body of an answer, as pyHanko's fetchers read it."""

    content: bytes


@dataclass
class Bounds:
    """What one signature may make us do."""

    private: bool
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    async def ask(self, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        try:
            return Answer(await asyncio.to_thread(self._ask, url, body, headers))
        except (OSError, ValueError) as error:
            raise RequestException(str(error)) from error

    def _ask(self, url: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        return outward.fetch(
            url, body=body, headers=headers, private=self.private, limit=LIMIT, until=self.until
        )


class _Lists(RequestsCRLFetcher):
    def __init__(self, bounds: Bounds, budget: FetchBudget) -> None:
        super().__init__(budget=budget)  # type: ignore[no-untyped-call]
        self.bounds = bounds

    async def _get(  # type: ignore[override]  # of the answer nothing but its content is read
        self, url: str, *, acceptable_content_types: Iterable[str]
    ) -> Answer:
        return await self.bounds.ask(url, None, {"Accept": ",".join(acceptable_content_types)})


class _Answers(RequestsOCSPFetcher):
    def __init__(self, bounds: Bounds, budget: FetchBudget) -> None:
        super().__init__(budget=budget)
        self.bounds = bounds

    async def _post(  # type: ignore[override]
        self, url: str, data: bytes, *, content_type: str, acceptable_content_types: Iterable[str]
    ) -> Answer:
        headers = {"Accept": ",".join(acceptable_content_types), "Content-Type": content_type}
        return await self.bounds.ask(url, data, headers)


class _NoCertificates(CertificateFetcher):
    """Whoever signs brings the certificates that lead to the root."""

    async def fetch_cert_issuers(self, cert: object) -> AsyncGenerator[x509.Certificate, None]:
        for issuer in _NOBODY:
            yield issuer

    async def fetch_crl_issuers(self, certificate_list: object) -> AsyncGenerator[x509.Certificate, None]:
        for issuer in _NOBODY:
            yield issuer

    def fetched_certs(self) -> Iterable[x509.Certificate]:
        return _NOBODY


class Asking:
    """Fetchers that ask within bounds; what was answered once is not asked again by the same object."""

    def __init__(self, bounds: Bounds) -> None:
        budget = FetchBudget(FetchLimits(max_requests=REQUESTS))
        self.fetchers = Fetchers(_Answers(bounds, budget), _Lists(bounds, budget), _NoCertificates())


def asking(settings: Settings) -> Asking | None:
    """Whom to ask about revocation; None when the office has not opened the network for it."""
    return Asking(Bounds(settings.revocation_private)) if settings.revocation else None
