"""What proves a submission: the files that came with it, and the mail that says so at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.environment import Environment
from app.engine.errors import DefinitionInvalid
from app.engine.receipts import plan_receipt, titles_of_parts
from app.models.identity import User
from app.models.register import Attachment, Receipt
from app.models.runtime import ProcessInstance
from app.services import access, attachments, files, outbox, repository
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.numbering import OFFICE_ZONE
from app.services.registers.fingerprint import fingerprint
from app.services.settings import Settings
from app.services.task import Work


@dataclass(frozen=True)
class PartHash:
    """One part of a submission as its receipt lists it."""

    part: str
    title: str
    title_en: str
    sha256: str


def hashes_of(parts: Sequence[Mapping[str, Any]]) -> tuple[list[PartHash], str]:
    """The SHA-256 of each part {part, title, title_en, content}, and of the whole."""
    contents = contents_of(parts)
    titles = {
        str(part["part"]): (str(part.get("title") or ""), str(part.get("title_en") or "")) for part in parts
    }
    listed = [PartHash(name, *titles[name], fingerprint(content)) for name, content in contents.items()]
    return listed, fingerprint(contents)


def contents_of(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is stamped, by part."""
    return {str(part["part"]): part.get("content") for part in parts}


def expected(context: Context, work: Work) -> tuple[list[PartHash], str]:
    """What the receipt will list if everything is handed in as the open form stands now; ([], "") without one."""
    scope, task = context.environment().scope, work.task
    definition = repository.pinned_definition(context.session, work.instance.definition_id)
    element = definition.element(task.process_key, task.element_id)
    name = element.attributes.get("resultVariable") if element is not None else None
    drafted = work.draft.data if work.draft is not None else {}
    known = attachments.referable(context, work.instance)
    accepted = work.form.accept(drafted, work.variables, scope, stored=work.values, files=known)
    before = work.variables.get(name or "")
    typed = {**(before if isinstance(before, dict) else {}), **accepted.to_json()}
    variables = {**work.variables, **({name: typed} if name else {})}
    parts = plan_receipt(definition, task.process_key, variables, scope)
    return hashes_of(parts) if parts else ([], "")


def parts_of(session: Session, receipt: Receipt) -> list[PartHash]:
    """The parts of a receipt with the titles that the version of its case gives them, as long as that can be read."""
    instance = session.get_one(ProcessInstance, receipt.instance_id)
    titles: dict[str, tuple[str, str]] = {}
    with suppress(DefinitionInvalid):
        definition = repository.pinned_definition(session, instance.definition_id)
        titles = titles_of_parts(definition, Environment(receipt.received_at, calendar_of(session)).scope)
    return [
        PartHash(part, *titles.get(part, ("", "")), str(sha256)) for part, sha256 in receipt.parts.items()
    ]


def files_of(session: Session, instance_id: int, contents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Name, size and hash of every stored file that these contents refer to, each once, as it is in the store."""
    wanted = dict.fromkeys(files.references(contents))
    query = select(Attachment).where(Attachment.id.in_(wanted), Attachment.instance_id == instance_id)
    stored = {row.id: row for row in session.scalars(query)}
    return [{"name": row.name, "size": row.size, "sha256": row.sha256}
            for key in wanted if (row := stored.get(key)) is not None]  # fmt: skip


def mail_receipt(
    session: Session, settings: Settings, receipt: Receipt, submitted_by: int | None, now: datetime
) -> None:
    """Mail a receipt to whoever submitted and to those who sign for the organisation: proof, so never a wish."""
    people = list(access.signers_of(session, receipt.org_id)) if receipt.org_id else []
    submitter = session.get(User, submitted_by) if submitted_by else None
    context = Context(session, now, settings)
    by_address = {user.email: user for user in (*people, *([submitter] if submitter else [])) if user.email}
    for address, user in by_address.items():
        text = _text(receipt, settings.site)
        subject = f"收件回执 {receipt.number}（{receipt.case_no}）"
        outbox.queue_mail(
            context,
            address,
            subject,
            text,
            kind="letter",
            user=user,
            dedup=f"receipt:{receipt.number}:{user.id}",
        )


def exact(moment: datetime) -> str:
    """An instant to the millisecond, in the office's time: what decides whether something came in time."""
    local = moment.astimezone(OFFICE_ZONE)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03}"


def _text(receipt: Receipt, site: str) -> str:
    lines = [
        f"已收到{receipt.org_name}提交的材料。本回执只证明收件，不表示已经受理。",
        "",
        f"回执号：{receipt.number}",
        f"案件编号：{receipt.case_no}",
        f"收件时间：{exact(receipt.received_at)}（北京时间，请求到达的时间）",
        f"材料总校验值（SHA-256）：{receipt.sha256}",
        *(f"{file['name']}：{file['sha256']}" for file in receipt.files),
        f"核验码：{receipt.verify_code}",
    ]
    if site:
        lines.append(f"核验：{site.rstrip('/')}/verify?number={receipt.number}&code={receipt.verify_code}")
    return "\n".join(
        [*lines, "", f"Receipt {receipt.number}: received {exact(receipt.received_at)} (UTC+8)."]
    )
