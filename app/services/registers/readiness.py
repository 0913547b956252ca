"""Whether a policy can be published: sound diagrams, parameters set, clauses known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.engine.definition import Definition, load_definition
from app.engine.errors import Problem
from app.services import policy, repository


def verify(
    session: Session, deployment_id: int, process_id: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Check a process as deployed with these parameters; `ok` when nothing stands against publishing it."""
    contents = repository.deployment_files(session, deployment_id)
    problems = repository.check_files(contents)
    policies = policy.policies_of(session, deployment_id)
    missing = policy.unset_parameters(policies, parameters)
    bundle = repository.make_bundle(contents)
    known = process_id in bundle.processes
    cited = _cited(load_definition(bundle, process_id)) if known and not _errors(problems) else set()
    unknown = sorted(
        cited - {clause["id"] for found in policies.values() for clause in found.get("clauses", ())}
    )
    return {
        "ok": known and not _errors(problems) and not missing and not unknown,
        "findings": _findings(problems, missing, unknown, process_id if not known else None),
        "problems": [_shown(problem) for problem in problems],
        "missing_parameters": missing,
        "unknown_clauses": unknown,
        "clauses": sorted(cited),
    }


def _errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _findings(
    problems: Iterable[Problem], missing: Iterable[str], unknown: Iterable[str], absent: str | None
) -> list[str]:
    """What stands against publishing, one sentence each, for the form that shows it."""
    return [
        *([f"没有部署流程 {absent}"] if absent else []),
        *(f"{p.file}：{p.message_zh}" for p in problems if p.severity == "error"),
        *(f"参数 {key} 必须设定" for key in missing),
        *(f"条款 {code} 不在条款库中" for code in unknown),
    ]


def _cited(definition: Definition) -> set[str]:
    """Every clause that the process or one of its elements refers to."""
    return {
        *definition.clause_refs,
        *(code for element in definition.elements.values() for code in element.clause_refs),
    }


def _shown(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": problem.file,
        "element_id": problem.element_id,
        "message": problem.message_zh,
        "message_en": problem.message_en,
    }
