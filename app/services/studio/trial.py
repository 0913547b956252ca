"""Trials: a draft tried in a sandbox. A run is one person's script; playing it touches nothing that really runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import func, select

from app.engine.authoring import variables_of
from app.engine.bundle import process_file
from app.engine.definition import Definition
from app.engine.errors import DefinitionInvalid
from app.engine.trial import (
    Act,
    Answer,
    KeptTest,
    Played,
    Script,
    World,
    play,
    read_kept,
    run_kept,
    write_kept,
)
from app.engine.trial.kept import MAX_TITLE, expectation_of, with_answers
from app.engine.trial.samples import SAMPLE_ORG, names_given, read_members, sample_context, sample_value
from app.engine.trial.script import MAX_ACTS, ScriptInvalid
from app.models.studio import Draft
from app.models.trial import TrialRun
from app.services import access, repository
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound
from app.services.numbering import OFFICE_ZONE
from app.services.studio import drafts, kept_tests
from app.services.studio.process_editing import read_bundle
from app.services.studio.trial_answers import answers_for

MAX_RUNS = 50
MAX_TEXT = 100_000
PERMISSION = "studio.try"
GIVEN = frozenset({"instance", "params"})


def definition_of(files: Mapping[str, bytes], key: str) -> Definition:
    """A process of a draft, ready to run. Raises NotFound, Invalid with its first problem."""
    if f"bpmn/{process_file(key)}" not in files:
        raise NotFound
    try:
        return kept_tests.definition_in(files, key)
    except DefinitionInvalid as error:
        first = error.problems[0]
        raise Invalid(
            f"流程有错误，不能试运行：{first.message_zh}（{first.file}）",
            f"The process has errors and cannot be tried: {first.message_en} ({first.file})",
        ) from error


def own_runs(context: Context, draft: Draft) -> Sequence[TrialRun]:
    """The actor's trials of a draft, the last changed first."""
    user = access.require(context.actor, PERMISSION)
    query = select(TrialRun).where(TrialRun.draft_id == draft.id, TrialRun.user_id == user.id)
    return context.session.scalars(query.order_by(TrialRun.changed_at.desc(), TrialRun.id.desc())).all()


def sample_start(files: Mapping[str, bytes], definition: Definition, now: datetime) -> dict[str, Any]:
    """What a trial may start with: an organisation, a call, what callers and messages pass in, by their names.

    What a kept test of the process starts with was thought out by somebody, and goes before what is made up.
    """
    reading = read_bundle(repository.make_bundle(files))
    names = {
        variable.name.partition(".")[0]
        for variable in variables_of(reading, definition.process_id)
        if variable.element_id is None
    } | names_given(definition)
    now = now.astimezone(OFFICE_ZONE).replace(microsecond=0)
    found: dict[str, Any] = {"org": SAMPLE_ORG}
    if members := read_members(definition, "call"):
        found["call"] = {**sample_context(members, now), "deadline": (now + timedelta(days=30)).isoformat()}
    for name in sorted(names - GIVEN - found.keys()):
        members = read_members(definition, name)
        found[name] = sample_context(members, now) if members else sample_value(name, now)
    return found | kept_tests.variables_of_first(files, definition.process_id)


def default_message(definition: Definition) -> str:
    """How a trial begins unless its author chooses: by hand where that can be, else by the first message."""
    by_hand = definition.specs[definition.process_id].starts
    return "" if by_hand else next(iter(definition.start_messages), "")


