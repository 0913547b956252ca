"""What the filter of a list offers, and its criteria in words, each with the way to drop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.models.inbox_views import Label
from app.models.register import Call
from app.models.repository import ProcessDefinition
from app.services import inbox_labels, repository
from app.services.context import Context
from app.services.inbox_steps import Step, steps_of
from app.services.registers import calls
from app.web.guards import signed_in
from app.web.inbox_frame import State
from app.web.language import is_english

DUE_NAMES = {
    "overdue": lazy_gettext("已逾期"), "today": lazy_gettext("今天到期"), "soon": lazy_gettext("3 个工作日内到期"),
    "week": lazy_gettext("本周到期"), "none": lazy_gettext("不限时"),
}  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """What the selects of the filter hold."""

    processes: Sequence[ProcessDefinition]
    steps: Sequence[Step]
    calls: Sequence[Call]
    labels: Sequence[Label]


@dataclass(frozen=True)
class Chip:
    """One criterion in words; `url` leads to the list without it."""

    text: str
    url: str
    is_wrong: bool


def choices_of(found: Context, state: State) -> Choices:
    """Processes, the steps among the reader's tasks, calls, and the labels of the reader's groups."""
    return Choices(
        repository.list_current(found.session),
        steps_of(found.session, signed_in(), state.criteria.process),
        [*calls.open_calls(found.session, found.now), *calls.past_calls(found.session, found.now)[:50]],
        inbox_labels.labels_of(found.session, signed_in()),
    )


def chips_of(found: Context, state: State) -> list[Chip]:
    """The criteria of a list in words."""
    wrong = state.criteria.unreadable()
    return [
        Chip(_words(found, name, value), state.without(name), name in wrong)
        for name, value in state.criteria.texts().items()
    ]


def _words(found: Context, name: str, value: str) -> str:
    if name == "process":
        rows = {row.key: row.name_en if is_english() and row.name_en else row.name
                for row in repository.list_current(found.session)}  # fmt: skip
        return rows.get(value, value)
    if name == "step":
        steps = {step.value: step for step in steps_of(found.session, signed_in(), "")}
        return steps[value].name_in(english=is_english()) if value in steps else value.partition(":")[2]
    if name == "due":
        return str(DUE_NAMES.get(value, value))
    if name == "label":
        labels = {str(label.id): label.name for label in inbox_labels.labels_of(found.session, signed_in())}
        return str(_("标签：%(name)s", name=labels.get(value, value)))
    patterns = {
        "q": _("搜索“%(text)s”", text=value),
        "org": _("单位含“%(text)s”", text=value),
        "call": _("批次 %(text)s", text=value),
        "amount_from": _("金额 ≥ %(text)s 元", text=value),
        "amount_to": _("金额 ≤ %(text)s 元", text=value),
    }
    return str(patterns[name])
