"""Who has a say in a task: seats, their order, their votes. Every operation gives a new sheet or is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.engine.operations.policy import Rule

Kind = Literal["holder", "signer", "before", "after", "parallel", "delegate", "voter"]
State = Literal["open", "acted", "removed"]
Vote = Literal["agree", "refuse", "abstain"]
Where = Literal["before", "after", "parallel"]
HOLDER, SIGNER, VOTER = "holder", "signer", "voter"
# Who has to act before the one that invited them.
FIRST = frozenset({"before", "parallel", "delegate"})


class OperationRefused(Exception):
    """The operation is not possible now; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Seat:
    """One person's part in a task; `anchor` is the person who invited, before or after whom it stands.

    `key` is the host's, to know a seat again; new seats have none.
    """

    person: int
    kind: Kind
    anchor: int | None = None
    weight: int = 1
    state: State = "open"
    vote: Vote | None = None
    key: int = 0


@dataclass(frozen=True)
class Sheet:
    """All seats of a task in their order. With a rule the votes of all seats decide, without one the holder does."""

    rule: Rule | None
    seats: tuple[Seat, ...] = ()

    def seat(self, person: int) -> Seat | None:
        """The person's seat, also one that has acted; not a removed one."""
        return next((s for s in self.seats if s.person == person and s.state != "removed"), None)

    @property
    def counted(self) -> tuple[Seat, ...]:
        """The seats that are not removed."""
        return tuple(seat for seat in self.seats if seat.state != "removed")

    @property
    def turn(self) -> tuple[int, ...]:
        """Who may act now, in order; nobody once it is decided."""
        if self.outcome is not None:
            return ()
        open_seats = [seat for seat in self.counted if seat.state == "open"]
        ready = [seat for seat in open_seats if not self._waits(seat)]
        if self.rule is not None and self.rule.kind == "in_turn":
            return self._first_in_turn(ready)
        return tuple(seat.person for seat in ready)

    def _first_in_turn(self, ready: Sequence[Seat]) -> tuple[int, ...]:
        """The first signer, or those whom the first signer invited to act before."""
        for seat in self.counted:
            if seat.state != "open":
                continue
            if seat in ready:
                return (seat.person,)
            blockers = tuple(other.person for other in ready if other.anchor == seat.person)
            if blockers:
                return blockers
        return ()

    def _waits(self, seat: Seat) -> bool:
        """Whether somebody has to act before this seat."""
        for other in self.counted:
            if other is seat or other.state != "open":
                continue
            # Beside a signer means at the same time; the holder sums up and comes last.
            asked = other.anchor == seat.person and other.kind in FIRST
            if asked and (other.kind != "parallel" or seat.kind == "holder"):
                return True
            if seat.kind == "after" and other.person == seat.anchor:
                return True
        return False

    @property
    def outcome(self) -> str | None:
        """`agreed` or `refused` once decided; without a rule `done` when everybody has acted."""
        if self.rule is None:
            return "done" if self.counted and all(s.state == "acted" for s in self.counted) else None
        return decide(self.rule, self.counted)


def decide(rule: Rule, seats: Sequence[Seat]) -> str | None:
    """What the votes decide; None as long as it is open. No seats decide nothing."""
    if not seats:
        return None
    agree = sum(_weight(rule, s) for s in seats if s.vote == "agree")
    refuse = sum(1 for s in seats if s.vote == "refuse")
    left = sum(_weight(rule, s) for s in seats if s.vote is None)
    total = sum(_weight(rule, s) for s in seats)
    if rule.kind in ("veto", "in_turn") and refuse:
        return "refused"
    if rule.kind == "any":
        if agree or refuse:
            return "agreed" if agree else "refused"
        return None if left else "refused"
    if rule.kind in ("ratio", "weighted"):
        # A weighted vote needs more than its part, a ratio at least its part.
        enough = agree > rule.share * total if rule.kind == "weighted" else agree >= rule.share * total
        possible = agree + left
        hope = possible > rule.share * total if rule.kind == "weighted" else possible >= rule.share * total
        return "agreed" if enough else None if hope else "refused"
    if left:
        return None
    if rule.kind == "all":
        return "agreed" if agree == total else "refused"
    return "agreed" if agree else "refused"


def _weight(rule: Rule, seat: Seat) -> int:
    return seat.weight if rule.kind == "weighted" else 1


