"""All lists of the inbox by name, and a list read as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from app.models.identity import User
from app.services import inbox, inbox_cases
from app.services.context import Context
from app.services.inbox import Page, Query

LARGE_PAGE = 500  # where a list is read as a whole

Reader = Callable[[Context, User, Query], Page]
LISTS: dict[str, Reader] = {
    "mine": inbox.my_tasks,
    "claimable": inbox.claimable_tasks,
    "overdue": inbox.overdue_tasks,
    "done": inbox.done_tasks,
    "started": inbox.started_cases,
    "copies": inbox_cases.copied_cases,
    "reading": inbox_cases.cases_to_read,
    "watched": inbox_cases.watched_cases,
}
OPEN_LISTS = frozenset({"mine", "claimable", "overdue"})  # lists of open tasks: they can be sorted


def pages(context: Context, user: User, name: str, query: Query, most: int) -> Iterator[Page]:
    """The pages of a list one after the other, with at most this many entries in all."""
    left, asked = most, replace(query, size=min(most, LARGE_PAGE), after=None)
    while left > 0:
        page = LISTS[name](context, user, replace(asked, size=min(asked.size, left)))
        yield page
        left -= len(page.entries)
        if page.next_key is None:
            return
        asked = replace(asked, after=page.next_key)
