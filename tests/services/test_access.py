"""Rights: invariants over random people, posts, organisations and tasks; S1–S9 on every way to act on a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.models.identity import Group, GroupMember, Membership, Organisation, User
from app.models.register import Attachment
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, actions, attachments, cases, conflicts, drafts, inbox, task
from app.services.errors import NotFound, NotPermitted, SeparationViolated
from app.services.registers import letters
from tests.factories import World, make_leave_world

GROUPS = ("clerk", "division", "approver", "expert", "supervisor", "objection", "finance", "investigator", "auditor",
          "system_admin", "operator", "process_designer")  # fmt: skip
DUTIES = ("", "apply", "accept", "review", "approve", "score", "objection", "investigate")
ORGS = (1, 2, 3)
USCCS = {n: f"9131000000000000{n:02d}" for n in ORGS}
PRINCIPALS = st.sampled_from(
    [
        *(f"group:{g}" for g in GROUPS),
        *(f"org:{n}" for n in ORGS),
        *(f"org:{n}:signer" for n in ORGS),
        "user:1",
        "user:2",
    ]
)
OFFICIAL = ("group:clerk", "group:expert", "group:division")

people = st.builds(
    lambda user_id, groups, members, employer, is_active: User(
        id=user_id,
        username=f"u{user_id}",
        name=f"u{user_id}",
        is_active=is_active,
        employer_uscc=employer,
        groups=[Group(key=g, name=g, name_en=g) for g in sorted(groups)],
        memberships=[Membership(user_id=user_id, org_id=n, role=role) for n, role in sorted(members)],
    ),
    st.integers(1, 3),
    st.sets(st.sampled_from(GROUPS), max_size=3),
    st.sets(st.tuples(st.sampled_from(ORGS), st.sampled_from(["editor", "signer"])), max_size=2),
    st.sampled_from([None, *USCCS.values()]),
    st.booleans(),
)
tasks = st.builds(
    lambda candidates, assignee: UserTask(candidates=candidates, assignee_id=assignee, status="open"),
    st.lists(PRINCIPALS, max_size=3, unique=True),
    st.sampled_from([None, 1, 2, 3]),
)


@given(people, tasks)
def test_a_candidate_is_named_by_the_task(user: User, found: UserTask) -> None:
    reached = {user.principal} | {f"group:{g.key}" for g in user.groups}
    for member in user.memberships:
        reached |= {f"org:{member.org_id}", f"org:{member.org_id}:{member.role}"}
    assert access.is_candidate(user, found) == (
        found.assignee_id == user.id or bool(reached & set(found.candidates))
    )


@given(people)
def test_permissions_come_from_posts_and_only_while_the_account_is_on(user: User) -> None:
    held = {name for name in access.PERMISSIONS if access.may(user, name)}
    if not user.is_active:
        assert not held
        return
    keys = {group.key for group in user.groups}
    assert ("account.edit" in held) == ("system_admin" in keys)
    assert held <= {n for n, groups in access.PERMISSIONS.items() if groups & access.groups_of(user)}
    if "system_admin" in keys:
        assert not held & {"inbox.use", "apply.use", "process.start", "register.pay", "budget.edit",
                           "objection.identify", "credit.edit", "extract.import"}  # fmt: skip
    assert not access.may(None, "inbox.use")


@given(people)
def test_an_auditor_alone_changes_nothing(user: User) -> None:
    user.groups, user.memberships = [Group(key="auditor", name="审计", name_en="Audit")], []
    user.is_active = True
    reading = {name for name in access.PERMISSIONS if access.may(user, name)}
    assert reading == {"case.read_office", "case.read_all", "register.read", "book.read", "objection.read", "studio.read",
                       "operations.read", "interest.read", "dashboard.read", "case.running", "board.read",
                       "calendar.read", "pool.read"}  # fmt: skip


@pytest.fixture(scope="module")
def stage(new_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A world that random examples share; each of them is rolled back."""
    world = make_leave_world(new_sqlite_url(), tmp_path_factory.mktemp("access"))
    with world.acting() as context:
        for key in GROUPS:
            if context.session.get(Group, key) is None:
                context.session.add(Group(key=key, name=key, name_en=key))
        for n, uscc in USCCS.items():
            context.session.add(
                Organisation(id=n, uscc=uscc, name=f"单位{n}", org_type="bank", created_at=world.now)
            )
    world.start("leave", "wang", who="王")
    yield world
    world.database.dispose()


