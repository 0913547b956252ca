"""Small worlds for tests: a database with people, organisations and one short process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from app.db import Database
from app.models.identity import Organisation, User
from app.models.runtime import ProcessInstance, UserTask
from app.services import calendar, identity, repository, runtime, task
from app.services.applications import org_variable
from app.services.context import Context
from app.services.settings import Settings
from app.worker import Worker

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, ten in the morning in Shanghai
PASSWORD = "correct horse battery"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZR = "https://zhirong.example.invalid/schema/1.0"

LEAVE = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" id="d" targetNamespace="x">
  <bpmn:message id="MSG-STOP" name="MSG-STOP"/>
  <bpmn:collaboration id="c"><bpmn:participant id="p" name="请假" processRef="leave"/></bpmn:collaboration>
  <bpmn:process id="leave" name="请假" isExecutable="true" zr:numberPrefix="QJ" zr:startableBy="group:staff"
                zr:title="= &quot;请假：&quot; + who">
    <bpmn:laneSet id="ls"><bpmn:lane id="l1" name="处室" zr:candidates="group:division">
      <bpmn:flowNodeRef>s</bpmn:flowNodeRef><bpmn:flowNodeRef>t_ask</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>t_check</bpmn:flowNodeRef><bpmn:flowNodeRef>b_late</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>b_stop</bpmn:flowNodeRef><bpmn:flowNodeRef>g</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>e_yes</bpmn:flowNodeRef><bpmn:flowNodeRef>e_no</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>e_late</bpmn:flowNodeRef><bpmn:flowNodeRef>e_stop</bpmn:flowNodeRef>
    </bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="s" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="t_ask" name="填写" zr:formKey="leave/ask" zr:resultVariable="ask" zr:duty="draft">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
    <bpmn:userTask id="t_check" name="审批" zr:formKey="leave/check" zr:resultVariable="check" zr:duty="approve"
                   zr:separateFrom="draft" zr:due="= wd(3)">
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:userTask>
    <bpmn:boundaryEvent id="b_late" name="逾期" attachedToRef="t_check"><bpmn:outgoing>f6</bpmn:outgoing>
      <bpmn:timerEventDefinition id="td"><bpmn:timeDate>wd(5)</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:boundaryEvent id="b_stop" name="撤回" attachedToRef="t_check" zr:correlationKey="= instance.no">
      <bpmn:outgoing>f7</bpmn:outgoing><bpmn:messageEventDefinition id="md" messageRef="MSG-STOP"/></bpmn:boundaryEvent>
    <bpmn:exclusiveGateway id="g" name="同意吗" default="f5"><bpmn:incoming>f3</bpmn:incoming>
      <bpmn:outgoing>f4</bpmn:outgoing><bpmn:outgoing>f5</bpmn:outgoing></bpmn:exclusiveGateway>
    <bpmn:endEvent id="e_yes" name="同意" zr:outcome="agreed"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="e_no" name="不同意" zr:outcome="refused"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="e_late" name="逾期" zr:outcome="late"><bpmn:incoming>f6</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="e_stop" name="撤回" zr:outcome="stopped"><bpmn:incoming>f7</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t_ask"/>
    <bpmn:sequenceFlow id="f2" sourceRef="t_ask" targetRef="t_check"/>
    <bpmn:sequenceFlow id="f3" sourceRef="t_check" targetRef="g"/>
    <bpmn:sequenceFlow id="f4" name="是" sourceRef="g" targetRef="e_yes">
      <bpmn:conditionExpression>check.agree = "yes"</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f5" name="否" sourceRef="g" targetRef="e_no"/>
    <bpmn:sequenceFlow id="f6" sourceRef="b_late" targetRef="e_late"/>
    <bpmn:sequenceFlow id="f7" sourceRef="b_stop" targetRef="e_stop"/>
  </bpmn:process>
</bpmn:definitions>
"""


def form_json(*components: dict[str, Any]) -> bytes:
    """A form-js schema of these components."""
    schema = {"type": "default", "schemaVersion": 19, "id": "form", "components": list(components)}
    return json.dumps(schema, ensure_ascii=False).encode()


