"""The chapters of the programme as acts of people: declaring, accepting, reviewing, deliberating, signing, paying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.demo.stage import Stage
from app.demo.story import acting, complete, declare, first_open, open_call, upload
from app.engine.operations.ballots import read_terms
from app.models.identity import User
from app.models.register import Agreement, Document, Notice, Payment, Receivable
from app.models.runtime import ProcessInstance, UserTask
from app.services import appeals, drafts, task
from app.services.access import principals_of
from app.services.context import Context
from app.services.registers import letters, payments, recovery
from app.services.task_operations import ballots

BOARD = ("board", "board2", "board3")  # the convenor first
MINUTES = frozenset({"t_minutes", "t_final_minutes"})


def _person(context: Context) -> User:
    """Who acts; a story never acts as nobody."""
    if context.actor is None:
        raise LookupError("nobody acts")
    return context.actor


@dataclass
class Story:
    """Acts of people; every act is a unit of work of its own, and the worker runs after it."""

    stage: Stage

    def act(self, username: str, number: str, element_id: str, **data: Any) -> None:
        """Complete the open task at this element, then let the worker run."""
        with self.stage.acting() as context:
            complete(context, username, number, element_id, **data)
        self.stage.drain()

    def vote(
        self, username: str, number: str, element_id: str, choice: str = "agree", opinion: str = ""
    ) -> None:
        """Vote on the open task at this element, then let the worker run."""
        with self.stage.acting() as context:
            task.sign(acting(context, username), first_open(context, number, element_id).id, choice, opinion)
        self.stage.drain()

    def resolve(self, number: str, element_id: str, choice: str = "for", **data: Any) -> None:
        """The convenor drafts `data` and puts it to the vote, the board votes as one, the convenor hands it in.

        Where the minutes are a step of their own they are issued as they were drafted.
        """
        with self.stage.acting() as context:
            found = first_open(context, number, element_id).id
            convenor = acting(context, BOARD[0])
            task.claim(convenor, found)
            drafts.save_draft(convenor, found, data)
            ballot = task.put_to_vote(convenor, found)
            motions = [motion.key for motion in read_terms(ballot.terms).motions]
            reason = "" if choice == "for" else "依据不足。"
            for member in BOARD:
                ballots.cast(acting(context, member), found, {key: (choice, reason) for key in motions})
            ballots.close(convenor, found)
            complete(context, BOARD[0], number, element_id, **data)
        self.stage.drain()
        for minutes in self.tasks(number).keys() & MINUTES:
            self.act(BOARD[0], number, minutes)

    def values(self, username: str, number: str, element_id: str) -> Mapping[str, Any]:
        """What the form of an open task is prefilled with."""
        with self.stage.looking() as context:
            found = first_open(context, number, element_id)
            return task.open_task(acting(context, username), found.id).values

    def tasks(self, number: str) -> dict[str, int]:
        with self.stage.looking() as context:
            query = (
                select(UserTask)
                .join(UserTask.instance)
                .where(ProcessInstance.number == number, UserTask.status == "open")
            )
            return {row.element_id: row.id for row in context.session.scalars(query)}

    def file(self, username: str, number: str) -> list[str]:
        with self.stage.acting() as context:
            return upload(context, username, number)

    def open_documents(self, username: str) -> list[str]:
        """Sign for every document addressed to this person; their letters."""
        with self.stage.acting() as context:
            person = acting(context, username)
            principals = principals_of(_person(person))
            query = select(Document).where(
                Document.to_principal.in_(principals), Document.opened_at.is_(None)
            )
            opened = [row for row in context.session.scalars(query) if row.sent_at is not None]
            for row in opened:
                letters.open_document(person, row.number, principals)
            found = [row.letter for row in opened]
        self.stage.drain()
        return found

    def person(self, username: str) -> str:
        """The principal of a person."""
        with self.stage.looking() as context:
            return _person(acting(context, username)).principal

    def newest(self, process_key: str) -> str:
        """The number of the youngest case of a process."""
        with self.stage.looking() as context:
            session = context.session
            query = select(ProcessInstance.number).where(ProcessInstance.process_key == process_key)
            return session.scalars(query.order_by(ProcessInstance.id.desc())).first() or ""

    def state(self, number: str) -> tuple[str, str | None]:
        row = self.row(ProcessInstance, number=number)
        return row.status, row.outcome

    def instance_state(self, number: str) -> str | None:
        state: str | None = self.row(ProcessInstance, number=number).case_state
        return state

    def row(self, model: Any, **where: Any) -> Any:
        with self.stage.looking() as context:
            session = context.session
            return session.scalars(select(model).filter_by(**where).order_by(model.id.desc())).first()

    # Chapters

    def prepare(self, username: str, signer: str, call_no: str, org_type: str, deals: int) -> str:
        """Fill everything in, up to the last check before submitting."""
        with self.stage.acting() as context:
            return declare(context, username, signer, call_no, org_type, deals)

    def declare(self, username: str, signer: str, call_no: str, org_type: str, deals: int) -> str:
        """Prepare and submit a declaration; its case number."""
        number = self.prepare(username, signer, call_no, org_type, deals)
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
        self.act_as_assignee(
            number,
            "t_opinion",
            strengths="任务具体。",
            problems="无。",
            maturity="yes",
            text="该单位工作方案具体可行，绩效目标依据充分，保障措施健全，同意推荐。",
            recommendation="recommend",
        )

    def score(self, number: str, points: int) -> None:
        username = self.assignee(number, "t_score")
        rows = self.values(username, number, "t_score")["scores"]
        given = [
            {
                "score": str(min(points, int(row["max"]))),
                "reason": f"{row['name']}：方案可行，依据充分，保障到位。",
            }
            for row in rows
        ]
        self.act(username, number, "t_score", scores=given, comment="方案可行，保障到位。")

    def assignee(self, number: str, element_id: str) -> str:
        with self.stage.looking() as context:
            found = first_open(context, number, element_id)
            return found.assignee.username if found.assignee else ""

    def act_as_assignee(self, number: str, element_id: str, **data: Any) -> None:
        self.act(self.assignee(number, element_id), number, element_id, **data)

    def pay(self, number: str) -> Payment:
        """Request, review, approval, order, the bank's receipt."""
        self.act(
            "division",
            number,
            "t_apply",
            budget_line="IPF-01",
            use_code="one_off_incentive",
            use_text="一次性激励",
            payee_name="样例单位",
            payee_bank="样例银行",
            payee_account="1001200309000012345",
            reason="协议约定首笔资金",
        )
        self.act("finance_reviewer", number, "t_fr", outcome="agree", opinion="同意")
        self.act("finance_approver", number, "t_fa", outcome="agree", opinion="同意")
        order: Payment = self.row(Payment, case_no=number)
        with self.stage.acting() as context:
            payments.confirm_payment(acting(context, "finance"), order.number, True, f"BANK-{order.number}")
        self.stage.drain()
        return self.row(Payment, case_no=number)  # type: ignore[no-any-return]

    def repay(self, number: str, amount: str, reference: str) -> None:
        with self.stage.acting() as context:
            recovery.post_recovery(acting(context, "finance"), number, Decimal(amount), reference)
        self.stage.drain()

    def receivable(self, case_no: str) -> Receivable:
        return self.row(Receivable, case_no=case_no)  # type: ignore[no-any-return]

    def open_call(self, **changes: Any) -> str:
        """An officer drafts the call, another person approves it."""
        with self.stage.acting() as context:
            number = open_call(context, **changes)
        self.stage.drain()
        return number

    def opine(self, number: str) -> None:
        """The division's opinion after the review."""
        self.act(
            "division",
            number,
            "t_div",
            opinion="经综合评议，建议提请局长办公会审议。",
            recommendation="support",
        )

    def deliberate(self, call_no: str) -> str:
        """After the deadline: the list, the board, the notice; the number of the publicity."""
        rows = self.values("division", call_no, "t_list")["decisions"]
        decisions = [{"decision": "proposed", "reason": "按评审排序。"} for _ in rows]
        self.act("division", call_no, "t_list", decisions=decisions, note="按排序拟定")
        self.resolve(
            call_no,
            "t_board",
            outcome="approve",
            meeting_no="〔2026〕12号",
            meeting_date=self.stage.now.date().isoformat(),
            opinion="同意，按程序办理。",
        )
        self.act("division", call_no, "t_notice")
        self.act("approver", call_no, "t_appr", outcome="agree", opinion="同意公示。")
        number: str = self.row(Notice, subject=call_no).number
        return number

    def confirm(self, call_no: str) -> None:
        """After the publicity: the certificate and the list of undertakers."""
        self.act("division", call_no, "t_cert", checked=True)
        self.act("division", call_no, "t_confirm", text="现确定以下单位为项目承担单位。")

    def sign(self, number: str, username: str, signer: str) -> None:
        """Draft, consent and both signatures of the agreement."""
        self.act("division", number, "t_draft", party_b_signatory="签署人（样例）")
        self.act(username, number, "t_neg", outcome="agree", comment="同意协议文本。")
        for who, element_id in ((signer, "t_u"), ("signatory", "t_b")):
            self.act(
                who,
                number,
                element_id,
                method="scan",
                signed_file=self.file(who, number),
                signer="签署人（样例）",
                signer_title="负责人",
                confirm_text=True,
                confirm_liability=True,
            )

    def appeal(self, username: str, case_no: str, letter: str, *, request: str, grounds: str) -> str:
        """Appeal against a letter that its addressee signed for; accepted, and left to be reviewed. Its number."""
        document_no = self.row(Document, case_no=case_no, letter=letter).number
        with self.stage.acting() as context:
            number = appeals.start(acting(context, username), document_no).number
        self.act(
            username, number, "t_file", request=request, grounds=grounds, evidence=self.file(username, number),
            contact="项目联系人（样例）", phone="021-55550101", true_statement=True,
        )  # fmt: skip
        self.act("objection", number, "t_check", outcome="accept")
        return number

    def agreement(self, case_no: str) -> Agreement:
        return self.row(Agreement, case_no=case_no)  # type: ignore[no-any-return]
