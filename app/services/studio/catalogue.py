"""The catalogue: policies in force, the versions of their bundle, what each holds, and how many cases run on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.repository import Content, Deployment, DeploymentFile, ProcessDefinition
from app.models.runtime import ProcessInstance
from app.models.studio import Draft
from app.services import policy, repository

# What a file is, by where it lies: kinds in the order of the pages.
KINDS = ("process", "decision", "form", "letter", "policy", "check")
_KIND_OF = {"forms": "form", "letters": "letter", "policies": "policy", "checks": "check"}


@dataclass(frozen=True)
class PolicyRow:
    """A policy as the catalogue lists it; `unset` counts parameters that must be set and are not."""

    id: str
    name: str
    name_en: str
    clauses: int
    parameters: int
    unset: int


@dataclass(frozen=True)
class VersionRow:
    """A bundle with its state: in_force, waiting, withdrawn or past."""

    deployment: Deployment
    state: str
    processes: int
    running: int


@dataclass(frozen=True)
class FileRow:
    """One file of a bundle; `key` is what its editor calls it."""

    path: str
    kind: str
    key: str
    size: int

    @property
    def folder(self) -> str:
        """The process that a form belongs to."""
        return self.key.rpartition("/")[0]


def kind_of(path: str) -> str:
    """process, decision, form, letter, policy or check."""
    folder = path.partition("/")[0]
    return _KIND_OF.get(folder) or ("decision" if path.endswith(".dmn") else "process")


def key_of(path: str) -> str:
    """The file's name below its folder without the ending: process id, decision id, form key."""
    return path.partition("/")[2].rpartition(".")[0]


def group_files(sizes: Mapping[str, int]) -> dict[str, list[FileRow]]:
    """Files by kind, every kind present, each in the order of its keys."""
    groups: dict[str, list[FileRow]] = {kind: [] for kind in KINDS}
    for path in sorted(sizes):
        kind = kind_of(path)
        groups[kind].append(FileRow(path, kind, key_of(path), sizes[path]))
    return groups


def files_of(session: Session, deployment_id: int) -> dict[str, list[FileRow]]:
    """The files of a deployment by kind."""
    query = (
        select(DeploymentFile.path, func.length(Content.data))
        .join(Content, Content.sha256 == DeploymentFile.sha256)
        .where(DeploymentFile.deployment_id == deployment_id)
    )
    return group_files({path: size for path, size in session.execute(query)})


def list_policies(session: Session, deployment_id: int) -> Sequence[PolicyRow]:
    """The policies of a deployment, by id."""
    found = policy.policies_of(session, deployment_id)
    values = policy.parameters_of(session, deployment_id)
    return [
        PolicyRow(
            id=key,
            name=item.get("zh") or key,
            name_en=item.get("en") or "",
            clauses=len(item.get("clauses", ())),
            parameters=len(item.get("parameters", ())),
            unset=len(policy.unset_parameters({key: item}, values)),
        )
        for key, item in sorted(found.items())
    ]


def list_versions(session: Session, limit: int = 50) -> Sequence[VersionRow]:
    """Bundles, newest first, with the processes that each renewed and the cases that run on those."""
    deployments = session.scalars(select(Deployment).order_by(Deployment.id.desc()).limit(limit)).all()
    active = repository.active_deployment(session)
    renewed = _count(
        session, select(ProcessDefinition.deployment_id, func.count()), ProcessDefinition.deployment_id
    )
    query = (
        select(ProcessDefinition.deployment_id, func.count())
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.status == "active")
    )
    running = _count(session, query, ProcessDefinition.deployment_id)
    return [
        VersionRow(row, state_of(row, active), renewed.get(row.id, 0), running.get(row.id, 0))
        for row in deployments
    ]


def state_of(deployment: Deployment, active: Deployment | None) -> str:
    """in_force, waiting, withdrawn or past."""
    if deployment.withdrawn_at:
        return "withdrawn"
    if deployment.activated_at is None:
        return "waiting"
    return "in_force" if active is not None and active.id == deployment.id else "past"


def definitions_of(session: Session, deployment_id: int) -> Sequence[ProcessDefinition]:
    """The process versions that a deployment brought, by key."""
    query = select(ProcessDefinition).where(ProcessDefinition.deployment_id == deployment_id)
    return session.scalars(query.order_by(ProcessDefinition.key)).all()


def previous_of(session: Session, deployment: Deployment) -> Deployment | None:
    """The version that this one followed, or would follow."""
    query = select(Deployment).where(Deployment.id < deployment.id, Deployment.activated_at.is_not(None))
    return session.scalar(query.order_by(Deployment.id.desc()).limit(1))


def count_cases(session: Session, *conditions: Any) -> dict[int, int]:
    """Cases by process version."""
    query = select(ProcessInstance.definition_id, func.count()).where(*conditions)
    return _count(session, query, ProcessInstance.definition_id)


def count_drafts(session: Session) -> dict[str, int]:
    """Drafts by state."""
    return {state: n for state, n in session.execute(select(Draft.state, func.count()).group_by(Draft.state))}


def _count(session: Session, query: Any, key: Any) -> dict[int, int]:
    return {found: n for found, n in session.execute(query.group_by(key))}
