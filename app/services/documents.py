"""Documents: numbered, hashed, kept as PDF/A by content, served on somebody, checked with number and code.

The letters are content: `letters/<letter>.typ` of the deployment that the case is pinned to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Document, LetterDraft
from app.models.repository import Content, DeploymentFile
from app.models.runtime import ProcessInstance, UserTask
from app.services import files
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import mailbox
from app.services.registers.codes import new_code
from app.services.registers.fingerprint import fingerprint, plain
from app.services.registers.typesetting import render_pdf
from app.services.settings import Settings

PUBLIC = "public"
MAILBOX_TEXT = "请登录系统签收并阅读。文书自签收之时起送达。"
MAILBOX_TEXT_EN = "Sign in to sign for it and read it. It counts as served from then on."
_LETTER_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_TITLE_LINE = re.compile(r"^//\s*(?:TPL-\d+\s*)?(?P<title>\S.*?)\s*$")
_ENGLISH_LINE = re.compile(r"^//\s*en:\s*(?P<title>\S.*?)\s*$")
_ASIDE = re.compile(r"（[^（）]*）$")  # 建议名单（内部文书） is called 建议名单


class LetterUnknown(Exception):
    """The deployment has no template of this name."""

    def __init__(self, letter: str) -> None:
        super().__init__(f"no letter {letter!r} in this deployment")
        self.letter = letter


@dataclass(frozen=True)
class Template:
    """A letter's source and the files it may import."""

    source: bytes
    common: Mapping[str, bytes]

    @property
    def title(self) -> str:
        """The first line says what the letter is called: `// TPL-03 受理通知书`."""
        found = _TITLE_LINE.match(self._line(0))
        return found["title"] if found else ""

    @property
    def title_en(self) -> str:
        """The second line may say it in English: `// en: Notice of acceptance`."""
        found = _ENGLISH_LINE.match(self._line(1))
        return found["title"] if found else ""

    def english_of(self, data: Mapping[str, Any]) -> str:
        """What a letter with these data is called in English: as they say, else as the template does if it is meant."""
        if data.get("title_en"):
            return str(data["title_en"])
        return self.title_en if self.is_own(str(data.get("title") or "")) else ""

    def is_own(self, title: str) -> bool:
        """Whether a title is the template's own, with or without what stands in brackets after it."""
        return not title or title in (self.title, _ASIDE.sub("", self.title))

    def _line(self, place: int) -> str:
        lines = self.source.decode("utf-8").split("\n", 2)
        return lines[place] if place < len(lines) else ""


def issue(
    session: Session,
    settings: Settings,
    instance: ProcessInstance,
    letter: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    case_no: str,
    element_id: str = "",
    to: str | None = None,
) -> Document:
    """Number, typeset, hash and store a letter. Raises LetterUnknown, LetterFailed, FontsMissing."""
    template = template_of(session, instance.definition.deployment_id, letter)
    number, code = next_number(session, "WS", now), new_code()
    title = str(data.get("title") or template.title or letter)
    head = _head(number, code, title, letter, case_no, now, settings.site)
    full = plain({**data, **head})
    pdf = _typeset(template, full, now, settings)
    document = Document(
        number=number,
        letter=letter,
        case_no=case_no,
        instance=instance,
        element_id=element_id,
        title=full["title"][:200],
        title_en=template.english_of(data)[:200],
        data=full,
        data_sha256=fingerprint(full),
        pdf_sha256=files.put(settings.files_dir, pdf),
        size=len(pdf),
        verify_code=code,
        issued_at=now,
        to_principal=to,
        automatic=_edited(session, instance.id, letter),
    )
    session.add(document)
    session.flush()
    return document


def typeset_draft(
    session: Session,
    settings: Settings,
    instance: ProcessInstance,
    letter: str,
    data: Mapping[str, Any],
    now: datetime,
) -> bytes:
    """A letter as it would look, marked as a draft; nothing is stored. Raises LetterUnknown, LetterFailed."""
    template = template_of(session, instance.definition.deployment_id, letter)
    title = str(data.get("title") or template.title or letter)
    head = {"number": "（草稿，未编号）", "case_no": instance.subject, "title": title, "issued_at": None,
            "verify_code": None, "verify_url": None, "is_draft": True}  # fmt: skip
    return _typeset(template, plain({**data, **head}), now, settings)


