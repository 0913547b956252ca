"""Draws by lot that anybody can repeat: a seed, a list, and SHA-256."""

from __future__ import annotations

from collections.abc import Iterable

from app.services.registers.fingerprint import digest


def draw_lots(pool: Iterable[str], size: int, seed: str) -> list[str]:
    """The `size` entries with the smallest SHA-256 of seed, line feed and entry, in that order."""
    return sorted(set(pool), key=lambda entry: digest(f"{seed}\n{entry}".encode()))[:size]


def pool_sha256(pool: Iterable[str]) -> str:
    """SHA-256 of the list that is drawn from: its entries sorted, one a line."""
    return digest("\n".join(sorted(set(pool))).encode())
