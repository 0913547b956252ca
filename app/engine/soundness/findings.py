"""What a proof says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.engine.errors import Severity

Kind = Literal[
    "deadlock", "unbounded", "unsynchronised", "livelock", "improper", "dead", "uncovered", "never_taken", "too_large"
]  # fmt: skip

TEXTS: dict[Kind, tuple[str, str]] = {
    "deadlock": ("死锁：流程会停在这里，永远等不到", "deadlock: the process stops here and waits for ever"),
    "unbounded": (
        "令牌无限增多：每循环一次就多出一个分支",
        "unbounded: every round leaves one more token behind",
    ),
    "unsynchronised": (
        "未同步：同一处会同时出现两个令牌，后续环节会重复执行",
        "two tokens meet here: what follows runs twice",
    ),
    "livelock": ("无法结束：进入后只能循环，到达不了结束", "no way out: from here the end cannot be reached"),
    "improper": (
        "结束不当：一次运行中会多次到达同一结束事件",
        "improper ending: one run reaches this end event more than once",
    ),
    "dead": ("永远不会执行到", "can never be reached"),
    "uncovered": (
        "条件未覆盖所有取值，又没有默认连线，流程会停在这里",
        "a possible value opens no way and there is no default: the process stops here",
    ),
    "never_taken": ("任何可能的取值都不会走这条连线", "no possible value ever opens this flow"),
    "too_large": ("规模过大，未能在限度内证明", "too large to be proved within the limit"),
}
# A diagram with nothing but these is sound.
HARMLESS: frozenset[Kind] = frozenset({"never_taken"})
# All others are errors wherever they are told, so that nothing unsound can be deployed. What is too large for a proof
# need not be wrong: twenty people asked at once are more states than anybody can count.
WARNINGS: frozenset[Kind] = HARMLESS | {"too_large"}


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a counter-example: the element that acts, and where the tokens lie afterwards.

    `tokens` are ids of sequence flows, or of activities that are at work.
    """

    element_id: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, the elements concerned, and a shortest run that leads to it, to be played step by step.

    `note` holds the values that open no way, or the limit that was reached.
    """

    kind: Kind
    process_id: str
    element_ids: tuple[str, ...]
    run: tuple[RunStep, ...] = ()
    note: str = ""

    @property
    def message_zh(self) -> str:
        note = f"：{self.note}" if self.note else ""
        return f"{TEXTS[self.kind][0]}（{'、'.join(self.element_ids) or self.process_id}）{note}"

    @property
    def message_en(self) -> str:
        note = f": {self.note}" if self.note else ""
        return f"{TEXTS[self.kind][1]} ({', '.join(self.element_ids) or self.process_id}){note}"

    @property
    def severity(self) -> Severity:
        """An error for everything that makes a diagram unsound."""
        return "warning" if self.kind in WARNINGS else "error"

    @property
    def told_zh(self) -> str:
        """The message with the shortest run, in Chinese."""
        return self.message_zh + (f"；经过：{' → '.join(self.path)}" if self.run else "")

    @property
    def told_en(self) -> str:
        """The message with the shortest run, in English."""
        return self.message_en + (f"; by way of {' → '.join(self.path)}" if self.run else "")

    @property
    def path(self) -> tuple[str, ...]:
        """The element ids of the run, in the order in which they act."""
        return tuple(step.element_id for step in self.run)

    def as_json(self) -> dict[str, Any]:
        """The finding as plain values."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "process_id": self.process_id,
            "element_ids": list(self.element_ids),
            "run": list(self.path),
            "tokens": [list(step.tokens) for step in self.run],
            "note": self.note,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }

    @property
    def element_id(self) -> str:
        """Where it is told: the first element concerned, or the process."""
        return self.element_ids[0] if self.element_ids else self.process_id

    def __str__(self) -> str:
        place = f"{self.process_id}#{self.element_id}"
        return f"{self.severity}: {place} [{self.kind}] {self.told_zh} / {self.told_en}"


@dataclass(frozen=True, slots=True)
class SoundnessReport:
    """All findings of a file; with none that harms, it is proved sound."""

    findings: tuple[Finding, ...] = ()

    @property
    def sound(self) -> bool:
        return all(finding.kind in HARMLESS for finding in self.findings)

    @property
    def verdict(self) -> str:
        """`sound`, `NOT sound`, or `NOT PROVED` where nothing wrong was found within the limit."""
        if self.sound:
            return "sound"
        return "NOT sound" if any(finding.severity == "error" for finding in self.findings) else "NOT PROVED"

    def as_json(self) -> dict[str, Any]:
        """The verdict and the findings as plain values."""
        return {"sound": self.sound, "findings": [finding.as_json() for finding in self.findings]}
