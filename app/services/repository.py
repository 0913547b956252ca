"""Repository: what can run. Deploying checks everything first; nothing that cannot run is ever stored."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db import insert_missing, wait_for_writers
from app.engine import errors as engine_errors
from app.engine.definition import Bundle, Definition, check_bundle, load_definition
from app.engine.errors import Problem
from app.models.identity import User
from app.models.repository import Content, Deployment, DeploymentFile, ProcessDefinition
from app.models.runtime import Job
from app.services import delegates, jobs, messages, posts
from app.services.content_files import FOLDERS, read_content
from app.services.content_files import make_bundle as make_bundle
from app.services.context import Context
from app.services.errors import Invalid, NotDeployable, NotFound, NotPermitted, ReleaseWaiting
from app.services.host_messages import host_of
from app.services.policy import policies_of
from app.services.policy_check import check_policies
from app.services.registers.clauses import load_clauses

MAX_PATH = 200
SUPERSEDED = "MSG-RELEASE-SUPERSEDED"  # to the case that released a version, when the next one is in force
_PART = re.compile(r"\w(?:[\w.-]*\w)?")  # of a path: no device, drive, hidden or foreign name on any system
_definitions: dict[tuple[str, int], Definition] = {}
_definitions_lock = Lock()


@dataclass(frozen=True)
class Deployed:
    """What a deployment changed: the new versions, or nothing when the content was already in force."""

    deployment: Deployment | None
    definitions: tuple[ProcessDefinition, ...]
    warnings: tuple[Problem, ...] = ()


def check_files(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Every problem of a bundle, errors before warnings."""
    found = check_bundle(make_bundle(files), delegates.signatures(), host_of(files))
    problems = [*found, *check_policies(files)]
    return tuple(sorted(problems, key=lambda problem: (problem.severity != "error", problem.file)))


def deploy_folder(context: Context, root: Path) -> Deployed:
    """Deploy the repository's folder if it differs from its own last deployment.

    Compared with the folder's last deployment, not with what is in force: a restart must never undo an admin's edit.
    Raises Invalid for a folder without content.
    """
    files = read_content(root)
    query = (
        select(Deployment.digest).where(Deployment.origin == "folder").order_by(Deployment.id.desc()).limit(1)
    )
    if context.session.scalar(query) == digest_of(files):
        return Deployed(None, ())
    return deploy_files(context, files, origin="folder", note="")


def deploy_bundle(context: Context, files: Mapping[str, bytes], title: str) -> Deployed:
    """Deploy the files of a bundle, by an operator, if they differ from what is in force."""
    active = active_deployment(context.session)
    if active is not None and active.digest == digest_of(files):
        return Deployed(None, ())
    return deploy_files(context, files, origin="bundle", note=title)


def deploy_files(context: Context, files: Mapping[str, bytes], *, origin: str, note: str) -> Deployed:
    """Store a complete bundle and make its changed processes current at once.

    Raises NotDeployable with every problem, ReleaseWaiting while a released version waits for its date.
    """
    deployment, problems = _store(context, files, origin=origin, note=note, effective_at=context.now)
    return Deployed(deployment, activate(context, deployment, files), problems)


def release(
    context: Context, files: Mapping[str, bytes], *, note: str, effective_at: datetime, approver: User
) -> Deployed:
    """Store a complete bundle that somebody approved; new cases start on it from `effective_at`, running ones stay.

    The actor of the context is its author and somebody else than the approver. An earlier version is taken back by
    releasing its files again. Raises NotDeployable, ReleaseWaiting, and NotPermitted when one person is both.
    """
    if context.actor is None or context.actor.id == approver.id:
        raise NotPermitted("设计人与批准人不得为同一人。", "Designer and approver must be two people.")
    deployment, problems = _store(context, files, origin="studio", note=note, effective_at=effective_at)
    deployment.approver_id = approver.id
    if effective_at <= context.now:
        return Deployed(deployment, activate(context, deployment, files), problems)
    jobs.enqueue(context.session, "activate_deployment", {"deployment_id": deployment.id}, due_at=effective_at,
                 now=context.now, dedup=f"activate:{deployment.id}")  # fmt: skip
    return Deployed(deployment, (), problems)


@jobs.job_handler("activate_deployment")
def _activate_due(context: Context, args: dict[str, Any]) -> None:
    deployment = context.session.get_one(Deployment, args["deployment_id"], with_for_update=True)
    if deployment.activated_at is None and deployment.withdrawn_at is None:
        activate(context, deployment, deployment_files(context.session, deployment.id))


