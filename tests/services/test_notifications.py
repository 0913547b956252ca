"""People are told once, as each of them wishes: mail over a real SMTP server, a gateway over real HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from app.models.identity import GroupMember, User
from app.models.outbox import Delivery
from app.models.register import Document, Notification
from app.models.runtime import Job, Message, ProcessInstance
from app.services import documents, outbox
from app.services.channels import Outgoing, webhook
from app.services.errors import Invalid, NotFound
from app.services.notifications import choices, notify, reminders
from app.services.notifications.kinds import KINDS
from tests.factories import World


@dataclass
class PostOffice:
    """A mail server that keeps what it gets and refuses the addresses it is told to refuse."""

    mails: list[Any] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    url: str = ""

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 OK"

    def texts(self) -> list[str]:
        return [mail.content.decode("utf-8", "replace") for mail in self.mails]


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # the library must know it beforehand
    office.url = f"smtp://127.0.0.1:{port}"
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    yield office
    controller.stop()


@pytest.fixture
def mailed(world: World, post_office: PostOffice) -> World:
    """The world with a mail server, where everybody has an address."""
    world.settings = replace(
        world.settings,
        smtp_url=post_office.url,
        mail_from="知融 <office@example.invalid>",
        site="https://zr.example.invalid",  # type: ignore[attr-defined]
    )
    with world.database.writing() as session:
        for user in session.scalars(select(User)):
            user.email = f"{user.username}@example.invalid"
    return world


def user_named(world: World, name: str) -> User:
    with world.database.reading() as session:
        return session.scalars(select(User).where(User.username == name)).one()


def tell(world: World, *principals: str, kind: str = "notice", dedup: str | None = None, **more: Any) -> int:
    with world.acting() as context:
        return notify(context, kind, principals, "标题", "内容", dedup=dedup, **more)


def deliveries(world: World) -> list[Delivery]:
    with world.database.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def set_mode(world: World, name: str, kind: str, mode: str, **hours: str) -> None:
    given = {**{key: str(value) for key, value in choices.HOURS.items()}, "mobile": "", "wecom": "", **hours}
    with world.acting(name) as context:
        choices.choose(context, {(kind, "mail"): mode}, given)


def test_a_person_in_two_of_the_groups_gets_one_mail(mailed: World, post_office: PostOffice) -> None:
    wang = user_named(mailed, "wang")
    assert tell(mailed, "group:division", wang.principal) == 2
    mailed.worker().drain()
    received = [mail.rcpt_tos[0] for mail in post_office.mails]
    assert received.count("wang@example.invalid") == 1
    assert len(received) == len(set(received)) > 1
    assert {row.state for row in deliveries(mailed)} == {"sent"}


def test_telling_twice_tells_once(mailed: World, post_office: PostOffice) -> None:
    wang = user_named(mailed, "wang")
    assert tell(mailed, wang.principal, dedup="x") == 1
    assert tell(mailed, wang.principal, dedup="x") == 0
    mailed.worker().drain()
    assert len(post_office.mails) == 1


def test_a_mail_says_where_it_came_from_and_how_to_stop_it(mailed: World, post_office: PostOffice) -> None:
    tell(mailed, user_named(mailed, "wang").principal, case_no="QJ-2026-0001")
    mailed.worker().drain()
    [delivery] = deliveries(mailed)
    assert "https://zr.example.invalid/cases/QJ-2026-0001" in delivery.text
    token = delivery.text.rpartition("token=")[2]
    with mailed.acting() as context:
        choices.unsubscribe(context, token)
        choices.unsubscribe(context, token)
    tell(mailed, user_named(mailed, "wang").principal)
    mailed.worker().drain()
    assert len(post_office.mails) == 1
    assert f"Message-ID: <delivery-{delivery.id}@example.invalid>" in post_office.texts()[0]


@pytest.mark.parametrize("token", ["", "x", "WzEsIm5vdGljZSJd.AAAA"])
def test_a_forged_way_out_is_not_found(world: World, token: str) -> None:
    with world.acting() as context, pytest.raises(NotFound):
        choices.unsubscribe(context, token)


def test_mail_about_letters_cannot_be_stopped(mailed: World) -> None:
    with pytest.raises(Invalid) as caught:
        set_mode(mailed, "wang", "letter", "off")
    assert list(caught.value.errors) == ["letter.mail"]
    token = choices.unsubscribe_token(mailed.settings.secret, user_named(mailed, "wang").id, "letter")
    with mailed.acting() as context, pytest.raises(NotFound):
        choices.unsubscribe(context, token)


def test_the_digest_gathers_a_day(mailed: World, post_office: PostOffice) -> None:
    set_mode(mailed, "wang", "notice", "digest")
    for _ in range(3):
        tell(mailed, user_named(mailed, "wang").principal)
    mailed.worker().drain()
    assert post_office.mails == []
    mailed.now += timedelta(days=1)
    mailed.worker().drain()
    assert len(post_office.mails) == 1
    assert sorted(row.state for row in deliveries(mailed)) == ["merged", "merged", "merged", "sent"]
    assert deliveries(mailed)[-1].text.count("标题") == 3


def test_nobody_is_disturbed_at_night(mailed: World, post_office: PostOffice) -> None:
    mailed.now = mailed.now.replace(hour=15)  # eleven at night in Shanghai
    tell(mailed, user_named(mailed, "wang").principal)
    mailed.worker().drain()
    assert post_office.mails == []
    mailed.now += timedelta(hours=7, minutes=59)
    mailed.worker().drain()
    assert post_office.mails == []
    mailed.now += timedelta(minutes=1)
    mailed.worker().drain()
    assert len(post_office.mails) == 1


def test_wrong_hours_are_named(mailed: World) -> None:
    with pytest.raises(Invalid) as caught:
        set_mode(mailed, "wang", "notice", "now", quiet_from="24", digest_at="", mobile="12")
    assert set(caught.value.errors) == {"quiet_from", "digest_at", "mobile"}


def test_without_a_server_mail_is_kept(world: World) -> None:
    with world.acting() as context:
        row = outbox.queue_mail(context, "a@example.invalid", "标题", "内容")
    assert row is not None
    assert row.state == "kept"


@pytest.mark.parametrize("address", ["a@example.invalid\r\nBcc: b@example.invalid", "", "@"])
def test_odd_addresses_bounce(mailed: World, post_office: PostOffice, address: str) -> None:
    with mailed.acting() as context:
        outbox.queue_mail(context, address, "标题\r\nBcc: c@example.invalid", "内容")
    mailed.worker().drain()
    assert post_office.mails == []
    assert [row.state for row in deliveries(mailed)] == ["bounced"]


def test_a_busy_server_is_tried_again(mailed: World, post_office: PostOffice) -> None:
    post_office.refused["a@example.invalid"] = "451 later"
    with mailed.acting() as context:
        outbox.queue_mail(context, "a@example.invalid", "标题", "内容")
    mailed.worker().drain()
    assert [row.state for row in deliveries(mailed)] == ["queued"]
    post_office.refused.clear()
    mailed.now += timedelta(minutes=1)
    mailed.worker().drain()
    assert [row.state for row in deliveries(mailed)] == ["sent"]
    assert len(post_office.mails) == 1


def letter_to(world: World, *names: str) -> str:
    """A letter served on a group of these people; its number."""
    case_no = world.start("leave", "wang", who="wang")
    with world.acting("wang") as context:
        session = context.session
        row = session.scalars(select(ProcessInstance).where(ProcessInstance.number == case_no)).one()
        document = Document(
            number="WS-2026-0001", letter="TPL-03", case_no=row.number, instance=row, title="通知书", data={},
            data_sha256="0" * 64, pdf_sha256="0" * 64, size=1, verify_code="x", issued_at=context.now,
        )  # fmt: skip
        session.add(document)
        session.flush()
        documents.deliver(session, document, f"user:{user_named(world, names[0]).id}", context.now)
        return str(document.number)


def test_a_letter_that_reaches_nobody_is_told_to_its_process(mailed: World, post_office: PostOffice) -> None:
    post_office.refused["wang@example.invalid"] = "550 no such person"
    number = letter_to(mailed, "wang")
    mailed.worker().drain()
    with mailed.database.reading() as session:
        message = session.scalars(select(Message).where(Message.name == "MSG-BOUNCED")).one()
    assert (message.key, message.payload["reason"]) == (number, "no such person")


def test_people_are_told_of_their_new_tasks_once(mailed: World, post_office: PostOffice) -> None:
    with mailed.acting() as context:
        reminders.ensure_watch(context)
        reminders.ensure_watch(context)
    set_mode(mailed, "wang", "task_new", "now")
    mailed.start("leave", "wang", who="wang")
    for _ in range(4):
        mailed.now += timedelta(minutes=1)
        mailed.worker().drain()
    to_wang = [mail for mail in post_office.mails if mail.rcpt_tos == ["wang@example.invalid"]]
    assert len(to_wang) == 1
    with mailed.database.reading() as session:
        assert session.query(Job).filter(Job.kind == reminders.JOB).count() == 1


def test_delays_are_told_to_holders_and_heads_once(mailed: World) -> None:
    number = mailed.start("leave", "wang", who="wang")
    mailed.complete("wang", mailed.open_tasks(number)["t_ask"], reason="家事", days=2)
    with mailed.database.writing() as session:
        head = user_named(mailed, "li")
        session.get_one(GroupMember, ("division", head.id)).is_head = True
    assert remind(mailed) == {}
    mailed.now += timedelta(days=1)
    assert remind(mailed) == {"due_soon": 1}
    assert remind(mailed) == {}
    mailed.now += timedelta(days=4)
    assert remind(mailed) == {"overdue": 1, "escalation": 1}
    assert remind(mailed) == {}


def remind(world: World) -> dict[str, int]:
    """What a morning's reminders add, by kind."""
    with world.acting() as context:
        before = {line.id for line in context.session.scalars(select(Notification))}
        reminders.remind(context)
        added = [line for line in context.session.scalars(select(Notification)) if line.id not in before]
    return {
        kind: sum(line.kind == kind for line in added) for kind in KINDS if any(x.kind == kind for x in added)
    }


