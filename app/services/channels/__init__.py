"""Channels: how a message leaves the building. Each sends one, or raises."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outgoing:
    """One message as a channel needs it; `id` is the same at every try, so that repeats can be told."""

    id: int
    channel: str
    kind: str
    address: str
    subject: str
    text: str


class Refused(Exception):
    """The receiving side will never take this message: trying again is of no use."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
