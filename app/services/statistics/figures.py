"""The figures of a dashboard as of a time. What has happened since then, also to the calendar, changes none of them.

Ages are calendar days, times are working days that were fixed when the step ended; percentiles are values that
occurred (nearest rank), computed from counts that the database makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.models.clocks import StepPass
from app.models.identity import User
from app.services.numbering import OFFICE_ZONE

AGES = ((0, 3), (4, 7), (8, 14), (15, 30), (31, None))  # calendar days since a task arrived
Step = tuple[str, str]


@dataclass(frozen=True)
class Period:
    """What a report counts: open at the instant `at`, ended after the beginning of `since` and up to `at`."""

    at: datetime
    since: date
    process: str = ""

    @property
    def start(self) -> datetime:
        return datetime.combine(self.since, time(0), OFFICE_ZONE)

    @property
    def day(self) -> date:
        """The day of `at` in the office's zone."""
        return self.at.astimezone(OFFICE_ZONE).date()


@dataclass
class Figure:
    """What is known of a step, a person or a kind of organisation."""

    ages: list[int] = field(default_factory=lambda: [0] * len(AGES))
    days: Counter[int] = field(default_factory=Counter)  # working days → how many completed passes took them
    done: int = 0
    returned: int = 0
    suspended: int = 0

    @property
    def open(self) -> int:
        return sum(self.ages)

    @property
    def median(self) -> int | None:
        return percentile(self.days, 50)

    @property
    def p90(self) -> int | None:
        return percentile(self.days, 90)

    @property
    def return_rate(self) -> float | None:
        """Returned passes among those that somebody decided."""
        ended = self.done + self.returned
        return self.returned / ended if ended else None


@dataclass(frozen=True)
class Report:
    """All figures of a period; `names` are those of the steps, Chinese and English."""

    period: Period
    whole: Figure
    steps: Mapping[Step, Figure]
    names: Mapping[Step, tuple[str, str]]
    reviewers: Mapping[int, Figure]
    people: Mapping[int, str]
    org_types: Mapping[str, Figure]


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """The smallest value that at least this share does not exceed; None of nothing."""
    rank = ceil(sum(counts.values()) * percent / 100)
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


def is_open(at: datetime) -> ColumnElement[bool]:
    """Passes that were open at this instant."""
    return (StepPass.started_at <= at) & or_(StepPass.ended_at.is_(None), StepPass.ended_at > at)


def is_ended(period: Period) -> ColumnElement[bool]:
    """Passes that ended within the period."""
    return (StepPass.ended_at >= period.start) & (StepPass.ended_at <= period.at)


def age_bucket(started_on: date, day: date) -> int:
    """Which of AGES a task has on a day."""
    age = (day - started_on).days
    return next((i for i, (_low, high) in enumerate(AGES) if high is None or age <= high), len(AGES) - 1)


def report(session: Session, period: Period) -> Report:
    """Everything that a dashboard shows, in two statements and two for names, however many tasks there are."""
    whole = Figure()
    steps: dict[Step, Figure] = {}
    org_types: dict[str, Figure] = {}
    reviewers: dict[int, Figure] = {}
    newest: dict[Step, int] = {}
    for key, element, org_type, started_on, count, last in _open_counts(session, period):
        newest[key, element] = max(last, newest.get((key, element), 0))
        bucket = age_bucket(started_on, period.day)
        for figure in (whole, _of(steps, (key, element)), _of(org_types, org_type)):
            figure.ages[bucket] += count
    for key, element, org_type, actor, how, days, count, suspended, last in _ended_counts(session, period):
        newest[key, element] = max(last, newest.get((key, element), 0))
        figures = [whole, _of(steps, (key, element)), _of(org_types, org_type)]
        _add(figures if actor is None else [*figures, _of(reviewers, actor)], how, days, count, suspended)
    return Report(
        period, whole, steps, _names(session, newest), reviewers, _people(session, reviewers), org_types
    )


def _names(session: Session, newest: Mapping[Step, int]) -> dict[Step, tuple[str, str]]:
    """What each step was called in its newest pass."""
    columns = (StepPass.process_key, StepPass.element_id, StepPass.name, StepPass.name_en)
    query = select(*columns).where(StepPass.task_id.in_(newest.values())).order_by(*columns[:2])
    return {(key, element): (name, name_en) for key, element, name, name_en in session.execute(query)}


def _people(session: Session, reviewers: Iterable[int]) -> dict[int, str]:
    query = select(User.id, User.name).where(User.id.in_(reviewers))
    return {user_id: name for user_id, name in session.execute(query)} if reviewers else {}


def _of(figures: dict[Any, Figure], key: Any) -> Figure:
    return figures.setdefault(key, Figure())


def _add(figures: Iterable[Figure], how: str, days: int | None, count: int, suspended: int | None) -> None:
    for figure in figures:
        if how == "returned":
            figure.returned += count
            continue
        figure.done += count
        figure.suspended += suspended or 0
        if days is not None:
            figure.days[days] += count


def _open_counts(session: Session, period: Period) -> Iterable[Any]:
    columns = (StepPass.process_key, StepPass.element_id, StepPass.org_type, StepPass.started_on)
    query = select(*columns, func.count(), func.max(StepPass.task_id)).where(is_open(period.at))
    return session.execute(_within(query.group_by(*columns).order_by(*columns), period))


def _ended_counts(session: Session, period: Period) -> Iterable[Any]:
    """Every dimension at once: the passes are read in one go, in the order of the index `ix_step_pass_figures`."""
    columns = (StepPass.process_key, StepPass.element_id, StepPass.org_type, StepPass.actor_id, StepPass.how,
               StepPass.working_days)  # fmt: skip
    query = select(*columns, func.count(), func.sum(StepPass.suspended_days), func.max(StepPass.task_id))
    query = query.where(is_ended(period), StepPass.how.in_(("completed", "returned")))
    return session.execute(_within(query.group_by(*columns).order_by(*columns), period))


def _within(query: Any, period: Period) -> Any:
    return query.where(StepPass.process_key == period.process) if period.process else query
