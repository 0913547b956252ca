"""Working days change by two people: one proposes all exceptions of a year, another publishes them.

Everything that was counted with the year is then counted again, with a trace (`recomputing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.calendar_changes import CalendarChange
from app.models.identity import User
from app.services import access, calendar
from app.services.calendar import SATURDAY, SeedDay
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted
from app.services.notifications import notify
from app.services.registers.fingerprint import fingerprint

PROPOSE, PUBLISH = "calendar.edit", "calendar.publish"
MAX_SOURCE, MAX_REASON = 100, 300


@dataclass(frozen=True)
class DayChange:
    """One day that counts differently, or is called differently, before and after: `working` or `off`."""

    day: date
    before: str
    after: str
    name_before: str
    name_after: str

    @property
    def counts(self) -> bool:
        """Whether it moves limits; else only its name changes."""
        return self.before != self.after


def open_change(session: Session, year: int) -> CalendarChange | None:
    """What is proposed for a year and not decided yet."""
    query = select(CalendarChange).where(CalendarChange.year == year, CalendarChange.state == "proposed")
    return session.scalar(query.order_by(CalendarChange.id.desc()).limit(1))


def decided_changes(session: Session, year: int) -> Sequence[CalendarChange]:
    """What was proposed for a year before, the last first."""
    query = select(CalendarChange).where(CalendarChange.year == year, CalendarChange.state != "proposed")
    return session.scalars(query.order_by(CalendarChange.id.desc())).all()


def year_of(context: Context, change_id: int) -> int:
    """The year of a proposal. Raises NotFound."""
    change = context.session.get(CalendarChange, change_id)
    if change is None:
        raise NotFound
    return change.year


def changes_of(change: CalendarChange) -> list[DayChange]:
    """The days that a proposal changes, as they stood when it was made."""
    return [DayChange(date.fromisoformat(day), *rest) for day, *rest in change.difference]


def propose(
    context: Context, year: int, days: Iterable[SeedDay], source: str, *, replaces: bool, publishes: bool
) -> CalendarChange:
    """Propose days of a year: instead of all its exceptions (`replaces`), or on top of them.

    Raises Invalid without a source or when nothing would change, Conflict while another proposal waits.
    """
    user, session = access.require(context.actor, PROPOSE), context.session
    if not 0 < len(source) <= MAX_SOURCE:
        zh, en = "请填写依据，不超过 100 字。", "Give the source, at most 100 characters."
        raise Invalid(zh, en, {"source": (zh, en)})
    if _locked(session, year) is not None:
        raise Conflict(
            "本年已有待发布的变更，请先处理。", "A change of this year waits already; decide on it first."
        )
    current = calendar.named_days(session, year)
    wanted = {} if replaces else {found.day: found for found in current}
    wanted |= {found.day: found for found in days}
    proposed = [found for _day, found in sorted(wanted.items()) if _is_exception(found)]
    difference = _compare(current, proposed)
    provisional = calendar.calendar_of(session).table(year).is_provisional
    if not difference and not (publishes and provisional):
        raise Invalid("与现行日历没有差别。", "Nothing differs from the calendar in force.")
    change = CalendarChange(
        year=year,
        days=[[found.day.isoformat(), found.kind, found.name] for found in proposed],
        difference=[[c.day.isoformat(), c.before, c.after, c.name_before, c.name_after] for c in difference],
        publishes=publishes,
        source=source,
        base=_base(current),
        proposed_by_id=user.id,
        proposed_at=context.now,
    )
    session.add(change)
    session.flush()
    _tell_publishers(context, change, user)
    return change


def publish(context: Context, change_id: int) -> int:
    """Put a proposal in force; gives for how many cases limits are computed again.

    Raises NotPermitted for whoever proposed it, Conflict when the calendar has changed since.
    """
    user, change = access.require(context.actor, PUBLISH), _find(context, change_id)
    if change.proposed_by_id == user.id:
        raise NotPermitted(
            "变更须由提议人以外的人发布。", "Somebody other than the proposer must publish the change."
        )
    session = context.session
    if _base(calendar.named_days(session, change.year)) != change.base:
        raise Conflict("提议之后日历已有变动，请退回后重新提议。",
                       "The calendar has changed since; refuse the proposal and make a new one.")  # fmt: skip
    days = [SeedDay(date.fromisoformat(day), kind, name) for day, kind, name in change.days]
    change.cases = calendar.replace_days(
        session, change.year, days, change.source, context.now, publishes=change.publishes
    )
    _decide(context, change, user, "published")
    return change.cases


def refuse(context: Context, change_id: int, reason: str) -> None:
    """Send a proposal back with a reason; its proposer withdraws it instead. Raises Invalid without one."""
    user, change = access.require(context.actor, PUBLISH), _find(context, change_id)
    if change.proposed_by_id == user.id:
        raise NotPermitted(
            "提议人可以撤回，不能退回自己的提议。", "A proposer withdraws; refusing is for others."
        )
    if not 0 < len(reason) <= MAX_REASON:
        raise Invalid("请填写退回理由，不超过 300 字。", "Give a reason, at most 300 characters.")
    change.reason = reason
    _decide(context, change, user, "refused")


def withdraw(context: Context, change_id: int) -> None:
    """Take one's own proposal back. Raises NotPermitted for anybody else."""
    user, change = access.require(context.actor, PROPOSE), _find(context, change_id)
    if change.proposed_by_id != user.id:
        raise NotPermitted("只有提议人可以撤回。", "Only the proposer can withdraw it.")
    change.state, change.decided_by_id, change.decided_at = "withdrawn", user.id, context.now


