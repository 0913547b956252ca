"""What an author changed between two versions, element by element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.engine.definition import Definition, Element
from app.engine.migration.fitting import text_of
from app.engine.migration.plan import Change
from app.engine.spiff.catching import Catcher
from app.engine.spiff.timer import TimerTrigger

Flows = Mapping[tuple[str, str, str], str]


def compare_definitions(old: Definition, new: Definition) -> Iterator[Change]:
    """The elements and flows that were added, removed or changed, called processes included."""
    for key, element in new.elements.items():
        if key not in old.elements:
            yield _change("added", element, f"新增“{element.name}”", f"{element.name} was added")
    for key, element in old.elements.items():
        now = new.elements.get(key)
        if now is None:
            yield _change("removed", element, f"删除“{element.name}”", f"{element.name} was removed")
        else:
            yield from _compare(element, now)
    yield from _compare_flows(old, new)
    yield from _compare_timers(old, new)


def _change(code: str, element: Element, zh: str, en: str) -> Change:
    return Change(code, element.process_id, element.id, zh, en)


def _compare(old: Element, new: Element) -> Iterator[Change]:
    name = new.name
    if old.type != new.type:
        zh, en = f"“{name}”类型由 {old.type} 改为 {new.type}", f"{name}: {old.type} became {new.type}"
        yield _change("type", new, zh, en)
    if old.name != new.name:
        yield _change("renamed", new, f"“{old.name}”改名为“{name}”", f"{old.name} is now called {name}")
    if old.lane_name != new.lane_name:
        lanes = f"{old.lane_name or '—'} → {new.lane_name or '—'}"
        yield _change("lane", new, f"“{name}”所在泳道：{lanes}", f"{name}: lane {lanes}")
    for key in sorted(old.attributes.keys() | new.attributes.keys()):
        before, after = old.attributes.get(key, "—"), new.attributes.get(key, "—")
        if before != after:
            yield _change(
                "setting", new, f"“{name}”的 {key}：{before} → {after}", f"{name}, {key}: {before} → {after}"
            )


def _flows(definition: Definition) -> Flows:
    return {
        (node.process_id, node.name, flow.target): text_of(flow.condition) or ""
        for spec in definition.specs.values()
        for node in spec.nodes
        for flow in node.flows
    }


def _compare_flows(old: Definition, new: Definition) -> Iterator[Change]:
    before, after = _flows(old), _flows(new)
    for key in sorted(before.keys() | after.keys()):
        process_id, source, target = key
        if before.get(key) == after.get(key):
            continue
        way = f"{source} → {target}"
        if key not in before:
            yield Change("flow_added", process_id, source, f"新增连线 {way}", f"flow {way} was added")
        elif key not in after:
            yield Change("flow_removed", process_id, source, f"删除连线 {way}", f"flow {way} was removed")
        else:
            texts = f"{before[key] or '—'} → {after[key] or '—'}"
            zh, en = f"连线 {way} 的条件：{texts}", f"condition of {way}: {texts}"
            yield Change("condition", process_id, source, zh, en)


def _timers(definition: Definition) -> dict[tuple[str, str], str]:
    return {
        (node.process_id, node.bpmn_id): text_of(node.trigger.value) or ""
        for spec in definition.specs.values()
        for node in spec.nodes
        if isinstance(node, Catcher) and isinstance(node.trigger, TimerTrigger)
    }


def _compare_timers(old: Definition, new: Definition) -> Iterator[Change]:
    before = _timers(old)
    for key, text in _timers(new).items():
        if key in before and before[key] != text:
            process_id, element_id = key
            element = new.element(process_id, element_id)
            name = element.name if element is not None else element_id
            zh, en = f"“{name}”的时限：{before[key]} → {text}", f"time of {name}: {before[key]} → {text}"
            yield Change("timer", process_id, element_id, zh, en)
