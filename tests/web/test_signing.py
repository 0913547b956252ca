"""Signing and handing in while time stamps and revocation are asked for: nobody waits, nothing is half-done."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from app.factory import Application
from app.models.register import Attachment, Document, DocumentSignature
from app.models.runtime import FormDraft
from app.services import file_store, jobs, outside, runtime, task
from app.services.context import Context
from app.services.errors import Conflict
from app.services.signing import pades, stamper
from app.services.signing.authority import DemoAuthority
from app.services.signing.keys import Pkcs12
from tests.authority import Authority, serving
from tests.factories import BPMN, ZR, World, form_json, make_leave_world
from tests.web.conftest import Visitor
from tests.worlds import NewWorld

SignIn = Callable[[str], Visitor]
TEXT = b'#set document(title: "agreement")\n= Agreement\n'
SIGN = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" id="d" targetNamespace="x">
  <bpmn:process id="signed" name="签署" isExecutable="true" zr:numberPrefix="QS" zr:startableBy="group:staff">
    <bpmn:startEvent id="s" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:serviceTask id="sv_lock" name="锁定文本" zr:delegate="render_letter" zr:resultVariable="locked">
      <bpmn:extensionElements><zr:parameter name="letter" value="TPL-98"/>
        <zr:parameter name="case_no" value="= instance.no"/><zr:parameter name="data" value="= {{title: &quot;协议&quot;}}"/>
      </bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:userTask id="t_sign" name="签章" zr:formKey="signed/sign" zr:resultVariable="signature"
                   zr:candidates="group:division"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:userTask>
    <bpmn:serviceTask id="sv_check" name="验签" zr:delegate="verify_signature" zr:resultVariable="check">
      <bpmn:extensionElements><zr:parameter name="kind" value="bureau"/>
        <zr:parameter name="case_no" value="= instance.no"/><zr:parameter name="signature" value="= signature"/>
        <zr:parameter name="text_sha256" value="= locked.sha256"/>
      </bpmn:extensionElements><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:endEvent id="e" name="结束"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="sv_lock"/>
    <bpmn:sequenceFlow id="f2" sourceRef="sv_lock" targetRef="t_sign"/>
    <bpmn:sequenceFlow id="f3" sourceRef="t_sign" targetRef="sv_check"/>
    <bpmn:sequenceFlow id="f4" sourceRef="sv_check" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>
"""
FORM = form_json(
    {"type": "textfield", "id": "f_method", "key": "method", "label": "方式"},
    {"type": "textfield", "id": "f_signer", "key": "signer", "label": "签署人"},
    {"type": "checkbox", "id": "f_confirm", "key": "confirm_text", "label": "确认"},
    {"type": "filepicker", "id": "f_file", "key": "signed_file", "label": "文件", "accept": ".pdf"},
)


def make_signing_world(url: str, folder: Path) -> World:
    world = make_leave_world(url, folder)
    world.deploy(
        {"bpmn/signed.bpmn": SIGN.encode(), "forms/signed/sign.json": FORM, "letters/TPL-98.typ": TEXT}
    )
    return world


@pytest.fixture
def world(sqlite_world: NewWorld) -> World:
    world = sqlite_world(make_signing_world)
    world.now = datetime.now(UTC)
    return world


@pytest.fixture
def server() -> Iterator[Any]:
    with serving() as made:
        yield made


@pytest.fixture
def issuer(server: Any, application: Application, world: World, tmp_path: Path) -> Authority:
    """Whom the application trusts, asks for stamps, and asks about revocation."""
    made = server.authority = Authority(server.url, tmp_path)
    server.stamper = DemoAuthority("s" * 32).stamper(world.now)
    application.settings = replace(application.settings, trust_file=made.trust_file(), revocation=True,
                                   revocation_private=True, tsa_url=f"{server.url}/stamp", demo=True)  # fmt: skip
    return made


def sign_with(visitor: Visitor, at: str, p12: bytes, passphrase: str = "demo") -> Any:  # noqa: S107
    sent = FileStorage(io.BytesIO(p12), "a.p12")
    return visitor.send(f"{at}/signature", certificate=sent, passphrase=passphrase)


def begin(world: World) -> tuple[str, str, int]:
    number = world.start("signed", "wang")
    task_id = world.open_tasks(number)["t_sign"]
    return number, f"/tasks/{task_id}", task_id


def kept(world: World, task_id: int) -> tuple[list[Any], int]:
    """The drafts of a task, and how many files there are."""
    with world.looking() as context:
        found = [row.data for row in context.session.query(FormDraft).filter_by(task_id=task_id)]
        return found, context.session.query(Attachment).count()


