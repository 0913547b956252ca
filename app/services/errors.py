"""What a use case may answer instead of doing its work. The web shows each class as a page, the API as a problem.

ServiceError
├── NotFound            unknown, or not for this person: nobody learns which
├── NotPermitted        known, but this act is not allowed; says which rule
│   ├── SeparationViolated   an earlier act on the same case forbids it (S1–S9)
│   │   └── RecusalRequired  a tie to the applicant forbids it (D19)
│   └── TooOften             the same visitor tried this too often
├── Conflict            somebody else was first
│   ├── TaskTaken
│   ├── TaskEnded
│   ├── DeadlinePassed  the limit of the step was over when the act arrived
│   ├── EditConflict    a newer revision of the file was saved meanwhile
│   └── ReleaseWaiting  a released version waits for its date; nothing may overtake it
├── Invalid             the input is wrong; `errors` by field
│   ├── NotSavable      a file of a draft that would lose something; says every finding
│   └── BundleRefused   a bundle that is hostile or broken, refused whole; `reason` is a stable word
└── NotDeployable       a bundle has problems
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.engine.errors import Problem


class ServiceError(Exception):
    """Base of all refusals; `message` is Chinese, `message_en` English."""

    def __init__(self, message: str, message_en: str) -> None:
        super().__init__(message)
        self.message = message
        self.message_en = message_en


class NotFound(ServiceError):
    def __init__(self) -> None:
        super().__init__("没有找到，或您无权查看。", "Not found, or not yours to see.")


class NotPermitted(ServiceError):
    """The actor may see the object but not do this."""


class SeparationViolated(NotPermitted):
    """An earlier act of the same person on the same case forbids this one (rules S1–S9)."""


class RecusalRequired(SeparationViolated):
    """A tie between the person and the applicant, by the decision table D19 (回避)."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"应当回避：{zh}，不能办理此任务。", f"You have to stand aside: {en}.")


class TooOften(NotPermitted):
    """Counted over all processes; the window runs off by itself, and `minutes` says when the next try is free."""

    def __init__(self, minutes: int = 15) -> None:
        super().__init__(
            f"操作过于频繁，请 {minutes} 分钟后再试。",
            f"Too many attempts. Please try again in {minutes} minute{'' if minutes == 1 else 's'}.",
        )
        self.minutes = minutes


class StoreUnavailable(ServiceError):
    """Files cannot be kept or read now: the bucket does not answer, refuses us, or lost what it had."""

    def __init__(self) -> None:
        super().__init__(
            "文件存储暂时无法使用，请稍后再试。已保存的内容没有变化。",
            "The store of files cannot be used at the moment. Please try again later; what was saved has not changed.",
        )


class Conflict(ServiceError):
    """Somebody else was first."""


class TaskTaken(Conflict):
    def __init__(self, name: str, at: datetime) -> None:
        super().__init__(f"{name}已认领此任务。", f"{name} has already claimed this task.")
        self.name, self.at = name, at


class TaskEnded(Conflict):
    def __init__(self, name: str, at: datetime | None) -> None:
        super().__init__(
            f"此任务已由{name}办结。" if name else "此任务已终止。",
            f"{name} has already completed this task." if name else "This task has ended.",
        )
        self.name, self.at = name, at


class DeadlinePassed(Conflict):
    def __init__(self, deadline: datetime) -> None:
        local = deadline.astimezone(ZoneInfo("Asia/Shanghai"))
        super().__init__(
            f"已超过截止时间（{local:%Y-%m-%d %H:%M:%S}），逾期不予受理。",
            f"The deadline ({local:%Y-%m-%d %H:%M:%S} Beijing time) has passed; this is not accepted.",
        )
        self.deadline = deadline


class EditConflict(Conflict):
    """Somebody saved the file after the revision that this edit began from."""

    def __init__(self, name: str, at: datetime | None, revision: int) -> None:
        super().__init__(
            f"{name}已保存了较新的版本，您的修改没有覆盖它。",
            f"{name} has saved a newer revision; your change did not overwrite it.",
        )
        self.name, self.at, self.revision = name, at, revision


class ReleaseWaiting(Conflict):
    """Only one release waits at a time: what is released later would otherwise be undone on that day."""

    def __init__(self, deployment_id: int, effective_at: datetime) -> None:
        local = effective_at.astimezone(ZoneInfo("Asia/Shanghai"))
        super().__init__(
            f"第 {deployment_id} 号发布将于 {local:%Y-%m-%d %H:%M} 生效，请先撤回它，或待其生效后再发布。",
            f"Release {deployment_id} takes effect on {local:%Y-%m-%d %H:%M} Beijing time; withdraw it first or wait.",
        )
        self.deployment_id, self.effective_at = deployment_id, effective_at


class Invalid(ServiceError):
    """Input that the form does not accept; `errors` maps a path to messages, as app.engine.form gives them."""

    def __init__(self, message: str, message_en: str, errors: Mapping[Any, Any] | None = None) -> None:
        super().__init__(message, message_en)
        self.errors = dict(errors or {})


class NotSavable(Invalid):
    """A file that cannot be kept in a draft as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"没有保存：{len(problems)} 个问题。", f"Not saved: {len(problems)} problems.")
        self.problems = tuple(problems)


class BundleRefused(Invalid):
    """A bundle that is not taken in at all."""

    def __init__(self, reason: str, message: str, message_en: str) -> None:
        super().__init__(f"压缩包被整体拒绝：{message}", f"The bundle is refused whole: {message_en}")
        self.reason = reason


class NotDeployable(ServiceError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            f"部署被拒绝：{len(problems)} 个问题。", f"Deployment refused: {len(problems)} problems."
        )
        self.problems = tuple(problems)