@st.composite
def situations(draw: st.DrawFn) -> dict[str, Any]:
    """Who asks, whose case it is, what the person did before, and the task in question."""
    return {
        "groups": draw(st.sets(st.sampled_from(GROUPS), max_size=3)),
        "members": draw(st.sets(st.sampled_from(ORGS), max_size=2)),
        "employer": draw(st.sampled_from([None, *USCCS.values()])),
        "org_id": draw(st.sampled_from([None, *ORGS])),
        "candidates": draw(st.lists(PRINCIPALS, min_size=1, max_size=2, unique=True)),
        "separate_from": draw(st.lists(st.sampled_from([*DUTIES[1:], "any"]), max_size=2, unique=True)),
        "not_actor_of": draw(st.lists(st.sampled_from(["t_a", "t_b"]), max_size=1)),
        "acts": draw(st.lists(st.tuples(st.sampled_from(DUTIES), st.sampled_from(["t_a", "t_b"]), st.booleans(), st.booleans()), max_size=3)),
        "own": draw(st.booleans()),
    }  # fmt: skip


def play(
    world: World, found: dict[str, Any], check: Callable[[Any, User, ProcessInstance, UserTask], None]
) -> None:
    """Build the situation in a transaction that is thrown away, then look at it."""
    unit = world.database.begin(writing=True)
    try:
        session = unit.session
        base = session.scalars(select(ProcessInstance)).one()
        user = User(username="x", name="x", password_hash="", is_active=True, employer_uscc=found["employer"],
                    created_at=world.now)  # fmt: skip
        session.add(user)
        session.flush()
        session.add_all(GroupMember(group_key=g, user_id=user.id) for g in found["groups"])
        session.add_all(Membership(user_id=user.id, org_id=n, role="editor") for n in found["members"])
        base.org_id = found["org_id"]
        session.flush()
        for number, (duty, element, mine, asked_of_party) in enumerate(found["acts"]):
            session.add(_task(world, base, f"e{number}", duty=duty, element_id=element, status="completed",
                              candidates=["org:1:editor"] if asked_of_party else ["group:division"],
                              completed_by_id=user.id if mine else None))  # fmt: skip
        asked = _task(world, base, "asked", candidates=found["candidates"], separate_from=found["separate_from"],
                      not_actor_of=found["not_actor_of"])  # fmt: skip
        session.add(asked)
        session.flush()
        session.refresh(user)
        check(session, user, base, asked)
    finally:
        unit.close()


def _task(world: World, row: ProcessInstance, engine_id: str, **values: Any) -> UserTask:
    plain = {
        "element_id": "t",
        "duty": "",
        "separate_from": [],
        "not_actor_of": [],
        "candidates": [],
        "status": "open",
    }
    return UserTask(instance_id=row.id, engine_id=engine_id, process_key="leave", name="任务", form_key="leave/ask",
                    subject=row.subject, created_at=world.now, **{**plain, **values})  # fmt: skip


def _is_tied(found: dict[str, Any]) -> bool:
    """By employer, or by what the person did on the applicant's side."""
    own = {duty for duty, _element, mine, asked_of_party in found["acts"] if mine and asked_of_party}
    return bool(found["org_id"]) and (
        found["employer"] == USCCS[found["org_id"]] or bool(own & conflicts.APPLICANTS)
    )


@given(found=situations())
def test_separation_holds_for_every_situation(stage: World, found: dict[str, Any]) -> None:
    mine = [(duty, element) for duty, element, own, _party in found["acts"] if own]
    duties = {duty for duty, _element in mine if duty}
    wanted = duties if "any" in found["separate_from"] else duties & set(found["separate_from"])
    official = not any(p.startswith(("org:", "ticket:")) for p in found["candidates"])
    forbidden = (
        "system_admin" in found["groups"]
        or (official and (_is_tied(found) or (bool(found["org_id"]) and found["org_id"] in found["members"])))
        or bool({element for _duty, element in mine} & set(found["not_actor_of"]))
        or bool(wanted)
    )

    def check(session: Any, user: User, _row: ProcessInstance, asked: UserTask) -> None:
        if forbidden:
            with pytest.raises(SeparationViolated):
                access.check_separation(session, user, asked)
        else:
            access.check_separation(session, user, asked)

    play(stage, found, check)


