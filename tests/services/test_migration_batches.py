"""Many cases move to a changed `leave` process: tried out, in jobs, paused, undone, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.models.repository import ProcessDefinition
from app.models.runtime import ProcessInstance
from app.services import drafts, history, repository, runtime, task
from app.services.errors import Conflict, Invalid
from app.services.studio import batches, mapping, running, snapshots
from tests.factories import World
from tests.services.test_migration import LONGER, RENAMED

LEAVE = running.Filter("leave")


def _start(world: World, count: int) -> list[str]:
    """Cases that wait for their check, started in one transaction."""
    with world.acting("wang") as context:
        row = repository.current_definition(context.session, "leave")
        numbers = []
        for _ in range(count):
            case = runtime.start_process(context, row, {"who": "王"})
            locked = runtime.lock_instance(context, case.id)
            step = runtime.begin_step(context, locked)
            step.instance.complete(
                step.instance.user_tasks()[0].id, {"reason": "探亲", "days": 3}, context.environment()
            )
            runtime.settle(context, step)
            numbers.append(case.number)
    return numbers


def _newest(world: World) -> int:
    with world.database.reading() as session:
        found = session.scalars(select(ProcessDefinition.id).order_by(ProcessDefinition.id.desc())).first()
        assert found is not None
        return found


def _begin(world: World, *numbers: str, by: str = "wang") -> int:
    with world.acting(by) as context:
        batch = batches.begin(context, LEAVE, _newest(world), "按新办法备案", numbers)
        number: int = batch.id
    world.drain()
    return number


def _counts(world: World, batch: int) -> dict[str, int]:
    with world.looking() as context:
        return batches.counts(context.session, batches.find(context.session, batch))


def _rows(world: World, number: str) -> snapshots.Snapshot:
    with world.looking() as context:
        query = select(ProcessInstance).where(ProcessInstance.number == number)
        return snapshots.take(context, context.session.scalars(query).one())


def _kinds(world: World, number: str) -> list[str]:
    with world.database.reading() as session:
        assert list(history.verify_chains(session)) == []
        case = session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        return [event.kind for event in history.timeline(session, case.id)]


def test_the_last_case_tried_out_ends_the_trial(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the cases fill the last portion: nobody ever finds a trial under way that has no case left."""
    monkeypatch.setattr(batches, "CHUNK", 2)
    _start(world, 4)
    world.deploy(LONGER)
    with world.acting("wang") as context:
        number = batches.begin(context, LEAVE, _newest(world), "按新办法备案", []).id
    seen = []
    while not seen or seen[-1][0] == "checking":
        assert world.worker().run_due()
        with world.looking() as context:
            batch = batches.find(context.session, number)
            seen.append((batch.state, batches.left(batch, batches.counts(context.session, batch))))
    assert seen == [("checking", 2), ("checked", 0)]


def test_trying_out_moves_nothing_and_moving_moves_all(world: World) -> None:
    numbers = _start(world, 30)
    before = [_rows(world, number) for number in numbers]
    world.deploy(LONGER)
    batch = _begin(world)
    assert _counts(world, batch) == {"ready": 30}
    assert [_rows(world, number) for number in numbers] == before
    with world.acting("wang") as context:
        batches.start(context, batch)
    world.drain()
    assert _counts(world, batch) == {"moved": 30}
    moved = _rows(world, numbers[0])
    assert moved["case"]["definition_id"] == _newest(world)
    for part in ("inbox", "waits", "timer", "drafts"):
        assert moved[part] == before[0][part]
    assert _kinds(world, numbers[0]).count("migrated") == 1


def test_what_moved_comes_back_to_the_byte_unless_something_followed(world: World) -> None:
    numbers = _start(world, 3)
    with world.acting("zhang") as context:
        task.claim(context, world.open_tasks(numbers[1])["t_check"])
        drafts.save_draft(context, world.open_tasks(numbers[1])["t_check"], {"agree": "no"})
    before = [_rows(world, number) for number in numbers]
    world.deploy(LONGER)
    batch = _begin(world)
    with world.acting("wang") as context:
        batches.start(context, batch)
    world.drain()
    world.complete("zhang", world.open_tasks(numbers[0])["t_check"], agree="yes")
    with world.acting("wang") as context:
        batches.undo(context, batch)
    world.drain()
    assert _counts(world, batch) == {"kept": 1, "undone": 2}
    assert [_rows(world, number) for number in numbers[1:]] == before[1:]
    assert "t_final" in world.open_tasks(numbers[0])
    assert _kinds(world, numbers[1])[-2:] == ["migrated", "migration_undone"]
    world.complete("zhang", world.open_tasks(numbers[1])["t_check"], agree="yes")
    assert world.instance(numbers[1]).outcome == "agreed"
    world.pass_time(days=30)
    assert world.instance(numbers[2]).outcome == "late"


