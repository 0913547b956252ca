"""Asks a time stamping authority (RFC 3161), for a few seconds however slowly it answers."""

from __future__ import annotations

import asyncio
import time

from asn1crypto import tsp
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from app.services.channels import outward

SECONDS = 5.0  # for each of the two questions of a signature: how long a stamp is, and the stamp
LIMIT = 1024 * 1024
HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class Stamper(TimeStamper):
    """The authority at the address that the operator configured, which may be in the own network."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Its answer. Raises TimestampRequestError for none, a late one, or one that is no answer."""
        try:
            answer = tsp.TimeStampResp.load(await asyncio.to_thread(self._ask, req.dump()))
            _ = answer["status"]["status"].native  # parsed lazily: what is no answer shows here
        except (OSError, ValueError) as error:
            raise TimestampRequestError(str(error)) from error
        return answer

    def _ask(self, body: bytes) -> bytes:
        until = time.monotonic() + SECONDS
        return outward.fetch(self.url, body=body, headers=HEADERS, private=True, limit=LIMIT, until=until)