def _decide(context: Context, change: CalendarChange, user: User, state: str) -> None:
    change.state, change.decided_by_id, change.decided_at = state, user.id, context.now
    zh, en = ("已发布", "published") if state == "published" else ("被退回", "refused")
    notify(context, "notice", [f"user:{change.proposed_by_id}"], f"{change.year} 年工作日历变更{zh}",
           f"由{user.name}处理。{change.reason}", subject_en=f"Calendar change for {change.year} {en}",
           text_en=f"Decided by {user.name}. {change.reason}",
           dedup=f"calendar:{change.id}:{state}")  # fmt: skip


def _tell_publishers(context: Context, change: CalendarChange, user: User) -> None:
    people = {
        person.principal
        for group in access.PERMISSIONS[PUBLISH]
        for person in access.members_of(context.session, group)
        if person.id != user.id
    }
    notify(context, "notice", sorted(people), f"{change.year} 年工作日历有变更待发布",
           f"由{user.name}提议，涉及 {len(change.difference)} 天，依据：{change.source}",
           subject_en=f"A calendar change for {change.year} waits to be published",
           text_en=f"Proposed by {user.name}, {len(change.difference)} days; source: {change.source}",
           dedup=f"calendar:{change.id}")  # fmt: skip


def _find(context: Context, change_id: int) -> CalendarChange:
    """An open proposal, locked. Raises NotFound, Conflict once it is decided."""
    change = context.session.get(CalendarChange, change_id, with_for_update=True, populate_existing=True)
    if change is None:
        raise NotFound
    if change.state != "proposed":
        raise Conflict("此变更已有处理结果。", "This change was decided already.")
    return change


def _locked(session: Session, year: int) -> CalendarChange | None:
    query = select(CalendarChange).where(CalendarChange.year == year, CalendarChange.state == "proposed")
    return session.scalar(query.limit(1).with_for_update())


def _is_exception(found: SeedDay) -> bool:
    return (found.day.weekday() < SATURDAY) != (found.kind == "working")


def _compare(before: Iterable[SeedDay], after: Iterable[SeedDay]) -> list[DayChange]:
    old, new = ({found.day: found for found in side} for side in (before, after))
    return [
        change
        for day in sorted(old.keys() | new.keys())
        if (change := _day_change(day, old.get(day), new.get(day))) is not None
    ]


def _day_change(day: date, old: SeedDay | None, new: SeedDay | None) -> DayChange | None:
    usual = "working" if day.weekday() < SATURDAY else "off"
    sides: list[Any] = [(side.kind, side.name) if side is not None else (usual, "") for side in (old, new)]
    if sides[0] == sides[1]:
        return None
    return DayChange(day, sides[0][0], sides[1][0], sides[0][1], sides[1][1])


def _base(days: Iterable[SeedDay]) -> str:
    return fingerprint([[found.day, found.kind, found.name] for found in days])