def activate(
    context: Context, deployment: Deployment, files: Mapping[str, bytes]
) -> tuple[ProcessDefinition, ...]:
    """Make the changed processes of a stored bundle current; the new versions."""
    session, bundle = context.session, make_bundle(files)
    if (before := active_deployment(session)) is not None:
        messages.send_if_awaited(context, SUPERSEDED, str(before.id), {"by": deployment.id})
    deployment.activated_at = context.now
    changed = [
        _new_version(context, deployment, load_definition(bundle, key), files)
        for key in sorted(bundle.processes)
        if _closure_changed(session, bundle, key, files)
    ]
    session.flush()
    load_clauses(session, policies_of(session, deployment.id))
    posts.ensure_posts(session, files)
    return tuple(changed)


def waiting_release(session: Session) -> Deployment | None:
    """The released bundle that waits for its date, if there is one."""
    query = select(Deployment).where(Deployment.activated_at.is_(None), Deployment.withdrawn_at.is_(None))
    return session.scalar(query)


def withdraw_release(context: Context, deployment_id: int) -> Deployment:
    """Take back a release before its date. Raises NotFound when it is none that waits."""
    query = select(Deployment).where(Deployment.id == deployment_id).with_for_update()
    deployment = context.session.scalar(query)
    if deployment is None or deployment.activated_at or deployment.withdrawn_at:
        raise NotFound
    deployment.withdrawn_at = context.now
    context.session.execute(delete(Job).where(Job.dedup == f"activate:{deployment_id}"))
    return deployment


def _store(
    context: Context, files: Mapping[str, bytes], *, origin: str, note: str, effective_at: datetime
) -> tuple[Deployment, tuple[Problem, ...]]:
    """Check a complete bundle and store it, not in force yet; with its warnings."""
    check_paths(files)
    problems = check_files(files)
    if any(problem.severity == "error" for problem in problems):
        raise NotDeployable(problems)
    session = context.session
    wait_for_writers(session, "deployment")
    if (waiting := waiting_release(session)) is not None:
        raise ReleaseWaiting(waiting.id, waiting.effective_at)
    deployment = Deployment(
        origin=origin,
        digest=digest_of(files),
        note=note,
        author_id=context.actor.id if context.actor else None,
        created_at=context.now,
        effective_at=effective_at,
    )
    session.add(deployment)
    session.flush()
    hashes = store_contents(session, files)
    session.add_all(
        DeploymentFile(deployment_id=deployment.id, path=path, sha256=sha256)
        for path, sha256 in hashes.items()
    )
    session.flush()
    return deployment, problems


def active_deployment(session: Session) -> Deployment | None:
    """The bundle in force; None when nothing was deployed yet.

    The newest by id: while one waits for its date no other can be stored.
    """
    query = select(Deployment).where(Deployment.activated_at.is_not(None))
    return session.scalar(query.order_by(Deployment.id.desc()).limit(1))


def find_deployment(session: Session, deployment_id: int | None) -> Deployment:
    """A deployment by its number, or the one in force for None. Raises NotFound."""
    found = active_deployment(session) if deployment_id is None else session.get(Deployment, deployment_id)
    if found is None:
        raise NotFound
    return found


def active_files(session: Session) -> dict[str, bytes]:
    """The files of the bundle in force; empty when nothing was deployed yet."""
    active = active_deployment(session)
    return deployment_files(session, active.id) if active else {}


def deployment_files(session: Session, deployment_id: int) -> dict[str, bytes]:
    """Every file of one deployment by path."""
    query = (
        select(DeploymentFile.path, Content.data)
        .join(Content, Content.sha256 == DeploymentFile.sha256)
        .where(DeploymentFile.deployment_id == deployment_id)
    )
    return {row.path: row.data for row in session.execute(query)}


def deployment_file(session: Session, deployment_id: int, path: str) -> bytes:
    """One file of a deployment. Raises NotFound."""
    row = session.get(DeploymentFile, (deployment_id, path))
    if row is None:
        raise NotFound
    return row.content.data


def digest_of(files: Mapping[str, bytes]) -> str:
    """One hash over paths and contents."""
    listing = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    return hashlib.sha256(orjson.dumps(listing, option=orjson.OPT_SORT_KEYS)).hexdigest()


def definition_of(session: Session, row: ProcessDefinition) -> Definition:
    """The parsed definition of a version. Cached for the life of the process: the rows never change."""
    key = (str(session.get_bind().engine.url), row.id)
    if (found := _definitions.get(key)) is not None:
        return found
    parsed = load_definition(make_bundle(deployment_files(session, row.deployment_id)), row.key)
    with _definitions_lock:
        return _definitions.setdefault(key, parsed)


def pinned_definition(session: Session, definition_id: int) -> Definition:
    """The same by the version's id, as an instance holds it: most steps need no row for it."""
    found = _definitions.get((str(session.get_bind().engine.url), definition_id))
    return found or definition_of(session, session.get_one(ProcessDefinition, definition_id))


