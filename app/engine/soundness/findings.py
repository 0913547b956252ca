"""What a proof says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["deadlock", "unsynchronised", "livelock", "dead", "too_large"]

TEXTS: dict[Kind, tuple[str, str]] = {
    "deadlock": ("死锁：流程会停在这里，永远等不到", "deadlock: the process stops here and waits for ever"),
    "unsynchronised": (
        "未同步：同一处会同时出现两个令牌，后续环节会重复执行",
        "two tokens meet here: what follows runs twice",
    ),
    "livelock": ("无法结束：进入后只能循环，到达不了结束", "no way out: from here the end cannot be reached"),
    "dead": ("永远不会执行到", "can never be reached"),
    "too_large": ("规模过大，未能在限度内证明", "too large to be proved within the limit"),
}


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a counter-example: the element that acts, and where the tokens lie afterwards.

    `tokens` are ids of sequence flows, or of activities that are at work.
    """

    element_id: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, the elements concerned, and a shortest run that leads to it, to be played step by step."""

    kind: Kind
    process_id: str
    element_ids: tuple[str, ...]
    run: tuple[RunStep, ...] = ()

    @property
    def message_zh(self) -> str:
        return f"{TEXTS[self.kind][0]}（{'、'.join(self.element_ids)}）"

    @property
    def message_en(self) -> str:
        return f"{TEXTS[self.kind][1]} ({', '.join(self.element_ids)})"

    def __str__(self) -> str:
        path = " > ".join(step.element_id for step in self.run)
        return f"{self.process_id}: {self.message_zh}" + (f" {path}" if path else "")


@dataclass(frozen=True, slots=True)
class SoundnessReport:
    """All findings of a file; without any, it is proved sound."""

    findings: tuple[Finding, ...] = ()

    @property
    def sound(self) -> bool:
        return not self.findings
