"""The inbox: pages by key, counts, and nothing that is not mine."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.runtime import NO_DUE_DATE, Inbox, ProcessInstance, UserTask
from app.services import identity, inbox
from tests.factories import START, World


def _add_task(world: World, due_at: datetime | None, *principals: str) -> int:
    with world.acting() as context:
        instance = context.session.query(ProcessInstance).first()
        assert instance is not None
        task = UserTask(instance_id=instance.id, engine_id=f"x{datetime.now().timestamp()}-{len(principals)}-{id(due_at)}",  # noqa: DTZ005
                        process_key="leave", element_id="t", name="任务", form_key="leave/ask", subject="S", separate_from=[],
                        not_actor_of=[], candidates=list(principals), created_at=context.now, due_at=due_at)  # fmt: skip
        context.session.add(task)
        context.session.flush()
        for principal in principals:
            context.session.add(Inbox(principal=principal, due_at=due_at or NO_DUE_DATE, task_id=task.id))
        return task.id


def _all_pages(world: World, username: str, size: int) -> list[int]:
    found: list[int] = []
    with world.database.reading() as session:
        user = identity.load_user(session, world.people[username])
        assert user is not None
        key = None
        while True:
            page = inbox.claimable_tasks(session, user, key, size)
            found += [task.id for task in page.tasks]
            key = page.next_key
            if key is None:
                return found


def test_pages_show_every_task_once_in_order_of_due(world: World) -> None:
    world.start("leave", "wang", who="王")
    added = [_add_task(world, START + timedelta(hours=n % 3), "group:division") for n in range(9)]
    added.append(_add_task(world, None, "group:division", "group:staff"))  # two ways to the same task
    _add_task(world, START, "group:clerk")
    seen = _all_pages(world, "zhang", 4)
    assert len(seen) == len(set(seen)) == len(added) + 1
    assert set(added) < set(seen)
    assert added[-1] == seen[-1] or seen[-1] not in added[:-1]


def test_counts_are_capped_and_mine(world: World) -> None:
    world.start("leave", "wang", who="王")
    for _ in range(3):
        _add_task(world, START - timedelta(days=1), f"user:{world.people['zhang']}")
    with world.database.reading() as session:
        user = identity.load_user(session, world.people["zhang"])
        assert user is not None
        counts = inbox.count_inbox(session, user, world.now)
        lu = identity.load_user(session, world.people["lu"])
        assert lu is not None
        assert inbox.count_inbox(session, lu, world.now) == inbox.Counts(0, 0, 0)
    assert (counts.mine, counts.claimable, counts.overdue) == (3, 1, 3)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 4), max_size=12), st.integers(1, 5))
def test_any_page_size_gives_the_same_list(world: World, hours: list[int], size: int) -> None:
    if not _all_pages(world, "zhang", 50):
        world.start("leave", "wang", who="王")
    for n in hours:
        _add_task(world, START + timedelta(hours=n), "group:division")
    assert _all_pages(world, "zhang", size) == _all_pages(world, "zhang", 500)
