"""The stored state: what goes in comes out, whatever it is, and old states stay readable."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import state as codec
from app.engine.definition import Bundle, Definition, load_definition
from app.engine.errors import DataRefused, StateUnreadable
from app.engine.instance import Instance
from tests.engine.diagrams import define, diagram, env, level, run, user
from tests.engine.fuzz import blocks as b
from tests.engine.fuzz.writing import write_bundle

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
SIMPLE = diagram(ENDS + user("a") + user("b"), "s -> a -> b -> e")
GOLDEN = Path(__file__).parent / "golden"


def test_a_field_called_typename_is_only_a_field() -> None:
    made = run(SIMPLE)
    made.do("a", {"typename": "timedelta", "days": 3, "nested": [{"typename": "x"}]})
    assert made.variables["a"] == {"typename": "timedelta", "days": 3, "nested": [{"typename": "x"}]}
    assert made.do("b").completed


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        (Decimal("1.10"), 1.1),
        (Decimal("100"), 100),
        (Decimal("0.12345678901234567890123"), "0.12345678901234567890123"),
        (2**70, str(2**70)),
        ("half \ud800 a sign", "half ? a sign"),
        ({1: "a"}, {"1": "a"}),
        ((1, 2), [1, 2]),
        (float("nan"), None),
        ("\x00", "\x00"),
    ],
)
def test_values_are_made_json(given_value: Any, kept: Any) -> None:
    made = run(SIMPLE, x=given_value)
    assert made.variables["x"] == kept


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
DEFINITION = define(SIMPLE)


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_whatever_json_is_submitted_can_be_loaded_again(values: dict[str, Any]) -> None:
    instance = Instance.start(DEFINITION, values, env())
    instance.complete(instance.user_tasks()[0].id, values, env())
    again = Instance.load(DEFINITION, instance.dump())
    expected = {**values, "a": {**(values["a"] if isinstance(values.get("a"), dict) else {}), **values}}
    assert again.variables == expected
    assert again.dump() == instance.dump()


def test_too_deep_values_are_refused() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    with pytest.raises(DataRefused, match="nested too deeply"):
        run(SIMPLE, x=deep)


CALLER = diagram(ENDS + '<callActivity id="c" calledElement="q"/>', "s -> c -> e")
CALLED = diagram(ENDS + user("u"), "s -> u -> e", process="q")


def test_parameters_are_stored_once_for_all_called_processes() -> None:
    params = {"long": "x" * 2000}
    made = run(CALLER, CALLED, params=params)
    assert len(made.instance.dump()) < 3000
    assert made.task("u").variables()["params"] == params


def test_a_state_is_small() -> None:
    made = run(SIMPLE)
    assert len(made.instance.dump()) < 350


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"no json",
        b"[]",
        b'{"format": 99}',
        b'{"format": "1"}',
        b"{}",
        b'{"format": 1, "process": "other"}',
        b'{"format": 1, "process": "p"}',
        b'{"format": 1, "process": "p", "completed": false, "state": null, "levels": []}',
        b'{"format":1,"process":"p","completed":false,"state":null,"levels":[["p",null,{},null,[["1","zz",16,-1]]]]}',
        b'{"format":1,"process":"p","completed":false,"state":null,"levels":[["zz",null,{},null,[]]]}',
        b'{"format":1,"process":"p","completed":false,"state":null,"levels":[["p",null,{},null,[]],["p","x",{},null,[]]]}',
    ],
)
def test_what_is_no_state_of_this_process_is_refused(bad: bytes) -> None:
    with pytest.raises(StateUnreadable):
        Instance.load(DEFINITION, bad)


def test_older_formats_are_brought_forward_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        codec,
        "MIGRATIONS",
        {
            -1: lambda s: {**s, "format": 0, "steps": ["a"]},
            0: lambda s: {**s, "format": 1, "steps": [*s["steps"], "b"]},
        },
    )
    assert codec.migrate({"format": -1}) == {"format": 1, "steps": ["a", "b"]}
    made = run(SIMPLE)
    old = orjson.loads(made.instance.dump()) | {"format": -1}
    assert Instance.load(DEFINITION, orjson.dumps(old)).user_tasks()[0].element_id == "a"


def everything() -> Definition:
    """A process with every kind of thing that a state can hold."""
    many = (
        '<multiInstanceLoopCharacteristics zr:collection="= [5, 6]" zr:elementVariable="x"'
        ' zr:outputCollection="out" zr:outputElement="= x"/>'
    )
    inner = level('<startEvent id="s2"/>' + user("deep"), "s2 -> deep")
    timer = "<timerEventDefinition><timeCycle>R3/P1D</timeCycle></timerEventDefinition>"
    message = '<messageEventDefinition messageRef="M"/>'
    listener = level(f'<startEvent id="es" zr:correlationKey="k2">{message}</startEvent>', "")
    xml = diagram(
        ENDS
        + '<parallelGateway id="f"/><parallelGateway id="j"/><eventBasedGateway id="ev"/>'
        + '<exclusiveGateway id="m"/>'
        + user("t", 'zr:due="= wd(2)" zr:candidates="group:a"', many)
        + f'<subProcess id="sub">{inner}</subProcess>'
        + '<callActivity id="c" calledElement="q"/><serviceTask id="v" zr:delegate="d"><extensionElements>'
        '<zr:parameter name="n" value="= 1 + 1"/></extensionElements></serviceTask>'
        + f'<boundaryEvent id="b" attachedToRef="sub" cancelActivity="false">{timer}</boundaryEvent>'
        + f'<intermediateCatchEvent id="c1" zr:correlationKey="k">{message}</intermediateCatchEvent>'
        + "<intermediateCatchEvent id='c2'><timerEventDefinition><timeDuration>P9D</timeDuration>"
        "</timerEventDefinition></intermediateCatchEvent>"
        + user("note")
        + f'<subProcess id="esp" triggeredByEvent="true">{listener}</subProcess>'
        + '<userTask id="state" zr:resultVariable="state" zr:caseState="running"/>',
        "s -> f -> t -> j\nf -> sub -> j\nf -> c -> j\nf -> v -> j\nf -> state -> j\n"
        "f -> ev -> c1 -> m -> j\nev -> c2 -> m\n"
        "b -> note\nj -> e",
        root='<message id="M" name="MSG"/>',
    )
    return define(xml, CALLED)


def test_golden_states_of_earlier_releases_load_and_run_to_the_end() -> None:
    definition = everything()
    files = sorted(GOLDEN.glob("*.json"))
    assert files
    for file in files:
        instance = Instance.load(definition, file.read_bytes())
        assert sorted(task.element_id for task in instance.user_tasks()) == [
            "deep",
            "note",
            "state",
            "t",
            "u",
        ]
        assert instance.case_state == "running"
        assert instance.fire_timers(env(instance.next_due() or env().now))
        assert instance.correlate("MSG", "k", {}, env())
        for call in instance.services():
            assert call.parameters == {"n": 2}
            instance.complete_service(call.id, None, env())
        while instance.user_tasks():
            instance.complete(instance.user_tasks()[0].id, {}, env())
        assert instance.completed
        assert instance.variables["out"] == [5, 6]


def test_the_golden_state_of_this_format_is_what_is_written_today() -> None:
    made = Instance.start(everything(), {"params": {"limit": 5}}, env())
    due = made.next_due()
    assert due is not None
    made.fire_timers(env(due))
    made.complete(next(t.id for t in made.user_tasks() if t.element_id == "t"), {}, env())
    stored = orjson.loads((GOLDEN / f"format{codec.FORMAT}.json").read_bytes())
    assert _shape(orjson.loads(made.dump())) == _shape(stored)


def _shape(value: Any) -> Any:
    """The state without the ids, which are new in each instance."""
    names: dict[str, str] = {}

    def strip(item: Any) -> Any:
        if isinstance(item, str) and len(item) == 32 and all(c in "0123456789abcdef" for c in item):
            return names.setdefault(item, f"id{len(names)}")
        if isinstance(item, list):
            return [strip(part) for part in item]
        return {key: strip(part) for key, part in item.items()} if isinstance(item, dict) else item

    return strip(value)


def test_a_definition_is_shared_by_threads() -> None:
    block = b.Seq(
        (
            b.And("a1", (b.Task("t1"), b.Sub("s1", b.Task("t2")), b.Many("m1", 3, False, 0))),
            b.Or("o1", (b.Task("t3"), b.Task("t4"))),
            b.Call("c1", b.Guard("g1", b.Task("t5"), "stop", b.Task("t6"))),
        )
    )
    definition = load_definition(Bundle(write_bundle(block)), "main")

    def play(seed: int) -> list[str]:
        instance = Instance.start(definition, {"seed": seed}, env())
        done = []
        while not instance.completed:
            task = instance.user_tasks()[-1]
            done.append(task.element_id)
            instance.complete(task.id, {"c": [1], "n": seed}, env())
            instance = Instance.load(definition, instance.dump())
        assert instance.variables["seed"] == seed
        assert instance.variables["out_m1"] == [seed] * 3
        return done

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(play, range(200)))
    assert all(result == results[0] for result in results)
