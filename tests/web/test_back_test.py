"""The back-test of a draft in the studio: started by a designer, watched, read and taken away."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import openpyxl

from app.services.studio import drafts
from app.worker import Worker
from tests.factories import World
from tests.services.test_back_test import DMN, FILES, PATH
from tests.web.conftest import Visitor


def test_a_designer_sees_what_would_turn(world: World, sign_in: Callable[[str], Visitor]) -> None:
    world.add_person("jia", "process_designer")
    world.deploy(FILES)
    number = world.start("grant", "wang")
    world.complete("wang", world.open_tasks(number)["t_days"], days=17)
    with world.acting("jia") as context:
        draft = drafts.take_draft(context, None, "放宽门槛")
        drafts.write_file(context, draft, PATH, DMN.replace("20", "15").encode(), 0)
        page = f"/studio/drafts/{draft.id}/back-test"
    visitor = sign_in("jia")
    assert "allowance.dmn" in visitor.get(page).get_data(as_text=True)
    assert visitor.send(page).status_code == 302
    running = visitor.get(page).get_data(as_text=True)
    assert "<progress" in running
    assert 'http-equiv="refresh"' in running
    Worker(world.database, world.settings, "test").drain()
    shown = visitor.get(page).get_data(as_text=True)
    assert number in shown
    assert "170" in shown
    book = openpyxl.load_workbook(BytesIO(visitor.get(f"{page}/1.xlsx").data))
    assert [cell.value for cell in book.active[2]][:1] == [number]
    assert visitor.get("/studio/drafts/99/back-test").status_code == 404
    assert sign_in("wang").get(page).status_code == 403