def write(world: World, wrote: list[str], number: str) -> None:
    """Another person takes the lock of the same case meanwhile."""
    with world.acting() as context:
        runtime.lock_instance(context, world.instance(number).id)
    wrote.append(number)


def test_others_write_while_services_are_asked(
    world: World, sign_in: SignIn, issuer: Authority, server: Any
) -> None:
    number, at, task_id = begin(world)
    wrote: list[str] = []
    server.meanwhile = partial(write, world, wrote, number)
    wang = sign_in("wang")
    answer = sign_with(wang, at, issuer.p12("东海银行", by="ocsp")[0])
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert {"/stamp", "/answer"} <= set(server.asked)
    assert len(wrote) == len(server.asked)
    [draft], files = kept(world, task_id)
    assert (draft["method"], files) == ("e_seal", 1)


def test_a_stamp_that_does_not_come_leaves_nothing_and_says_so(
    world: World, sign_in: SignIn, issuer: Authority, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _number, at, task_id = begin(world)
    monkeypatch.setattr(stamper, "SECONDS", 0.2)
    server.slow, p12, wang = 0.6, issuer.p12("东海银行")[0], sign_in("wang")
    answer = sign_with(wang, at, p12)  # waiting for it to the end would give a stamp
    assert (answer.status_code, "时间戳服务没有及时应答" in answer.get_data(as_text=True)) == (503, True)
    assert kept(world, task_id) == ([], 0)
    monkeypatch.undo()
    server.slow, server.status = 0, 500
    assert sign_with(wang, at, p12).status_code == 503
    server.status = 200
    assert sign_with(wang, at, p12).status_code == 302


def test_a_task_that_another_finished_meanwhile_is_not_signed(
    world: World, sign_in: SignIn, issuer: Authority, server: Any
) -> None:
    _number, at, task_id = begin(world)

    def finish() -> None:
        server.meanwhile = lambda: None
        world.complete("zhang", task_id, method="scan", signer="张", confirm_text=True)

    server.meanwhile = finish
    answer = sign_with(sign_in("wang"), at, issuer.p12("东海银行")[0])
    assert (answer.status_code, "zhang" in answer.get_data(as_text=True)) == (409, True)
    assert kept(world, task_id) == ([], 0)


def test_a_file_signed_elsewhere_is_judged_before_anything_is_written(
    world: World, sign_in: SignIn, issuer: Authority, server: Any
) -> None:
    number, at, task_id = begin(world)
    with world.acting("wang") as context:
        task.claim(context, task_id)
    with world.looking() as context:
        [document] = context.session.query(Document).all()
        pdf = file_store.read(world.settings.files_dir, document.pdf_sha256)
    signed = pades.sign(pdf, Pkcs12(issuer.p12("上海市知识产权局")[0], "demo"), field="bureau", reason="签署")
    wrote: list[str] = []
    server.meanwhile = partial(write, world, wrote, number)
    answer = sign_in("wang").send(
        at, action="complete", f_method="e_seal", f_signer="王", f_confirm_text="y", base="0",
        f_signed_file=FileStorage(io.BytesIO(signed), "signed.pdf"),
    )  # fmt: skip
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert server.asked == ["/list"]
    assert wrote == [number]
    assert world.instance(number).status == "completed"
    with world.looking() as context:
        [row] = context.session.query(DocumentSignature).all()
        assert (row.is_checked, row.pdf_sha256) == (True, hashlib.sha256(signed).hexdigest())


def test_a_job_asks_between_two_transactions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def slow() -> str:
        with world.acting():  # nobody holds the database
            return "answer"

    def handle(context: Context, _args: dict[str, Any]) -> None:
        found = outside.ask(context.session, "key", slow)
        done.append(found)

    monkeypatch.setitem(jobs._handlers, "test.ask", handle)
    with world.acting() as context:
        jobs.enqueue(context.session, "test.ask", {}, due_at=world.now, now=world.now)
    world.drain()
    assert done == ["answer"]


def test_what_keeps_changing_is_told_and_refusals_are_answers_too() -> None:
    tries = iter(range(100))

    def refuse() -> None:
        raise ValueError("no")

    def attempt(answers: outside.Answers) -> None:
        answers.find(next(tries), lambda: None)

    with pytest.raises(Conflict):
        outside.answered(attempt)
    with pytest.raises(ValueError, match="no"):
        outside.answered(lambda answers: answers.find("key", refuse))
