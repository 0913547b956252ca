"""Identities that only the officer in charge may open: sealed on disk, masked for everybody else."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.services.errors import ServiceError

_SHOWN = {"phone": (3, 4), "mobile": (3, 4), "id_no": (4, 2), "uscc": (4, 4), "account": (4, 4)}


class SealBroken(ServiceError):
    """The sealed bytes were made with another key or were changed."""

    def __init__(self) -> None:
        super().__init__("身份信息无法解密。", "The sealed identity cannot be opened.")


def seal(secret: str, value: Mapping[str, Any]) -> bytes:
    """The value encrypted and authenticated (Fernet) with a key derived from the installation's secret."""
    return _fernet(secret).encrypt(orjson.dumps(dict(value)))


def unseal(secret: str, sealed: bytes) -> dict[str, Any]:
    """The value that was sealed. Raises SealBroken."""
    try:
        value = orjson.loads(_fernet(secret).decrypt(sealed))
    except InvalidToken:
        raise SealBroken from None
    return dict(value)


def mask(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same keys with most of each text covered by asterisks."""
    return {key: mask_text(key, text) for key, text in value.items() if isinstance(text, str) and text}


def mask_text(key: str, text: str) -> str:
    """One text covered as its kind asks: phones and numbers keep both ends, names their first character."""
    if key == "email" and "@" in text:
        name, _, domain = text.partition("@")
        return f"{name[:1]}***@{domain}"
    head, tail = _SHOWN.get(key, (1, 0))
    plain = re.sub(r"\s", "", text)
    if len(plain) <= head + tail:
        head, tail = min(1, len(plain) - 1), 0
    return plain[:head] + "*" * max(len(plain) - head - tail, 1) + plain[len(plain) - tail :]


def _fernet(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"zhirong identity 1").derive(
        secret.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))
