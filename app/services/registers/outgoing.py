"""Messages that a register sends to the processes."""

from __future__ import annotations

from typing import Any, Protocol


class Emit(Protocol):
    """Sends a message through the host's message table; the same `dedup` is sent once."""

    def __call__(self, name: str, key: str, payload: dict[str, Any], *, dedup: str | None = None) -> None: ...
