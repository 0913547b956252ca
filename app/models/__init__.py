"""Tables, by the four words of the architecture and the registers; import from here."""

from __future__ import annotations

from app.models import history, identity, register, repository, runtime

__all__ = ["history", "identity", "register", "repository", "runtime"]
