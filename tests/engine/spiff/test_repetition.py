"""Multi-instance activities and standard loops."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from app.engine.errors import BudgetExceeded, StepFailed
from tests.engine.diagrams import Run, diagram, level, run, script, user

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def many(extra: str = "", inner: str = "", sequential: bool = False) -> str:
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" zr:collection="= panel"'
        f' zr:elementVariable="expert" zr:outputCollection="sheets"'
        f' zr:outputElement="= sheet" {extra}>{inner}'
        "</multiInstanceLoopCharacteristics>"
    )


def score(extra: str = "", inner: str = "", sequential: bool = False) -> str:
    return user("t", 'zr:resultVariable="sheet" zr:assignee="= expert.who"', many(extra, inner, sequential))


PANEL = [{"who": "user:1"}, {"who": "user:2"}, {"who": "user:3"}]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_outputs_stand_in_the_order_of_the_items(order: tuple[int, ...]) -> None:
    made = run(diagram(ENDS + score(), "s -> t -> e"), panel=PANEL)
    for number in order:
        task = next(t for t in made.instance.user_tasks() if t.assignee == f"user:{number + 1}")
        assert task.variables()["loopCounter"] == number + 1
        assert task.variables()["expert"] == PANEL[number]
        assert "sheet" not in task.variables()
        made.do("t", {"n": number}, [t.id for t in made.instance.user_tasks()].index(task.id))
    assert made.completed
    assert made.variables["sheets"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert "sheet" not in made.variables
    assert "expert" not in made.variables


def test_sequential_runs_come_one_by_one() -> None:
    made = run(diagram(ENDS + score(sequential=True), "s -> t -> e"), panel=PANEL)
    for number in range(3):
        (task,) = made.instance.user_tasks()
        assert task.assignee == f"user:{number + 1}"
        made.do("t", {"n": number})
    assert made.variables["sheets"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert made.completed


@pytest.mark.parametrize("sequential", [True, False])
def test_an_empty_collection_is_done_at_once(sequential: bool) -> None:
    made = run(diagram(ENDS + score(sequential=sequential), "s -> t -> e"), panel=[])
    assert made.completed
    assert made.variables["sheets"] == []


@pytest.mark.parametrize(
    ("condition", "after"),
    [
        ("nrOfCompletedInstances >= 2", 2),
        ("nrOfActiveInstances = 1", 2),
        ("nrOfCompletedInstances / nrOfInstances > 0.9", 3),
        ("count(sheets[yes = true]) = 1", 2),
    ],
)
def test_the_completion_condition_sees_counts_and_outputs(condition: str, after: int) -> None:
    inner = f"<completionCondition>{condition.replace('>', '&gt;')}</completionCondition>"
    made = run(diagram(ENDS + score(inner=inner), "s -> t -> e"), panel=PANEL)
    for number in range(after):
        assert not made.completed
        made.do("t", {"yes": number == 1})
    assert made.completed
    assert len(made.variables["sheets"]) == after


def test_a_cardinality_needs_no_collection() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><loopCardinality>n + 1</loopCardinality>"
        "</multiInstanceLoopCharacteristics>"
    )
    assert run(diagram(ENDS + user("t", "", loop), "s -> t -> e"), n=2).open == ["t", "t", "t"]


@pytest.mark.parametrize("bad", [None, 5, "text", {"a": 1}])
def test_a_collection_that_is_no_list_fails(bad: Any) -> None:
    with pytest.raises(StepFailed, match="gives no list"):
        run(diagram(ENDS + score(), "s -> t -> e"), panel=bad)


def test_too_many_runs_fail() -> None:
    with pytest.raises(StepFailed, match="more than"):
        run(diagram(ENDS + score(), "s -> t -> e"), panel=list(range(1001)))


def test_too_many_runs_inside_runs_fail() -> None:
    """A million tasks would fill the memory long before the time of one step is over."""
    runs = "<multiInstanceLoopCharacteristics><loopCardinality>1000</loopCardinality></multiInstanceLoopCharacteristics>"
    body = level('<startEvent id="ss"/><endEvent id="se"/>' + user("a", "", runs), "ss -> a -> se")
    xml = diagram(ENDS + f'<subProcess id="sp">{body}{runs}</subProcess>', "s -> sp -> e")
    with pytest.raises(BudgetExceeded, match="more than 10000 tokens"):
        run(xml)


def expert_review() -> bytes:
    """The review of the specification: statements, independent scores, replacement when the term runs out."""
    coi = user(
        "t_coi",
        'zr:resultVariable="statement"',
        '<multiInstanceLoopCharacteristics zr:collection="= panel" zr:elementVariable="expert"'
        ' zr:outputCollection="statements" zr:outputElement="= statement"/>',
    )
    due = (
        '<boundaryEvent id="b_due" attachedToRef="t_score"><timerEventDefinition>'
        "<timeDuration>P10D</timeDuration>"
        "</timerEventDefinition></boundaryEvent>"
        '<boundaryEvent id="b_urge" attachedToRef="t_score" cancelActivity="false"><timerEventDefinition>'
        "<timeCycle>R2/P4D</timeCycle></timerEventDefinition></boundaryEvent>"
    )
    return diagram(
        ENDS
        + script("r_pool", "rounds = (if rounds = null then 0 else rounds) + 1")
        + user("t_pick", 'zr:resultVariable="pick"')
        + script("take", "panel = pick.panel")
        + coi
        + '<exclusiveGateway id="g_enough"/>'
        + score().replace('id="t" name="t"', 'id="t_score" name="t_score"')
        + due
        + '<serviceTask id="sv_urge" zr:delegate="urge"/><endEvent id="e_urged"/>'
        + script("keep", "kept = if kept = null then sheets else concatenate(kept, sheets)"),
        "s -> r_pool -> t_pick -> take -> t_coi -> g_enough => t_score -> e\n"
        "g_enough -> r_pool [count(statements[ok = true]) = 0]\n"
        "b_due -> keep -> t_pick\nb_urge -> sv_urge -> e_urged",
    )


def answer(made: Run, element: str, **values: Any) -> None:
    made.do(element, values)


def test_a_path_leads_back_to_multi_instance_tasks() -> None:
    made = run(expert_review())
    made.do("t_pick", {"panel": PANEL[:2]})
    answer(made, "t_coi", ok=False)
    answer(made, "t_coi", ok=False)
    assert made.open == ["t_pick"]
    made.do("t_pick", {"panel": PANEL})
    for ok in (True, True, False):
        answer(made, "t_coi", ok=ok)
    assert made.variables["statements"] == [{"ok": True}, {"ok": True}, {"ok": False}]
    assert made.open == ["t_score"] * 3
    made.wait(days=5)
    assert [call.element_id for call in made.instance.services()] == ["sv_urge"]
    made.do("t_score", {"score": 90}, 1)
    made.wait(days=6)
    # The sheet that was in when the term ran out is kept.
    assert made.variables["kept"] == [{"score": 90}]
    assert made.open == ["t_pick"]
    made.do("t_pick", {"panel": PANEL[:1]})
    answer(made, "t_coi", ok=True)
    answer(made, "t_score", score=70)
    assert made.variables["sheets"] == [{"score": 70}]
    assert made.variables["rounds"] == 2
    while made.instance.services():
        made.serve("sv_urge")
    assert made.completed


def test_items_of_a_sub_process_have_their_own_variables() -> None:
    inner = level(
        '<startEvent id="s2"/><endEvent id="e2"/>'
        + user("a")
        + script("x", "sheet = {n: a.n * 2, who: expert.who}"),
        "s2 -> a -> x -> e2",
    )
    xml = diagram(ENDS + f'<subProcess id="sub">{many()}{inner}</subProcess>', "s -> sub -> e")
    made = run(xml, panel=PANEL)
    for number in (2, 0, 1):
        task = next(t for t in made.instance.user_tasks() if t.variables()["expert"] == PANEL[number])
        index = [t.id for t in made.instance.user_tasks()].index(task.id)
        made.do("a", {"n": number}, index)
    assert made.variables["sheets"] == [{"n": n * 2, "who": f"user:{n + 1}"} for n in range(3)]
    assert "a" not in made.variables
    assert made.completed


def test_items_of_a_called_process() -> None:
    called = diagram(ENDS + user("u"), "s -> u -> e", process="q")
    call = (
        f'<callActivity id="c" calledElement="q">{many()}<extensionElements><zr:in'
        f' source="= expert.who" target="who"/>'
        '<zr:out source="= u.n" target="sheet"/></extensionElements></callActivity>'
    )
    made = run(diagram(ENDS + call, "s -> c -> e"), called, panel=PANEL)
    assert sorted(task.variables()["who"] for task in made.instance.user_tasks()) == [
        "user:1",
        "user:2",
        "user:3",
    ]
    for number in range(3):
        made.do("u", {"n": number})
    assert made.variables["sheets"] == [0, 1, 2]


def test_nested_multi_instance() -> None:
    inner = level(
        '<startEvent id="s2"/>'
        + user(
            "a",
            'zr:resultVariable="r"',
            '<multiInstanceLoopCharacteristics zr:collection="= group" zr:elementVariable="x"'
            ' zr:outputCollection="sheet" zr:outputElement="= x * 10"/>',
        ),
        "s2 -> a",
    )
    xml = diagram(
        ENDS + f'<subProcess id="sub">{many().replace("expert", "group")}{inner}</subProcess>',
        "s -> sub -> e",
    )
    made = run(xml, panel=[[1, 2], [3]])
    for _ in range(3):
        made.do("a")
    assert made.variables["sheets"] == [[10, 20], [30]]


@pytest.mark.parametrize(
    ("loop", "rounds"),
    [
        (
            "<standardLoopCharacteristics><loopCondition>t.more</loopCondition></standardLoopCharacteristics>",
            3,
        ),
        (
            '<standardLoopCharacteristics loopMaximum="2"><loopCondition>t.more</loopCondition>'
            "</standardLoopCharacteristics>",
            2,
        ),
        ('<standardLoopCharacteristics loopMaximum="4"/>', 4),
        (
            '<standardLoopCharacteristics testBefore="true"><loopCondition>t.more</loopCondition>'
            "</standardLoopCharacteristics>",
            0,
        ),
    ],
)
def test_standard_loops(loop: str, rounds: int) -> None:
    made = run(diagram(ENDS + user("t", "", loop), "s -> t -> e"))
    for number in range(1, rounds + 1):
        assert made.task("t").variables()["loopCounter"] == number
        made.do("t", {"more": number < 3})
    assert made.completed
    assert "loopCounter" not in made.variables


def test_a_boundary_event_ends_all_runs() -> None:
    timer = (
        '<boundaryEvent id="b" attachedToRef="t"><timerEventDefinition><timeDuration>P1D</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    made = run(diagram(ENDS + score() + timer + user("late"), "s -> t -> e\nb -> late -> e"), panel=PANEL)
    made.do("t", {"n": 1}, 1)
    made.wait(days=2)
    assert made.open == ["late"]
    assert made.variables["sheets"] == [{"n": 1}]


def test_services_and_rules_can_be_repeated() -> None:
    service = f'<serviceTask id="v" zr:delegate="d" zr:resultVariable="sheet">{many()}</serviceTask>'
    made = run(diagram(ENDS + service, "s -> v -> e"), panel=PANEL)
    for number in range(3):
        made.serve("v", number)
    assert made.variables["sheets"] == [0, 1, 2]
    assert made.completed