def _edited(session: Session, instance_id: int, letter: str) -> list[dict[str, Any]]:
    """Where the officer wrote something else than the decisions had drafted: {key, drafted, issued}."""
    query = (
        select(LetterDraft.data, UserTask.data)
        .join(UserTask, UserTask.id == LetterDraft.task_id)
        .where(LetterDraft.instance_id == instance_id, LetterDraft.letter == letter)
        .where(UserTask.status == "completed")
        .order_by(UserTask.completed_at.desc(), UserTask.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return []
    drafted, written = (said(plain(values or {})) for values in found)
    return [{"key": key, "drafted": text, "issued": written.get(key)}
            for key, text in drafted.items() if written.get(key) != text]  # fmt: skip


def said(value: Any) -> Any:
    """A value without what is empty in it: a form gives empty cells where a draft had none."""
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := said(item)) not in (None, "", [], {})}
    return [said(item) for item in value] if isinstance(value, list) else value


def deliver(session: Session, document: Document, to: str, now: datetime) -> None:
    """Send a document to a principal's mailbox; to the public it is served by being published. Once only."""
    if document.sent_at is not None:
        return
    document.to_principal, document.sent_at = to, now
    if to == PUBLIC:
        document.channel, document.served_at, document.served_how = "public", now, "public"
    else:
        document.channel = "portal"
        subject = f"您有新的文书：{document.title}（{document.number}）"
        dedup = f"document:{document.number}"
        mailbox.tell(
            session,
            [to],
            subject,
            MAILBOX_TEXT,
            now,
            kind="letter",
            subject_en=f"A new letter for you: {document.title_en or document.title} ({document.number})",
            text_en=MAILBOX_TEXT_EN,
            case_no=document.case_no,
            document=document,
            dedup=dedup,
        )
    session.flush()


def record_service(session: Session, document: Document, how: str, now: datetime) -> None:
    """Book when and how a document was served; the first time stays."""
    if document.served_at is None:
        document.served_at, document.served_how = now, how
        session.flush()


def find_document(session: Session, number: str) -> Document | None:
    """The document of this number."""
    return session.scalar(select(Document).where(Document.number == number))


def verification_address(site: str, number: str, code: str) -> str | None:
    """Where anybody can check a number and code; None when the site's address is not known."""
    return f"{site.rstrip('/')}/verify?number={number}&code={code}" if site else None


def template_of(session: Session, deployment_id: int, letter: str) -> Template:
    """The letter as the deployment has it, with the shared files beside it. Raises LetterUnknown."""
    if not _LETTER_ID.fullmatch(letter):
        raise LetterUnknown(letter)
    query = (
        select(DeploymentFile.path, Content.data)
        .join(Content, Content.sha256 == DeploymentFile.sha256)
        .where(DeploymentFile.deployment_id == deployment_id, DeploymentFile.path.startswith("letters/"))
        .where(
            DeploymentFile.path.not_like("letters/TPL-%") | (DeploymentFile.path == f"letters/{letter}.typ")
        )
    )
    found = {
        PurePosixPath(path).relative_to("letters").as_posix(): data for path, data in session.execute(query)
    }
    source = found.pop(f"{letter}.typ", None)
    if source is None:
        raise LetterUnknown(letter)
    return Template(source, found)


def _typeset(template: Template, data: Mapping[str, Any], now: datetime, settings: Settings) -> bytes:
    address, fonts = data["verify_url"] or "", settings.fonts_dir
    return render_pdf(template.source, data, now, common=template.common, qr=address, fonts_dir=fonts)


def _head(
    number: str, code: str, title: str, letter: str, case_no: str, now: datetime, site: str
) -> dict[str, Any]:
    """What every letter shows beside its own data (the common head of the letters)."""
    return {
        "number": number,
        "letter": letter,
        "case_no": case_no,
        "title": title,
        "issued_at": now.astimezone(OFFICE_ZONE),
        "verify_code": code,
        "verify_url": verification_address(site, number, code),
    }
