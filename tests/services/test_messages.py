"""Messages find their catchers, also when several workers look at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.models.runtime import Job, Message, ProcessInstance
from app.services import messages, repository, runtime
from app.services.checkpoints import take_checkpoint, verify_checkpoints
from app.services.history import record_event
from tests.factories import BPMN, ZR, World

LISTENER = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" id="d" targetNamespace="x">
  <bpmn:message id="MSG-NEWS" name="MSG-NEWS"/>
  <bpmn:process id="listener" name="听取" isExecutable="true">
    <bpmn:startEvent id="s" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:intermediateCatchEvent id="hear" name="听到消息" zr:correlationKey="= topic">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
      <bpmn:messageEventDefinition id="md" messageRef="MSG-NEWS"/></bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="e" name="结束"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="hear"/>
    <bpmn:sequenceFlow id="f2" sourceRef="hear" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>
"""


@pytest.fixture
def listeners(world: World) -> list[str]:
    """Two cases that wait for news on the same topic."""
    world.deploy({"bpmn/listener.bpmn": LISTENER.encode()})
    return [world.start("listener", topic="weather") for _ in range(2)]


def _send(world: World, count: int) -> None:
    for _ in range(count):
        with world.acting() as context:
            messages.send_message(context, "MSG-NEWS", "weather", {})


def _states(world: World, numbers: list[str]) -> list[str]:
    return [world.instance(number).status for number in numbers]


def test_each_message_ends_the_wait_of_one_case(world: World, listeners: list[str]) -> None:
    world.worker().drain()
    _send(world, 1)
    world.worker().drain()
    assert _states(world, listeners) == ["completed", "active"]
    _send(world, 1)
    world.worker().drain()
    assert _states(world, listeners) == ["completed", "completed"]


def test_two_workers_that_choose_the_same_case_leave_none_waiting(world: World, listeners: list[str]) -> None:
    world.worker().drain()
    _send(world, 2)
    with world.acting() as context:
        context.session.execute(delete(Job))
    holder = world.database.begin(writing=True)
    first = holder.session.scalars(select(ProcessInstance.id).order_by(ProcessInstance.id).limit(1)).one()
    holder.session.execute(select(ProcessInstance).where(ProcessInstance.id == first).with_for_update())
    args = {"name": "MSG-NEWS", "key": "weather"}

    def match() -> None:
        with world.acting() as context:
            runtime._match(context, args)

    _while_held(holder.close, match, match)
    world.worker().drain()
    assert _states(world, listeners) == ["completed", "completed"]
    with world.database.reading() as session:
        assert session.scalars(select(Message.id).where(Message.consumed_at.is_(None))).all() == []


def test_a_message_waits_while_its_process_is_suspended(world: World) -> None:
    """The start of a process is not lost because it was suspended when its message came."""
    started = (
        LISTENER.replace(
            '<bpmn:startEvent id="s" name="开始">',
            '<bpmn:startEvent id="s" name="开始"><bpmn:messageEventDefinition id="ms" messageRef="MSG-NEWS"/>',
        )
        .replace('messageRef="MSG-NEWS"/></bpmn:inter', 'messageRef="MSG-MORE"/></bpmn:inter')
        .replace("<bpmn:process", '<bpmn:message id="MSG-MORE" name="MSG-MORE"/><bpmn:process', 1)
    )
    world.deploy({"bpmn/listener.bpmn": started.encode()})
    _suspend(world, is_suspended=True)
    with world.acting() as context:
        messages.send_message(context, "MSG-NEWS", "", {"topic": "a"})
    world.worker().drain()
    assert _count(world) == 0
    _suspend(world, is_suspended=False)
    world.worker().drain()
    assert _count(world) == 1


def test_a_checkpoint_waits_for_steps_on_their_way(world: World) -> None:
    """Rows get their numbers before they are committed: a root must not pass over those of a slower step."""
    numbers = [world.start("leave", "wang", who="王") for _ in range(2)]
    slow = world.database.begin(writing=True)
    row = slow.session.scalars(select(ProcessInstance).where(ProcessInstance.number == numbers[0])).one()
    record_event(slow.session, row, "note", now=world.now)
    slow.session.flush()

    def note_and_sign() -> None:
        with world.acting() as context:
            query = select(ProcessInstance).where(ProcessInstance.number == numbers[1])
            record_event(context.session, context.session.scalars(query).one(), "note", now=world.now)
        with world.acting() as context:
            take_checkpoint(context)

    _while_held(lambda: (slow.commit(), slow.close()), note_and_sign)
    with world.database.reading() as session:
        assert list(verify_checkpoints(session)) == []


def _while_held(release: Callable[[], Any], *acts: Callable[[], None]) -> None:
    """Start the acts while a lock is held, release it when they have had time to run into it, wait for them."""
    errors: list[BaseException] = []

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    release()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _suspend(world: World, *, is_suspended: bool) -> None:
    with world.acting() as context:
        repository.suspend_process(context, "listener", is_suspended=is_suspended)


def _count(world: World) -> int:
    with world.database.reading() as session:
        return len(session.scalars(select(ProcessInstance.id)).all())
