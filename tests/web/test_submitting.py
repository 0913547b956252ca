"""What a form that is sent twice, or cannot be sent, answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from sqlalchemy import event

from app.factory import Application
from app.models.runtime import UserTask
from tests.factories import World
from tests.web.conftest import KEY, TOKEN, Visitor

SignIn = Callable[[str], Visitor]


def _typed(visitor: Visitor, page: str, **data: Any) -> dict[str, Any]:
    """What a browser would send: the page's hidden fields and this data."""
    html = visitor.get(page).get_data(as_text=True)
    hidden = {name: pattern.search(html) for name, pattern in (("csrf_token", TOKEN), ("request_key", KEY))}
    return {**{name: found[1] for name, found in hidden.items() if found}, **data}


def _claimed(world: World, wang: Visitor) -> tuple[str, str]:
    number = world.start("leave", "wang", who="王")
    page = f"/tasks/{world.open_tasks(number)['t_ask']}"
    assert wang.send(page, f"{page}/claim").status_code == 302
    return number, page


def test_the_second_click_leads_where_the_first_one_led(world: World, sign_in: SignIn) -> None:
    wang = sign_in("wang")
    number, page = _claimed(world, wang)
    data = _typed(wang, page, f_reason="探亲", f_days="3", action="complete")
    first = wang.client.post(page, data=data)
    second = wang.client.post(page, data=data)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]
    assert list(world.open_tasks(number)) == ["t_check"]


def test_a_key_is_worth_nothing_in_other_hands(world: World, sign_in: SignIn) -> None:
    wang, li = sign_in("wang"), sign_in("li")
    _, page = _claimed(world, wang)
    data = _typed(wang, page, f_reason="探亲", f_days="3", action="complete")
    wang.client.post(page, data=data)
    answer = li.client.post(page, data={**data, **_typed(li, "/inbox")})
    assert answer.status_code == 409
    other, other_page = _claimed(world, li)
    stolen = {
        **_typed(li, other_page, f_reason="x", f_days="1", action="complete"),
        "request_key": data["request_key"],
    }
    assert li.client.post(other_page, data=stolen).status_code == 409
    assert list(world.open_tasks(other)) == ["t_ask"]


def test_a_completed_task_costs_few_statements_and_one_commit(
    world: World, sign_in: SignIn, application: Application
) -> None:
    wang = sign_in("wang")
    number, page = _claimed(world, wang)
    data = _typed(wang, page, f_reason="探亲", f_days="3", action="complete")
    _, warm_up = _claimed(world, wang)
    wang.client.post(warm_up, data=_typed(wang, warm_up, f_reason="探亲", f_days="3", action="complete"))
    seen: list[str] = []
    engine = application.database.engine
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    event.listen(engine, "commit", lambda *_: seen.append("COMMIT"))
    assert wang.client.post(page, data=data).status_code == 302
    statements = [text for text in seen if not text.startswith(("PRAGMA", "BEGIN", "COMMIT"))]
    assert seen.count("COMMIT") == 1
    # The step itself with a limit and a message 15, what it took for the statistics 3.
    assert len(statements) <= 18, chr(10).join(" ".join(x.split())[:170] for x in statements)
    assert list(world.open_tasks(number)) == ["t_check"]


def test_a_refusal_is_shown_without_a_lock(world: World, sign_in: SignIn, application: Application) -> None:
    """A page of refusal must not wait for, nor take, the right to write."""
    wang = sign_in("wang")
    began: list[str] = []
    event.listen(application.database.engine, "before_cursor_execute", lambda *args: began.append(args[2]))
    assert wang.get("/tasks/999999").status_code == 404
    assert "BEGIN IMMEDIATE" not in began


def test_the_time_of_a_request_is_when_it_arrived(
    world: World, sign_in: SignIn, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a slow body nor waiting for a lock makes anybody late."""
    wang = sign_in("wang")
    _, page = _claimed(world, wang)
    data = _typed(wang, page, f_reason="探亲", f_days="3", action="complete")
    arrived = datetime.now(UTC) + timedelta(seconds=3)

    class Arrival(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return arrived

    monkeypatch.setattr("app.factory.datetime", Arrival)
    assert wang.client.post(page, data=data).status_code == 302
    with world.looking() as context:
        done = context.session.get_one(UserTask, int(page.rpartition("/")[2]))
        assert done.completed_at == arrived
