"""Codes that people read from paper and type: no 0, 1, I, L, O or U."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
VERIFY_LENGTH = 8
OBJECTION_LENGTH = 12
_SEPARATORS = re.compile(r"[\s\-－—]+")


def new_code(length: int = VERIFY_LENGTH) -> str:
    """A random code, written in groups of four: `7KQM-2XHP`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return "-".join(letters[i : i + 4] for i in range(0, length, 4))


def same_code(given: str, stored: str) -> bool:
    """Whether a typed code is the stored one; blanks, hyphens and case do not matter."""
    return hmac.compare_digest(_letters(given).encode(), _letters(stored).encode())


def hash_code(code: str, number: str) -> str:
    """What is stored instead of a code that works like a password; slow on purpose, salted by the number."""
    hashed = hashlib.scrypt(_letters(code).encode(), salt=number.encode(), n=2**13, r=8, p=1, dklen=32)
    return hashed.hex()


def opens(code: str, number: str, code_hash: str) -> bool:
    """Whether the code belongs to that number."""
    return hmac.compare_digest(hash_code(code, number), code_hash)


def _letters(code: str) -> str:
    return _SEPARATORS.sub("", code).upper()
