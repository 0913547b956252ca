"""Proof that a process can always end properly, or the shortest run in which it does not."""

from __future__ import annotations

from app.engine.soundness.bundle import Proofs
from app.engine.soundness.findings import HARMLESS, Finding, Kind, RunStep, SoundnessReport
from app.engine.soundness.proof import MAX_MARKINGS, prove

__all__ = ["HARMLESS", "MAX_MARKINGS", "Finding", "Kind", "Proofs", "RunStep", "SoundnessReport", "prove"]
