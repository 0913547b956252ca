"""Random processes, random edits, moved at random points: from there on the rules of the new version hold."""

from __future__ import annotations

import os
from collections import Counter
from copy import deepcopy
from random import Random, SystemRandom
from typing import Any

import pytest

from app.engine.definition import Bundle, load_definition
from app.engine.instance import Instance
from app.engine.migration import migrate, plan_migration
from tests.engine.diagrams import env
from tests.engine.fuzz import blocks as b
from tests.engine.fuzz.driving import Different, Pair, scope_names
from tests.engine.fuzz.reference import Answer
from tests.engine.fuzz.writing import write_bundle
from tests.engine.migration.edits import CannotMove, Edit, Mover, draw_edit

FRESH = int(os.environ.get("FUZZ_SEED", "0")) or SystemRandom().randrange(10**6, 10**9)
STEPS = 40
EDITS = 3


def move(pair: Pair, block: b.Block, edit: Edit) -> bool:
    """Move both to the edited process, or neither; raises Different when only one can."""
    new = load_definition(Bundle(write_bundle(edit.apply(block))), "main")
    mapping = {
        key: edit.mapping[key.partition(":")[2]]
        for key in pair.definition.elements
        if key.partition(":")[2] in edit.mapping
    }
    plan = plan_migration(pair.instance, new, mapping)
    reference, world = deepcopy((pair.reference, pair.world))
    try:
        Mover(edit).move(reference)
    except CannotMove:
        if plan.possible:
            raise Different(f"{edit} was not refused") from None
        return False
    if not plan.possible:
        raise Different(f"{edit} was refused: {[reason.message_en for reason in plan.reasons]}")
    moved = migrate(pair.instance, new, env(), mapping)
    check_kept(pair.instance, moved, edit)
    pair.definition, pair.reference, pair.world = new, reference, world
    pair.instance = Instance.load(new, moved.dump())
    return True


def check_kept(old: Instance, moved: Instance, edit: Edit) -> None:
    """Raises Different unless tasks and subscriptions are the same, ids included, but for what was edited."""
    names = {**edit.mapping}
    before = {task.id: names.get(task.element_id, task.element_id) for task in old.user_tasks()}
    if before != {task.id: task.element_id for task in moved.user_tasks()}:
        raise Different(f"other tasks after {edit}")
    waited = {(each.id, each.key) for each in old.subscriptions() if names.get(each.element_id) != ""}
    if not waited <= {(each.id, each.key) for each in moved.subscriptions()}:
        raise Different(f"a message is no longer waited for after {edit}")


def run_edited(block: b.Block, random: Random, counts: Counter[str]) -> None:
    """Run to the end or for STEPS, with edits on the way."""
    pair = Pair.start(block)
    names, edits = scope_names(block), 0
    for step in range(STEPS):
        pair.compare()
        if edits < EDITS and not pair.reference.done and random.random() < 0.3:
            edit = draw_edit(block, random, edits)
            edits += 1
            if edit is not None and move(pair, block, edit):
                block = edit.apply(block)
                names |= scope_names(block)
                counts[edit.kind] += 1
                pair.compare()
            elif edit is not None:
                counts[f"{edit.kind} refused"] += 1
        if pair.reference.done:
            pair.compare_variables(names)
            return
        action = random.choice(sorted(pair.reference.actions(), key=repr))
        choice: Any = None
        if action.many:
            choice = [n for n in range(action.choices) if random.random() < 0.5]
        elif action.choices:
            choice = random.randrange(action.choices)
        pair.do(action, Answer(choice, step + 1))


def check(seeds: range) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in seeds:
        random = Random(seed)
        block = b.draw(random, 4)
        try:
            run_edited(block, random, counts)
        except Different as error:
            raise AssertionError(f"seed {seed}: {error}\n{block}") from error
    return counts


@pytest.mark.parametrize("first", range(0, 160, 40))
def test_fixed_seeds(first: int) -> None:
    counts = check(range(first, first + 40))
    assert len(counts) >= 8  # kinds of edits, carried out and refused


def test_fresh_seeds() -> None:
    check(range(FRESH, FRESH + 40))
