"""Moving running instances to another version of their process.

A state holds tokens and nothing else, so that to move an instance is to put its tokens on the elements of
the new version. What has begun goes on: open tasks keep their id, their candidates and their due date,
running timers their due time, subscriptions their key, multi-instance activities their progress, variables
their values. What begins after the move follows the new version. A plan refuses what cannot be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.engine.definition import Definition
from app.engine.environment import Environment
from app.engine.errors import MigrationRefused
from app.engine.instance import Instance
from app.engine.migration.differences import compare_definitions
from app.engine.migration.matching import Matching
from app.engine.migration.moving import carry_over, take_up
from app.engine.migration.outlook import check_outlook
from app.engine.migration.plan import Change, Kept, MigrationPlan, Transfer

__all__ = ["Change", "Kept", "MigrationPlan", "MigrationRefused", "migrate", "plan_migration"]

_NONE: Mapping[str, str] = MappingProxyType({})


def plan_migration(instance: Instance, new: Definition, mapping: Mapping[str, str] = _NONE) -> MigrationPlan:
    """Whether and how an instance at rest can go on with another version of its process; changes nothing.

    `mapping` gives elements of the old version, as `process_id:element_id`, their id in the new version; a
    boundary event, event sub-process or racing event mapped to "" is given up with its timer or message.
    """
    matching = Matching(instance.case, instance.definition, new, mapping)
    matching.match()
    problems = matching.reasons or check_outlook(new, matching.marks)
    return MigrationPlan(
        reasons=tuple(problems),
        kept=tuple(matching.kept),
        mapped=MappingProxyType(matching.mapped),
        changes=(*matching.changes, *compare_definitions(instance.definition, new)),
        transfer=Transfer(
            matching.names,
            frozenset(matching.dropped),
            matching.flows,
            tuple(matching.rearmed),
            tuple(matching.attached),
            tuple(matching.listening),
            tuple(matching.racing),
        ),
    )


def migrate(
    instance: Instance, new: Definition, env: Environment, mapping: Mapping[str, str] = _NONE
) -> Instance:
    """A new instance that goes on with the new version; the given one stays as it was.

    What the new version lets listen beside active elements is armed at `env.now`, conditions that hold
    already happen. Raises MigrationRefused, StepFailed.
    """
    plan = plan_migration(instance, new, mapping)
    if not plan.possible:
        raise MigrationRefused(plan.reasons)
    moved = Instance(new, carry_over(instance.case, new, plan.transfer))
    with moved.transition(env):
        take_up(moved.case, plan.transfer)
    return moved