@given(found=situations())
def test_sight_of_a_case_has_a_reason(stage: World, found: dict[str, Any]) -> None:
    def check(session: Any, user: User, row: ProcessInstance, asked: UserTask) -> None:
        sees = access.may_see_instance(user, row, session)
        party = found["org_id"] in found["members"]
        acted = any(own for _duty, _element, own, _party in found["acts"])
        offered = access.is_candidate(user, asked)
        office = access.may(user, "case.read_office")
        reason = access.may(user, "case.read_all") or (office and (acted or offered))
        assert sees == (party or (reason and not _is_tied(found)))
        assert access.reads_as_office(user, row) == (office and not party)
        listed = row.id in {c.id for c in cases.list_cases(session, user).cases}
        assert listed <= sees  # the list never shows what the page refuses
        if not found["groups"] and not party:
            assert not sees

    play(stage, found, check)


# S1–S9 on every path

PATHS: dict[str, Callable[[Any, int, World], object]] = {
    "open": lambda context, task_id, _world: task.open_task(context, task_id),
    "claim": lambda context, task_id, _world: task.claim(context, task_id),
    "draft": lambda context, task_id, _world: drafts.save_draft(context, task_id, {"agree": "yes"}),
    "begin": lambda context, task_id, _world: task.begin_task(context, task_id, "k" * 16),
    "complete": lambda context, task_id, _world: task.complete_task(
        context, task_id, {"agree": "yes"}, key="k" * 16, result_url="/"
    ),
}


@pytest.fixture
def check_task(world: World) -> int:
    """The approval that `wang`, who drafted, must not give."""
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    return world.open_tasks(number)["t_check"]


def violations(world: World, task_id: int) -> dict[str, str]:
    """Somebody for each rule who must not act on the approval, prepared; rule → user name."""
    world.add_person("sysop", "division", "system_admin")
    world.add_person("kin", "division", employer="91310000MA1FPUJN11")
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank")
    with world.acting() as context:
        found = context.session.get_one(UserTask, task_id)
        found.instance.org_id = org
        for name, duty in (("li", "score"), ("lu", "accept")):
            context.session.add(_task(world, found.instance, name, duty=duty, status="completed", element_id="t_old",
                                      completed_by_id=world.people[name]))  # fmt: skip
        context.session.add(GroupMember(group_key="division", user_id=world.people["lu"]))
        found.separate_from = ["draft", "score", "accept"]
    return {"four eyes": "wang", "S2": "lu", "S4": "li", "S8": "sysop", "S9": "kin"}


@pytest.mark.parametrize("path", sorted(PATHS))
@pytest.mark.parametrize("rule", ["four eyes", "S2", "S4", "S8", "S9"])
def test_every_way_to_act_is_closed(world: World, check_task: int, path: str, rule: str) -> None:
    who = violations(world, check_task)[rule]
    with pytest.raises(NotPermitted), world.acting(who) as context:
        PATHS[path](context, check_task, world)
    with world.database.reading() as session:
        found = session.get_one(UserTask, check_task)
        assert (found.status, found.assignee_id, found.data) == ("open", None, None)


@pytest.mark.parametrize("rule", ["four eyes", "S2", "S4", "S8", "S9"])
def test_nobody_is_handed_a_task_that_is_closed_to_them(world: World, check_task: int, rule: str) -> None:
    who = violations(world, check_task)[rule]
    with world.acting("zhang") as context:
        task.claim(context, check_task)
    with pytest.raises(SeparationViolated), world.acting("zhang") as context:
        task.transfer(context, check_task, world.people[who], "出差")


