"""Policies: clauses and parameters. The deployed bundle gives defaults; an administrator's newer values win."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.identity import User
from app.models.repository import Content, DeploymentFile, Parameter
from app.services.context import Context
from app.services.errors import Invalid, NotFound


def policies_of(session: Session, deployment_id: int) -> dict[str, dict[str, Any]]:
    """The policies of a deployment by id: `{"clauses": […], "parameters": […], …}` as in `policies/*.json`."""
    query = select(DeploymentFile.path, DeploymentFile.sha256).where(
        DeploymentFile.deployment_id == deployment_id, DeploymentFile.path.like("policies/%")
    )
    return {row.path[9:-5]: _parse(session, row.sha256) for row in session.execute(query)}


def parameters_of(session: Session, deployment_id: int) -> dict[str, Any]:
    """Parameters in force by key: defaults of the bundle, replaced by the newest stored values."""
    policies = policies_of(session, deployment_id)
    values = {
        item["key"]: item.get("default")
        for policy in policies.values()
        for item in policy.get("parameters", ())
    }
    stored = select(Parameter).where(Parameter.policy.in_(policies)).order_by(Parameter.version)
    return values | {row.key: row.value["value"] for row in session.scalars(stored)}


def unset_parameters(policies: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> list[str]:
    """Keys of parameters that must be set and are empty (hole no. 1 of the seeds: publication is refused)."""
    return [
        item["key"]
        for policy in policies.values()
        for item in policy.get("parameters", ())
        if item.get("must_set") and values.get(item["key"]) in (None, "", [], {})
    ]


def set_parameter(context: Context, deployment_id: int, key: str, value: Any, author: User) -> Parameter:
    """Store a new value with its author. Raises NotFound for an unknown key, Invalid for a value that is no JSON."""
    owner = next(
        (
            name
            for name, policy in policies_of(context.session, deployment_id).items()
            if any(item["key"] == key for item in policy.get("parameters", ()))
        ),
        None,
    )
    if owner is None:
        raise NotFound
    try:
        plain = orjson.loads(orjson.dumps(value))
    except TypeError as error:
        raise Invalid("参数值无法保存。", "The value cannot be stored.") from error
    query = select(Parameter.version).where(Parameter.policy == owner, Parameter.key == key)
    last = context.session.scalars(query.order_by(Parameter.version.desc()).limit(1)).first() or 0
    row = Parameter(policy=owner, key=key, version=last + 1, value={"value": plain}, author_id=author.id,
                    created_at=context.now)  # fmt: skip
    context.session.add(row)
    return row


_by_hash: dict[str, dict[str, Any]] = {}


def _parse(session: Session, sha256: str) -> dict[str, Any]:
    """Contents never change, so a parsed policy is kept by its hash."""
    if sha256 not in _by_hash:
        content = session.get_one(Content, sha256)
        _by_hash[sha256] = orjson.loads(content.data)
    return _by_hash[sha256]
