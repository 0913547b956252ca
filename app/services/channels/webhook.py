"""Text messages and WeCom by a gateway of the office: one signed POST for each message.

The body is JSON {id, channel, kind, to, subject, text}. `X-Zhirong-Signature` is the HMAC-SHA256, in hex, of
`<X-Zhirong-Timestamp>.<body>` under WEBHOOK_SECRET; `Idempotency-Key` is the same at every try. Redirects are not
followed, and unless WEBHOOK_PRIVATE is set an address inside the own network is refused (no SSRF by way of a name).
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import asdict
from urllib.parse import urlsplit

import orjson

from app.services.channels import Outgoing, Refused
from app.services.settings import Settings

SECONDS = 15
ANSWER_LIMIT = 10_000
GONE = frozenset({404, 410, 422})  # this gateway says by these that the addressee does not exist


class GatewayFailed(Exception):
    """The gateway did not take the message; it is tried again."""


class AddressForbidden(GatewayFailed):
    """The gateway's name leads into the own network."""


def send(settings: Settings, outgoing: Outgoing) -> None:
    """Post one message. Raises Refused when the gateway says the addressee does not exist, else GatewayFailed."""
    parts = urlsplit(settings.webhook_url)
    body = orjson.dumps({**asdict(outgoing), "to": outgoing.address})
    moment = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": f"delivery-{outgoing.id}",
        "X-Zhirong-Timestamp": moment,
        "X-Zhirong-Signature": sign(settings.webhook_secret, moment, body),
    }
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, settings.webhook_private)
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        text = answer.read(ANSWER_LIMIT).decode("utf-8", "replace")
    except OSError as error:
        raise GatewayFailed(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
    if answer.status in GONE:
        raise Refused(f"{answer.status} {text[:200]}")
    if not 200 <= answer.status < 300:
        raise GatewayFailed(f"{answer.status} {text[:200]}")


def sign(secret: str, moment: str, body: bytes) -> str:
    """The signature of one POST, in hex."""
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def _connection(scheme: str, host: str, port: int | None, may_be_private: bool) -> http.client.HTTPConnection:
    """A connection to the address that was judged, not to whatever the name means a moment later."""
    port = port or (443 if scheme == "https" else 80)
    address = _judged(host, port, may_be_private)
    connection: http.client.HTTPConnection
    if scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS)
    elif scheme == "http" and may_be_private:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    else:
        raise AddressForbidden(f"{scheme}: only https leaves the own network")
    plain = socket.create_connection((address, port), timeout=SECONDS)
    if scheme == "https":
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    else:
        connection.sock = plain
    return connection


def _judged(host: str, port: int, may_be_private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise GatewayFailed(f"{host}: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not may_be_private and not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise AddressForbidden(f"{host} is not a public address")
    return addresses[0]