ASK = form_json(
    {"type": "textfield", "id": "f_reason", "key": "reason", "label": "事由", "validate": {"required": True}},
    {"type": "number", "id": "f_days", "key": "days", "label": "天数", "decimalDigits": 0,
     "validate": {"required": True, "min": 1, "max": 30}},
)  # fmt: skip
CHECK = form_json(
    {"type": "radio", "id": "f_agree", "key": "agree", "label": "结论", "validate": {"required": True},
     "values": [{"label": "同意", "value": "yes"}, {"label": "不同意", "value": "no"}]},
)  # fmt: skip
LEAVE_FILES = {
    "bpmn/leave.bpmn": LEAVE.encode(),
    "forms/leave/ask.json": ASK,
    "forms/leave/check.json": CHECK,
}


@dataclass
class World:
    """One installation: its database, its people, and a clock that only the test moves."""

    database: Database
    settings: Settings
    now: datetime = START
    people: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def acting(self, username: str | None = None) -> Iterator[Context]:
        """A unit of work of this person."""
        with self.database.writing() as session:
            user = identity.load_user(session, self.people[username]) if username else None
            yield Context(session, self.now, self.settings, user)

    def worker(self, owner: str = "test") -> Worker:
        """A worker that follows the test's clock."""
        return Worker(self.database, self.settings, owner, clock=lambda _session: self.now)

    def drain(self) -> None:
        """Do what is due now."""
        self.worker().drain()

    @contextmanager
    def looking(self) -> Iterator[Context]:
        """A context that can only read."""
        with self.database.reading() as session:
            yield Context(session, self.now, self.settings)

    def pass_time(self, **amount: float) -> None:
        """Move the clock and do what is due."""
        self.now += timedelta(**amount)
        self.worker().drain()

    def add_person(self, username: str, *groups: str, employer: str | None = None) -> int:
        with self.acting() as context:
            for key in groups:
                post = identity.ensure_group(context.session, key, key, key)
                post.name = post.name_en = key
            user = identity.create_user(context, username=username, name=username, password=PASSWORD, groups=groups,
                                        employer_uscc=employer, cost="low")  # fmt: skip
            self.people[username] = user.id
        return self.people[username]

    def add_organisation(self, uscc: str, name: str, org_type: str, **members: str) -> int:
        """An organisation; `members` are username=role."""
        with self.acting() as context:
            org = identity.create_organisation(context, uscc=uscc, name=name, org_type=org_type)
            for username, role in members.items():
                user = context.session.get_one(User, self.people[username])
                identity.add_member(context.session, user, org, *role.split())
            return org.id

    def deploy(self, files: dict[str, bytes], note: str = "test") -> None:
        with self.acting() as context:
            repository.deploy_files(context, files, origin="upload", note=note)

    def start(
        self, key: str, username: str | None = None, org_id: int | None = None, **variables: Any
    ) -> str:
        """Start a process; its number."""
        with self.acting(username) as context:
            if org_id is not None:
                variables["org"] = org_variable(context.session.get_one(Organisation, org_id))
            row = repository.current_definition(context.session, key)
            return runtime.start_process(context, row, variables, org_id=org_id).number

    def open_tasks(self, number: str) -> dict[str, int]:
        """Element id → task id of the open tasks of a case."""
        with self.database.reading() as session:
            query = select(UserTask).join(UserTask.instance).where(
                ProcessInstance.number == number, UserTask.status == "open"
            )  # fmt: skip
            return {row.element_id: row.id for row in session.scalars(query)}

    def instance(self, number: str) -> ProcessInstance:
        """The case as it is now, detached."""
        with self.database.reading() as session:
            return session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()

    def complete(self, username: str, task_id: int, key: str | None = None, **data: Any) -> str:
        """Complete a task as this person."""
        with self.acting(username) as context:
            return task.complete_task(
                context, task_id, data, key=key or uuid4().hex, result_url=f"/done/{task_id}"
            )


def make_world(url: str, folder: Path) -> World:
    """An installation with the working-day calendar and nothing else."""
    settings = Settings(files_dir=folder / "files", secret="s" * 32)
    world = World(Database(url), settings)
    with world.acting() as context:
        calendar.seed_years(context.session, range(2025, 2029), context.now)
    return world


def make_leave_world(url: str, folder: Path) -> World:
    """An installation with the short process `leave`, three officers and the auditor."""
    world = make_world(url, folder)
    world.deploy(LEAVE_FILES)
    for username in ("wang", "zhang", "li"):
        world.add_person(username, "division", "staff")
    world.add_person("shen", "auditor")
    world.add_person("lu", "clerk")
    return world
