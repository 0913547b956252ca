"""The history of a case as its readers want it: by day, newest first, results instead of machinery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.models.history import DecisionRecord, HistoryEvent
from app.models.register import Document
from app.models.runtime import ProcessInstance, UserTask
from app.services.outlook import Outlook, outlook_of
from app.web import labels
from app.web.guards import context, signed_in
from app.web.judgements import judgement_of
from app.web.language import is_english
from app.web.times import day, moment
from app.web.titles import title_of

# Machinery: its results are told by the state, the letter or the task that follows.
NOISE = frozenset({"message_received", "message_sent", "service_completed"})
SUMMARY_KEYS = (
    "outcome",
    "recommendation",
    "grade",
    "decision",
    "complete",
    "needed",
    "method",
    "established",
)
REMARK_KEYS = ("opinion", "reason", "text", "comment", "record", "findings", "note")


Names = Callable[[HistoryEvent], str]


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    at: datetime
    text: str
    who: str = ""
    remark: str = ""
    tone: str = ""
    url: str = ""
    order: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a completed task came to: its result and the words given for it."""

    result: str = ""
    remark: str = ""


def by_day(
    events: Iterable[HistoryEvent],
    decisions: Sequence[DecisionRecord],
    documents: Iterable[Document],
    outcomes: Mapping[int, Outcome],
    name_of: Names,
) -> list[tuple[str, list[Entry]]]:
    """The days of a case, newest first, each with its lines, newest first; `name_of` names an event's element."""
    entries = [*_events(events, decisions, outcomes, name_of), *_letters(documents)]
    entries.sort(key=lambda entry: (entry.at, entry.order), reverse=True)
    return [(name, list(lines)) for name, lines in groupby(entries, key=lambda entry: day(entry.at))]


def outcome_of(values: Mapping[str, Any], labels_of: Mapping[str, str]) -> Outcome:
    """The result and the remark among the values of a form; `labels_of` gives the words shown for a value's key."""
    result = next((labels_of.get(key, "") for key in SUMMARY_KEYS if isinstance(values.get(key), str)), "")
    remark = next(
        (str(values[key]) for key in REMARK_KEYS if isinstance(values.get(key), str) and values[key]), ""
    )
    return Outcome(result, remark if len(remark) <= 120 else f"{remark[:118]}……")


def task_name(task: UserTask) -> str:
    """A task's name in the language of the page."""
    return task.name_en if is_english() and task.name_en else task.name


def outlook(instance: ProcessInstance) -> Outlook:
    """What the person who reads has to open, and what comes next."""
    return outlook_of(context().session, instance, signed_in())


def _events(
    events: Iterable[HistoryEvent],
    decisions: Sequence[DecisionRecord],
    outcomes: Mapping[int, Outcome],
    name_of: Names,
) -> Iterator[Entry]:
    waiting: dict[str, list[DecisionRecord]] = {}
    for record in sorted(decisions, key=lambda found: found.id):
        waiting.setdefault(record.element_id, []).append(record)
    for event in sorted(events, key=lambda found: found.seq):
        if event.kind == "decision_made":
            found = waiting.get(event.element_id)
            yield _decided(event, found.pop(0) if found else None, name_of(event))
        elif event.kind not in NOISE:
            yield _happened(event, outcomes, name_of(event))


def _decided(event: HistoryEvent, record: DecisionRecord | None, name: str) -> Entry:
    shown = judgement_of(record) if record is not None else None
    remark, tone = (shown.sentence, shown.tone) if shown else ("", "")
    return Entry(
        event.recorded_at, labels.event_words(event, name), remark=remark, tone=tone, order=event.seq
    )


def _happened(event: HistoryEvent, outcomes: Mapping[int, Outcome], name: str) -> Entry:
    text, tone, remark = labels.event_words(event, name), "", _remark(event)
    if event.kind == "task_completed":
        outcome = outcomes.get(int(event.detail.get("task", 0)), Outcome())
        text, remark = (f"{text}：{outcome.result}" if outcome.result else text), outcome.remark or remark
    elif event.kind == "case_state":
        tone = labels.case_state(str(event.detail.get("state")))[1]
    elif event.kind in ("timer_fired", "task_returned", "task_recused", "task_rerouted"):
        tone = "warn"
    if event.detail.get("effective_on") not in (None, day(event.recorded_at)):
        tone = "warn"  # nobody overlooks a day that is not the day of the record
    return Entry(event.recorded_at, text, _who(event), remark, tone, _vote_url(event), order=event.seq)


def _vote_url(event: HistoryEvent) -> str:
    """Where the vote of a board can be read that the event tells of."""
    if not event.kind.startswith("ballot_"):
        return ""
    return url_for("ballots.show", task_id=event.detail["task"], round=event.detail["round"])


def _who(event: HistoryEvent) -> str:
    """Who did it, and for whom where somebody stood in."""
    behalf = event.detail.get("for_name")
    return _("%(name)s（代 %(other)s）", name=event.actor_name, other=behalf) if behalf else event.actor_name


def _moved(detail: Mapping[str, Any]) -> Iterator[str]:
    """What a changed calendar moved, from when to when."""
    for item in detail.get("moved") or ():
        before, after = (moment(item[key]) or _("不计算") for key in ("before", "after"))
        yield _("%(name)s：%(before)s 改为 %(after)s", name=item["name"], before=before, after=after)


def _remark(event: HistoryEvent) -> str:
    """The words that were given for an act: votes, names, reasons, questions."""
    detail = event.detail
    vote = labels.VOTES.get(str(detail.get("vote") or ""), "")
    names = labels.listed(str(name) for name in detail.get("names") or ())
    given = (
        detail.get(key)
        for key in ("reason", "opinion", "note", "answer" if detail.get("answer") else "question")
    )
    return "；".join(
        str(part)
        for part in (
            vote,
            names,
            *given,
            *_moved(detail),
            _rerouted(event),
            _effect(event),
        )
        if part
    )


def _rerouted(event: HistoryEvent) -> str:
    """Who has the task now that nobody could do."""
    if event.kind != "task_rerouted":
        return ""
    to = (
        (event.detail.get("to_en") if is_english() else "")
        or event.detail.get("to_name")
        or event.detail["to"]
    )
    return str(_("改由%(to)s办理", to=to) if to else _("流程没有规定由谁接办"))


def _effect(event: HistoryEvent) -> str:
    """The day on which an act takes effect, beside the day of its record wherever the two differ."""
    named, recorded = str(event.detail.get("effective_on") or ""), day(event.recorded_at)
    if not named:
        return _("不另指明生效日期") if event.kind == "task_effective_day" else ""
    return (
        named_day(named)
        if named == recorded
        else _("%(named)s（记录日期 %(recorded)s）", named=named_day(named), recorded=recorded)
    )


def named_day(named: str) -> str:
    """A named day of effect in words."""
    return str(_("生效日期 %(day)s", day=named))


def _letters(documents: Iterable[Document]) -> Iterator[Entry]:
    for document in documents:
        url = url_for("cases.show_tab", number=document.instance.number, tab="documents")
        name = f"{title_of(document)}（{document.number}）"
        if document.sent_at is not None:
            yield Entry(document.sent_at, _("发出文书：%(name)s", name=name), url=url, order=1_000_000)
        if document.opened_at is not None:
            yield Entry(
                document.opened_at, _("签收文书：%(name)s", name=name), tone="ok", url=url, order=1_000_001
            )
