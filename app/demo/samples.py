"""What the invented organisations would write: declarations with deal rows that meet, or just miss, the conditions."""

from __future__ import annotations

from typing import Any

from app.engine.rules import uscc_check_character

KINDS = {"bank": "patent_pledge_loan", "insurer": "ip_insurance", "guarantor": "ip_credit_guarantee"}
PRODUCTS = {
    "bank": "知识产权质押贷款“知易贷”",
    "insurer": "专利综合保险“知安保”",
    "guarantor": "知识产权信贷担保“知融保”",
}
TARGETS = {
    "bank": {"deals": "60", "enterprises": "55", "first_loans": "25", "amount": "30000"},
    "insurer": {"deals": "320", "enterprises": "260", "first_loans": "0", "amount": "9000"},
    "guarantor": {"deals": "30", "enterprises": "26", "first_loans": "8", "amount": "6000"},
}


def enterprise_code(number: int) -> str:
    """A valid unified social credit code of an invented enterprise."""
    first17 = f"91310117MA2{number:06d}"
    return first17 + uscc_check_character(first17)


def prechecked(org_type: str, deals: int) -> dict[str, Any]:
    """Values of the self-check form."""
    return {"org_type": org_type, "product_kinds": [KINDS[org_type]], "n": str(deals), "amount_yi": "3"}


def declaration(org_type: str) -> dict[str, Any]:
    """Values of parts 1 and 2; name and code are prefilled."""
    return {
        "org_level": "municipal_level",
        "legal_rep": "法定代表人（样例）",
        "contact": "项目联系人（样例）",
        "mobile": "13800000000",
        "email": "contact@example.invalid",
        "address": "上海市样例路 1 号",
        "in_shanghai": True,
        "team": [
            {
                "name": "项目负责人（样例）",
                "id_no": "11010519491231002X",
                "role": "负责人",
                "unit": "知识产权金融部",
            }
        ],
        "status_ok": True,
        "finance_ok": True,
        "credit_ok": True,
        "products": [
            {
                "name": PRODUCTS[org_type],
                "kind": KINDS[org_type],
                "launched_on": "2020-06-01",
                "summary": "面向科技型中小企业，流程线上化，已形成标准产品手册和风险评测模型。",
            }
        ],
    }


def deal_rows(org_type: str, deals: int, rows: int = 6) -> list[dict[str, Any]]:
    """Rows whose `cases` add up to `deals`, dated in both years of the window 2021–2022."""
    share, rest = divmod(deals, rows)
    return [
        {
            "kind": KINDS[org_type],
            "enterprise": f"样例科技企业{n + 1}号",
            "enterprise_uscc": enterprise_code(n + 1),
            "deal_date": f"{2021 + n % 2}-0{1 + n % 9}-15",
            "cases": str(share + (1 if n < rest else 0)),
            "amount": f"{(n + 1) * 1_000_000}.00",
            "registration_no": f"{org_type.upper()}-{2021 + n % 2}-{n + 1:04d}",
            "is_sme": True,
            "is_first_loan": n % 2 == 0,
        }
        for n in range(rows)
        if share or n < rest
    ]


def plan(org_type: str) -> dict[str, Any]:
    """Values of part 3: three texts within 2000 字 and the yearly targets."""
    return {
        "plan_work": "一、设立知识产权金融专门团队，配备专职产品经理和风险经理；二、与专业机构合作开展价值评估；"
        "三、每季度在各区开展银企对接和产品路演；四、按季报送业务数据和典型案例。",
        "plan_targets": "两个年度业务笔数和服务企业户数均高于通知要求，逐年增长不低于百分之十。",
        "plan_safeguards": "建立单列信贷计划、定价审批绿色通道和尽职免责机制，绩效考核单设指标。",
        "targets": [dict(TARGETS[org_type]), dict(TARGETS[org_type])],
    }


def commitment(signer: str) -> dict[str, Any]:
    """Values of the commitment letter."""
    return {"commitment_agreed": True, "commitment_signer": signer, "commitment_position": "legal_rep"}


def opinion(signer: str) -> dict[str, Any]:
    """Values of the declarant's opinion."""
    return {"opinion_agreed": True, "opinion_signer": signer}
