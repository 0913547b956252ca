"""Demonstration data, made once: people and organisations, an open call, and declarations on their way."""

from __future__ import annotations

from collections.abc import Iterator

from app.demo import accounts, story
from app.demo.accounts import GROUPS
from app.services.context import Context


def create(context: Context) -> bool:
    """Make the data unless there are accounts already; whether anything was made."""
    if not accounts.create(context):
        return False
    call_no = story.open_call(context)
    for username, signer, org_type, deals in (
        ("bank", "bank_signer", "bank", 26),
        ("insurer", "insurer", "insurer", 386),
        ("small_bank", "small_bank", "bank", 18),
    ):
        number = story.declare(context, username, signer, call_no, org_type, deals)
        story.submit(context, username, number)
    story.declare(context, "guarantor", "guarantor", call_no, "guarantor", 24)
    return True


def describe_accounts() -> Iterator[str]:
    """Lines for the terminal: who may sign in, and as what."""
    return accounts.describe_accounts()


__all__ = ["GROUPS", "create", "describe_accounts"]
