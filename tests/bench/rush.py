"""`python -m tests.bench rush [SECONDS]`: the last minute before a deadline, on PostgreSQL with two web processes.

Normal is 40 submissions in an hour; a rush is 50 times that, one every 1.8 s on average, each sent twice as by an
impatient second click. Every act typesets and stores a receipt and mails it. Printed: how many were lost, how many
were wrongly refused as late, whether second clicks got another receipt, and the 99th percentile of the answer.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from sqlalchemy import func, select

from app.models.register import Document, Receipt
from tests import databases
from tests.bench.site import show
from tests.factories import PASSWORD, World, form_json, make_world
from tests.web.conftest import KEY, TOKEN
from tools.environment import ROOT
from tools.postgres import find_binaries, start_server

NORMAL_PER_HOUR = 40
FACTOR = 50
SECRET = "r" * 32
BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zr="https://zhirong.example.invalid/schema/1.0" id="d" targetNamespace="x">
  <bpmn:collaboration id="c"><bpmn:participant id="p" name="递交" processRef="rush"/></bpmn:collaboration>
  <bpmn:process id="rush" name="递交" isExecutable="true" zr:numberPrefix="DJ">
    <bpmn:laneSet id="ls"><bpmn:lane id="l" name="申报单位" zr:candidates="group:division">
      <bpmn:flowNodeRef>s</bpmn:flowNodeRef><bpmn:flowNodeRef>t</bpmn:flowNodeRef><bpmn:flowNodeRef>b</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>sv</bpmn:flowNodeRef><bpmn:flowNodeRef>sr</bpmn:flowNodeRef><bpmn:flowNodeRef>e</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>x</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="s" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="t" name="递交" zr:formKey="rush/t" zr:resultVariable="given" zr:assignee="= who">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
    <bpmn:boundaryEvent id="b" name="截止" attachedToRef="t"><bpmn:outgoing>f5</bpmn:outgoing>
      <bpmn:timerEventDefinition id="td"><bpmn:timeDate>date and time(deadline)</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:serviceTask id="sv" name="盖时间戳" zr:delegate="stamp_submission" zr:resultVariable="receipt"><bpmn:extensionElements>
      <zr:parameter name="case_no" value="= instance.no"/><zr:parameter name="deadline" value="= deadline"/>
      <zr:parameter name="parts" value="= [{part: &quot;given&quot;, title: &quot;内容&quot;, content: given}]"/></bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:serviceTask id="sr" name="回执" zr:delegate="render_letter" zr:resultVariable="doc"><bpmn:extensionElements>
      <zr:parameter name="letter" value="TPL-02"/><zr:parameter name="case_no" value="= instance.no"/>
      <zr:parameter name="data" value="= {receipt_no: receipt.receipt_no, received_at: receipt.received_at, deadline: deadline, parts: receipt.parts, files: receipt.files, sha256: receipt.sha256}"/></bpmn:extensionElements>
      <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:endEvent id="e" name="已收" zr:outcome="received"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="x" name="逾期" zr:outcome="late"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/><bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="sv"/>
    <bpmn:sequenceFlow id="f3" sourceRef="sv" targetRef="sr"/><bpmn:sequenceFlow id="f4" sourceRef="sr" targetRef="e"/>
    <bpmn:sequenceFlow id="f5" sourceRef="b" targetRef="x"/>
  </bpmn:process>
</bpmn:definitions>
"""
FORM = form_json(
    {"type": "textfield", "id": "f_text", "key": "text", "label": "内容", "validate": {"required": True}}
)


@dataclass(frozen=True)
class Ready:
    """A form that was loaded and filled in, only to be sent."""

    session: requests.Session
    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What both clicks of one person got."""

    in_time: bool
    statuses: tuple[int, int]
    places: tuple[str, str]
    milliseconds: tuple[float, float]


@dataclass(frozen=True)
class Outcome:
    """What a rush ended in."""

    sent: int
    in_time: int
    received: int
    lost: int
    wrongly_late: int
    wrongly_accepted: int
    twice: int
    p50_ms: float
    p99_ms: float


def prepare(url: str, folder: Path, people: int) -> World:
    """A world with as many people as are going to submit, and the process."""
    world = make_world(url, folder)
    letters = {
        f"letters/{name}": (ROOT / "letters" / name).read_bytes() for name in ("TPL-02.typ", "_common.typ")
    }
    world.deploy({"bpmn/rush.bpmn": BPMN.encode(), "forms/rush/t.json": FORM, **letters})
    for number in range(people):
        world.add_person(f"p{number}", "division")
    world.now = datetime.now(UTC)
    return world


@contextmanager
def web(url: str, folder: Path, processes: int = 2) -> Iterator[str]:
    """The application behind granian with several web processes, and a worker beside them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "FILES_DIR": str(folder / "files"),
        "SECRET_KEY": SECRET,
        "DEMO": "0",
    }
    serve = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
             "--workers", str(processes), "--blocking-threads", "32", "--no-ws", "wsgi:app"]  # fmt: skip
    work = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    log = (folder / "serve.log").open("wb")
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603
               for command in (serve, work)]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(address: str) -> None:
    for _try in range(600):
        try:
            if requests.get(f"{address}/login", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        threading.Event().wait(0.3)
    raise RuntimeError("the web processes do not answer")


def load(world: World, address: str, people: int, deadline: datetime) -> list[Ready]:
    """Everybody is signed in and has the form of an own case open before the rush begins."""

    def one(number: int) -> Ready:
        name = f"p{number}"
        case = world.start("rush", name, who=f"user:{world.people[name]}", deadline=deadline.isoformat())
        page = f"{address}/tasks/{world.open_tasks(case)['t']}"
        session = requests.Session()
        token = TOKEN.search(session.get(f"{address}/login", timeout=30).text)
        session.post(f"{address}/login", timeout=30,
                     data={"csrf_token": token[1] if token else "", "username": name, "password": PASSWORD})  # fmt: skip
        html = session.get(page, timeout=30).text
        found = {key: pattern.search(html) for key, pattern in (("csrf_token", TOKEN), ("request_key", KEY))}
        fields = {key: match[1] for key, match in found.items() if match}
        return Ready(session, page, {**fields, "f_text": f"内容 {number}", "action": "complete"})

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(people)))