def cast(sheet: Sheet, person: int, vote: Vote) -> Sheet:
    """The person has acted. Raises OperationRefused when it is not that person's turn.

    A refusal after the holder, where no rule counts votes, gives the task back to the holder.
    """
    if person not in sheet.turn:
        raise OperationRefused("not_your_turn")
    acting = next(s for s in sheet.counted if s.person == person and s.state == "open")
    seats = tuple(replace(s, state="acted", vote=vote) if s is acting else s for s in sheet.seats)
    if sheet.rule is None and acting.kind == "after" and vote == "refuse":
        seats = tuple(
            replace(s, state="open", vote=None) if s.state == "acted" and s.kind == "holder" else s
            for s in seats
        )
        seats = tuple(
            replace(s, state="removed") if s.kind == "after" and s.state == "open" else s for s in seats
        )
    return replace(sheet, seats=seats)


def add(sheet: Sheet, by: int, persons: Sequence[int], where: Where) -> Sheet:
    """Invite persons (加签). Raises OperationRefused when one has a seat, or the inviter has none that is open."""
    return _seat(sheet, by, persons, where)


def delegate(sheet: Sheet, by: int, person: int) -> Sheet:
    """Let another person work on it first (委派); it comes back to the holder. Raises OperationRefused."""
    if any(s.kind == "delegate" and s.state == "open" for s in sheet.counted):
        raise OperationRefused("delegated")
    return _seat(sheet, by, [person], "delegate")


def convene(sheet: Sheet, by: int, persons: Sequence[int]) -> Sheet:
    """Give the members of a board a seat while its ballot is open; they vote beside the holder, who presides.

    Raises OperationRefused.
    """
    return _seat(sheet, by, persons, "voter")


def dismiss(sheet: Sheet) -> Sheet:
    """The ballot is closed: its members have no seat any more; their votes stand on the ballot."""
    return replace(
        sheet, seats=tuple(replace(s, state="removed") if s.kind == VOTER else s for s in sheet.seats)
    )


def _seat(sheet: Sheet, by: int, persons: Sequence[int], kind: Kind) -> Sheet:
    inviter = sheet.seat(by)
    if inviter is None or inviter.state != "open" or by not in sheet.turn:
        raise OperationRefused("not_your_turn")
    if not persons or len(set(persons)) != len(persons) or any(sheet.seat(p) for p in persons):
        raise OperationRefused("has_seat")
    made = tuple(Seat(person, kind, anchor=by) for person in persons)
    place = sheet.seats.index(inviter) + (1 if kind == "after" else 0)
    return replace(sheet, seats=(*sheet.seats[:place], *made, *sheet.seats[place:]))


def remove(sheet: Sheet, person: int) -> Sheet:
    """Take a seat away (减签): only of somebody who has not acted, never the last one or the holder's.

    Raises OperationRefused.
    """
    seat = sheet.seat(person)
    if seat is None or seat.kind == "holder":
        raise OperationRefused("no_seat")
    if seat.state == "acted":
        raise OperationRefused("has_acted")
    if len(sheet.counted) < 2:
        raise OperationRefused("last_seat")
    seats = tuple(
        replace(s, state="removed") if s is seat or (s.anchor == person and s.state == "open") else s
        for s in sheet.seats
    )
    return replace(sheet, seats=seats)


def move(sheet: Sheet, person: int, to: int) -> Sheet:
    """Hand a seat over to somebody else (转办). Raises OperationRefused."""
    seat = sheet.seat(person)
    if seat is None or seat.state != "open":
        raise OperationRefused("has_acted" if seat else "no_seat")
    if sheet.seat(to) is not None:
        raise OperationRefused("has_seat")
    seats = tuple(
        replace(s, person=to) if s is seat else replace(s, anchor=to) if s.anchor == person else s
        for s in sheet.seats
    )
    return replace(sheet, seats=seats)


def preside(sheet: Sheet, person: int, to: int, *, stays: bool) -> Sheet:
    """Hand the chair over while a ballot is open: a member gives up the own seat for it, the vote of both stays theirs.

    Who presided votes as a member from now on where `stays`. Raises OperationRefused.
    """
    seats = tuple(
        replace(s, state="removed") if s.person == to and s.kind == VOTER else s for s in sheet.seats
    )
    moved = move(replace(sheet, seats=seats), person, to)
    return convene(moved, to, [person]) if stays else moved