def test_who_was_assigned_before_the_rule_applied_still_cannot_act(world: World, check_task: int) -> None:
    with world.acting("zhang") as context:
        task.claim(context, check_task)
    with world.acting() as context:
        context.session.add(GroupMember(group_key="system_admin", user_id=world.people["zhang"]))
    for path in PATHS.values():
        if path is PATHS["claim"]:
            continue
        with pytest.raises(SeparationViolated), world.acting("zhang") as context:
            path(context, check_task, world)
    with world.acting("zhang") as context:  # but may give it back
        task.release(context, check_task)


@pytest.mark.parametrize("path", sorted(PATHS))
@pytest.mark.parametrize("who", ["shen", "lu"])
def test_strangers_and_auditors_find_no_task(world: World, check_task: int, path: str, who: str) -> None:
    with pytest.raises(NotFound), world.acting(who) as context:
        PATHS[path](context, check_task, world)


def test_an_administrator_sends_no_message_to_a_case(
    world: World, check_task: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = actions.Action("MSG-STOP", "division", "停止", "Stop", "", "")
    monkeypatch.setattr(actions, "ACTIONS", (stop,))
    world.add_person("sysop", "division", "system_admin")
    with world.acting("zhang") as context:
        row = context.session.get_one(UserTask, check_task).instance
        assert actions.available(context, row, context.actor) == [stop]  # type: ignore[arg-type]
    with world.acting("sysop") as context:
        row = context.session.get_one(UserTask, check_task).instance
        with pytest.raises(NotPermitted):
            actions.carry_out(context, row, "MSG-STOP", "理由")


def test_the_key_of_somebody_else_is_refused(world: World, check_task: int) -> None:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], key="shared-key-1", reason="探亲", days="3")
    from app.services.errors import Conflict

    with pytest.raises(Conflict), world.acting("zhang") as context:
        task.complete_task(context, check_task, {"agree": "yes"}, key="shared-key-1", result_url="/")


def test_who_handled_a_case_does_not_see_the_investigation_of_it(world: World) -> None:
    case = world.start("leave", "wang", who="王")
    about = world.start("leave", "li", who="李")
    world.add_person("chen", "clerk")
    with world.acting() as context:
        rows = {r.number: r for r in context.session.scalars(select(ProcessInstance))}
        rows[about].subject = case
        for waiting in context.session.scalars(
            select(UserTask).where(UserTask.instance_id == rows[about].id)
        ):
            waiting.subject, waiting.candidates = case, ["group:investigator"]
        context.session.add(
            _task(world, rows[case], "old", status="completed", completed_by_id=world.people["chen"])
        )
        context.session.add(
            _task(world, rows[about], "new", status="completed", completed_by_id=world.people["lu"])
        )
        for row in context.session.scalars(select(UserTask).where(UserTask.engine_id == "new")):
            row.subject = case
    with world.acting("chen") as context:
        assert access.require_instance(context.session, context.actor, case)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            access.require_instance(context.session, context.actor, about)  # type: ignore[arg-type]
    with world.acting("lu") as context:  # who works on the investigation sees the case it is about
        assert access.require_instance(context.session, context.actor, case)  # type: ignore[arg-type]


# Files and scores


@pytest.fixture
def filed(world: World, tmp_path: Path) -> tuple[str, dict[str, int]]:
    """A case of an organisation with a file of each side: member, officer, objector."""
    for name in ("bian", "qian", "wai"):
        world.add_person(name)
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", bian="editor", qian="signer")
    world.add_organisation("91310000MA1FHTCX2K", "样例保险", "insurer", wai="editor")
    number = world.start("leave", "zhang", org_id=org, who="王")
    with world.acting() as context:
        row = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        owners = {"bian": world.people["bian"], "zhang": world.people["zhang"]}
        made = {
            who: Attachment(owner=f"user:{owners[who]}" if who in owners else "ticket:YY-1", instance_id=row.id, name="甲.pdf",
                            media_type="application/pdf", size=1, sha256="0" * 64, uploaded_at=world.now)
            for who in ("bian", "zhang", "ticket")
        }  # fmt: skip
        context.session.add_all(made.values())
        context.session.flush()
        return number, {who: item.id for who, item in made.items()}


