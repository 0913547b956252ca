"""The kinds of events that people are told of, and how, unless they choose otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field

NOW, DIGEST, OFF = "now", "digest", "off"
MODES = (NOW, DIGEST, OFF)


@dataclass(frozen=True)
class Kind:
    """One kind: its names and how members of an organisation and officers are told by mail by default.

    A mandatory kind cannot be switched off: a letter counts as served only when its addressee could know of it.
    """

    key: str
    name: str
    name_en: str
    applicant: str = NOW
    officer: str = NOW
    is_mandatory: bool = False
    others: dict[str, str] = field(default_factory=dict)  # channel → mode, besides mail

    def default(self, channel: str, *, is_applicant: bool) -> str:
        """How this kind is told by the channel when the person has not chosen."""
        if channel != "mail":
            return self.others.get(channel, OFF)
        return self.applicant if is_applicant else self.officer


_ALL = (
    Kind("letter", "文书送达", "Letters served", is_mandatory=True, others={"sms": NOW}),
    Kind("task_new", "新的待办任务", "New tasks", officer=DIGEST),
    Kind("due_soon", "办理期限将至", "Due soon", others={"wecom": NOW}),
    Kind("overdue", "任务已逾期", "Overdue", others={"wecom": NOW}),
    Kind("escalation", "下属任务逾期", "Overdue in my group", officer=DIGEST),
    Kind("notice", "流程通知与催办", "Notices and urging"),
    Kind("mention", "提及与沟通", "Mentions and questions"),
    Kind("copy", "抄送", "Copies", officer=DIGEST),
)
KINDS = {kind.key: kind for kind in _ALL}


def kind_of(key: str) -> Kind:
    """The kind of this key; what nobody has named is a notice."""
    return KINDS.get(key, KINDS["notice"])