def begin(
    context: Context,
    draft: Draft,
    key: str,
    *,
    variables: Mapping[str, Any],
    at: datetime,
    message: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> TrialRun:
    """A new trial, played as far as its first stop. Raises NotFound, Invalid, Conflict for too many of them."""
    user = access.require(context.actor, PERMISSION)
    session = context.session
    mine = (
        select(func.count())
        .select_from(TrialRun)
        .where(TrialRun.draft_id == draft.id, TrialRun.user_id == user.id)
    )
    if (session.scalar(mine) or 0) >= MAX_RUNS:
        raise Conflict("试运行过多，请先删除不再需要的。", "Too many trials; delete some first.")
    files = drafts.draft_files(context, draft)
    definition = definition_of(files, key)
    if message is not None and message not in definition.start_messages:
        raise Invalid("流程不能由此消息启动。", "The process cannot be started by this message.")
    script = Script(key, at, variables, parameters or {}, message)
    row = TrialRun(draft_id=draft.id, user_id=user.id, process_key=key, script=_stored(script),
                   created_at=context.now, changed_at=context.now)  # fmt: skip
    session.add(row)
    session.flush()
    return row


def find(context: Context, draft: Draft, run_id: int, *, locked: bool = False) -> TrialRun:
    """One's own trial of a draft. Raises NotFound for anybody else's."""
    user = access.require(context.actor, PERMISSION)
    row = context.session.get(TrialRun, run_id, with_for_update=True if locked else None)
    if row is None or row.draft_id != draft.id or row.user_id != user.id:
        raise NotFound
    return row


def watch(context: Context, row: TrialRun) -> Played:
    """The trial, played on the draft as it is now. Raises NotFound, Invalid when the process cannot run any more."""
    files = drafts.draft_files(context, row.draft)
    definition = definition_of(files, row.process_key)
    return play(definition, Script.from_json(row.script), _world(context, definition, files))


def act(context: Context, row: TrialRun, revision: int, done: Act) -> Played:
    """Do something in a trial. What cannot be done is refused (Invalid); what fails in the process is kept and shown.

    Raises Conflict when the trial has moved on since the page was shown, or has stopped.
    """
    _require(row, revision)
    before = watch(context, row)
    if not before.is_running:
        raise Conflict("试运行已停止，请先撤销一步。", "The trial has stopped; undo a step first.")
    if len(before.script.acts) >= MAX_ACTS:
        raise Conflict("步骤过多。", "Too many steps.")
    script = replace(before.script, acts=(*before.script.acts, done))
    files = drafts.draft_files(context, row.draft)
    played = play(before.definition, script, _world(context, before.definition, files))
    if played.failure is not None and played.failure.refused:
        raise Invalid(played.failure.zh, played.failure.en)
    _keep(context, row, script)
    return played


def undo(context: Context, row: TrialRun, revision: int) -> None:
    """Take back the last act. Raises Conflict when there is none or the trial has moved on."""
    _require(row, revision)
    script = Script.from_json(row.script)
    if not script.acts:
        raise Conflict("没有可以撤销的步骤。", "There is nothing to undo.")
    _keep(context, row, replace(script, acts=script.acts[:-1]))


def answer(context: Context, row: TrialRun, revision: int, key: str, given: Answer) -> int:
    """Let a service answer something else, and go the same way again; how many acts no longer fit and were taken back.

    Raises NotFound for a call that the trial does not make, Conflict when the trial has moved on.
    """
    _require(row, revision)
    before = watch(context, row)
    if all(call.key != key for report in before.reports for call in report.calls):
        raise NotFound
    script = replace(before.script, answers={**before.script.answers, key: given})
    files = drafts.draft_files(context, row.draft)
    played = play(before.definition, script, _world(context, before.definition, files))
    acts = script.acts
    if played.failure is not None and played.failure.refused:
        acts = acts[: max(played.failure.act - 1, 0)]
    _keep(context, row, replace(script, acts=acts))
    return len(script.acts) - len(acts)


def remove(context: Context, row: TrialRun) -> None:
    """Delete a trial; nothing else knows of it."""
    context.session.delete(row)


def keep_as_test(context: Context, row: TrialRun, title: str) -> str:
    """Write a trial into the draft as a test that expects what it came to; the path.

    Raises Invalid without a title or for a run that has failed, Conflict when the draft cannot be written.
    """
    title = title.strip()
    name = re.sub(r"\W+", "_", title).strip("_")[:60]
    if not name or len(title) > MAX_TITLE:
        raise Invalid("请填写测试名称。", "Give the test a name.")
    files = drafts.draft_files(context, row.draft)
    definition = definition_of(files, row.process_key)
    played = watch(context, row)
    if played.failure is not None:
        raise Invalid(
            "试运行停在错误上，不能保存为测试。", "The trial has stopped at an error and cannot be kept."
        )
    world = kept_tests.world_of(definition, files)
    script = with_answers(played)
    again = play(definition, script, world)
    if again.failure is not None:
        raise Invalid(
            f"测试按公布的工作日历运行时停止：{again.failure.zh}",
            f"With the published working days the test stops: {again.failure.en}",
        )
    path = f"checks/{row.process_key}/{name}.json"
    before = drafts.file_history(context, row.draft, path)
    if before and before[0].data is not None:
        raise Invalid("已有同名测试，请换一个名称。", "There is a test of that name; choose another.")
    test = KeptTest(title, script, expectation_of(again))
    drafts.write_file(context, row.draft, path, write_kept(test), before[0].revision if before else 0)
    return path


def expect_anew(context: Context, draft: Draft, path: str) -> None:
    """Let a kept test expect what it comes to now. Raises NotFound, Invalid when it cannot be run to its end."""
    files = drafts.draft_files(context, draft)
    if not kept_tests.is_kept_test(path) or path not in files:
        raise NotFound
    try:
        test = read_kept(files[path])
    except ScriptInvalid as error:
        raise Invalid(error.zh, error.en) from error
    definition = definition_of(files, test.script.process_id)
    verdict = run_kept(definition, test, kept_tests.world_of(definition, files))
    failure = verdict.played.failure
    if failure is not None:
        raise Invalid(f"测试不能运行到底：{failure.zh}", f"The test does not run to its end: {failure.en}")
    fresh = replace(test, script=with_answers(verdict.played), expected=expectation_of(verdict.played))
    revision = drafts.read_file(context, draft, path).revision
    drafts.write_file(context, draft, path, write_kept(fresh), revision)


def begin_from_test(context: Context, draft: Draft, path: str) -> TrialRun:
    """A trial that does what a kept test does, to be looked at step by step. Raises NotFound, Invalid."""
    files = drafts.draft_files(context, draft)
    if not kept_tests.is_kept_test(path) or path not in files:
        raise NotFound
    try:
        script = read_kept(files[path]).script
    except ScriptInvalid as error:
        raise Invalid(error.zh, error.en) from error
    row = begin(context, draft, script.process_id, variables=script.variables, at=script.at,
                message=script.message, parameters=script.parameters)  # fmt: skip
    row.script = _stored(script)
    return row


def read_object(text: str) -> dict[str, Any]:
    """A JSON object that somebody typed; nothing typed is an empty one. Raises Invalid."""
    found = read_json(text) if text.strip() else {}
    if not isinstance(found, dict):
        raise Invalid("应为一个 JSON 对象。", "This must be one JSON object.")
    return found


def read_json(text: str) -> Any:
    """A JSON value that somebody typed. Raises Invalid."""
    if len(text) > MAX_TEXT:
        raise Invalid("内容过长。", "The text is too long.")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"不是有效的 JSON：{error}", f"This is no valid JSON: {error}") from error


