"""What the register tests start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

import app.services.operations
from app.models.identity import Group, GroupMember, Organisation, User
from app.models.repository import Content, Deployment, DeploymentFile, ProcessDefinition
from app.models.runtime import Message, ProcessInstance
from app.services import delegates
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.messages import send_message
from app.services.registers.fingerprint import digest
from app.services.settings import Settings

assert app.services.operations  # importing it registers the operations

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, 9, 30, tzinfo=SHANGHAI)  # a Monday
USCC = "91310000TEST00001X"
LETTER = """// 测试函
#let data = json(bytes(sys.inputs.data))
#import "_common.typ": head
#set text(font: "Noto Serif SC")
#head(data)
#data.at("body", default: "")
"""
COMMON = (
    '#let head(data) = [#data.number #data.title #if data.verify_url != none { image("qr.svg", width: 1cm) }]'
)


@dataclass
class Registers:
    """One unit of work on a small world."""

    session: Session
    settings: Settings
    now: datetime = START
    made: dict[str, int] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return Context(self.session, self.now, self.settings)

    def acting(self, user: User) -> Context:
        return Context(self.session, self.now, self.settings, user)

    def call(self, operation: str, instance: ProcessInstance, element: str = "sv", **parameters: Any) -> Any:
        """Run an operation as a service task of this case does."""
        emit = partial(send_message, self.context, sender_id=instance.id)
        host = delegates.DelegateContext(
            session=self.session,
            instance=instance,
            element_id=element,
            now=self.now,
            actor_id=None,
            calendar=calendar_of(self.session),
            emit=emit,
            settings=self.settings,
        )
        return delegates.call(operation, host, parameters)

    def send(self, name: str, key: str, payload: dict[str, Any]) -> None:
        send_message(self.context, name, key, payload)

    def messages(self, name: str) -> list[Message]:
        return list(self.session.scalars(select(Message).where(Message.name == name).order_by(Message.id)))

    def pass_time(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def move_to(self, *moment: int) -> None:
        self.now = datetime(*moment, tzinfo=SHANGHAI)  # type: ignore[arg-type,misc]

    def add_org(self, name: str = "东海银行", uscc: str = USCC, org_type: str = "bank") -> Organisation:
        org = Organisation(uscc=uscc, name=name, org_type=org_type, created_at=self.now)
        self.session.add(org)
        self.session.flush()
        return org

    def add_user(self, name: str, *groups: str, employer: str | None = None) -> User:
        user = User(
            username=name,
            name=name,
            password_hash="-",
            created_at=self.now,
            employer_uscc=employer,
            is_active=True,
            email="",
            language="zh",
        )
        self.session.add(user)
        self.session.flush()
        for key in groups:
            if self.session.get(Group, key) is None:
                self.session.add(Group(key=key, name=key, name_en=key))
                self.session.flush()
            self.session.add(GroupMember(group_key=key, user_id=user.id))
        self.session.flush()
        self.session.refresh(user)
        return user

    def add_case(self, prefix: str = "CX", org: Organisation | None = None, **given: Any) -> ProcessInstance:
        """A running case with the next number of its prefix."""
        self.made[prefix] = self.made.get(prefix, 0) + 1
        number = f"{prefix}-2026-{self.made[prefix]:04d}"
        definition = self.session.scalars(select(ProcessDefinition)).one()
        instance = ProcessInstance(
            number=number,
            definition=definition,
            process_key=definition.key,
            title=f"案件 {number}",
            subject=given.get("subject", number),
            org=org,
            started_at=self.now,
            status="active",
            state=b"",
            is_frozen=False,
            history_seq=0,
            history_hash="",
        )
        self.session.add(instance)
        self.session.flush()
        return instance

    def end(self, instance: ProcessInstance, outcome: str, status: str = "completed") -> None:
        """The case ends, as the runtime books it."""
        instance.status, instance.ended_at, instance.outcome = status, self.now, outcome
        self.session.flush()
        delegates.instance_ended(self.context, instance)


def make_registers(session: Session, folder: Path) -> Registers:
    """An empty world with one deployed process and one letter."""
    made = Registers(
        session,
        Settings(
            files_dir=folder / "files", secret="a secret of the tests", site="https://office.example.invalid"
        ),
    )
    deployment = Deployment(
        origin="upload", digest="0" * 64, note="", created_at=START, effective_at=START, activated_at=START
    )
    session.add(deployment)
    session.flush()
    for path, text in {"letters/TPL-99.typ": LETTER, "letters/_common.typ": COMMON}.items():
        content = Content(sha256=digest(text.encode()), data=text.encode())
        session.add(content)
        session.flush()
        session.add(DeploymentFile(deployment_id=deployment.id, path=path, sha256=content.sha256))
    session.add(
        ProcessDefinition(
            key="declaration",
            version=1,
            name="申报",
            deployment_id=deployment.id,
            is_current=True,
            start_messages=[],
            startable_by=[],
            created_at=START,
        )
    )
    session.flush()
    return made


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]