@pytest.mark.parametrize(
    ("reader", "readable"),
    [
        ("bian", {"bian"}),
        ("qian", {"bian"}),  # a colleague's
        ("wai", set()),  # of another organisation
        ("zhang", {"bian", "zhang", "ticket"}),
        ("lu", set()),  # an officer without the task
        ("shen", {"bian", "zhang", "ticket"}),
    ],
)
def test_files_are_read_by_their_side_and_the_office(
    world: World, filed: tuple[str, dict[str, int]], reader: str, readable: set[str]
) -> None:
    _number, files = filed
    for owner, attachment_id in files.items():
        with world.acting(reader) as context:
            if owner in readable:
                assert attachments.readable(context, attachment_id).id == attachment_id
            else:
                with pytest.raises(NotFound):
                    attachments.readable(context, attachment_id)


@pytest.mark.parametrize(
    ("who", "own"), [("bian", {"bian"}), ("zhang", {"bian", "zhang", "ticket"}), ("wai", set())]
)
def test_forms_refer_to_files_that_their_author_may_read(
    world: World, filed: tuple[str, dict[str, int]], who: str, own: set[str]
) -> None:
    number, files = filed
    with world.acting(who) as context:
        row = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        assert set(attachments.referable(context, row)) == {str(files[name]) for name in own}
        ticket = replace(context, actor=None, ticket="ticket:YY-1")
        assert set(attachments.referable(ticket, row)) == {str(files["ticket"])}


def test_an_officer_of_the_organisation_reads_as_a_party(
    world: World, filed: tuple[str, dict[str, int]]
) -> None:
    number, files = filed
    with world.acting() as context:
        context.session.add(GroupMember(group_key="division", user_id=world.people["bian"]))
    with world.acting("bian") as context:
        user = context.actor
        assert user is not None
        row = access.require_instance(context.session, user, number)
        assert not access.reads_as_office(user, row)
        assert {event.kind for event in cases.events_for(context.session, row, user)} <= cases.OPEN_KINDS
        assert cases.submissions_for(context.session, row, user) == []
        with pytest.raises(NotFound):
            attachments.readable(context, files["zhang"])


@pytest.mark.parametrize("reader", ["zhang", "shen", "wang"])
def test_scores_stay_sealed_until_all_are_in(world: World, reader: str) -> None:
    number = world.start("leave", "li", who="李")
    with world.acting() as context:
        row = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        context.session.add(_task(world, row, "s1", duty="score", status="completed", completed_by_id=world.people["wang"],
                                  completed_at=world.now, data={"score": 24}))  # fmt: skip
        context.session.add(_task(world, row, "s2", duty="score", candidates=["user:1"]))
    with world.acting(reader) as context:
        row = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        assert context.actor is not None
        shown = cases.submissions_for(context.session, row, context.actor)
        assert [t.engine_id for t in shown] == (["s1"] if reader == "wang" else [])
        second = context.session.scalars(select(UserTask).where(UserTask.engine_id == "s2")).one()
        second.status, second.completed_at = "completed", context.now
        context.session.flush()
        assert {t.engine_id for t in cases.submissions_for(context.session, row, context.actor)} == {
            "s1",
            "s2",
        }


def test_an_applicant_does_not_learn_who_handles_the_case(
    world: World, filed: tuple[str, dict[str, int]]
) -> None:
    number, _files = filed
    with world.acting("wang") as context:
        task.claim(context, world.open_tasks(number)["t_ask"])
    for reader, named in (("bian", False), ("zhang", True)):
        with world.acting(reader) as context:
            assert context.actor is not None
            row = access.require_instance(context.session, context.actor, number)
            names = [n for holder in cases.holders(context.session, row, context.actor) for n in holder.names]
            assert (names == ["wang"]) == named, names


def test_a_document_of_somebody_else_is_not_found(world: World) -> None:
    with world.acting("wang") as context:
        assert context.actor is not None
        with pytest.raises(NotFound):
            letters.readable_document(context, "WS-2026-9999", context.actor)


def test_inbox_rows_reach_candidates_only(world: World, check_task: int) -> None:
    for who, count in (("zhang", 1), ("lu", 0), ("shen", 0)):
        with world.acting(who) as context:
            assert context.actor is not None
            assert len(inbox.claimable_tasks(context, context.actor, inbox.Query()).tasks) == count
