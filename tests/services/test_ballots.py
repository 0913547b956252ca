"""Boards vote themselves: each member from the own inbox, sealed, counted by the system; two members at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.form import Path as FieldPath
from app.models.ballots import Ballot, BallotPaper
from app.models.drafts import FormDraftRevision
from app.models.identity import GroupMember
from app.models.register import Notification
from app.models.runtime import FormDraft, UserTask
from app.services import drafts, interests, task
from app.services.context import Context
from app.services.errors import (
    Conflict,
    Invalid,
    NotPermitted,
    RecusalRequired,
    SeparationViolated,
    ServiceError,
    TaskTaken,
)
from app.services.task_operations import ballots, leaving, signing, substitutes
from tests.factories import World
from tests.services.test_conflicts import BANK, D19
from tests.services.test_task_operations import act, events, files, inboxes, make_office, to_check, together
from tests.worlds import NewWorld

TERMS = (
    'zr:operations="transfer ask" zr:ballot="= {sealed: true, fields: [&quot;agree&quot;], '
    'motions: [{key: &quot;m&quot;, title: &quot;同意休假&quot;}]}"'
)
FOR, AGAINST = {"m": ("for", "")}, {"m": ("against", "天数过多")}


def make_board(url: str, folder: Path) -> World:
    """The check of a leave is decided by zhang, li, chen; wang, who asks, must not vote."""
    made = make_office(url, folder)
    made.deploy(files(TERMS, ""), "ballot")
    made.add_person("supervisor", "supervisor")
    return made


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(make_board)


def drafted(world: World, chair: str = "zhang") -> tuple[str, int]:
    number, check = to_check(world, chair)
    act(world, chair, drafts.save_draft, check, {"agree": "yes"})
    return number, check


def opened(world: World) -> tuple[str, int]:
    number, check = drafted(world)
    act(world, "zhang", task.put_to_vote, check)
    return number, check


def refusals(error: pytest.ExceptionInfo[Invalid]) -> dict[FieldPath, str]:
    return {path: said[0].zh for path, said in error.value.errors.items()}


def paper(world: World, check: int, who: str) -> BallotPaper | None:
    with world.database.reading() as session:
        query = select(BallotPaper).join(Ballot).where(Ballot.task_id == check)
        found = session.scalar(query.where(BallotPaper.user_id == world.people[who]))
        if found is not None:
            session.expunge(found)
        return found


def test_members_vote_from_their_inboxes_and_the_chair_closes(world: World) -> None:
    number, check = opened(world)
    assert inboxes(world, check) == {"zhang", "li", "chen"}, "wang drafted it: no vote"
    with pytest.raises(Conflict, match="尚未结束"):
        world.complete("zhang", check, agree="yes")
    act(world, "li", ballots.cast, check, FOR)
    assert inboxes(world, check) == {"zhang", "chen"}
    with pytest.raises(Conflict, match="已经表决"):
        act(world, "li", ballots.cast, check, AGAINST)
    with pytest.raises(Invalid) as error:
        act(world, "chen", ballots.cast, check, {"m": ("against", " ")})
    assert refusals(error) == {("m",): "反对、弃权、回避须说明理由。"}
    act(world, "chen", ballots.cast, check, AGAINST)
    act(world, "zhang", ballots.cast, check, FOR)
    assert inboxes(world, check) == {"zhang"}
    for who, refused in (("li", TaskTaken), ("wang", ServiceError)):
        with pytest.raises(refused):
            act(world, who, ballots.close, check)
    act(world, "zhang", ballots.close, check)
    with pytest.raises(Invalid) as error:
        world.complete("zhang", check, agree="no")
    assert refusals(error) == {("agree",): "与交付表决的内容不一致，改动后须重新表决"}
    world.complete("zhang", check, agree="yes")
    with world.database.reading() as session:
        data = session.get_one(UserTask, check).data
    assert data is not None
    (row,) = data["votes"]
    assert (row["agree"], row["against"], row["reason"], data["passed"]) == (
        2,
        ["chen"],
        "chen：天数过多",
        True,
    )
    assert {found["name"]: found["present"] for found in data["attendance"]} == dict.fromkeys(
        ("zhang", "li", "chen"), "yes"
    )
    (closed,) = events(world, number, "ballot_closed")
    assert closed.detail["result"]["votes"][0]["agree"] == 2


def test_nobody_votes_who_has_no_vote_or_for_somebody_else(world: World) -> None:
    _, check = opened(world)
    for who in ("wang", "supervisor"):
        with pytest.raises(ServiceError):
            act(world, who, ballots.cast, check, FOR)
    with world.acting("li") as context:
        substitutes.appoint(
            context,
            world.people["chen"],
            context.now,
            context.now.replace(year=context.now.year + 1, day=1),
            [],
            "出差",
        )
    act(world, "chen", ballots.cast, check, FOR)
    with pytest.raises(Conflict, match="已经表决"):
        act(world, "chen", ballots.cast, check, FOR)
    assert paper(world, check, "li") is None
    with pytest.raises(Conflict, match="表决页"):
        act(world, "li", task.sign, check, "agree", "")


def test_history_keeps_the_seal_and_not_the_vote(world: World) -> None:
    number, check = opened(world)
    act(world, "li", ballots.cast, check, AGAINST)
    (cast,) = events(world, number, "ballot_cast")
    kept = paper(world, check, "li")
    assert kept is not None
    assert cast.detail["sealed_sha256"] == kept.sha256
    assert "against" not in str(cast.detail)
    with world.acting() as context:
        context.session.scalars(select(BallotPaper)).one().votes = {"m": {"choice": "for", "reason": ""}}
    with pytest.raises(Conflict, match="不一致"):
        act(world, "zhang", ballots.close, check)


def test_a_vote_on_paper_is_recorded_with_who_and_why_and_gives_way_to_the_own(world: World) -> None:
    number, check = opened(world)
    li = world.people["li"]
    with pytest.raises(NotPermitted, match="不参加"):
        act(world, "supervisor", ballots.record, check, world.people["shen"], FOR, "在会场投票")
    with pytest.raises(Invalid, match="理由"):
        act(world, "supervisor", ballots.record, check, li, FOR, " ")
    act(world, "supervisor", ballots.record, check, li, FOR, "在会场以纸票表决")
    assert inboxes(world, check) == {"zhang", "chen"}
    (recorded,) = events(world, number, "ballot_recorded")
    assert (recorded.actor_name, recorded.detail["to_name"], recorded.detail["reason"]) == (
        "supervisor",
        "li",
        "在会场以纸票表决",
    )
    with world.database.reading() as session:
        lines = session.scalars(select(Notification).where(Notification.principal == f"user:{li}")).all()
    assert any("纸面表决" in line.subject for line in lines)
    with pytest.raises(Conflict, match="已经表决"):
        act(world, "supervisor", ballots.record, check, li, AGAINST, "再录一次")
    with pytest.raises(NotPermitted, match="不能为他人录入"):
        act(world, "zhang", ballots.record, check, world.people["chen"], FOR, "x")
    act(world, "li", ballots.cast, check, AGAINST)
    own = paper(world, check, "li")
    assert own is not None
    assert (own.votes["m"]["choice"], own.recorded_by_id, own.why) == ("against", None, "")


def test_who_drafted_the_motion_or_an_earlier_step_records_no_paper(world: World) -> None:
    _, check = drafted(world)
    li = world.people["li"]
    world.add_person("mei", "supervisor")
    act(world, "mei", save_as, check)
    act(world, "zhang", task.put_to_vote, check)
    with pytest.raises(SeparationViolated, match="拟稿"):
        act(world, "wang", ballots.record, check, li, FOR, "会场纸票")
    with pytest.raises(SeparationViolated, match="拟定了交付表决的内容"):
        act(world, "mei", ballots.record, check, li, FOR, "会场纸票")
    assert {who: records(world, check, who) for who in ("wang", "mei", "zhang", "lu", "supervisor")} == {
        "wang": False, "mei": False, "zhang": False, "lu": False, "supervisor": True,
    }  # fmt: skip
    act(world, "supervisor", ballots.record, check, li, FOR, "会场纸票")


def save_as(context: Context, check: int) -> None:
    """Leave a trace in the draft's history as somebody who wrote in it."""
    draft = context.session.get_one(FormDraft, check)
    context.session.add(
        FormDraftRevision(task_id=check, revision=draft.revision + 1, base=draft.revision, kind="saved", before={},
                          typed={}, saved_at=context.now, saved_by_id=context.actor.id if context.actor else None)
    )  # fmt: skip


