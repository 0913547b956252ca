"""`python -m tests.bench.evidence`: a hundred thousand rows of 200 cases with planted repetitions, and a sheet.

Prints JSON lines: how long it takes to find the repetitions of one case and of all, to import and to export 300 rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, insert, select, text

from app.models.evidence import EvidenceKey
from app.models.runtime import ProcessInstance
from app.services import evidence, task
from app.services.registers import duplicates
from tests.bench.site import open_sites, show
from tests.deals import add_deals, sheet
from tests.factories import World

CASES, ROWS, PLANTED = 200, 500, 50


def fill(world: World) -> int:
    """Rows of all cases; the last one repeats some numbers of others. Its id."""
    numbers = [world.start("deals", org_id=1 + n % 2) for n in range(CASES)]
    with world.acting() as context:
        ids = context.session.scalars(select(ProcessInstance.id).order_by(ProcessInstance.id)).all()
        for place, case_id in enumerate(ids):
            rows = [_key(case_id, place, row, world) for row in range(ROWS)]
            context.session.execute(insert(EvidenceKey), rows)
        for row in range(PLANTED):
            changed = _key(ids[-1], row, row, world)["value"]
            last = select(func.min(EvidenceKey.id)).where(EvidenceKey.instance_id == ids[-1])
            found = context.session.get_one(EvidenceKey, (context.session.scalar(last) or 0) + row)
            found.value = changed
        context.session.execute(text("ANALYZE"))
    assert len(numbers) == CASES
    return int(ids[-1])


def _key(case_id: int, place: int, row: int, world: World) -> dict[str, Any]:
    value = f"沪专押{place:05}{row:05}"
    return {"kind": "contract", "value": value, "typed": value, "instance_id": case_id, "place": "deals",
            "row": row + 1, "at": world.now}  # fmt: skip


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    """What `act` gives, and milliseconds."""
    start = time.perf_counter()
    found = act()
    return found, round((time.perf_counter() - start) * 1000, 1)


def run(world: World, kind: str) -> None:
    case_id = fill(world)
    with world.looking() as context:
        case = context.session.get_one(ProcessInstance, case_id)
        twins, one = timed(lambda: duplicates.twins_of(context.session, case))
        shared, all_of_them = timed(lambda: duplicates.count_shared(context.session))
    show("evidence.twins", database=kind, rows=CASES * ROWS, planted=PLANTED, found=len(twins), one_case_ms=one,
         found_in_all=shared, all_ms=all_of_them)  # fmt: skip
    at = world.open_tasks("YW-2026-0001")["t_rows"]
    data = sheet(*[(f"B-{n}", "贷款", "2025-03-01", n, "是") for n in range(300)])
    with world.acting("bian") as context:
        work = task.open_task(context, at)
        _, brought = timed(lambda: evidence.import_rows(context, work, "l_deals", data, replace=True))
    with world.acting("bian") as context:
        work = task.open_task(context, at)
        found = evidence.find_list(context, work, "l_deals")
        _, sent = timed(lambda: evidence.sheet_of(found, "zh"))
        _, decided = timed(lambda: evidence.results_of(context, work, found.accepted.values))
    show("evidence.sheet", database=kind, rows=300, import_ms=brought, export_ms=sent, results_ms=decided)


def main() -> None:
    """Measure on each database."""
    with open_sites() as sites:
        for site in sites:
            run(add_deals(site.world), site.kind)


if __name__ == "__main__":
    main()