def rush(ready: list[Ready], deadline: datetime, seconds: float, margin: float = 0.25) -> list[Answer]:
    """Everybody submits within the time before the deadline, and clicks twice; a few come after it."""
    begin = deadline.timestamp() - seconds
    late = max(1, len(ready) // 20)

    def one(place: int) -> Answer:
        in_time = place < len(ready) - late
        share = (place + 1) / (len(ready) - late)
        moment = begin + (seconds - margin) * share if in_time else deadline.timestamp() + margin
        threading.Event().wait(max(0.0, moment - time.time()))
        with ThreadPoolExecutor(2) as clicks:
            got = list(clicks.map(lambda _click: _send(ready[place]), range(2)))
        return Answer(in_time, (got[0][0], got[1][0]), (got[0][1], got[1][1]), (got[0][2], got[1][2]))

    with ThreadPoolExecutor(len(ready)) as pool:
        return list(pool.map(one, range(len(ready))))


def _send(form: Ready) -> tuple[int, str, float]:
    began = time.perf_counter()
    answer = requests.post(
        form.url, data=form.fields, cookies=form.session.cookies, allow_redirects=False, timeout=60
    )
    return answer.status_code, answer.headers.get("Location", ""), (time.perf_counter() - began) * 1000


def judge(world: World, answers: list[Answer], deadline: datetime) -> Outcome:
    """What the database has of it."""
    with world.database.reading() as session:
        received = session.scalar(select(func.count()).select_from(Receipt)) or 0
        papers = session.scalar(select(func.count()).select_from(Document)) or 0
        after = (
            session.scalar(select(func.count()).select_from(Receipt).where(Receipt.received_at > deadline))
            or 0
        )
    times = sorted(ms for answer in answers for ms in answer.milliseconds)
    on_time = [answer for answer in answers if answer.in_time]
    return Outcome(
        sent=len(answers),
        in_time=len(on_time),
        received=received,
        lost=len(on_time) - min(received, papers),
        wrongly_late=sum(302 not in answer.statuses for answer in on_time),
        wrongly_accepted=after + sum(302 in answer.statuses for answer in answers if not answer.in_time),
        twice=received - len(on_time) if received > len(on_time) else 0,
        p50_ms=round(statistics.median(times), 1),
        p99_ms=round(times[int(len(times) * 0.99)], 1),
    )


def run(url: str, folder: Path, people: int, seconds: float) -> Outcome:
    """One rush on this database."""
    world = prepare(url, folder, people)
    with web(url, folder) as address:
        ahead = timedelta(seconds=seconds + 5 + people * 0.5)
        deadline = (datetime.now(UTC) + ahead).replace(microsecond=0)
        ready = load(world, address, people, deadline)
        answers = rush(ready, deadline, seconds)
    outcome = judge(world, answers, deadline)
    world.database.dispose()
    return outcome


def main(*arguments: str) -> None:
    """A whole minute, or as many seconds as asked for."""
    seconds = float(arguments[0]) if arguments else 60.0
    if not find_binaries():
        sys.stderr.write("!! NOT MEASURED HERE: no PostgreSQL binaries\n")
        return
    people = round(NORMAL_PER_HOUR * FACTOR * seconds / 3600)
    server = start_server()
    try:
        with databases.postgres_databases(server) as made:
            found = run(made.create(), Path(tempfile.mkdtemp(prefix="zhirong-rush-")), people, seconds)
    finally:
        server.stop()
    show(
        "rush",
        database="postgresql",
        seconds=seconds,
        processes=2,
        clicks=2,
        normal_per_hour=NORMAL_PER_HOUR,
        factor=FACTOR,
        **vars(found),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
