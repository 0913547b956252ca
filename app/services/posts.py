"""Posts (岗位): the groups that permissions and lanes name; they exist as soon as content is in force."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.db import insert_missing
from app.models.identity import Group

POSTS = {
    "clerk": ("受理岗", "Acceptance desk"), "division": ("业务处室", "Division"), "approver": ("批准人", "Approvers"),
    "board": ("局长办公会", "Board"), "expert": ("评审专家", "Experts"),
    "finance_reviewer": ("财务审核", "Finance review"), "finance_approver": ("财务批准", "Finance approval"),
    "finance": ("财务", "Finance"), "objection": ("异议办理", "Objections"), "supervisor": ("监督岗", "Supervision"),
    "investigator": ("调查人员", "Investigators"), "signatory": ("签约人", "Signatories"),
    "process_designer": ("流程设计", "Process design"), "process_approver": ("流程审批", "Process approval"),
    "operator": ("系统运维", "Operations"), "system_admin": ("系统管理", "Administration"),
    "auditor": ("审计", "Audit"), "observer": ("列席观察员", "Observers"),
}  # fmt: skip
_NAMED = re.compile(rb"group:([a-z][a-z0-9_]{0,38})")


def ensure_posts(session: Session, files: Mapping[str, bytes]) -> None:
    """Make the posts of the product and those that only these diagrams know, so that an administrator can fill them."""
    named = {
        key.decode() for path, data in files.items() if path.endswith(".bpmn") for key in _NAMED.findall(data)
    }
    rows = {**{key: (key, key) for key in sorted(named)}, **POSTS}
    insert_missing(
        session, Group, [{"key": key, "name": zh, "name_en": en} for key, (zh, en) in rows.items()]
    )