def current_definition(session: Session, key: str) -> ProcessDefinition:
    """The version that new instances start on. Raises NotFound when there is none or it is suspended."""
    query = select(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.is_current)
    row = session.scalar(query)
    if row is None or row.is_suspended:
        raise NotFound
    return row


def suspend_process(context: Context, key: str, *, is_suspended: bool) -> ProcessDefinition:
    """Stop or allow new instances; running ones go on. Messages that came meanwhile start theirs now."""
    query = select(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.is_current)
    row = context.session.scalar(query.with_for_update())
    if row is None:
        raise NotFound
    row.is_suspended = is_suspended
    if not is_suspended:
        messages.request_starts(context, row.start_messages)
    return row


def list_current(session: Session) -> Sequence[ProcessDefinition]:
    """The current version of every process, by key."""
    query = select(ProcessDefinition).where(ProcessDefinition.is_current).order_by(ProcessDefinition.key)
    return session.scalars(query).all()


def list_versions(session: Session, key: str) -> Sequence[ProcessDefinition]:
    """All versions of a process, newest first."""
    query = (
        select(ProcessDefinition)
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc())
    )
    return session.scalars(query).all()


def process_names(session: Session, keys: Sequence[str], *, english: bool) -> dict[str, str]:
    """Names of processes by key, in the order asked for."""
    query = select(ProcessDefinition).where(ProcessDefinition.key.in_(keys), ProcessDefinition.is_current)
    rows = {row.key: row for row in session.scalars(query)}
    return {key: _shown_name(rows.get(key), key, english) for key in keys}


def _shown_name(row: ProcessDefinition | None, key: str, english: bool) -> str:
    if row is None:
        return key
    return row.name_en if english and row.name_en else row.name


def started_by_message(session: Session, message: str) -> ProcessDefinition | None:
    """The current process that a message of this name starts."""
    return next(
        (row for row in list_current(session) if message in row.start_messages and not row.is_suspended), None
    )


def check_paths(files: Iterable[str]) -> None:
    """A bundle is written back to files: each path names a file of ours in its own folder. Raises Invalid."""
    for name in files:
        folder, *inner = name.split("/")
        plain = inner and len(name) <= MAX_PATH and all(_PART.fullmatch(part) for part in inner)
        if not plain or PurePosixPath(name).suffix not in FOLDERS.get(folder, ()):
            shown = name[:MAX_PATH]
            raise Invalid(f"不能部署文件 {shown}。", f"The file {shown} cannot be deployed.")


def store_contents(session: Session, files: Mapping[str, bytes]) -> dict[str, str]:
    """Keep the bytes of these files, each content once; the hash of every path."""
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    known = set(session.scalars(select(Content.sha256).where(Content.sha256.in_(set(hashes.values())))))
    missing = {sha256: files[path] for path, sha256 in hashes.items() if sha256 not in known}
    insert_missing(session, Content, [{"sha256": sha256, "data": data} for sha256, data in missing.items()])
    return hashes


def _closure_changed(session: Session, bundle: Bundle, key: str, files: Mapping[str, bytes]) -> bool:
    """Whether the process, or anything that its instances pin with it, differs from the current version."""
    query = select(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.is_current)
    current = session.scalar(query)
    if current is None:
        return True
    before = deployment_files(session, current.deployment_id)
    try:
        old = load_definition(make_bundle(before), key)
    except engine_errors.EngineError:  # an older release could run it, this one cannot
        return True
    new = load_definition(bundle, key)
    return _closure(old, before) != _closure(new, files)


def _closure(definition: Definition, files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """The files that instances of a definition depend on; letters and policies count for every process."""
    elements = definition.elements.values()
    wanted = {f"bpmn/{key}.bpmn" for key in (definition.process_id, *definition.called_processes)}
    wanted |= {f"bpmn/{e.attributes['decisionRef']}.dmn" for e in elements if "decisionRef" in e.attributes}
    wanted |= {f"forms/{e.form_key}.json" for e in elements if e.form_key}
    common = (
        "letters/",
        "policies/",
        f"forms/{definition.process_id}/",
    )  # policies name forms that no element has
    wanted |= {path for path in files if path.startswith(common)}
    return {path: files.get(path) for path in wanted}


def _new_version(
    context: Context, deployment: Deployment, definition: Definition, files: Mapping[str, bytes]
) -> ProcessDefinition:
    versions = list_versions(context.session, definition.process_id)
    is_suspended = any(row.is_current and row.is_suspended for row in versions)
    for row in versions:
        row.is_current = False
    context.session.flush()
    new = ProcessDefinition(
        key=definition.process_id,
        version=versions[0].version + 1 if versions else 1,
        name=definition.name,
        name_en=definition.name_en,
        deployment_id=deployment.id,
        is_current=True,
        is_suspended=is_suspended,
        start_messages=list(definition.start_messages),
        startable_by=list(definition.startable_by),
        created_at=context.now,
    )
    context.session.add(new)
    return new
