"""Text messages and WeCom by a gateway of the office: one signed POST for each message.

The body is JSON {id, channel, kind, to, subject, text}. `X-Zhirong-Signature` is the HMAC-SHA256, in hex, of
`<X-Zhirong-Timestamp>.<body>` under WEBHOOK_SECRET; `Idempotency-Key` is the same at every try. Redirects are not
followed, and unless WEBHOOK_PRIVATE is set an address inside the own network is refused (no SSRF by way of a name).
"""

from __future__ import annotations

import hashlib
import hmac
import time
from contextlib import closing
from dataclasses import asdict

import orjson

from app.services.channels import Outgoing, Refused, outward
from app.services.settings import Settings

ANSWER_LIMIT = 10_000
GONE = frozenset({404, 410, 422})  # this gateway says by these that the addressee does not exist


class GatewayFailed(Exception):
    """The gateway did not take the message; it is tried again."""


class AddressForbidden(GatewayFailed):
    """The gateway's name leads into the own network."""


def send(settings: Settings, outgoing: Outgoing) -> None:
    """Post one message. Raises Refused when the gateway says the addressee does not exist, else GatewayFailed."""
    body = orjson.dumps({**asdict(outgoing), "to": outgoing.address})
    moment = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": f"delivery-{outgoing.id}",
        "X-Zhirong-Timestamp": moment,
        "X-Zhirong-Signature": sign(settings.webhook_secret, moment, body),
    }
    url = settings.webhook_url
    try:
        with closing(outward.connect(url, private=settings.webhook_private)) as connection:
            connection.request("POST", outward.target_of(url), body, headers)
            answer = connection.getresponse()
            text = answer.read(ANSWER_LIMIT).decode("utf-8", "replace")
    except outward.AddressForbidden as error:
        raise AddressForbidden(str(error)) from error
    except OSError as error:
        raise GatewayFailed(f"{type(error).__name__}: {error}") from error
    if answer.status in GONE:
        raise Refused(f"{answer.status} {text[:200]}")
    if not 200 <= answer.status < 300:
        raise GatewayFailed(f"{answer.status} {text[:200]}")


def sign(secret: str, moment: str, body: bytes) -> str:
    """The signature of one POST, in hex."""
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
