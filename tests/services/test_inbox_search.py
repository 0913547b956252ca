"""Search finds exactly what contains every word, on both databases, and follows the case."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.models.runtime import ProcessInstance, UserTask
from app.models.search import SearchEntry
from app.services import search
from tests.factories import World

SIGNS = "松江云帆支行 保险AbC012-/“”，。％%_\\'\"(*)"


def _found(world: World, text: str) -> set[str]:
    hits = search.matching(text)
    if hits is None:
        return set()
    with world.database.reading() as session:
        query = select(ProcessInstance.title).where(ProcessInstance.id.in_(hits))
        return set(session.scalars(query))


def test_two_signs_are_enough(world: World) -> None:
    for who in ("松江支行", "江松支行", "云帆科技"):
        world.start("leave", "wang", who=who)
    assert _found(world, "松江") == {"请假：松江支行"}
    assert _found(world, "支行 江松") == {"请假：江松支行"}
    assert _found(world, "云") == {"请假：云帆科技"}
    assert _found(world, "松江帆") == set()
    assert len(_found(world, "QJ-2026")) == len(_found(world, "ｑｊ")) == 3
    assert _found(world, "a") == _found(world, "，") == _found(world, " ") == set()


def test_organisation_and_what_it_declared_are_found_but_no_opinion(world: World) -> None:
    world.add_person("bian")
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", bian="editor")
    number = world.start("leave", "wang", org_id=org, who="王")
    assert _found(world, "样例银行") == _found(world, "1310000ma1") == {"请假：王"}
    ask = world.open_tasks(number)["t_ask"]
    with world.acting("wang") as context:
        from_org = context.session.get_one(UserTask, ask)
        from_org.candidates = [f"org:{org}", "group:division"]
    world.complete("wang", ask, reason="赴外地开展质押登记培训", days=2)
    assert _found(world, "质押登记") == {"请假：王"}
    world.complete("zhang", world.open_tasks(number)["t_check"], agree="yes")
    assert _found(world, "不同意") == set()


def test_cases_of_before_are_indexed_by_a_job(world: World) -> None:
    for n in range(3):
        world.start("leave", "wang", who=f"第{n}批")
    with world.acting() as context:
        context.session.execute(delete(SearchEntry))
    assert _found(world, "第1批") == set()
    with world.acting() as context:
        search.request_index(context)
    world.drain()
    assert _found(world, "第1批") == {"请假：第1批"}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(SIGNS, min_size=1, max_size=12), st.data())
def test_search_is_containment(world: World, who: str, data: st.DataObject) -> None:
    number = world.start("leave", "wang", who=who)
    words = search.normalise(f"{number}\n请假：{who}")
    start = data.draw(st.integers(0, len(words) - 1))
    asked = data.draw(
        st.one_of(st.just(words[start : start + data.draw(st.integers(1, 6))]), st.text(SIGNS, max_size=5))
    )
    expected = all(word in words for word in search.normalise(asked).split())
    assert (f"请假：{who}" in _found(world, asked)) == (expected and search.matching(asked) is not None)
