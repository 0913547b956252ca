"""Tables, by the four words of the architecture and the registers; import from here."""

from __future__ import annotations

from app.models import drafts, history, identity, outbox, register, repository, runtime, studio

__all__ = ["drafts", "history", "identity", "outbox", "register", "repository", "runtime", "studio"]
