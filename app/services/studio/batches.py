"""Moving many cases to another version: every case is tried out first, then moved in a transaction of its own.

A batch is work for jobs, one for each case, so that any number of workers share it and a pause takes effect at
once. Order of locks: the case, then the batch (shared by workers, alone by whoever pauses or resumes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, joinedload, undefer

from app.engine.errors import Problem, StepFailed
from app.engine.migration import MigrationPlan
from app.models.migrations import MigrationBatch, MigrationItem
from app.models.repository import ProcessDefinition
from app.models.runtime import Job, ProcessInstance
from app.services import access, conflicts, jobs, migration, runtime
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, ServiceError
from app.services.history import record_event
from app.services.studio import running, snapshots

CHUNK = 25
MOST = 10_000
PAGE = 50
# What a move records besides itself without having reached anybody: it can be undone.
INWARD = frozenset({"migrated"})
FOREIGN = ("not_yours", "案件涉及本人所在单位或须回避的单位，须由他人迁移",
           "the case concerns the own organisation or one to stand aside from: for somebody else")  # fmt: skip


def begin(
    context: Context, wanted: running.Filter, target_id: int, reason: str, numbers: Sequence[str] = ()
) -> MigrationBatch:
    """A batch of the cases with these numbers, or of all that the filter lets through; trying them out begins.

    Cases that have ended or are on that version already are left out. Raises Invalid, NotFound.
    """
    session, text = context.session, reason.strip()[:1000]
    target = session.get(ProcessDefinition, target_id)
    if target is None or target.key != wanted.key:
        raise NotFound
    if not text:
        raise Invalid("请填写迁移理由。", "Give a reason for moving the cases.")
    chosen = ProcessInstance.number.in_(numbers) if numbers else ProcessInstance.id > 0
    query = (
        select(ProcessInstance.id, ProcessInstance.definition_id)
        .where(*running.conditions(wanted), chosen)
        .where(ProcessInstance.status == "active", ProcessInstance.definition_id != target.id)
        .order_by(ProcessInstance.id)
        .limit(MOST)
    )
    cases = session.execute(query).all()
    if not cases:
        raise Invalid("没有可以迁移到该版本的在办案件。", "No running case can be moved to that version.")
    batch = MigrationBatch(process_key=target.key, target=target, mapping={}, reason=text, state="checking",
                           created_by=context.actor, created_at=context.now)  # fmt: skip
    session.add(batch)
    session.flush()
    session.add_all(
        MigrationItem(batch_id=batch.id, instance_id=case.id, from_id=case.definition_id) for case in cases
    )
    _ask_for_check(context, batch)
    session.flush()
    return batch


def remap(context: Context, batch_id: int, mapping: Mapping[str, str]) -> MigrationBatch:
    """Use another mapping and try all cases again. Raises NotFound, Conflict once cases have moved."""
    batch = _locked(context, batch_id, "checked")
    if counts(context.session, batch).get("moved"):
        raise Conflict("已有案件迁移，不能再改对应关系。", "Cases have moved: the mapping stays.")
    batch.mapping, batch.state = dict(mapping), "checking"
    context.session.execute(
        update(MigrationItem).where(MigrationItem.batch_id == batch.id).values(state="waiting")
    )
    _ask_for_check(context, batch)
    return batch


def start(context: Context, batch_id: int) -> MigrationBatch:
    """Move every case that may move; also goes on after a pause. Raises NotFound, Conflict, Invalid."""
    batch = _locked(context, batch_id, "checked", "paused")
    ready = _ids(context.session, batch, "ready")
    if not ready:
        raise Invalid("没有可以迁移的案件。", "No case can be moved.")
    batch.state = "moving"
    _ask(context, "migrate_case", batch, ready)
    return batch


def pause(context: Context, batch_id: int) -> MigrationBatch:
    """Move no further case until somebody goes on. Raises NotFound, Conflict."""
    batch = _locked(context, batch_id, "moving")
    batch.state = "paused"
    return batch


def undo(context: Context, batch_id: int) -> MigrationBatch:
    """Bring every moved case back that nothing followed in. Raises NotFound, Conflict, Invalid."""
    batch = _locked(context, batch_id, "moving", "paused")
    moved = _ids(context.session, batch, "moved")
    if not moved:
        raise Invalid("没有可以撤销的案件。", "There is nothing to undo.")
    batch.state = "undoing"
    _ask(context, "unmigrate_case", batch, moved)
    return batch


def find(session: Session, batch_id: int) -> MigrationBatch:
    """The batch. Raises NotFound."""
    batch = session.get(MigrationBatch, batch_id)
    if batch is None:
        raise NotFound
    return batch


def list_batches(session: Session, limit: int = 50) -> Sequence[MigrationBatch]:
    """The newest batches."""
    query = select(MigrationBatch).options(joinedload(MigrationBatch.target))
    return session.scalars(query.order_by(MigrationBatch.id.desc()).limit(limit)).all()


def counts(session: Session, batch: MigrationBatch) -> dict[str, int]:
    """Cases of a batch by state."""
    query = select(MigrationItem.state, func.count()).where(MigrationItem.batch_id == batch.id)
    return {state: count for state, count in session.execute(query.group_by(MigrationItem.state))}


def items(
    session: Session, batch: MigrationBatch, state: str = "", after: int = 0
) -> tuple[Sequence[MigrationItem], int | None]:
    """One page of cases in the order of their ids, and the id that the next page begins after."""
    query = _in_order(batch, state).where(MigrationItem.instance_id > after)
    found = session.scalars(query.options(joinedload(MigrationItem.instance)).limit(PAGE + 1)).all()
    return found[:PAGE], found[PAGE - 1].instance_id if len(found) > PAGE else None


@jobs.job_handler("check_migration")
def _check(context: Context, args: dict[str, Any]) -> None:
    """Try the next cases out and ask for the rest."""
    batch = context.session.get_one(MigrationBatch, args["batch"], with_for_update=True)
    whole = joinedload(MigrationItem.instance).options(undefer(ProcessInstance.state))
    waiting = context.session.scalars(_in_order(batch, "waiting").options(whole).limit(CHUNK)).all()
    for item in waiting:
        _try_out(context, batch, item)
    context.session.flush()
    # The last case and the end of the trial become seen together: a page that finds none left asks no more.
    if not counts(context.session, batch).get("waiting"):
        batch.state = "checked"
    else:
        _ask_for_check(context, batch)


def _try_out(context: Context, batch: MigrationBatch, item: MigrationItem) -> None:
    if reason := _barred(context, batch, item.instance):
        item.state, item.reasons, item.plan = "refused", [reason], {}
        return
    plan = migration.preview(context, item.instance_id, batch.target, batch.mapping)
    item.reasons = [_told(problem) for problem in plan.reasons]
    item.plan = _summary(plan)
    item.state = "ready" if plan.possible else "refused"


@jobs.job_handler("migrate_case")
def _move(context: Context, args: dict[str, Any]) -> None:
    row, item, batch = _taken(context, args)
    if batch.state != "moving" or item.state != "ready":
        return
    item.done_at = context.now
    reason = _barred(context, batch, row)
    if row.definition_id != item.from_id:
        reason = _reason("moved_meanwhile", "案件在试算后已换到其他版本",
                         "the case has moved to another version since it was tried out")  # fmt: skip
    if reason:
        item.state, item.reasons = "refused", [reason]
        return
    before, seq = snapshots.take(context, row), row.history_seq
    try:
        with context.session.begin_nested():
            acting = context.acting_as(batch.created_by)
            migration.migrate_instance(acting, row.id, batch.target, batch.mapping)
    except migration.NotMigratable as refusal:
        item.state, item.reasons = "refused", [_told(problem) for problem in refusal.problems]
        return
    except (ServiceError, StepFailed) as error:
        item.state, item.reasons = "refused", [_reason("failed", str(error), _english(error))]
        return
    item.state, item.before = "moved", before
    context.session.flush()
    if snapshots.stayed_inside(context.session, row, seq, INWARD):
        item.after = snapshots.digest(snapshots.take(context, row))


@jobs.job_handler("unmigrate_case")
def _bring_back(context: Context, args: dict[str, Any]) -> None:
    row, item, batch = _taken(context, args)
    if item.state != "moved" or item.before is None:
        return
    item.done_at = context.now
    if not item.after or snapshots.digest(snapshots.take(context, row)) != item.after:
        zh, en = (
            "迁移后案件已有办理或对外动作",
            "something followed the move, or the move itself reached others",
        )
        item.state, item.reasons = "kept", [_reason("followed", zh, en)]
        return
    version = row.definition.version
    snapshots.put_back(context, row, item.before)
    record_event(context.session, row, "migration_undone", now=context.now, actor=batch.created_by,
                 process_key=row.process_key, detail={"from": version, "to": row.definition.version})  # fmt: skip
    item.state = "undone"


def _taken(
    context: Context, args: Mapping[str, Any]
) -> tuple[ProcessInstance, MigrationItem, MigrationBatch]:
    row = runtime.lock_instance(context, args["instance"])
    session = context.session
    batch = session.get_one(MigrationBatch, args["batch"], with_for_update={"read": True})
    key = (batch.id, row.id)
    item = session.get_one(
        MigrationItem, key, options=[undefer(MigrationItem.before)], populate_existing=True
    )
    return row, item, batch


def _barred(context: Context, batch: MigrationBatch, row: ProcessInstance) -> dict[str, Any] | None:
    """Why this case cannot move whatever the diagrams say."""
    if row.status != "active":
        return _reason("ended", "案件已经结束", "the case has ended")
    if row.is_suspended:
        return _reason("suspended", "案件已被人工暂停", "the case is suspended")
    user = batch.created_by
    if user is not None and (access.is_party(user, row) or conflicts.bars(context.session, user, row)):
        return _reason(*FOREIGN)
    return None


def _reason(code: str, zh: str, en: str, process: str = "", element: str = "") -> dict[str, Any]:
    return {"code": code, "process": process, "element": element, "zh": zh, "en": en}


def _told(problem: Problem) -> dict[str, Any]:
    process = problem.file.rpartition("/")[2].removesuffix(".bpmn")
    return _reason(problem.code, problem.message_zh, problem.message_en, process, problem.element_id or "")


def _english(error: ServiceError | StepFailed) -> str:
    return error.message_en if isinstance(error, ServiceError) else str(error)


def _summary(plan: MigrationPlan) -> dict[str, Any]:
    """What the page tells of a plan: what goes on, and what will be different for this very case."""
    return {
        "kept": [{"kind": each.kind, "element": each.element_id} for each in plan.kept],
        "changes": [
            {"zh": each.message_zh, "en": each.message_en} for each in plan.changes if each.of_instance
        ],
    }


def _ask_for_check(context: Context, batch: MigrationBatch) -> None:
    jobs.enqueue(context.session, "check_migration", {"batch": batch.id}, due_at=context.now, now=context.now,
                 dedup=f"check_migration:{batch.id}")  # fmt: skip


def _ask(context: Context, kind: str, batch: MigrationBatch, ids: Sequence[int]) -> None:
    """One job for each case that has none yet."""
    session, prefix = context.session, f"{kind}:{batch.id}:"
    asked = set(session.scalars(select(Job.dedup).where(Job.dedup.startswith(prefix))))
    for instance_id in ids:
        if (dedup := f"{prefix}{instance_id}") not in asked:
            args = {"batch": batch.id, "instance": instance_id}
            jobs.enqueue(session, kind, args, due_at=context.now, now=context.now, dedup=dedup)


def _ids(session: Session, batch: MigrationBatch, state: str) -> Sequence[int]:
    return session.scalars(_in_order(batch, state).with_only_columns(MigrationItem.instance_id)).all()


def _in_order(batch: MigrationBatch, state: str = "") -> Select[MigrationItem]:
    """The cases of a batch in the order of their ids: those in one state, or all."""
    query = (
        select(MigrationItem).where(MigrationItem.batch_id == batch.id).order_by(MigrationItem.instance_id)
    )
    return query.where(MigrationItem.state == state) if state else query


def _locked(context: Context, batch_id: int, *states: str) -> MigrationBatch:
    batch = context.session.get(MigrationBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound
    if batch.state not in states:
        raise Conflict("批次状态已变化，请刷新后再操作。", "The batch has changed: load the page again.")
    return batch


def left(batch: MigrationBatch, found: Mapping[str, int]) -> int:
    """How many cases workers still have to do in the state that the batch is in; 0: it rests."""
    waiting = {"checking": "waiting", "moving": "ready", "undoing": "moved"}.get(batch.state)
    return found.get(waiting, 0) if waiting else 0
