"""What lies around a bundle, as far as the one who asks for the checks tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    """Messages that the host sends and handles, clauses that the policies hold.

    None means that it is not known; what depends on it is then not checked.
    """

    sends: frozenset[str] | None = None
    handles: frozenset[str] | None = None
    clauses: frozenset[str] | None = None


UNKNOWN_HOST = Host()
