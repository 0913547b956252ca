"""Policies: clauses and parameters, as the deployed bundle has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.repository import Content, DeploymentFile


def policies_of(session: Session, deployment_id: int) -> dict[str, dict[str, Any]]:
    """The policies of a deployment by id: `{"clauses": […], "parameters": […], …}` as in `policies/*.json`."""
    query = select(DeploymentFile.path, DeploymentFile.sha256).where(
        DeploymentFile.deployment_id == deployment_id, DeploymentFile.path.like("policies/%")
    )
    return {row.path[9:-5]: _parse(session, row.sha256) for row in session.execute(query)}


def parameters_of(session: Session, deployment_id: int) -> dict[str, Any]:
    """The values of a deployment's parameters by key."""
    return {
        item["key"]: item.get("default")
        for policy in policies_of(session, deployment_id).values()
        for item in policy.get("parameters", ())
    }


def unset_parameters(policies: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> list[str]:
    """Keys of parameters that must be set and are empty (hole no. 1 of the seeds: publication is refused)."""
    return [
        item["key"]
        for policy in policies.values()
        for item in policy.get("parameters", ())
        if item.get("must_set") and values.get(item["key"]) in (None, "", [], {})
    ]


_by_hash: dict[str, dict[str, Any]] = {}


def _parse(session: Session, sha256: str) -> dict[str, Any]:
    """Contents never change, so a parsed policy is kept by its hash."""
    if sha256 not in _by_hash:
        content = session.get_one(Content, sha256)
        _by_hash[sha256] = orjson.loads(content.data)
    return _by_hash[sha256]
