"""Legal clocks: what the bindings say, and that a clock that is named somewhere also begins somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.lint.finder import Finder
from app.engine.operations.policy import PolicyInvalid, read_warnings
from app.engine.spiff.activity import Activity
from app.engine.spiff.catching import Catcher
from app.engine.spiff.clock import ACTS, CASE, INSTANCE, NAME, START, SUSPEND, ClockBinding, whole_days
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.user_task import UserTask

REMINDERS = ("dueClock", "remind", "escalate", "escalateTo")


def check_clocks(finder: Finder) -> None:
    """Look at every binding of a clock, and at the reminders of user tasks."""
    started = set(_started(finder))
    for node in finder.nodes():
        acts: set[str] = set()
        for binding in node.settings.clocks:
            _check_binding(finder, node, binding)
            if binding.name in acts:
                zh = f"同一环节对时限 {binding.name} 有两种规定"
                finder.error(
                    node.bpmn_id, "bad_clock", zh, f"two rules for clock {binding.name} at one element"
                )
            acts.add(binding.name)
            if binding.act != START and binding.name not in started:
                _never_started(finder, node, binding.name)
        _check_reminders(finder, node, started)


def _check_binding(finder: Finder, node: FlowNode, binding: ClockBinding) -> None:
    if not NAME.fullmatch(binding.name):
        zh = f"时限名称须为小写英文字母、数字和下划线：{binding.name}"
        finder.error(node.bpmn_id, "bad_clock", zh, f"no name of a clock: {binding.name}")
    if binding.act not in ACTS:
        zh, en = (
            f"时限只能 start、suspend 或 stop：{binding.act}",
            f"not start, suspend or stop: {binding.act}",
        )
        finder.error(node.bpmn_id, "bad_clock", zh, en)
    if binding.act == SUSPEND and not isinstance(node, Activity | Catcher):
        zh, en = "令牌不在此停留，不能中止时限", "no token stays here, so no clock can be suspended"
        finder.error(node.bpmn_id, "bad_clock", zh, en)
    if binding.of not in (CASE, INSTANCE):
        zh, en = f"时限只能属于 case 或 instance：{binding.of}", f"not of case or instance: {binding.of}"
        finder.error(node.bpmn_id, "bad_clock", zh, en)
    if binding.act != START and (binding.since is not None or binding.of != CASE):
        zh, en = "时限从何时起算、属于谁，写在 start 处", "since and of belong where the clock starts"
        finder.error(node.bpmn_id, "bad_clock", zh, en)
    if binding.limit is not None and binding.act != START:
        zh, en = "时限天数写在 start 处", "the limit belongs where the clock starts"
        finder.error(node.bpmn_id, "bad_clock", zh, en)
    elif (
        binding.limit is not None
        and binding.limit.expression is None
        and not whole_days(binding.limit.literal)
    ):
        zh = f"不是工作日天数：{binding.limit.text}"
        finder.error(node.bpmn_id, "bad_clock", zh, f"no number of working days: {binding.limit.text}")


def _check_reminders(finder: Finder, node: FlowNode, started: set[str]) -> None:
    given = [name for name in REMINDERS if node.settings.text(name) is not None]
    if given and not isinstance(node, UserTask):
        zh, en = f"zr:{given[0]} 只用于用户任务", f"zr:{given[0]} belongs to user tasks"
        finder.error(node.bpmn_id, "bad_clock", zh, en)
        return
    try:
        read_warnings(node.settings.attributes)
    except PolicyInvalid as invalid:
        zh, en = f"不是提醒或升级的设置：{invalid}", f"no setting of reminders: {invalid}"
        finder.error(node.bpmn_id, "bad_clock", zh, en)
    name = node.settings.text("dueClock")
    if name and node.settings.formula("due") is not None:
        zh, en = "zr:due 与 zr:dueClock 只能有一个", "either zr:due or zr:dueClock"
        finder.error(node.bpmn_id, "bad_clock", zh, en)
    if name and name not in started:
        _never_started(finder, node, name)


def _never_started(finder: Finder, node: FlowNode, name: str) -> None:
    zh, en = f"没有环节启动时限 {name}", f"nothing starts clock {name}"
    finder.warn(node.bpmn_id, "no_clock", zh, en)


def _started(finder: Finder) -> Iterator[str]:
    """The clocks that elements of any process of the bundle start."""
    for process in finder.reading.processes.values():
        for level in process.specs.values():
            for node in level.nodes:
                yield from (binding.name for binding in node.settings.clocks if binding.act == START)
