"""Dates and times of forms: ISO text in, ISO text out, Chinese local time."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2})(?:\.\d{1,6})?)?", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([zZ]|[+-]\d{2}:\d{2})", re.ASCII)
_OFFSET = re.compile(r"(?:[zZ]|[+-]\d{2}:?\d{2}(?:@\S{1,40})?|@Asia/Shanghai)", re.ASCII)


def read_date(text: str) -> date:
    """A calendar day written as 2026-03-01 (or 2026/3/1, 2026年3月1日); raises ValueError otherwise."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return date(*map(int, match.groups()))


def read_time(text: str) -> time:
    """A time of day written as 9:30 or 09:30:00; raises ValueError otherwise."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return time(int(match[1]), int(match[2]), int(match[3] or 0))


def read_instant(text: str) -> datetime:
    """An instant in Chinese local time; text without an offset is local time; raises ValueError otherwise."""
    text = text.strip()
    day, clock = re.split(r"[T\s]+", text, maxsplit=1) if re.search(r"[T\s]", text) else (text, "00:00")
    offset = _OFFSET.search(clock)
    bare = clock[: offset.start()] if offset else clock
    local = datetime.combine(read_date(day), read_time(bare), tzinfo=CHINA)
    if offset is None or "@" in offset[0]:
        return local
    sign = offset[0].upper().replace("Z", "+00:00")
    exact = datetime.fromisoformat(f"{local:%Y-%m-%dT%H:%M:%S}{sign}") if local.year >= 1000 else local
    return exact.astimezone(CHINA)


def read_moment(subtype: str, text: str) -> str:
    """The stored spelling of `text` for a datetime field of that subtype; raises ValueError otherwise."""
    try:
        if subtype == "date":
            return read_date(text).isoformat()
        if subtype == "time":
            return read_time(text).isoformat()
        return read_instant(text).isoformat()
    except OverflowError as error:
        raise ValueError(text) from error


def show_moment(text: str) -> str:
    """A stored moment as people read it: 2026-03-01, 09:30, 2026-03-01 09:30."""
    shown = text[:16].replace("T", " ") if len(text) > 10 else text
    return shown[:5] if re.fullmatch(r"\d{2}:\d{2}:\d{2}", shown) else shown


def show_instant(text: str) -> str:
    """An `INSTANT` in Chinese local time: 2026-03-01 09:30; text that names no real one stays as it is."""
    try:
        return f"{read_instant(text):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return text