def records(world: World, check: int, who: str) -> bool:
    with world.acting(who) as context:
        ballot = ballots.latest(context, context.session.get_one(UserTask, check))
        return bool(ballot and context.actor and ballots.may_record(context, context.actor, ballot))


@pytest.fixture
def disputed(world: World) -> tuple[World, str, int]:
    """A vote of zhang, li and chen on a bank's case is open."""
    world.deploy({**files(TERMS, ""), "bpmn/conflict_of_interest.dmn": D19}, "ties")
    world.add_person("bian")
    bank = world.add_organisation(BANK, "样例银行", "bank", bian="editor signer")
    number = world.start("leave", "wang", org_id=bank, who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    check = world.open_tasks(number)["t_check"]
    act(world, "zhang", task.claim, check)
    act(world, "zhang", drafts.save_draft, check, {"agree": "yes"})
    act(world, "zhang", task.put_to_vote, check)
    return world, number, check


def declare(world: World, who: str) -> None:
    act(world, who, interests.declare, "relative", org=BANK)


def closed(world: World, check: int) -> dict[str, Any]:
    found = act(world, "zhang", ballots.close, check)
    return dict(found.result)


def test_an_interest_that_arises_before_the_vote_takes_it_away(disputed: tuple[World, str, int]) -> None:
    world, _, check = disputed
    declare(world, "li")
    with pytest.raises(RecusalRequired):
        act(world, "li", ballots.cast, check, FOR)
    with pytest.raises(Invalid) as error:
        act(world, "supervisor", ballots.record, check, world.people["li"], FOR, "会场纸票")
    assert refusals(error) == {("m",): "您与此案有利害关系，只能选择回避。"}
    with pytest.raises(RecusalRequired):
        act(world, "li", task.look_at, check)
    act(world, "zhang", ballots.cast, check, FOR)
    act(world, "chen", ballots.cast, check, FOR)
    result = closed(world, check)
    (row,) = result["votes"]
    assert (result["members"], result["present"], result["is_quorate"], result["passed"]) == (
        2,
        2,
        True,
        True,
    )
    assert (row["entitled"], row["agree"], row["aside"], row["void"]) == (2, 2, "li、wang", [])
    assert "li" not in [found["name"] for found in result["attendance"]]


def test_an_interest_that_arises_after_the_vote_voids_it(disputed: tuple[World, str, int]) -> None:
    """Two of three are there, then one of them has to stand aside: one of two is no quorum."""
    world, number, check = disputed
    act(world, "li", ballots.cast, check, FOR)
    act(world, "zhang", ballots.cast, check, FOR)
    declare(world, "li")
    result = closed(world, check)
    (row,) = result["votes"]
    assert (result["members"], result["present"], result["is_quorate"], result["passed"]) == (
        2,
        1,
        False,
        False,
    )
    assert (row["entitled"], row["in_favour"], row["aside"], row["void"]) == (
        2,
        ["zhang"],
        "li、wang",
        ["li"],
    )
    kept = paper(world, check, "li")
    assert kept is not None
    assert kept.votes["m"]["choice"] == "for", "the paper stays as it was sealed"
    (said,) = events(world, number, "ballot_closed")
    assert said.detail["result"]["votes"][0]["void"] == ["li"]


def test_the_majority_is_of_those_without_an_interest(disputed: tuple[World, str, int]) -> None:
    """One of three in favour is no majority; of the two who are left without the third neither, of one it is."""
    world, _, check = disputed
    act(world, "zhang", ballots.cast, check, FOR)
    act(world, "chen", ballots.cast, check, AGAINST)
    declare(world, "li")
    declare(world, "chen")
    (row,) = closed(world, check)["votes"]
    assert (row["entitled"], row["agree"], row["against"], row["void"], row["passed"]) == (
        1,
        1,
        [],
        ["chen"],
        True,
    )


def test_the_chair_passes_to_a_member_while_the_vote_is_open(world: World) -> None:
    """Nobody loses a vote by it, and nobody gets a second one."""
    _, check = opened(world)
    act(world, "li", ballots.cast, check, FOR)
    act(world, "zhang", task.transfer, check, world.people["li"], "外出")
    assert inboxes(world, check) == {"li", "zhang", "chen"}
    with pytest.raises(Conflict, match="已经表决"):
        act(world, "li", ballots.cast, check, AGAINST)
    act(world, "zhang", ballots.cast, check, FOR)
    with pytest.raises(TaskTaken):
        act(world, "zhang", ballots.close, check)
    act(world, "li", task.transfer, check, world.people["chen"], "外出")
    assert inboxes(world, check) == {"chen"}, "li has voted"
    act(world, "chen", ballots.cast, check, AGAINST)
    result = dict(act(world, "chen", ballots.close, check).result)
    assert (result["present"], result["votes"][0]["agree"], result["votes"][0]["against"]) == (3, 2, ["chen"])
    world.complete("chen", check, agree="yes")


def test_a_chair_with_an_interest_hands_the_vote_over(disputed: tuple[World, str, int]) -> None:
    """Also where only heads preside and this was the only one."""
    world, _, check = disputed
    with world.acting() as context:
        context.session.get_one(GroupMember, ("division", world.people["zhang"])).is_head = True
    declare(world, "zhang")
    with pytest.raises(RecusalRequired):
        act(world, "zhang", ballots.close, check)
    act(world, "zhang", task.transfer, check, world.people["li"], "应当回避")
    assert inboxes(world, check) == {"li", "chen"}
    for who in ("li", "chen"):
        act(world, who, ballots.cast, check, FOR)
    result = dict(act(world, "li", ballots.close, check).result)
    assert (result["members"], result["passed"], result["votes"][0]["aside"]) == (2, True, "wang、zhang")


def test_a_chair_who_leaves_is_followed_by_a_member(world: World) -> None:
    _, check = opened(world)
    with world.acting("wang") as context:
        (left,) = leaving.transfer_all(context, world.people["zhang"], world.people["li"], "离职")
    assert left.error is None
    assert inboxes(world, check) == {"li", "chen"}


def test_what_was_not_passed_is_changed_and_voted_on_again(world: World) -> None:
    _, check = opened(world)
    act(world, "li", ballots.cast, check, AGAINST)
    act(world, "chen", ballots.cast, check, AGAINST)
    act(world, "zhang", ballots.close, check)
    with world.acting("zhang") as context:
        shown = task.open_task(context, check).variables["ballot"]
    assert (shown["passed"], shown["is_quorate"], shown["present"], shown["is_closed"]) == (
        False,
        True,
        2,
        True,
    )
    act(world, "zhang", drafts.save_draft, check, {"agree": "no"})
    act(world, "zhang", task.put_to_vote, check)
    assert inboxes(world, check) == {"zhang", "li", "chen"}
    with pytest.raises(Conflict, match="已经开始"):
        act(world, "zhang", task.put_to_vote, check)
    for who in ("zhang", "li"):
        act(world, who, ballots.cast, check, FOR)
    act(world, "zhang", ballots.close, check)
    with pytest.raises(Conflict, match="已经表决通过"):
        act(world, "zhang", task.put_to_vote, check)
    world.complete("zhang", check, agree="no")
    with world.database.reading() as session:
        rounds = session.scalars(select(Ballot).where(Ballot.task_id == check).order_by(Ballot.round)).all()
        assert [(b.round, b.subject, b.result["passed"] if b.result else None) for b in rounds] == [
            (1, {"agree": "yes"}, False),
            (2, {"agree": "no"}, True),
        ]


def test_what_is_put_to_the_vote_has_to_be_filled_in(world: World) -> None:
    _, check = to_check(world, "zhang")
    with pytest.raises(Invalid) as error:
        act(world, "zhang", task.put_to_vote, check)
    assert set(refusals(error)) == {("agree",)}


def test_where_the_board_has_a_head_only_the_head_presides(world: World) -> None:
    _, check = drafted(world)
    with world.acting() as context:
        context.session.get_one(GroupMember, ("division", world.people["li"])).is_head = True
    with pytest.raises(NotPermitted, match="负责人主持"):
        act(world, "zhang", task.put_to_vote, check)
    act(world, "zhang", task.transfer, check, world.people["li"], "由召集人主持")
    act(world, "li", task.put_to_vote, check)
    assert inboxes(world, check) == {"li", "zhang", "chen"}


def test_nobody_inherits_the_vote_of_a_leaver(world: World) -> None:
    _, check = opened(world)
    with world.acting("zhang") as context:
        (left,) = leaving.transfer_all(context, world.people["li"], world.people["chen"], "离职")
    assert left.error is None
    assert inboxes(world, check) == {"zhang", "chen"}


def test_two_members_vote_at_once_and_one_member_twice(world: World) -> None:
    number, check = opened(world)
    results: list[Any] = []

    def attempt(who: str) -> None:
        try:
            act(world, who, ballots.cast, check, FOR)
            results.append(who)
        except Conflict:
            results.append("refused")

    together(*(lambda who=who: attempt(who) for who in ("li", "chen", "li", "zhang")))
    assert sorted(results) == ["chen", "li", "refused", "zhang"]
    assert len(events(world, number, "ballot_cast")) == 3
    assert inboxes(world, check) == {"zhang"}
    closes: list[str] = []

    def close() -> None:
        try:
            act(world, "zhang", ballots.close, check)
            closes.append("closed")
        except Conflict:
            closes.append("refused")

    together(close, close)
    assert sorted(closes) == ["closed", "refused"]
    with world.database.reading() as session:
        found = session.scalars(select(Ballot)).one()
        assert found.result is not None
        assert (found.result["present"], found.result["passed"]) == (3, True)


def test_a_member_is_led_to_the_ballot_and_the_chair_to_the_form(world: World) -> None:
    _, check = opened(world)
    for who, asked in (("li", "ballot"), ("zhang", ""), ("wang", "")):
        with world.acting(who) as context:
            assert signing.asks_for(context, check) == asked
