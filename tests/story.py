"""The whole programme as its people live it, on an installation of its own: from the call to the clawback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.demo import accounts, story
from app.models.identity import GroupMember, User
from app.models.register import Document, Payment, Receivable
from app.models.runtime import ProcessInstance
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services import repository, schedule, task
from app.services.access import principals_of
from app.services.context import Context
from app.services.identity import find_user
from app.services.registers import letters, payments, recovery
from tests.factories import World, make_world

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Story:
    """Acts of people; every act is a unit of work of its own, and the worker runs after it."""

    world: World

    def act(self, username: str, number: str, element_id: str, **data: Any) -> None:
        """Complete the open task at this element, then let the worker run."""
        with self.world.acting() as context:
            story.complete(context, username, number, element_id, **data)
        self.world.worker().drain()

    def values(self, username: str, number: str, element_id: str) -> Mapping[str, Any]:
        """What the form of an open task is prefilled with."""
        with self.world.database.reading() as session:
            context = Context(session, self.world.now, self.world.settings)
            found = story.first_open(context, number, element_id)
            return task.open_task(story.acting(context, username), found.id).values

    def tasks(self, number: str) -> dict[str, int]:
        return self.world.open_tasks(number)

    def file(self, username: str, number: str) -> list[str]:
        with self.world.acting() as context:
            return story.upload(context, username, number)

    def open_documents(self, username: str) -> list[str]:
        """Sign for every document addressed to this person; their letters."""
        with self.world.acting() as context:
            person = story.acting(context, username)
            assert person.actor is not None
            principals = principals_of(person.actor)
            query = select(Document).where(
                Document.to_principal.in_(principals), Document.opened_at.is_(None)
            )
            opened = [row for row in context.session.scalars(query) if row.sent_at is not None]
            for row in opened:
                letters.open_document(person, row.number, principals)
            found = [row.letter for row in opened]
        self.world.worker().drain()
        return found

    def person(self, username: str) -> str:
        """The principal of a person."""
        with self.world.database.reading() as session:
            user = find_user(session, username)
            assert user is not None
            return user.principal

    def newest(self, process_key: str) -> str:
        """The number of the youngest case of a process."""
        with self.world.database.reading() as session:
            query = select(ProcessInstance.number).where(ProcessInstance.process_key == process_key)
            return session.scalars(query.order_by(ProcessInstance.id.desc())).first() or ""

    def state(self, number: str) -> tuple[str, str | None]:
        row = self.world.instance(number)
        return row.status, row.outcome

    def instance_state(self, number: str) -> str | None:
        return self.world.instance(number).case_state

    def act_with_group(self, username: str, group: str, number: str, element_id: str, **data: Any) -> None:
        """The act of a person who also belongs to another group."""
        with self.world.acting() as context:
            context.session.add(GroupMember(group_key=group, user_id=self.world.people[username]))
        self.act(username, number, element_id, **data)

    def row(self, model: Any, **where: Any) -> Any:
        with self.world.database.reading() as session:
            return session.scalars(select(model).filter_by(**where).order_by(model.id.desc())).first()

    # Chapters

    def declare(self, username: str, signer: str, call_no: str, org_type: str, deals: int) -> str:
        with self.world.acting() as context:
            number = story.declare(context, username, signer, call_no, org_type, deals)
        self.act(username, number, "t_sub", action="submit", confirmed=True)
        return number

    def accept(self, username: str, number: str, clerk: str = "clerk") -> None:
        rows = self.values(clerk, number, "t_check")["items"]
        self.act(
            clerk,
            number,
            "t_check",
            items=[{"ok": "yes"} for _ in rows],
            outcome="accept",
            opinion="材料齐全。",
        )
        self.act(clerk, number, "t_accept_notice")
        self.open_documents(username)

    def review(self, number: str, points: int = 24) -> None:
        """The draw, statements without conflict, scores, no defence, the lead's opinion."""
        self.act(
            "division",
            number,
            "t_pick",
            method="draw",
            size="3",
            seed="2026",
        )
        for _ in range(3):
            self.act_as_assignee(number, "t_coi", confirmed="yes", interest="无")
        for _ in range(3):
            self.score(number, points)
        if "t_consensus" in self.tasks(number):
            self.act_as_assignee(number, "t_consensus", record="意见一致。")
        self.act("division", number, "t_defence_q", needed="no", reason="书面材料清楚。")
        self.act_as_assignee(number, "t_opinion", strengths="任务具体。", problems="无。", maturity="yes",
                             text="该单位工作方案具体可行，绩效目标依据充分，保障措施健全，同意推荐。", recommendation="recommend")  # fmt: skip

    def score(self, number: str, points: int) -> None:
        username = self.assignee(number, "t_score")
        rows = self.values(username, number, "t_score")["scores"]
        given = [{"score": str(min(points, int(row["max"])))} for row in rows]
        self.act(username, number, "t_score", scores=given, comment="方案可行，保障到位。")

    def assignee(self, number: str, element_id: str) -> str:
        with self.world.database.reading() as session:
            context = Context(session, self.world.now, self.world.settings)
            found = story.first_open(context, number, element_id)
            assert found.assignee is not None, found.candidates
            return found.assignee.username

    def act_as_assignee(self, number: str, element_id: str, **data: Any) -> None:
        self.act(self.assignee(number, element_id), number, element_id, **data)

    def pay(self, number: str) -> Payment:
        """Request, review, approval, order, the bank's receipt."""
        self.act("division", number, "t_apply", budget_line="IPF-01", use_code="one_off_incentive", use_text="一次性激励",
                 payee_name="样例单位", payee_bank="样例银行", payee_account="1001200309000012345", reason="协议约定首笔资金")  # fmt: skip
        self.act("finance_reviewer", number, "t_fr", outcome="agree", opinion="同意")
        self.act("finance_approver", number, "t_fa", outcome="agree", opinion="同意")
        order: Payment = self.row(Payment, case_no=number)
        with self.world.acting() as context:
            payments.confirm_payment(
                story.acting(context, "finance"), order.number, True, f"BANK-{order.number}"
            )
        self.world.worker().drain()
        return self.row(Payment, case_no=number)  # type: ignore[no-any-return]

    def repay(self, number: str, amount: str, reference: str) -> None:
        with self.world.acting() as context:
            recovery.post_recovery(story.acting(context, "finance"), number, Decimal(amount), reference)
        self.world.worker().drain()

    def receivable(self, case_no: str) -> Receivable:
        return self.row(Receivable, case_no=case_no)  # type: ignore[no-any-return]


def make_story(url: str, folder: Path) -> Story:
    """The demonstration's people and the repository's own processes, nothing started."""
    world = make_world(url, folder)
    with world.acting() as context:
        accounts.create(context)
        repository.deploy_folder(context, ROOT)
        schedule.ensure_daily(context)
    with world.database.reading() as session:
        world.people = {user.username: user.id for user in session.scalars(select(User))}
    return Story(world)