def test_a_refused_case_says_why_and_a_mapping_helps(world: World) -> None:
    numbers = _start(world, 2)
    world.deploy(RENAMED)
    batch = _begin(world)
    assert _counts(world, batch) == {"refused": 2}
    with world.looking() as context:
        found, _next = batches.items(context.session, batches.find(context.session, batch), "refused")
        assert [(r["code"], r["process"], r["element"]) for r in found[0].reasons] == [
            ("missing", "leave", "t_check")
        ]
        assert mapping.suggest(context.session, batches.find(context.session, batch))[0].chosen == "t_review"
    with pytest.raises(Invalid), world.acting("wang") as context:
        batches.start(context, batch)
    with world.acting("wang") as context:
        batches.remap(context, batch, {"leave:t_check": "t_review"})
    world.drain()
    assert _counts(world, batch) == {"ready": 2}
    with world.acting("wang") as context:
        batches.start(context, batch)
    world.drain()
    assert "t_review" in world.open_tasks(numbers[0])


def test_a_pause_stops_and_going_on_finishes(world: World) -> None:
    numbers = _start(world, 25)
    world.deploy(LONGER)
    batch = _begin(world)
    with world.acting("wang") as context:
        batches.start(context, batch)
    world.worker("first").run_due()
    done = _counts(world, batch).get("moved", 0)
    with world.acting("wang") as context:
        batches.pause(context, batch)
    world.drain()
    assert 0 < done == _counts(world, batch).get("moved") < 25
    with pytest.raises(Conflict), world.acting("wang") as context:
        batches.pause(context, batch)
    with world.acting("wang") as context:
        batches.start(context, batch)
    world.drain()
    assert _counts(world, batch) == {"moved": 25}
    assert all(_kinds(world, number).count("migrated") == 1 for number in numbers)


def test_two_batches_move_a_case_once(world: World) -> None:
    (number,) = _start(world, 1)
    world.deploy(LONGER)
    first, second = _begin(world), _begin(world)
    for batch in (first, second):
        with world.acting("wang") as context:
            batches.start(context, batch)
    world.drain()
    assert (_counts(world, first), _counts(world, second)) == ({"moved": 1}, {"refused": 1})
    assert _kinds(world, number).count("migrated") == 1


def test_cases_of_the_own_organisation_are_for_others(world: World) -> None:
    world.add_person("bian", "process_designer")
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", bian="editor")
    world.start("leave", "wang", org_id=org, who="王")
    world.deploy(LONGER)
    assert _counts(world, _begin(world, by="bian")) == {"refused": 1}
    assert _counts(world, _begin(world, by="wang")) == {"ready": 1}


def test_an_ended_case_is_not_chosen_and_a_reason_is_needed(world: World) -> None:
    world.deploy(LONGER)
    with pytest.raises(Invalid), world.acting("wang") as context:
        batches.begin(context, LEAVE, _newest(world), "x")
    _start(world, 1)
    with pytest.raises(Invalid), world.acting("wang") as context:
        batches.begin(context, LEAVE, _newest(world), " ")


def test_where_cases_stand_and_how_long(world: World) -> None:
    numbers = _start(world, 3)
    world.start("leave", "wang", who="王")
    world.pass_time(days=4)
    with world.looking() as context:
        steps = running.ages(context, LEAVE)
        assert [(age.element_id, age.count, age.longest, age.late) for age in steps] == [
            ("t_check", 3, 4, 3),
            ("t_ask", 1, 4, 0),
        ]
        definition = repository.current_definition(context.session, "leave")
        assert running.places(context, definition) == {"leave:t_check": 3, "leave:t_ask": 1}
        page = running.list_cases(context, running.Filter("leave", step="t_check"))
        assert [row.case.number for row in page.rows] == list(reversed(numbers))
        found = running.list_cases(context, running.Filter("leave", text=numbers[0][-4:]))
        assert [row.case.number for row in found.rows] == [numbers[0]]
        assert running.count_by_status(context.session, LEAVE) == {"active": 4}
