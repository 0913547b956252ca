"""Returning to an earlier step (退回, 拿回, 撤回), safe by construction.

Before a user task is completed the marking is remembered. Returning leads the part of the case that came from
there back to that marking: tokens get new ids, timers start again, what was answered stays in the variables and
shows as prefilled. What stands beside it is left alone where only one token came from the step, else it is led
back too. What reached beyond the case bars the way. Nothing else than markings that were reached before can come
out, so that a sound process stays sound.
"""

from __future__ import annotations

from app.engine.environment import Environment
from app.engine.errors import ReturnRefused
from app.engine.instance import Instance
from app.engine.spiff.returning.acting import lead_back
from app.engine.spiff.returning.plan import Place, ReturnPlan, plan_return

__all__ = ["Place", "ReturnPlan", "ReturnRefused", "return_to", "returns", "returns_of"]

_NONE: frozenset[str] = frozenset()


def returns(instance: Instance, harmless: frozenset[str] = _NONE) -> tuple[ReturnPlan, ...]:
    """What a return to each remembered step would mean, the latest step first; changes nothing.

    `harmless` are the delegates that may be run again.
    """
    case = instance.case
    if case.completed:
        return ()
    return tuple(plan_return(case, point, harmless) for point in reversed(case.trail.points))


def returns_of(instance: Instance, task_id: str, harmless: frozenset[str] = _NONE) -> tuple[ReturnPlan, ...]:
    """The returns that would take this open task away: to the steps that led to it."""
    return tuple(
        plan
        for plan in returns(instance, harmless)
        if any(place.task_id == task_id for place in plan.cancelled) and not _is_same(plan, task_id)
    )


def return_to(
    instance: Instance,
    number: int,
    env: Environment,
    harmless: frozenset[str] = _NONE,
    *,
    straight: bool = False,
) -> str:
    """Lead the instance back to a remembered step; the id of the task that is open there again.

    With `straight`, completing it leads straight to where the case stands now, else all steps between run again.
    Raises ReturnRefused, StepFailed.
    """
    case = instance.case
    point = next((each for each in case.trail.points if each.number == number), None)
    if point is None or case.completed:
        raise ReturnRefused(())
    with instance.transition(env):
        return lead_back(case, point, harmless, straight=straight)


def _is_same(plan: ReturnPlan, task_id: str) -> bool:
    """Whether the step is another run of the task itself."""
    here = next(place for place in plan.cancelled if place.task_id == task_id)
    return (here.process_id, here.element_id) == (plan.target.process_id, plan.target.element_id)
