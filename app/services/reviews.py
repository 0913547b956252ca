"""Starting a performance review of an agreement by hand (适时组织, S2-3.3), beside those that milestones start."""

from __future__ import annotations

from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.messages import send_message
from app.services.registers import agreements, cases

REVIEW_TYPES = ("mid_term", "final", "spot_check")


def start_review(context: Context, agreement_no: str, review_type: str, year: int) -> None:
    """Ask for a review now. Raises NotFound, Invalid for an unknown kind or an agreement out of force."""
    agreement = agreements.find(context.session, agreement_no)
    if agreement is None:
        raise NotFound
    if review_type not in REVIEW_TYPES or not 2000 <= year <= 2100:
        raise Invalid("请选择考核类型和年度。", "Choose the kind of review and the year.")
    if agreement.state != "effective":
        raise Invalid("协议已不在执行期，不能启动考核。", "The agreement is no longer in force.")
    org = {"id": agreement.org_id, **(cases.party(agreement.org) or {"name": agreement.org_name})}
    payload = {
        "case_no": agreement.case_no,
        "agreement_no": agreement.number,
        "org": org,
        "review_type": review_type,
        "year": year,
    }
    send_message(context, "MSG-REVIEW-DUE", agreement.case_no, payload)
