"""Running cases in the studio: who may look, what is told, and moving them without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from app.models.repository import ProcessDefinition
from tests.factories import World
from tests.services.test_migration import LONGER, RENAMED
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]


def _target(world: World) -> int:
    with world.database.reading() as session:
        newest = select(ProcessDefinition.id).order_by(ProcessDefinition.id.desc())
        return session.scalars(newest).first() or 0


def _ready(world: World) -> str:
    world.add_person("ding", "process_designer")
    number = world.start("leave", "wang", who="王某某")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    return number


def test_the_list_tells_where_cases_stand_but_not_whose_they_are(world: World, sign_in: SignIn) -> None:
    number = _ready(world)
    page = sign_in("ding").get("/studio/running/leave").get_data(as_text=True)
    assert number in page
    assert "审批" in page
    assert "王某某" not in page
    assert "bpmn-diagram" in page
    assert number not in sign_in("ding").get("/studio/running/leave?step=t_ask").get_data(as_text=True)
    assert number in sign_in("ding").get("/studio/running/leave?status=all&q=QJ").get_data(as_text=True)
    assert sign_in("ding").get("/studio/running/nothing").status_code == 404
    for person in ("lu", "wang"):
        assert sign_in(person).get("/studio/running/").status_code == 403


def test_cases_are_tried_out_moved_and_brought_back(world: World, sign_in: SignIn) -> None:
    number = _ready(world)
    world.deploy(LONGER)
    ding, list_page = sign_in("ding"), "/studio/running/leave"
    address = f"{list_page}/migrate"
    assert ding.send(list_page, address, target=str(_target(world)), reason="x").status_code == 422
    refused = ding.send(list_page, address, target=str(_target(world)), pick=number, reason=" ")
    assert refused.status_code == 422
    assert f'value="{number}"' in refused.get_data(as_text=True)
    made = ding.send(list_page, address, target=str(_target(world)), pick=number, reason="按新办法")
    batch = made.headers["Location"]
    assert 'hx-trigger="every 1s"' in ding.get(f"{batch}/progress").get_data(as_text=True)
    world.drain()
    page = ding.get(batch).get_data(as_text=True)
    assert "1 件可以迁移" in page
    assert world.instance(number).definition_id != _target(world)
    assert ding.send(batch, f"{batch}/start").status_code == 302
    world.drain()
    assert world.instance(number).definition_id == _target(world)
    assert number in ding.get(f"{batch}?state=moved").get_data(as_text=True)
    assert ding.send(batch, f"{batch}/pause").status_code == 302
    assert ding.send(batch, f"{batch}/pause").status_code == 409
    assert ding.send(batch, f"{batch}/undo").status_code == 302
    world.drain()
    assert world.instance(number).definition_id != _target(world)


def test_what_has_no_counterpart_is_asked_for(world: World, sign_in: SignIn) -> None:
    number = _ready(world)
    world.deploy(RENAMED)
    ding, list_page = sign_in("ding"), "/studio/running/leave"
    made = ding.send(list_page, f"{list_page}/migrate", target=str(_target(world)), all="1", reason="改名")
    batch = made.headers["Location"]
    world.drain()
    assert ding.get(f"{batch}/progress").headers["HX-Refresh"] == "true"  # the questions are not in that part
    page = ding.get(batch).get_data(as_text=True)
    assert "1 件不能迁移" in page
    assert '<option value="t_review" selected>' in page
    mapped = {"map leave:t_check": "t_review", "map leave:t_ask": "t_review"}  # the second is not asked for
    assert ding.send(batch, f"{batch}/mapping", **mapped).status_code == 302
    world.drain()
    ding.send(batch, f"{batch}/start")
    world.drain()
    assert set(world.open_tasks(number)) == {"t_review"}


def test_only_some_may_move_cases(world: World, sign_in: SignIn) -> None:
    world.add_person("yun", "operator")
    for person, status in (("shen", 403), ("lu", 403), ("yun", 422)):
        visitor = sign_in(person)
        page = "/studio/running/leave" if person != "lu" else "/inbox"
        answer = visitor.send("/objections", "/studio/running/leave/migrate", target="1", all="1", reason="x")
        assert answer.status_code == status, (person, page)
