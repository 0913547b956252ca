"""Demonstration data, made once: people, a call that was decided weeks ago, and one that is open now.

Everything is played through the real processes, as the officers and applicants would do it; the past call simply on
an earlier date, so that publicity, agreement, payment and review are there to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from app.demo import accounts
from app.demo.chapters import Story
from app.demo.stage import Stage

PAST = timedelta(days=75)


def create(stage: Stage) -> bool:
    """Make the data unless there are accounts already; whether anything was made."""
    past = replace(stage, now=stage.now - PAST)
    with past.acting() as context:
        if not accounts.create(context):
            return False
    _play_past_call(Story(past))
    _play_open_call(Story(stage))
    return True


def describe_accounts() -> Iterator[str]:
    """Lines for the terminal: who may sign in, and as what."""
    return accounts.describe_accounts()


def _play_past_call(story: Story) -> None:
    """A call with two undertakers: one has signed and was paid, one still has to sign."""
    call_no = story.open_call(title="上海市知识产权金融创新中心项目申报（上一批次）")
    numbers = {}
    for username, org_type, deals in (("guarantor", "guarantor", 24), ("insurer", "insurer", 420)):
        numbers[username] = story.declare(username, username, call_no, org_type, deals)
        story.accept(username, numbers[username])
        story.review(numbers[username])
        story.opine(numbers[username])
    story.stage.pass_time(days=25)
    story.deliberate(call_no)
    story.stage.pass_time(days=12)
    story.confirm(call_no)
    story.sign(numbers["guarantor"], "guarantor", "guarantor")
    story.pay(numbers["guarantor"])


def _play_open_call(story: Story) -> None:
    """A call that takes declarations: at acceptance, at the draw of experts, an appeal of one that is short of a
    threshold, and a draft."""
    with story.stage.acting() as context:
        accounts.import_registry_extracts(context)
    call_no = story.open_call()
    bank = story.declare("bank", "bank_signer", call_no, "bank", 26)
    story.accept("bank", bank)
    short = story.declare("small_bank", "small_bank", call_no, "bank", 18)
    story.declare("insurer", "insurer", call_no, "insurer", 386)
    story.prepare("guarantor", "guarantor", call_no, "guarantor", 24)
    _play_appeal(story, short)


def _play_appeal(story: Story, number: str) -> None:
    """Whoever was told to be short of a threshold appeals: accepted, and waiting for the review."""
    story.accept("small_bank", number)
    story.act("clerk", number, "t_inel")
    story.open_documents("small_bank")
    grounds = "另有两笔质押贷款于统计期内发放，登记证明于申报之后取得，现补充提交，累计已达到 20 笔。"
    story.appeal(
        "small_bank", number, "TPL-06", request="撤销告知书，按补充的业绩重新作资格审查。", grounds=grounds
    )
