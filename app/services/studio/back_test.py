"""Back-test: what a draft's changed decisions and parameters would have decided on the facts of every past case.

Decisions are functions of their facts, which each record keeps; a job takes them again in portions, so that a page can
show how far it is. The result carries a hash over the tables and every line, to be cited when the draft is released.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.engine.dmn import DecisionModel, DmnInvalid, parse_decisions
from app.engine.dmn.boundaries import input_names
from app.engine.environment import Environment
from app.engine.feel import FeelError
from app.models.back_tests import BackTest, BackTestLine
from app.models.history import DecisionRecord
from app.models.register import Call, CallCase
from app.models.repository import Content
from app.models.studio import Draft
from app.services import access, jobs, repository
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.studio import drafts
from app.services.studio.changed_parameters import changed_parameters, facts_with, handed_over
from app.services.studio.decision_editing import decision_path

JOB = "back_test"
PORTION = 1_000
NOTHING: Mapping[str, Any] = {"value": None, "rows": []}


@dataclass(frozen=True)
class Changes:
    """Decision models by path, as in the draft's base and as in the draft; parameters by key, likewise."""

    tables: Mapping[str, tuple[bytes, bytes]]
    parameters: Mapping[str, Mapping[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.tables or self.parameters)


@dataclass(frozen=True)
class Summary:
    """What came out: turned decisions by kind of organisation, by call and by outcome, and sums of their numbers."""

    turned: int  # another outcome or number
    reworded: int  # the same outcome in other words
    failed: int
    by_outcome: Mapping[tuple[str, str, str], int]  # (decision, before, after) → cases
    by_org_type: Mapping[str, int]
    by_call: Mapping[str, int]
    sums: Mapping[tuple[str, str], tuple[Decimal, Decimal]]  # (decision, output) → before, after


def changes_of(context: Context, draft: Draft) -> Changes:
    """What a draft changes that past decisions can be taken again with."""
    base = repository.deployment_files(context.session, draft.base_deployment_id)
    files = drafts.draft_files(context, draft)
    tables = {
        path: (base[path], data)
        for path, data in files.items()
        if path.endswith(".dmn") and path in base and base[path] != data
    }
    return Changes(tables, changed_parameters(base, files))


def start(context: Context, draft: Draft) -> BackTest:
    """Begin a back-test of a draft. Raises Invalid when it changes nothing that decides, or what cannot be read."""
    actor = access.require(context.actor, "studio.edit")
    changes, files = changes_of(context, draft), drafts.draft_files(context, draft)
    facts = handed_over(files, changes.parameters)
    given = {path: (files[path], files[path]) for key in facts if (path := decision_path(key)) in files}
    tables = given | dict(changes.tables)
    if not tables:
        raise Invalid(
            "草稿没有改动判定表，也没有改动交给判定表的参数，无需回测。",
            "The draft changes no decision and no parameter of one: there is nothing to test.",
        )
    decisions = {key: path for path, (_, after) in tables.items() for key in _model(after).decisions}
    query = select(func.count()).where(DecisionRecord.decision_id.in_(decisions))
    test = BackTest(
        draft_id=draft.id,
        tables={
            path: {"before": _hash(before), "after": _hash(after)} for path, (before, after) in tables.items()
        },
        decisions=decisions,
        parameters={"changed": changes.parameters, "facts": facts},
        total=context.session.scalar(query) or 0,
        done=0,
        last_record_id=0,
        state="running",
        sha256="",
        started_by_id=actor.id,
        started_at=context.now,
    )
    context.session.add(test)
    context.session.flush()
    _go_on(context, test)
    return test


def newest(context: Context, draft: Draft) -> BackTest | None:
    """The last back-test of a draft."""
    query = select(BackTest).where(BackTest.draft_id == draft.id).order_by(BackTest.id.desc())
    return context.session.scalar(query.options(joinedload(BackTest.started_by)).limit(1))


def is_current(context: Context, draft: Draft, test: BackTest) -> bool:
    """Whether the test was of the decisions and parameters as the draft has them now."""
    changes = changes_of(context, draft)
    now = {path: _hash(after) for path, (_, after) in changes.tables.items()}
    then = {path: found["after"] for path, found in test.tables.items() if found["before"] != found["after"]}
    return now == then and changes.parameters == test.parameters.get("changed", {})


def find_test(context: Context, draft: Draft, test_id: int) -> BackTest:
    """A back-test of this draft. Raises NotFound."""
    test = context.session.get(BackTest, test_id)
    if test is None or test.draft_id != draft.id:
        raise NotFound
    return test


def lines_of(
    context: Context, test: BackTest, after: int = 0, limit: int = 100, *, reworded: bool = False
) -> Sequence[BackTestLine]:
    """Turned and failed decisions in the order of their records, from the one after `after` on.

    With `reworded` those instead of which only other words came out.
    """
    query = (
        select(BackTestLine)
        .where(BackTestLine.test_id == test.id, BackTestLine.id > after)
        .where(BackTestLine.is_turned == (not reworded))
        .options(joinedload(BackTestLine.record))
        .order_by(BackTestLine.id)
        .limit(limit)
    )
    return context.session.scalars(query).all()


def summarise(context: Context, test: BackTest) -> Summary:
    """Counts and sums over all lines of a test."""
    outcomes: Counter[tuple[str, str, str]] = Counter()
    kinds: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    failed = reworded = 0
    query = select(BackTestLine, DecisionRecord.decision_id).join(BackTestLine.record)
    for line, decision_id in context.session.execute(query.where(BackTestLine.test_id == test.id)):
        if line.error or not line.is_turned:
            failed, reworded = failed + bool(line.error), reworded + (not line.is_turned)
            continue
        outcomes[decision_id, line.before["outcome"], line.after["outcome"]] += 1
        kinds[line.org_type] += 1
        calls[line.call_no] += 1
        for name, (old, new) in _numbers(line.before["value"], line.after["value"]):
            before, after = sums.get((decision_id, name), (Decimal(0), Decimal(0)))
            sums[decision_id, name] = (before + old, after + new)
    turned = dict(outcomes.most_common())
    return Summary(sum(turned.values()), reworded, failed, turned, dict(kinds), dict(calls), sums)


def differences(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """What differs between two values of a decision, by its place in them."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from differences(before.get(name), after.get(name), f"{place}.{name}" if place else name)
    elif before != after:
        yield place, before, after


def _outcome_of(value: Any, name: str | None) -> str:
    """A decision's value in a few words: the output of this name, else the outputs that are single values."""
    if isinstance(value, dict):
        singles = [
            f"{key}：{each}" for key, each in sorted(value.items()) if not isinstance(each, dict | list)
        ]
        found = value.get(name) if name is not None else None
        return found if isinstance(found, str) else "；".join(singles) or _as_json(value)
    if isinstance(value, list):
        return _as_json(value)
    return "—" if value is None else str(value)


def _outcome_name(value: Any) -> str | None:
    """The first of a table's outputs that is a text. Only of a fresh value: a database may order members anew."""
    if not isinstance(value, dict):
        return None
    return next((name for name, each in value.items() if isinstance(each, str)), None)


@jobs.job_handler(JOB)
def _run_portion(context: Context, args: dict[str, Any]) -> None:
    session = context.session
    test = session.get(BackTest, args["test"], with_for_update=True)
    if test is None or test.state != "running":
        return
    query = (
        select(DecisionRecord, CallCase.org_type, Call.number)
        .outerjoin(CallCase, CallCase.case_no == DecisionRecord.subject)
        .outerjoin(Call, Call.id == CallCase.call_id)
        .where(DecisionRecord.decision_id.in_(test.decisions), DecisionRecord.id > test.last_record_id)
        .order_by(DecisionRecord.id)
        .limit(PORTION)
    )
    rows = session.execute(query).all()
    models = {
        path: _model(session.get_one(Content, found["after"]).data) for path, found in test.tables.items()
    }
    calendar = calendar_of(session)
    for record, org_type, call_no in rows:
        facts = _facts(test, record)
        model, environment = (
            models[test.decisions[record.decision_id]],
            Environment(record.decided_at, calendar),
        )
        line = _compare(model, record, facts, environment)
        if line is not None:
            line.test_id, line.org_type, line.call_no = test.id, org_type or "", call_no or ""
            session.add(line)
    test.done += len(rows)
    if rows:
        test.last_record_id = rows[-1][0].id
    session.flush()
    if len(rows) == PORTION:
        _go_on(context, test)
        return
    test.state, test.finished_at, test.sha256 = "done", context.now, _result_hash(context, test)


def _facts(test: BackTest, record: DecisionRecord) -> Mapping[str, Any]:
    """The facts of a past decision, with the parameters that the draft changes."""
    facts: Mapping[str, Any] = record.trace.get("facts", {})
    paths = test.parameters.get("facts", {}).get(record.decision_id)
    return facts_with(facts, paths, test.parameters["changed"]) if paths else facts


def _compare(
    model: DecisionModel, record: DecisionRecord, facts: Mapping[str, Any], environment: Environment
) -> BackTestLine | None:
    """The line of a decision that turns or fails; None when it comes out as before."""
    trace = record.trace
    before, none = {"value": trace["outputs"], "rows": _rows(trace)}, dict(NOTHING)
    missing = [name for name in input_names(model, record.decision_id) if name not in facts]
    if missing:
        words = f"记录中没有新规则所需的事实：{'、'.join(missing)}"
        return _line(record, before, none, words)
    try:
        result = model.evaluate(record.decision_id, facts, environment.scope)
    except FeelError as error:
        return _line(record, before, none, str(error))
    trace = result.trace.as_json()
    after = {"value": trace["outputs"], "rows": _rows(trace)}
    if result.errors:
        return _line(record, before, after, str(result.errors[0]))
    if after["value"] == before["value"]:
        return None
    return _line(record, before, after)


def _line(
    record: DecisionRecord, before: dict[str, Any], after: dict[str, Any], error: str = ""
) -> BackTestLine:
    old, new = before["value"], after["value"]
    name = _outcome_name(new if new is not None else old)
    before, after = ({**side, "outcome": _outcome_of(side["value"], name)} for side in (before, after))
    is_turned = bool(error) or before["outcome"] != after["outcome"] or any(_numbers(old, new))
    return BackTestLine(
        record_id=record.id, before=before, after=after, error=error[:500], is_turned=is_turned
    )


def _rows(trace: Mapping[str, Any]) -> list[int]:
    return [row["index"] for row in trace["rows"]]


def _numbers(before: Any, after: Any) -> Iterator[tuple[str, tuple[Decimal, Decimal]]]:
    """Outputs that are numbers on either side and differ, by name."""
    old, new = (value if isinstance(value, dict) else {"": value} for value in (before, after))
    for name in {**old, **new}:
        pair = tuple(_number(side.get(name)) for side in (old, new))
        if any(each is not None for each in pair) and pair[0] != pair[1]:
            yield name, (pair[0] or Decimal(0), pair[1] or Decimal(0))


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()[:80]


def _number(value: Any) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _result_hash(context: Context, test: BackTest) -> str:
    """SHA-256 over the tables, the parameters and every line, in their order."""
    tested = [test.tables, test.parameters] if test.parameters.get("changed") else test.tables
    digest = hashlib.sha256(orjson.dumps(tested, option=orjson.OPT_SORT_KEYS))
    query = select(BackTestLine.record_id, BackTestLine.before, BackTestLine.after, BackTestLine.error)
    for row in context.session.execute(
        query.where(BackTestLine.test_id == test.id).order_by(BackTestLine.record_id)
    ):
        digest.update(orjson.dumps(list(row), option=orjson.OPT_SORT_KEYS))
    return digest.hexdigest()


def _go_on(context: Context, test: BackTest) -> None:
    jobs.enqueue(context.session, JOB, {"test": test.id}, due_at=context.now, now=context.now)


@lru_cache(maxsize=64)
def _model(data: bytes) -> DecisionModel:
    try:
        return parse_decisions(data)
    except DmnInvalid as error:
        raise Invalid(f"判定表有误，不能回测：{error}", f"The decision cannot be read: {error}") from error


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
