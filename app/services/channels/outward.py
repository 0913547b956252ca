"""Connections to addresses that others chose: to public addresses only, and to the one that was judged.

A name can lead anywhere, also into the own network (SSRF), and to somewhere else a moment later. So it is resolved
once, every address that it has is judged, and the connection goes to the address that passed. Nobody follows redirects.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

SECONDS = 15


class AddressForbidden(OSError):
    """The name leads into the own network, or the kind of address is not allowed."""


class AnswerRefused(OSError):
    """The other side answered with something else than what was asked for, or with too much, or too slowly."""


def connect(
    url: str, *, private: bool = False, plain: bool = False, seconds: float = SECONDS
) -> http.client.HTTPConnection:
    """A connection to the server of this address, TLS checked against its name.

    `private` allows the own network, `plain` allows http outside of it. Raises AddressForbidden, OSError.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if not secure and not (parts.scheme == "http" and (plain or private)):
        raise AddressForbidden(f"{parts.scheme}: only https leaves the own network")
    port = parts.port or (443 if secure else 80)
    made = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection: http.client.HTTPConnection = made(host, port, timeout=seconds)
    sock = socket.create_connection((_judged(host, port, private), port), timeout=seconds)
    connection.sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host) if secure else sock
    return connection


def target_of(url: str) -> str:
    """Path and query of an address, as a request line has them."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def fetch(
    url: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    private: bool = False,
    limit: int,
    until: float,
) -> bytes:
    """What a server answers to a GET, or to a POST of `body`; plain http is allowed because the answer is signed.

    Over at `until` (monotonic) however slowly it comes, and no longer than `limit` bytes; redirects are not followed.
    Raises AddressForbidden, AnswerRefused, OSError.
    """
    connection = connect(url, private=private, plain=True, seconds=_left(until))
    sock: socket.socket = connection.sock
    hurry = threading.Timer(
        _left(until), _cut, [sock]
    )  # a time limit of the socket starts again with each byte
    hurry.daemon = True
    hurry.start()
    try:
        connection.request("GET" if body is None else "POST", target_of(url), body, headers or {})
        with connection.getresponse() as answer:
            found = answer.read(limit + 1)
    except http.client.HTTPException as error:
        raise AnswerRefused(f"{url}: {type(error).__name__}") from error
    finally:
        hurry.cancel()
        connection.close()
    if answer.status != http.client.OK or len(found) > limit:
        raise AnswerRefused(f"{url}: status {answer.status}, {len(found)} bytes")
    _left(until)
    return found


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise AnswerRefused("the time for answers is over")
    return left


def _judged(host: str, port: int, private: bool) -> str:
    addresses = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not private and not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise AddressForbidden(f"{host} is not a public address")
    return addresses[0]
