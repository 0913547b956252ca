"""Whether a token that has begun at an element can go on at what the element became."""

from __future__ import annotations

from typing import Literal

from app.engine.spiff.activity import Activity
from app.engine.spiff.catching import Catcher
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.message import MessageTrigger
from app.engine.spiff.repetition import MultiInstance, Repetition
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.sub_process import CallActivity
from app.engine.spiff.timer import TimerTrigger
from app.engine.spiff.token import Token
from app.engine.spiff.triggers import Trigger
from app.engine.spiff.user_task import UserTask

# What a user task computes when it becomes ready.
COMPUTED = ("assignee", "candidates", "due", "priority")


def misfit(token: Token, old: FlowNode, new: FlowNode) -> str | None:
    """The code of the reason why a token cannot go on at `new`; None when it can."""
    if type(old) is not type(new):
        return "type_changed"
    if isinstance(old, CallActivity) and isinstance(new, CallActivity) and old.spec_key != new.spec_key:
        return "called_changed"
    if isinstance(old, Activity) and isinstance(new, Activity):
        if not same_runs(old.repetition, new.repetition):
            return "repetition_changed"
        if isinstance(old, ServiceTask) and _calls(old) != _calls(new):
            return "type_changed"
    if isinstance(old, Catcher) and isinstance(new, Catcher) and token.waiting:
        return None if type(old.trigger) is type(new.trigger) else "trigger_changed"
    return None


def _calls(node: FlowNode) -> tuple[str | None, tuple[str, ...]]:
    """What a host that is at work on a service was told."""
    return node.settings.text("delegate"), tuple(name for name, _ in node.settings.parameters)


def same_runs(old: Repetition | None, new: Repetition | None) -> bool:
    """Whether runs that have begun mean the same in the new version: their data, their order, their results."""
    if type(old) is not type(new):
        return False
    if isinstance(old, MultiInstance) and isinstance(new, MultiInstance):
        return _results(old) == _results(new)
    return True


def _results(many: MultiInstance) -> tuple[object, ...]:
    return (
        many.sequential,
        many.element_variable,
        many.output_collection,
        text_of(many.output_element),
        many.collection is None,
    )


def text_of(formula: Formula | None) -> str | None:
    """What the author wrote."""
    return formula.text if formula is not None else None


def same_trigger(old: Trigger, new: Trigger) -> Literal["same", "other", "other time"]:
    """How far the trigger of a listening token has changed; a running timer is never computed anew."""
    if type(old) is not type(new):
        return "other"
    if isinstance(old, MessageTrigger) and isinstance(new, MessageTrigger):
        return "same" if old.name == new.name else "other"
    if isinstance(old, TimerTrigger) and isinstance(new, TimerTrigger):
        same = (old.is_cycle, text_of(old.value)) == (new.is_cycle, text_of(new.value))
        return "same" if same else "other time"
    return "same"


def texts_changed(old: FlowNode, new: FlowNode) -> bool:
    """Whether what a user task has computed already is defined otherwise now."""
    if not isinstance(old, UserTask) or not isinstance(new, UserTask):
        return False
    return _computed(old) != _computed(new)


def _computed(node: UserTask) -> list[str | None]:
    return [text_of(node.settings.formula(name)) for name in COMPUTED] + [text_of(node.lane_candidates)]
