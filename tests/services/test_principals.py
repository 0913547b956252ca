"""Who stands behind principals: each person once, by name, however many are asked for."""

from __future__ import annotations

from sqlalchemy import event

from app.models.identity import User
from app.services.principals import people_behind, people_by_principal
from tests.factories import World, make_leave_world
from tests.worlds import NewWorld


def test_people_come_once_by_name_in_a_fixed_number_of_statements(new_world: NewWorld) -> None:
    world: World = new_world(make_leave_world)
    org = world.add_organisation("91310000MA1FL0000N", "甲银行", "bank", shen="editor signer", lu="editor")
    with world.acting() as context:
        context.session.get_one(User, world.people["li"]).is_active = False
    principals = [f"user:{world.people['zhang']}", "group:division", f"org:{org}:signer", f"org:{org}",
                  "ticket:YY-1", "group:none", "user:x", "org:y"]  # fmt: skip
    with world.looking() as context:
        asked: list[str] = []
        event.listen(world.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        found = people_by_principal(context.session, principals)
        assert len(asked) == 3  # people, their memberships, their groups
        names = [[one.username for one in found[principal]] for principal in principals]
        assert names == [["zhang"], ["wang", "zhang"], ["shen"], ["lu", "shen"], [], [], [], []]
        behind = [one.username for one in people_behind(context.session, principals)]
        assert behind == ["lu", "shen", "wang", "zhang"]
        assert people_behind(context.session, ["ticket:YY-1"]) == ()