class Gateway(BaseHTTPRequestHandler):
    """Answers as its server was told to and keeps what it got."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def gateway() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.got, server.answer = [], 200  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def hooked(world: World, gateway: ThreadingHTTPServer, *, private: bool = True) -> World:
    world.settings = replace(
        world.settings,
        webhook_url=f"http://127.0.0.1:{gateway.server_port}/send",
        webhook_secret="s",
        webhook_private=private,
    )
    return world


def test_text_messages_are_signed_posts(world: World, gateway: Any) -> None:
    hooked(world, gateway)
    set_mode(world, "wang", "notice", "off", mobile="13800138000")
    tell(world, user_named(world, "wang").principal, kind="letter")
    world.worker().drain()
    [(headers, body)] = gateway.got
    assert headers["X-Zhirong-Signature"] == webhook.sign("s", headers["X-Zhirong-Timestamp"], body)
    sent = json.loads(body)
    assert (sent["to"], sent["channel"], sent["kind"]) == ("13800138000", "sms", "letter")
    assert headers["Idempotency-Key"] == f"delivery-{sent['id']}"


@pytest.mark.parametrize(
    ("status", "state"), [(204, "sent"), (302, "queued"), (404, "bounced"), (500, "queued")]
)
def test_answers_of_the_gateway(world: World, gateway: Any, status: int, state: str) -> None:
    hooked(world, gateway)
    gateway.answer = status
    with world.acting() as context:
        outbox.queue(context, "sms", "13800138000", "标题", "内容", kind="notice")
    world.worker().drain()
    assert [row.state for row in deliveries(world)] == [state]
    assert len(gateway.got) == 1


def test_the_own_network_is_closed_to_the_gateway(world: World, gateway: Any) -> None:
    settings = hooked(world, gateway, private=False).settings
    with pytest.raises(webhook.AddressForbidden):
        webhook.send(settings, Outgoing(1, "sms", "notice", "13800138000", "标题", "内容"))
    with pytest.raises(webhook.AddressForbidden):
        webhook.send(
            replace(settings, webhook_url="https://127.0.0.1/"), Outgoing(1, "sms", "n", "1", "x", "y")
        )
    assert gateway.got == []


def test_the_digest_comes_at_the_hour_of_the_office(mailed: World) -> None:
    with mailed.acting("wang") as context:
        [found] = choices.wishes_of(context.session, [context.actor])
    before, after = (datetime.fromisoformat(f"2026-11-23T{at}:00+00:00") for at in ("00:59", "01:00"))
    assert found.next_digest(before).isoformat() == "2026-11-23T09:00:00+08:00"
    assert found.next_digest(after).isoformat() == "2026-11-24T09:00:00+08:00"
