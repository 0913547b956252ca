"""Demonstration data, made once: posts, people, invented organisations, registry extracts, a budget and an open call.

Every name is invented. The call is opened by the real process, step by step, exactly as the officers would do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from app.demo.samples import enterprise_code
from app.models.identity import GroupMember, Organisation, User
from app.models.register import Budget, RegistryReply
from app.services import calendar, identity
from app.services.context import Context
from app.services.posts import POSTS
from app.services.registers.fingerprint import fingerprint

PASSWORD = "zhirong-demo"  # noqa: S105  printed for visitors of the demonstration; no real account has it


@dataclass(frozen=True)
class Account:
    username: str
    name: str
    groups: tuple[str, ...] = ()
    org: str = ""
    roles: tuple[str, ...] = ()
    employer: str | None = None
    heads: bool = False  # of all its groups


ORGANISATIONS = {
    "bank": ("91310000MA1FPUJN11", "浦江样例商业银行", "bank"),
    "insurer": ("91310000MA1FHTCX2K", "华亭样例财产保险公司", "insurer"),
    "guarantor": ("91310000MA1FDHDB3R", "东海样例融资担保公司", "guarantor"),
    "small_bank": ("91310115MA1FYFKJ48", "申江样例农村商业银行", "bank"),
}

ACCOUNTS = (
    Account("bank", "银行编制人", org="bank", roles=("editor",)),
    Account("bank_signer", "银行签署人", org="bank", roles=("editor", "signer")),
    Account("insurer", "保险编制人", org="insurer", roles=("editor", "signer")),
    Account("guarantor", "担保编制人", org="guarantor", roles=("editor", "signer")),
    Account("small_bank", "农商行编制人", org="small_bank", roles=("editor", "signer")),
    Account("clerk", "受理经办", ("clerk",)),
    Account("clerk2", "受理经办（二）", ("clerk",)),
    Account("division", "处室经办", ("division",)),
    Account("division_head", "处室负责人", ("division",), heads=True),
    Account("approver", "分管领导", ("approver",)),
    Account("board", "办公会召集人", ("board",), heads=True),
    Account("board2", "办公会成员甲", ("board",)),
    Account("board3", "办公会成员乙", ("board",)),
    Account("expert1", "评审专家甲", ("expert",), employer=enterprise_code(901)),
    Account("expert2", "评审专家乙", ("expert",), employer=enterprise_code(902)),
    Account("expert3", "评审专家丙", ("expert",), employer=enterprise_code(903)),
    Account("expert4", "评审专家丁", ("expert",), employer=enterprise_code(904)),
    Account("expert5", "评审专家戊", ("expert",), employer=ORGANISATIONS["bank"][0]),
    Account("finance", "财务经办", ("finance",)),
    Account("finance_reviewer", "财务审核人", ("finance_reviewer",)),
    Account("finance_approver", "财务批准人", ("finance_approver",)),
    Account("objection", "异议办理人", ("objection",)),
    Account("supervisor", "监督经办", ("supervisor",)),
    Account("supervisor2", "监督经办（二）", ("supervisor",)),
    Account("investigator1", "调查人员甲", ("investigator",)),
    Account("investigator2", "调查人员乙", ("investigator",)),
    Account("signatory", "市局签约人", ("signatory",)),
    Account("designer", "流程设计人", ("process_designer",)),
    Account("process_approver", "流程审批人", ("process_approver",)),
    Account("operator", "系统运维", ("operator",)),
    Account("admin", "系统管理员", ("system_admin",)),
    Account("auditor", "审计人员", ("auditor",)),
    Account("observer", "列席观察员", ("observer",)),
)


def create(context: Context) -> bool:
    """Make the data unless it is there; whether anything was made."""
    if context.session.scalar(select(User.id).limit(1)) is not None:
        return False
    for key, (name, name_en) in POSTS.items():
        identity.ensure_group(context.session, key, name, name_en)
    orgs = {key: identity.create_organisation(context, uscc=uscc, name=name, org_type=kind)
            for key, (uscc, name, kind) in ORGANISATIONS.items()}  # fmt: skip
    for account in ACCOUNTS:
        _create_account(context, account, orgs)
    calendar.seed_years(context.session, range(context.now.year - 1, context.now.year + 4), context.now)
    import_registry_extracts(context)
    context.session.add(
        Budget(line="IPF-01", name="知识产权运营服务体系建设专项资金", year=context.now.year,
               appropriated=Decimal("8000000.00"))
    )  # fmt: skip
    context.session.flush()
    return True


def describe_accounts() -> Iterator[str]:
    """Lines for the terminal: who may sign in and as what."""
    yield f"demo accounts (password {PASSWORD}):"
    for account in ACCOUNTS:
        post = "、".join(POSTS[key][0] for key in account.groups) or ORGANISATIONS[account.org][1]
        yield f"  {account.username:<18}{account.name}  {post}"


def _create_account(context: Context, account: Account, orgs: dict[str, Organisation]) -> None:
    user = identity.create_user(
        context,
        username=account.username,
        name=account.name,
        password=PASSWORD,
        groups=account.groups,
        employer_uscc=account.employer,
        email=f"{account.username}@example.invalid",
    )
    if account.heads:
        for key in account.groups:
            context.session.get_one(GroupMember, (key, user.id)).is_head = True
    if account.org:
        identity.add_member(context.session, user, orgs[account.org], *account.roles)


def import_registry_extracts(context: Context) -> None:
    """Yesterday's extracts of the outside credit sources, as an operator would import them from files."""
    replied = context.now - timedelta(days=1)
    for org in context.session.scalars(select(Organisation)).all():
        for source in ("gsxt", "credit_china", "ip_pledge"):
            detail = {"source": source, "uscc": org.uscc, "verdict": "clear"}
            context.session.add(
                RegistryReply(
                    source=source,
                    uscc=org.uscc,
                    verdict="clear",
                    note="未查询到失信记录",
                    detail=detail,
                    sha256=fingerprint(detail),
                    replied_at=replied,
                    imported_at=context.now,
                )
            )
