"""Moving instances to another version: what goes on as it was, what begins anew, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.engine.definition import Definition
from app.engine.errors import MigrationRefused, StepFailed
from app.engine.instance import Instance
from app.engine.migration import MigrationPlan, migrate, plan_migration
from tests.engine.diagrams import NOON, Run, define, diagram, env, level, script, user
from tests.engine.state.test_state import everything

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ROOT = (
    '<message id="M" name="M"/><message id="N" name="N"/><error id="E" errorCode="E"/>'
    '<signal id="S" name="S"/>'
)
MANY = (
    '<multiInstanceLoopCharacteristics zr:collection="= [1, 2, 3]" zr:elementVariable="x"'
    ' zr:outputCollection="out" zr:outputElement="= {output}"/>'
)


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def message(ref: str = "M") -> str:
    return f'<messageEventDefinition messageRef="{ref}"/>'


def boundary(
    event_id: str, host: str, inner: str, attributes: str = 'zr:correlationKey="k"', beside: bool = False
) -> str:
    cancel = 'cancelActivity="false"' if beside else ""
    return (
        f'<boundaryEvent id="{event_id}" attachedToRef="{host}" {cancel} {attributes}>{inner}</boundaryEvent>'
    )


def catch(event_id: str, inner: str, attributes: str = 'zr:correlationKey="k"') -> str:
    return f'<intermediateCatchEvent id="{event_id}" {attributes}>{inner}</intermediateCatchEvent>'


def gate(*ids: str, kind: str = "parallelGateway") -> str:
    return "".join(f'<{kind} id="{each}"/>' for each in ids)


def make(elements: str, connections: str) -> bytes:
    return diagram(ENDS + elements, connections, root=ROOT)


def start(*files: bytes) -> Run:
    definition = define(*files)
    return Run(definition, Instance.start(definition, {}, env()))


def move(old: Run, *files: bytes, **mapping: str) -> Run:
    """The instance on the new version; the old one must be untouched."""
    new = define(*files)
    before = old.instance.dump()
    moved = migrate(old.instance, new, env(old.now), {f"p:{key}": value for key, value in mapping.items()})
    assert old.instance.dump() == before
    return Run(new, moved, old.now)


def refuse(old: Run, *files: bytes, **mapping: str) -> set[tuple[str, str | None]]:
    """The codes and elements of the reasons."""
    new, keys = define(*files), {f"p:{key}": value for key, value in mapping.items()}
    plan = plan_migration(old.instance, new, keys)
    assert not plan.possible
    assert all(each.message_zh and each.message_en for each in plan.reasons)
    with pytest.raises(MigrationRefused) as refused:
        migrate(old.instance, new, env(old.now), keys)
    assert refused.value.reasons == plan.reasons
    return {(each.code, each.element_id) for each in plan.reasons}


def plan_of(old: Run, definition: Definition) -> MigrationPlan:
    return plan_migration(old.instance, definition)


def codes(plan: MigrationPlan) -> set[tuple[str, str]]:
    return {(each.code, each.element_id) for each in plan.changes if each.of_instance}


AB = make(user("a") + user("b"), "s -> a -> b -> e")


def test_an_open_task_keeps_its_id_and_goes_the_new_way() -> None:
    old = start(AB)
    task = old.task("a")
    moved = move(old, make(user("a") + user("c") + user("b"), "s -> a -> c -> b -> e"))
    assert moved.task("a").id == task.id
    assert moved.task("a").created_at == task.created_at
    assert moved.do("a").open == ["c"]
    assert moved.do("c").do("b").completed


def test_variables_state_and_the_step_that_was_done_stay() -> None:
    old = start(make(user("a", 'zr:caseState="drafting"') + user("b"), "s -> a -> b -> e"))
    old.do("a", {"x": 1})
    moved = move(old, make(user("b") + user("z"), "s -> z -> b -> e"))
    assert moved.variables == {"a": {"x": 1}}
    assert moved.instance.case_state == "drafting"
    assert moved.open == ["b"]


def test_name_form_and_duty_are_those_of_the_new_version_and_people_those_of_the_task() -> None:
    old = start(make(user("a", 'zr:candidates="group:x" zr:due="= wd(2)"'), "s -> a -> e"))
    due = old.task("a").due_at
    new = define(make(user("a", 'zr:candidates="group:y" zr:due="= wd(9)" zr:duty="check"').replace('name="a"', 'name="A"'),
                      "s -> a -> e"))  # fmt: skip
    plan = plan_of(old, new)
    task = migrate(old.instance, new, env()).user_tasks()[0]
    assert (task.name, task.duty) == ("A", "check")
    assert (task.candidates, task.due_at) == (("group:x",), due)
    assert codes(plan) == {("assigned_kept", "a")}
    assert {"renamed", "setting"} <= {each.code for each in plan.changes}


def test_a_renamed_element_needs_a_mapping() -> None:
    old = start(AB)
    new = make(user("a2") + user("b"), "s -> a2 -> b -> e")
    assert refuse(old, new) == {("missing", "a")}
    task = old.task("a")
    moved = move(old, new, a="a2")
    assert moved.task("a2").id == task.id
    assert plan_migration(old.instance, define(new), {"p:a": "a2"}).mapped == {"p:a": "a2"}
    assert moved.do("a2", {"n": 1}).variables == {"a2": {"n": 1}}


@pytest.mark.parametrize("mapping", [{"nothing": "b"}, {"a": "nothing"}])
def test_a_mapping_must_name_elements(mapping: dict[str, str]) -> None:
    assert {code for code, _ in refuse(start(AB), AB, **mapping)} >= {"bad_mapping"}


def test_an_ended_instance_and_another_process_are_refused() -> None:
    done = start(AB).do("a").do("b")
    assert refuse(done, AB) == {("ended", None)}
    other = diagram(ENDS + user("a") + user("b"), "s -> a -> b -> e", process="q")
    assert refuse(start(AB), other) == {("other_process", None)}


TYPES: dict[str, tuple[str, str]] = {
    "task": (user("a"), '<receiveTask id="a" messageRef="M"/>'),
    "repeated": (user("a"), user("a", "", MANY.format(output="1"))),
    "no longer repeated": (user("a", "", MANY.format(output="1")), user("a")),
    "sequential": (
        user("a", "", MANY.format(output="1")),
        user("a", "", MANY.format(output="1").replace("<multi", "<multi", 1).replace(
            "Characteristics ", 'Characteristics isSequential="true" ')),
    ),
    "other output": (user("a", "", MANY.format(output="1")), user("a", "", MANY.format(output="2"))),
    "event": (catch("a", timer("P1D")), catch("a", message())),
    "delegate": ('<serviceTask id="a" zr:delegate="d"/>', '<serviceTask id="a" zr:delegate="other"/>'),
}  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_what_has_begun_cannot_become_something_else(kind: str) -> None:
    before, after = TYPES[kind]
    reasons = refuse(start(make(before, "s -> a -> e")), make(after, "s -> a -> e"))
    assert len(reasons) == 1
    assert next(iter(reasons))[0] in ("type_changed", "repetition_changed", "trigger_changed")


def test_a_running_timer_keeps_its_due_time() -> None:
    old = start(make(user("a") + boundary("t", "a", timer("P5D")) + user("b"), "s -> a -> e\nt -> b -> e"))
    old.now += timedelta(days=2)
    new = make(user("a") + boundary("t", "a", timer("P9D")) + user("b"), "s -> a -> e\nt -> b -> e")
    plan = plan_of(old, define(new))
    moved = move(old, new)
    assert moved.instance.next_due() == NOON + timedelta(days=5)
    assert [(each.kind, each.element_id, each.due_at) for each in plan.kept] == [
        ("task", "a", None),
        ("timer", "t", NOON + timedelta(days=5)),
    ]
    assert codes(plan) == {("due_kept", "t")}
    assert "timer" in {each.code for each in plan.changes}
    moved.wait(days=3)
    assert moved.open == ["b"]


def test_a_cycle_goes_on_counting() -> None:
    xml = make(
        user("a") + boundary("t", "a", timer("R3/P1D", "timeCycle"), beside=True) + script("n", "n = n + 1"),
        "s -> a -> e\nt -> n",
    )
    definition = define(xml)
    old = Run(definition, Instance.start(definition, {"n": 0}, env()))
    old.wait(days=1)
    old.wait(days=1)
    moved = move(old, xml)
    moved.wait(days=1)
    assert moved.variables["n"] == 3
    assert moved.instance.next_due() is None
    assert move(moved, xml).instance.next_due() is None


def test_a_boundary_event_that_is_added_is_armed_by_the_move() -> None:
    old = start(AB)
    old.now += timedelta(days=2)
    new = make(
        user("a") + boundary("t", "a", timer("P5D")) + boundary("m", "a", message()) + user("b") + user("c"),
        "s -> a -> b -> e\nt -> c -> e\nm -> c",
    )
    moved = move(old, new)
    assert codes(plan_of(old, define(new))) == {("armed", "t"), ("armed", "m")}
    assert moved.instance.next_due() == old.now + timedelta(days=5)
    assert [(s.element_id, s.message, s.key) for s in moved.instance.subscriptions()] == [("m", "M", "k")]
    moved.wait(days=5)
    assert moved.open == ["c"]


def test_an_added_event_also_watches_all_runs_and_what_lies_inside() -> None:
    inner = level('<startEvent id="s2"/>' + user("deep"), "s2 -> deep")
    body = user("a", "", MANY.format(output="1")) + f'<subProcess id="sub">{inner}</subProcess>' + gate("f")
    ways = "s -> f -> a -> e\nf -> sub -> e"
    old = start(make(body, ways))
    new = make(body + boundary("t", "a", timer("P5D")) + boundary("m", "sub", message()) + user("c"),
               ways + "\nt -> c -> e\nm -> e")  # fmt: skip
    moved = move(old, new)
    assert moved.send("M", "k")
    moved.wait(days=5)
    assert moved.open == ["c"]
    assert moved.variables["out"] == []
    assert moved.do("c").completed


def test_an_added_event_whose_key_is_unknown_stops_the_move() -> None:
    new = define(make(user("a") + boundary("m", "a", message(), 'zr:correlationKey="= nobody"') + user("b"),
                      "s -> a -> b -> e\nm -> e"))  # fmt: skip
    with pytest.raises(StepFailed, match="correlation key is null"):
        migrate(start(AB).instance, new, env())


def test_a_condition_that_holds_already_happens_with_the_move() -> None:
    condition = "<conditionalEventDefinition><condition>a = null</condition></conditionalEventDefinition>"
    moved = move(
        start(AB), make(user("a") + boundary("c", "a", condition) + user("b"), "s -> a -> b -> e\nc -> b")
    )
    assert moved.open == ["b"]


@pytest.mark.parametrize("inner", [timer("P5D"), message()])
def test_a_time_limit_or_message_is_never_lost_by_an_oversight(inner: str) -> None:
    old = start(make(user("a") + boundary("b", "a", inner), "s -> a -> e\nb -> e"))
    plain = make(user("a"), "s -> a -> e")
    assert refuse(old, plain) == {("listener_missing", "b")}
    given_up = move(old, plain, b="")
    assert given_up.instance.next_due() is None
    assert given_up.instance.subscriptions() == ()
    renamed = make(user("a") + boundary("b2", "a", inner), "s -> a -> e\nb2 -> e")
    kept = move(old, renamed, b="b2")
    assert kept.instance.next_due() == old.instance.next_due()
    assert [each.id for each in kept.instance.subscriptions()] == [
        each.id for each in old.instance.subscriptions()
    ]


def test_events_that_remember_nothing_may_go() -> None:
    signal = '<signalEventDefinition signalRef="S"/>'
    old = start(make(user("a") + boundary("b", "a", signal), "s -> a -> e\nb -> e"))
    assert move(old, make(user("a"), "s -> a -> e")).do("a").completed


def test_an_event_on_another_activity_is_another_event() -> None:
    old = start(make(user("a") + user("b") + boundary("t", "a", timer("P5D")), "s -> a -> b -> e\nt -> e"))
    new = make(user("a") + user("b") + boundary("t", "b", timer("P5D")), "s -> a -> b -> e\nt -> e")
    assert refuse(old, new) == {("moved", "t")}


def test_a_listening_event_of_another_kind_listens_anew() -> None:
    old = start(make(user("a") + boundary("b", "a", timer("P5D")), "s -> a -> e\nb -> e"))
    new = make(user("a") + boundary("b", "a", message()), "s -> a -> e\nb -> e")
    moved = move(old, new)
    assert codes(plan_of(old, define(new))) == {("rearmed", "b")}
    assert moved.instance.next_due() is None
    assert moved.send("M", "k")
    assert moved.completed


def test_a_message_with_another_name_is_waited_for_under_that_name() -> None:
    old = start(make(catch("c", message("M")), "s -> c -> e"))
    moved = move(old, make(catch("c", message("N")), "s -> c -> e"))
    assert not moved.send("M", "k")
    assert moved.send("N", "k")
    assert moved.completed


def test_the_key_of_a_subscription_stays() -> None:
    definition = define(make(catch("c", message(), 'zr:correlationKey="= no"'), "s -> c -> e"))
    old = Run(definition, Instance.start(definition, {"no": "1"}, env()))
    moved = move(old, make(catch("c", message(), 'zr:correlationKey="= other"'), "s -> c -> e"))
    assert moved.instance.subscriptions() == old.instance.subscriptions()


def test_multi_instance_progress_is_kept() -> None:
    old = start(make(user("a", "", MANY.format(output="a.n")), "s -> a -> e"))
    old.do("a", {"n": 20}, 1)
    moved = move(old, make(user("a", "", MANY.format(output="a.n")) + user("b"), "s -> a -> b -> e"))
    assert [task.id for task in moved.instance.user_tasks()] == [t.id for t in old.instance.user_tasks()]
    moved.do("a", {"n": 10}, 0).do("a", {"n": 30}, 0)
    assert moved.variables["out"] == [10, 20, 30]
    assert moved.open == ["b"]


CALLER = diagram(ENDS + '<callActivity id="c" calledElement="q"/>' + user("z"), "s -> c -> z -> e")
CALLED = diagram(ENDS + user("u") + user("v"), "s -> u -> v -> e", process="q")


def test_called_processes_move_with_their_caller() -> None:
    old = start(CALLER, CALLED)
    longer = diagram(ENDS + user("u") + user("w"), "s -> u -> w -> e", process="q")
    new = define(CALLER, longer)
    moved = Run(new, migrate(old.instance, new, env()))
    assert moved.do("u").open == ["w"]
    assert moved.do("w").open == ["z"]


def test_elements_of_called_processes_are_mapped_by_their_own_process() -> None:
    old = start(CALLER, CALLED)
    new = define(CALLER, diagram(ENDS + user("u2"), "s -> u2 -> e", process="q"))
    assert [each.code for each in plan_of(old, new).reasons] == ["missing"]
    moved = migrate(old.instance, new, env(), {"q:u": "u2"})
    assert [task.element_id for task in moved.user_tasks()] == ["u2"]


def test_another_called_process_is_refused() -> None:
    other = diagram(ENDS + user("u"), "s -> u -> e", process="r")
    assert refuse(start(CALLER, CALLED), CALLER.replace(b'"q"', b'"r"'), other) == {("called_changed", "c")}


def test_what_moved_into_a_sub_process_is_refused() -> None:
    inner = level('<startEvent id="s2"/>' + user("a"), "s2 -> a")
    new = make(f'<subProcess id="sub">{inner}</subProcess>' + user("b"), "s -> sub -> b -> e")
    assert refuse(start(AB), new) == {("moved", "a")}


FORK = "s -> f -> a -> j\nf -> b -> j\n"
PARALLEL = make(gate("f", "j") + user("a") + user("b"), FORK + "j -> e")


def test_a_branch_that_has_arrived_at_a_join_stays_there() -> None:
    old = start(PARALLEL).do("a")
    body = gate("f", "j") + user("a") + user("b")
    same_ends = move(old, make(body + user("x"), "s -> f -> a -> x -> j\nf -> b -> j -> e"))
    assert same_ends.open == ["b"]
    assert same_ends.do("b").completed
    shorter = make(gate("f", "j") + user("b"), "s -> f -> j\nf -> b -> j -> e")
    assert move(old, shorter).do("b").completed


def test_a_join_that_needs_less_than_before_goes_on() -> None:
    old = start(PARALLEL).do("a")
    new = make(gate("f", "j") + user("a") + user("b"), "s -> f -> a -> j -> e\nf -> b -> e")
    moved = move(old, new)
    assert moved.done() == ["j", "e"]
    assert moved.do("b").completed


def test_arrived_branches_that_became_one_are_refused() -> None:
    three = make(gate("f", "j") + user("a") + user("b") + user("c"), FORK + "f -> c -> j -> e")
    old = start(three).do("a").do("b")
    merged = make(gate("f", "j") + gate("m", kind="exclusiveGateway") + user("a") + user("b") + user("c"),
                  "s -> f -> a -> m -> j -> e\nf -> b -> m\nf -> c -> j")  # fmt: skip
    assert refuse(old, merged) == {("join_changed", "j")}


LONGER_FORK = make(
    gate("f", "j") + user("a") + user("b") + user("c"), "s -> f -> a -> j -> e\nf -> b -> j\nf -> c -> j"
)


def test_a_branch_added_behind_a_split_that_was_passed_is_refused() -> None:
    assert refuse(start(PARALLEL), LONGER_FORK) == {("stuck", "j")}
    assert refuse(start(PARALLEL).do("a"), LONGER_FORK) == {("stuck", "j")}
    before = start(
        make(user("x") + gate("f", "j") + user("a") + user("b"), "s -> x -> f -> a -> j\nf -> b -> j -> e")
    )
    after = make(user("x") + gate("f", "j") + user("a") + user("b") + user("c"),
                 "s -> x -> f -> a -> j -> e\nf -> b -> j\nf -> c -> j")  # fmt: skip
    assert move(before, after).do("x").open == ["a", "b", "c"]


def test_a_task_put_into_a_fork_is_refused() -> None:
    reasons = refuse(start(AB), make(gate("f", "j") + user("a") + user("b"), FORK + "j -> e"))
    assert reasons == {("stuck", "j")}


def test_an_inclusive_join_waits_for_what_can_come_in_the_new_version() -> None:
    body = gate("f") + gate("j", kind="inclusiveGateway") + user("a") + user("b")
    old = start(make(body, FORK + "j -> e")).do("a")
    moved = move(old, make(body + user("c"), FORK.replace("b -> j", "b -> c -> j") + "j -> e"))
    assert moved.do("b").open == ["c"]
    assert moved.do("c").completed
    freed = move(old, make(body + user("c"), FORK.replace("b -> j", "b -> c -> e") + "j -> e"))
    assert freed.done() == ["j", "e"]


RACE = '<eventBasedGateway id="g"/>' + catch("c1", message()) + catch("c2", timer("P5D"))
RACE_WAYS = "s -> g -> c1 -> e\ng -> c2 -> e"


def test_racing_events_are_kept_added_and_given_up() -> None:
    old = start(make(RACE, RACE_WAYS))
    due = old.instance.next_due()
    more = make(RACE + catch("c3", message("N")) + user("x"), RACE_WAYS + "\ng -> c3 -> x -> e")
    moved = move(old, more)
    assert moved.instance.next_due() == due
    assert moved.send("N", "k")
    assert moved.open == ["x"]
    assert moved.instance.subscriptions() == ()
    without = make('<eventBasedGateway id="g"/>' + catch("c2", timer("P5D")), "s -> g -> c2 -> e")
    assert refuse(old, without) == {("listener_missing", "c1")}
    assert move(old, without, c1="").instance.subscriptions() == ()
    none = make('<eventBasedGateway id="g"/>' + catch("c9", message()), "s -> g -> c9 -> e")
    assert refuse(old, none, c1="", c2="") == {("race_changed", "g")}
    assert refuse(old, make(catch("c1", message()), "s -> c1 -> e")) == {("missing", "g")}


def event_sub_process(inner: str, interrupting: bool = False) -> str:
    kind = "true" if interrupting else "false"
    body = level(f'<startEvent id="es" isInterrupting="{kind}" zr:correlationKey="k">{inner}</startEvent>' + user("x"),
                 "es -> x")  # fmt: skip
    return f'<subProcess id="esp" triggeredByEvent="true">{body}</subProcess>'


def test_event_sub_processes_are_kept_added_and_given_up() -> None:
    plain, with_event = (
        AB,
        AB.replace(b"</process>", event_sub_process(timer("P5D")).encode() + b"</process>"),
    )
    added = move(start(plain), with_event)
    assert added.instance.next_due() == NOON + timedelta(days=5)
    old = start(with_event)
    old.now += timedelta(days=1)
    assert move(old, with_event).instance.next_due() == NOON + timedelta(days=5)
    assert refuse(old, plain) == {("listener_missing", "esp")}
    assert move(old, plain, esp="").instance.next_due() is None
    old.wait(days=9)
    running = move(old, with_event)
    assert running.open == ["a", "x"]
    assert refuse(old, plain) == {("missing", "esp")}


def test_nothing_is_armed_beside_an_interrupting_event_sub_process_that_runs() -> None:
    old = start(AB.replace(b"</process>", event_sub_process(message(), True).encode() + b"</process>"))
    assert old.send("M", "k")
    other = '<subProcess id="e2" triggeredByEvent="true">' + level(
        f'<startEvent id="es2" isInterrupting="false">{timer("P1D")}</startEvent>', "") + "</subProcess>"  # fmt: skip
    new = AB.replace(b"</process>", (event_sub_process(message(), True) + other).encode() + b"</process>")
    moved = move(old, new)
    assert moved.open == ["x"]
    assert moved.instance.next_due() is None
    assert moved.do("x").completed


def test_services_that_are_at_work_keep_their_parameters() -> None:
    service = (
        '<serviceTask id="v" zr:delegate="d"><extensionElements><zr:parameter name="n" value="= {value}"/>'
        "</extensionElements></serviceTask>"
    )
    old = start(make(service.format(value="1"), "s -> v -> e"))
    moved = move(old, make(service.format(value="2"), "s -> v -> e"))
    assert moved.instance.services() == old.instance.services()
    assert moved.serve("v").completed


def test_a_loop_keeps_its_rounds() -> None:
    loop = '<standardLoopCharacteristics loopMaximum="{n}"/>'
    old = start(make(user("a", "", loop.format(n=3)), "s -> a -> e")).do("a")
    moved = move(old, make(user("a", "", loop.format(n=2)), "s -> a -> e"))
    assert moved.do("a").completed


EDITS: dict[str, tuple[Callable[[str], str], str]] = {
    "condition": (lambda text: text.replace("[x > 1]", "[x > 2]"), "condition"),
    "flow": (lambda text: text.replace("g => e", "g => z -> e"), "flow_added"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_the_differences_of_the_versions_are_told(edit: str) -> None:
    body = gate("g", kind="exclusiveGateway") + user("a") + user("b") + user("z")
    ways = "s -> a -> g\ng -> b -> e [x > 1]\ng => e".replace("g -> b -> e [x > 1]", "g -> b [x > 1]\nb -> e")
    change, code = EDITS[edit]
    plan = plan_of(start(make(body, ways)), define(make(body, change(ways))))
    found = [each for each in plan.changes if each.code == code]
    assert found
    assert all(each.message_zh and each.message_en and not each.of_instance for each in found)


def test_the_same_version_changes_nothing() -> None:
    old = start(LONGER_FORK).do("c")
    plan = plan_of(old, define(LONGER_FORK))
    assert (plan.possible, plan.changes, plan.mapped) == (True, (), {})
    assert move(old, LONGER_FORK).instance.dump() == old.instance.dump()


def test_everything_a_state_can_hold_moves_to_the_same_version_unchanged() -> None:
    definition = everything()
    old = Instance.start(definition, {"params": {"limit": 5}}, env())
    due = old.next_due()
    assert due is not None
    old.fire_timers(env(due))
    moved = migrate(old, everything(), env(due))
    assert moved.dump() == old.dump()
    assert moved.positions() == old.positions()