def _world(context: Context, definition: Definition, files: Mapping[str, bytes]) -> World:
    calendar = context.environment().calendar
    return World(calendar, kept_tests.default_parameters(files), answers_for(definition))


def _require(row: TrialRun, revision: int) -> None:
    if row.revision != revision:
        raise Conflict(
            "试运行已在另一页面中继续，请刷新后再操作。", "The trial went on in another page; open it again."
        )


def _keep(context: Context, row: TrialRun, script: Script) -> None:
    uploads = row.script.get("uploads")
    row.script = {**_stored(script), **({"uploads": uploads} if uploads else {})}
    row.revision += 1
    row.changed_at = context.now
    context.session.flush()


def keep_upload(row: TrialRun, name: str, size: int, sha256: str) -> dict[str, Any]:
    """Remember a file that was chosen in a trial's form by its name; its bytes are not kept."""
    uploads = dict(row.script.get("uploads") or {})
    key = f"t{len(uploads) + 1}"
    uploads[key] = {"id": key, "name": name, "size": size, "sha256": sha256}
    row.script = {**row.script, "uploads": uploads}
    return dict(uploads[key])


def uploads_of(row: TrialRun) -> dict[str, dict[str, Any]]:
    """The files that were chosen in a trial, by id."""
    return dict(row.script.get("uploads") or {})


def _stored(script: Script) -> dict[str, Any]:
    """As JSON can hold it. Raises Invalid for numbers and texts that it cannot."""
    try:
        found: dict[str, Any] = orjson.loads(orjson.dumps(script.as_json()))
    except TypeError as error:
        raise Invalid("内容无法保存。", "This cannot be stored.") from error
    if b"\\u0000" in orjson.dumps(found):
        raise Invalid("内容含有不允许的字符。", "The text holds a character that is not allowed.")
    return found
