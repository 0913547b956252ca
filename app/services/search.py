"""Full-text search over cases in Chinese: pairs of neighbouring characters narrow down, the words themselves decide.

What is found is exactly what contains every word of the question, in any order; the terms only spare the reading of
all other cases. An entry holds number, subject, title, organisation and what the organisation declared in words: all
of it may be seen by everybody who may see the case, so that no answer tells more than the case's own page. Opinions,
scores and the identity of objectors are never indexed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from app.models.identity import Organisation
from app.models.runtime import ProcessInstance, UserTask
from app.models.search import SearchEntry, has_terms
from app.services import jobs
from app.services.context import Context

LONGEST_QUESTION = 80
LONGEST_VALUE = 200
LONGEST_ENTRY = 2_000
BATCH = 200
_RUN = re.compile(r"[\u3400-\u4db5\u4e00-\u9fa5]+|[a-z0-9]+")
_HAN = re.compile(r"[\u3400-\u4db5\u4e00-\u9fa5]")


def normalise(text: str) -> str:
    """Text as it is compared: full width and half width, large and small letters are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def terms_of(words: str) -> list[str]:
    """Every term by which normalised words can be found: Chinese by one and two signs, others by two and three."""
    found: set[str] = set()
    for run in _RUN.findall(words):
        for length in (1, 2) if _HAN.match(run) else (2, 3):
            found.update(_grams(run, length))
    return sorted(found)


def asked_terms(words: str) -> list[str]:
    """The terms that an entry must have in order to contain these words: the longest ones only."""
    found: set[str] = set()
    for run in _RUN.findall(words):
        found.update(_grams(run, min(len(run), 2 if _HAN.match(run) else 3)))
    return sorted(term for term in found if len(term) > 1 or _HAN.match(term))


def matching(text: str) -> Select[int] | None:
    """The ids of cases that contain every word of the question; None when it has nothing to look for."""
    words = normalise(text[:LONGEST_QUESTION]).split()
    terms = asked_terms(" ".join(words))
    if not terms:
        return None
    contains = [SearchEntry.words.contains(word, autoescape=True) for word in words]
    return select(SearchEntry.instance_id).where(has_terms(terms), and_(*contains))


def note_facts(row: ProcessInstance, variables: Mapping[str, Any]) -> None:
    """Keep beside the case what lists filter by: the call it belongs to and the amount it is about."""
    call = variables.get("call")
    call_no = variables.get("call_no") or (call.get("call_no") if isinstance(call, Mapping) else None)
    if isinstance(call_no, str) and call_no:
        row.call_no = call_no[:40]
    amount = _amount(variables.get("amount"))
    if amount is not None and amount != row.amount:
        row.amount = amount


def note_answers(context: Context, row: ProcessInstance, task: UserTask) -> None:
    """Index a case again when an organisation has handed something in."""
    if _is_declared(task):
        context.session.flush()
        index_case(context.session, row)


def index_case(session: Session, row: ProcessInstance) -> None:
    """Write what a case is found by; the caller has locked or just made it."""
    org = session.get(Organisation, row.org_id) if row.org_id else None
    parts = [
        row.number,
        row.subject,
        row.title,
        row.title_en,
        *((org.name, org.uscc) if org else ()),
        *_declared(session, row),
    ]
    words = normalise("\n".join(dict.fromkeys(parts)))[:LONGEST_ENTRY]
    entry = session.get(SearchEntry, row.id)
    if entry is None:
        session.add(SearchEntry(instance_id=row.id, words=words, terms=terms_of(words)))
        session.flush()  # the same step may come here again
    elif entry.words != words:
        entry.words, entry.terms = words, terms_of(words)


def request_index(context: Context) -> None:
    """Have a worker index every case again."""
    _request(context, 0)


@jobs.job_handler("search_index")
def _index_all(context: Context, args: dict[str, Any]) -> None:
    """Index the next cases, then ask for the ones after them."""
    query = select(ProcessInstance).where(ProcessInstance.id > args["after"]).order_by(ProcessInstance.id)
    rows = context.session.scalars(query.limit(BATCH)).all()
    for row in rows:
        index_case(context.session, row)
    if len(rows) == BATCH:
        _request(context, rows[-1].id)


def _request(context: Context, after: int) -> None:
    jobs.enqueue(context.session, "search_index", {"after": after}, due_at=context.now, now=context.now)


def _grams(run: str, length: int) -> Iterator[str]:
    return (run[n : n + length] for n in range(len(run) - length + 1)) if len(run) >= length else iter(())


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        return round(Decimal(str(value)), 2)
    except InvalidOperation:
        return None


def _is_declared(task: UserTask) -> bool:
    return any(principal.startswith("org:") for principal in task.candidates)


def _declared(session: Session, row: ProcessInstance) -> Iterator[str]:
    query = select(UserTask).where(UserTask.instance_id == row.id, UserTask.status == "completed")
    for task in session.scalars(query.order_by(UserTask.id)):
        if _is_declared(task):
            yield from _texts(task.data)


def _texts(value: Any) -> Iterator[str]:
    """Texts with Chinese signs among the values of a form: not codes, numbers, telephones, accounts."""
    if isinstance(value, str) and _HAN.search(value):
        yield value[:LONGEST_VALUE]
    elif isinstance(value, Mapping | list | tuple):
        children: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
        for child in children:
            yield from _texts(child)
