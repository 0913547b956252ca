"""Administration and books: who may open what, what is refused, and what every change leaves behind."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import html5lib
import openpyxl
import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.demo.accounts import ORGANISATIONS
from app.factory import Application
from app.models.calendar_changes import CalendarChange
from app.models.history import HistoryEvent
from app.models.identity import GroupMember, User
from app.models.register import Budget, CalendarDay, CalendarYear, CreditRecord, LedgerEntry, RegistryReply
from app.models.runtime import Message, UserTask
from app.services import calendar, history
from app.services.posts import POSTS
from app.services.registers import ledger
from app.worker import Worker
from tests.factories import PASSWORD, World
from tests.web.conftest import TOKEN, Visitor

SignIn = Callable[[str], Visitor]
USCC = ORGANISATIONS["bank"][0]
OTHER = ORGANISATIONS["insurer"][0]
ADMIN_PAGES = ("/administration/calendar/2026", "/administration/accounts", "/administration/organisations")
BOOK_PAGES = ("/books/statistics", "/books/extracts", "/books/budgets", "/books/credit")


def page(html: str) -> Any:
    """Parse strictly: any HTML error fails; one h1, unique ids, a label for every field, no inline style."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    assert len(tree.findall(".//h1")) == 1
    ids = [found for element in tree.iter() if (found := element.get("id"))]
    assert len(ids) == len(set(ids))
    labelled = {label.get("for") for label in tree.iter("label")}
    fields = [
        f for name in ("input", "select", "textarea") for f in tree.iter(name) if f.get("type") != "hidden"
    ]
    assert {f.get("id") for f in fields} <= labelled
    assert not [element for element in tree.iter() if element.get("style")]
    return tree


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


@pytest.fixture
def staffed(world: World) -> World:
    """One person for each post, called after it."""
    for key in POSTS:
        world.add_person(key, key)
    return world


def count(world: World, model: Any) -> int:
    with world.database.reading() as session:
        return len(session.scalars(select(model)).all())


@pytest.mark.parametrize("post", sorted(POSTS))
def test_each_post_opens_its_pages_only(staffed: World, sign_in: SignIn, post: str) -> None:
    person = sign_in(post)
    readers = {
        "division",
        "board",
        "finance",
        "finance_reviewer",
        "finance_approver",
        "supervisor",
        "auditor",
        "clerk",
    }
    wanted = {address: post == "system_admin" for address in ADMIN_PAGES}
    wanted[ADMIN_PAGES[0]] = post in {"system_admin", "process_approver", "auditor"}
    wanted |= {address: post in readers for address in BOOK_PAGES}
    wanted["/books/objections"] = post in {"objection", "supervisor", "auditor"}
    for address, allowed in wanted.items():
        answer = person.get(address)
        assert answer.status_code == (200 if allowed else 403), address
        page(answer.get_data(as_text=True))
        assert person.get(f"{address}?lang=en").status_code == answer.status_code
        page(person.get(address).get_data(as_text=True))
        person.get("/?lang=zh")


@pytest.mark.parametrize("post", sorted(POSTS))
def test_each_post_changes_its_books_only(staffed: World, sign_in: SignIn, post: str) -> None:
    person = sign_in(post)
    holders = {
        "/administration/calendar/2026/changes": {"system_admin"},
        "/administration/calendar/changes/1/publish": {"system_admin", "process_approver"},
        "/administration/calendar/changes/1/refuse": {"system_admin", "process_approver"},
        "/administration/calendar/changes/1/withdraw": {"system_admin"},
        "/administration/accounts": {"system_admin"},
        "/administration/accounts/1/state": {"system_admin"},
        "/administration/accounts/1/groups": {"system_admin"},
        "/books/extracts": {"clerk", "division"},
        "/books/budgets": {"finance"},
        "/books/budgets/IPF-01": {"finance"},
        "/books/objections/YS-2026-0001/identity": {"objection"},
        "/books/credit/XY-2026-0001/annul": {"supervisor"},
    }
    for address, posts in holders.items():
        answer = person.send("/", address)
        assert (answer.status_code == 403) == (post not in posts), (address, answer.status_code)
        assert answer.status_code in {302, 403, 404, 422}


def test_the_desk_leads_to_the_first_book_that_is_open(staffed: World, sign_in: SignIn) -> None:
    assert sign_in("finance").get("/books/").headers["Location"] == "/books/statistics"
    assert sign_in("objection").get("/books/").headers["Location"] == "/books/objections"
    assert "统计与登记" in sign_in("objection").get("/inbox").get_data(as_text=True)
    assert "系统管理" in sign_in("system_admin").get("/administration/accounts").get_data(as_text=True)


# Calendar


def test_the_year_shows_months_days_off_and_make_up_days(staffed: World, sign_in: SignIn) -> None:
    admin = sign_in("system_admin")
    answer = admin.get("/administration/calendar/2026")
    tree = page(answer.get_data(as_text=True))
    assert [c.text for c in tree.iter("caption")][:12] == [f"{n} 月" for n in range(1, 13)]
    assert "已公布" in text_of(answer)
    assert "调休上班" in text_of(answer)
    assert "暂定年度" in text_of(admin.get("/administration/calendar/2028"))
    assert "Provisional" in text_of(admin.get("/administration/calendar/2028?lang=en"))


AT = "/administration/calendar/2028"
LIST = "10月1日至7日，休息日，国庆节\n2028-10-08,工作日,调休上班"


@pytest.fixture
def second(staffed: World, sign_in: SignIn) -> Visitor:
    """Another administrator."""
    staffed.add_person("admin2", "system_admin")
    return sign_in("admin2")


def propose(admin: Visitor, **values: Any) -> Any:
    good = {"days": LIST, "source": "通知一号", "how": "amend", "publishes": "1"}
    return admin.send(AT, f"{AT}/changes", **{**good, **values})


def test_a_year_is_proposed_by_one_and_published_by_another(
    staffed: World, sign_in: SignIn, second: Visitor
) -> None:
    admin = sign_in("system_admin")
    assert propose(admin).status_code == 302
    shown = admin.get(AT)
    page(shown.get_data(as_text=True))
    assert "须由另一人核对后发布" in text_of(shown)
    assert "核对无误，发布" not in text_of(shown)
    assert "2028-10-08" in text_of(shown)
    assert admin.send(AT, "/administration/calendar/changes/1/publish").status_code == 403
    assert propose(second).status_code == 409
    with staffed.database.reading() as session:
        assert session.get(CalendarDay, date(2028, 10, 8)) is None
    page(second.get(AT).get_data(as_text=True))
    assert second.send(AT, "/administration/calendar/changes/1/withdraw").status_code == 403
    assert second.send(AT, "/administration/calendar/changes/1/publish").status_code == 302
    assert second.send(AT, "/administration/calendar/changes/1/publish").status_code == 409
    with staffed.database.reading() as session:
        assert session.get_one(CalendarDay, date(2028, 10, 8)).kind == "working"
        assert session.get_one(CalendarYear, 2028).state == "published"
        assert calendar.calendar_of(session).is_working(date(2028, 10, 8))
    past = admin.get(AT)
    page(past.get_data(as_text=True))
    assert "通知一号" in text_of(past)
    assert "已发布" in text_of(past)
    assert "天有变化" in text_of(past)


def test_a_proposal_is_refused_with_a_reason_or_withdrawn(
    staffed: World, sign_in: SignIn, second: Visitor
) -> None:
    admin, approver = sign_in("system_admin"), sign_in("process_approver")
    assert propose(admin).status_code == 302
    assert approver.send(AT, "/administration/calendar/changes/1/refuse").status_code == 422
    assert (
        approver.send(AT, "/administration/calendar/changes/1/refuse", reason="漏了一天").status_code == 302
    )
    assert "退回理由：漏了一天" in text_of(admin.get(AT))
    assert "被退回" in text_of(admin.get("/notifications/"))
    assert propose(admin).status_code == 302
    assert admin.send(AT, "/administration/calendar/changes/2/withdraw").status_code == 302
    with staffed.database.reading() as session:
        assert session.get(CalendarDay, date(2028, 10, 8)) is None


def test_what_was_changed_meanwhile_is_not_overwritten(
    staffed: World, sign_in: SignIn, second: Visitor
) -> None:
    assert propose(sign_in("system_admin")).status_code == 302
    with staffed.acting() as context:
        calendar.set_day(context.session, date(2028, 11, 11), "working", "", "紧急通知", context.now)
    assert second.send(AT, "/administration/calendar/changes/1/publish").status_code == 409


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"days": "2027-01-01,休息日,元旦"}, "第 1 行：2027-01-01 不在 2028 年"),
        ({"days": "2028-10-08,工作日\n2028-02-30,休息日"}, "第 2 行：“2028-02-30”不是日期"),
        ({"days": "2028-10-08"}, "第 1 行：应有日期和类型"),
        ({"days": "2028-10-08,maybe"}, "不认识类型“maybe”"),
        ({"days": "10月8日,班\n10月7日至9日,休"}, "2028-10-08 与第 1 行矛盾"),
        ({"days": f"2028-10-08,班,{'长' * 61}"}, "名称不超过 60 字"),
        ({"days": "", "publishes": ""}, "请填写日期清单，或选择文件"),
        ({"days": "2028-10-07,休息日", "publishes": ""}, "与现行日历没有差别"),
        ({"source": ""}, "请填写依据"),
        ({"source": "长" * 101}, "请填写依据"),
    ],
)
def test_a_wrong_list_is_refused_by_row_and_stays_typed(
    staffed: World, sign_in: SignIn, values: dict[str, str], words: str
) -> None:
    answer = propose(sign_in("system_admin"), **{"source": "<b>通知</b>", **values})
    html = answer.get_data(as_text=True)
    page(html)
    assert answer.status_code == 422
    assert words in html
    assert "<b>通知</b>" not in html
    assert values.get("days", LIST).split("\n")[0] in html


def _book(*rows: tuple[Any, ...]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("days.xlsx", _book(("日期", "类型", "名称"), (date(2028, 10, 8), "工作日", "调休上班"))),
        ("days.csv", "日期,类型,名称\n2028/10/8,班,调休上班\n".encode("gb18030")),
        ("days.csv", "\ufeff2028年10月8日,working,调休上班".encode()),
    ],
)
def test_lists_are_imported_from_files(staffed: World, sign_in: SignIn, name: str, data: bytes) -> None:
    upload = FileStorage(io.BytesIO(data), name)
    assert propose(sign_in("system_admin"), file=upload, publishes="").status_code == 302
    with staffed.database.reading() as session:
        change = session.scalars(select(CalendarChange)).one()
        assert change.difference == [["2028-10-08", "off", "working", "", "调休上班"]]
    wrong = FileStorage(io.BytesIO(b"PK\x03\x04"), "x.xlsx")
    assert propose(sign_in("system_admin"), file=wrong).status_code in {409, 422}


@pytest.mark.parametrize("year", ["1949", "2101", "99999999999999999999", "0"])
def test_unknown_years_are_not_found(staffed: World, sign_in: SignIn, year: str) -> None:
    assert sign_in("system_admin").get(f"/administration/calendar/{year}").status_code == 404


def test_limits_are_computed_again_when_a_change_is_published(
    staffed: World, sign_in: SignIn, second: Visitor
) -> None:
    number = staffed.start("leave", "wang", who="王")
    staffed.complete("wang", staffed.open_tasks(number)["t_ask"], reason="探亲", days="3")
    admin, at = sign_in("system_admin"), "/administration/calendar/2026"
    with staffed.database.reading() as session:
        assert calendar.count_open(session, 2026) == (1, 1)
        assert calendar.count_open(session, 2027) == (0, 0)
        before = session.scalars(select(UserTask.due_at).where(UserTask.status == "open")).one()
    made = admin.send(at, f"{at}/changes", days="2026-11-24,休息日,停工", source="通知", how="amend")
    assert made.status_code == 302
    second.send(at, "/administration/calendar/changes/1/publish")
    assert "正在为 1 个案件重新计算期限" in text_of(second.get(at))
    Worker(staffed.database, staffed.settings, "test").drain()
    with staffed.database.reading() as session:
        after = session.scalars(select(UserTask.due_at).where(UserTask.status == "open")).one()
        assert after is not None
        assert before is not None
        assert after - before == timedelta(days=1)
        kinds = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "limits_recomputed")).all()
        assert [event.detail["source"] for event in kinds] == ["通知"]


# Accounts


def account(**changed: Any) -> dict[str, Any]:
    return {
        "username": "xin",
        "name": "新同事",
        "email": "",
        "employer_uscc": "",
        "password": "long enough 1",
        **changed,
    }


def test_an_account_is_created_and_can_sign_in(
    staffed: World, sign_in: SignIn, application: Application
) -> None:
    admin = sign_in("system_admin")
    answer = admin.send("/administration/accounts", **account(groups=["clerk"], employer_uscc=USCC))
    assert answer.status_code == 302
    page(admin.get(answer.headers["Location"]).get_data(as_text=True))
    visitor = Visitor(application.test_client())
    assert visitor.send("/login", username="xin", password="long enough 1").headers["Location"] == "/inbox"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"username": "X Y"}, "小写字母"),
        ({"username": "wang"}, "已被使用"),
        ({"username": "a" * 61}, "小写字母"),
        ({"name": ""}, "姓名"),
        ({"email": "nobody"}, "电子邮箱"),
        ({"employer_uscc": USCC[:-1] + "0"}, "统一社会信用代码不正确"),
        ({"password": "short"}, "密码为 10 至 200 个字符"),
        ({"groups": ["nothing"]}, "岗位不存在"),
        ({"groups": ["system_admin", "clerk"]}, "不得兼任"),
        ({"groups": ["auditor", "operator"]}, "不得兼任"),
    ],
)
def test_a_wrong_account_is_refused(
    staffed: World, sign_in: SignIn, changed: dict[str, Any], words: str
) -> None:
    before = count(staffed, User)
    answer = sign_in("system_admin").send("/administration/accounts", **account(**changed))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert "long enough 1" not in answer.get_data(as_text=True)
    page(answer.get_data(as_text=True))
    assert count(staffed, User) == before


def test_switching_off_ends_the_session_at_once(staffed: World, sign_in: SignIn) -> None:
    clerk, admin = sign_in("clerk"), sign_in("system_admin")
    at = f"/administration/accounts/{staffed.people['clerk']}"
    assert clerk.get("/inbox").status_code == 200
    assert admin.send(at, f"{at}/state", active="0").status_code == 302
    assert clerk.get("/inbox").status_code == 302
    assert admin.send(at, f"{at}/state", active="1").status_code == 302
    assert admin.send(at, f"{at}/state", active="maybe").status_code == 422


def test_posts_are_changed(staffed: World, sign_in: SignIn) -> None:
    admin, user_id = sign_in("system_admin"), staffed.people["clerk"]
    at = f"/administration/accounts/{user_id}"
    assert admin.send(at, f"{at}/groups", groups=["division", "board"]).status_code == 302
    with staffed.database.reading() as session:
        held = session.scalars(select(GroupMember.group_key).where(GroupMember.user_id == user_id))
        assert set(held) == {"division", "board"}
    refused = admin.send(at, f"{at}/groups", groups=["division", "system_admin"])
    assert refused.status_code == 422
    page(refused.get_data(as_text=True))


def test_nobody_changes_an_account_of_ones_own(staffed: World, sign_in: SignIn) -> None:
    admin = sign_in("system_admin")
    at = f"/administration/accounts/{staffed.people['system_admin']}"
    assert admin.send(at, f"{at}/state", active="0").status_code == 403
    assert admin.send(at, f"{at}/groups", groups=["clerk"]).status_code == 403
    assert "不能变更自己的账户" in admin.get(at).get_data(as_text=True)
    assert admin.get(at).status_code == 200


def test_an_applicant_cannot_become_administrator(staffed: World, sign_in: SignIn) -> None:
    staffed.add_person("bianzhi")
    staffed.add_organisation(USCC, "样例银行", "bank", bianzhi="editor")
    admin, at = sign_in("system_admin"), f"/administration/accounts/{staffed.people['bianzhi']}"
    assert admin.send(at, f"{at}/groups", groups=["system_admin"]).status_code == 422
    assert "样例银行" in admin.get("/administration/organisations").get_data(as_text=True)


# Extracts


HEAD = "来源,统一社会信用代码,结论,说明,查询时间\n"


def upload(visitor: Visitor, data: bytes, name: str = "extracts.csv") -> Any:
    """Sent as bytes: the test client would leave the temporary file of a large form open."""
    token = TOKEN.search(visitor.get("/books/extracts").get_data(as_text=True))
    assert token
    boundary, body = encode_multipart({"csrf_token": token[1], "file": FileStorage(io.BytesIO(data), name)})
    return visitor.client.post(
        "/books/extracts", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )


def test_a_table_is_imported_once(staffed: World, sign_in: SignIn) -> None:
    clerk = sign_in("clerk")
    rows = f"信用中国,{USCC},无失信,未查询到,2026-01-02\ngsxt,{OTHER},hit,行政处罚,2026/01/02 10:30\n\n"
    for encoding in ("utf-8-sig", "gb18030"):
        assert upload(clerk, (HEAD + rows).encode(encoding)).status_code == 302
    assert count(staffed, RegistryReply) == 2
    shown = clerk.get("/books/extracts").get_data(as_text=True)
    page(shown)
    assert "信用中国" in shown
    assert "2026-01-02 10:30" in shown
    assert "Credit China" in clerk.get("/books/extracts?lang=en").get_data(as_text=True)


def test_every_wrong_row_is_named_and_nothing_is_kept(staffed: World, sign_in: SignIn) -> None:
    future = (datetime.now(UTC) + timedelta(days=9)).date()
    rows = [
        f"gsxt,{USCC},clear,,2026-01-02",
        f"<script>,{USCC},clear,,2026-01-02",
        "gsxt,123,clear,,2026-01-02",
        f"gsxt,{USCC},fine,,2026-01-02",
        f"gsxt,{OTHER},clear,,yesterday",
        f"gsxt,{OTHER},clear,,{future}",
        f"gsxt,{USCC},hit,,2026-01-02",
        f"gsxt,{OTHER},clear,{'长' * 2001},2026-01-02",
    ]
    answer = upload(sign_in("clerk"), (HEAD + "\n".join(rows)).encode())
    html = answer.get_data(as_text=True)
    tree = page(html)
    assert answer.status_code == 422
    assert "共 7 行有误，全部未导入" in html
    numbers = [h.find("span").text for h in tree.iter("th") if h.get("scope") == "row"]
    assert numbers == ["3", "4", "5", "6", "7", "8", "9"]
    assert count(staffed, RegistryReply) == 0


def sheet(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_imported(staffed: World, sign_in: SignIn) -> None:
    head = ("source", "uscc", "verdict", "replied_at")
    data = sheet(head, ("gsxt", USCC, "clear", datetime(2026, 1, 2, 10, 30)), (None, None, None, None))  # noqa: DTZ001
    assert upload(sign_in("division"), data, "a.xlsx").status_code == 302
    with staffed.database.reading() as session:
        reply = session.scalars(select(RegistryReply)).one()
        assert reply.replied_at == datetime(2026, 1, 2, 2, 30, tzinfo=UTC)
        assert reply.detail["row"] == 2


def bomb() -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return out.getvalue()


def with_entities() -> bytes:
    import zipfile

    source, out = io.BytesIO(sheet(("来源",))), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + data
            new.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "缺少列"),
        ("来源,结论\n".encode(), "缺少列：统一社会信用代码、查询时间"),
        (HEAD.encode(), "没有数据行"),
        (b"\x00\x01\x02", "不是 CSV 或 XLSX"),
        (b"\xff\xff\xff", "不是 CSV 或 XLSX"),
        (b"PK\x03\x04 broken", "已损坏"),
        (sheet(("来源",)), "缺少列"),
        (HEAD.encode() + b"x" * 5_000_001, "超过 5 MB"),
        ((HEAD + f"gsxt,{USCC},clear,,2026-01-02\n" * 5_001).encode(), "最多导入 5000 行"),
        (bomb(), "解压后过大"),
        (with_entities(), "外部定义"),
        (HEAD.encode() + b'"' + b"x" * 200_000 + b'"', "已损坏"),
    ],
)  # fmt: skip
def test_hostile_and_broken_tables_are_refused(
    staffed: World, sign_in: SignIn, data: bytes, words: str
) -> None:
    answer = upload(sign_in("clerk"), data)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    page(answer.get_data(as_text=True))
    assert count(staffed, RegistryReply) == 0


def test_a_file_must_be_chosen(staffed: World, sign_in: SignIn) -> None:
    assert sign_in("clerk").send("/books/extracts").status_code == 422


# Budgets


def test_a_budget_line_is_opened_and_raised_once(staffed: World, sign_in: SignIn) -> None:
    finance = sign_in("finance")
    assert (
        finance.send("/books/budgets", line="IPF-02", name="专项", year="2026", amount="1,000.50").status_code
        == 302
    )
    for _ in range(2):
        answer = finance.send(
            "/books/budgets", "/books/budgets/IPF-02", amount="500", reference="批〔2026〕1号", reason="追加"
        )
        assert answer.status_code == 302
    again = finance.send(
        "/books/budgets", "/books/budgets/IPF-02", amount="600", reference="批〔2026〕1号", reason="追加"
    )
    assert again.status_code == 409
    with staffed.database.reading() as session:
        line = session.scalars(select(Budget)).one()
        assert (line.appropriated, ledger.left(session, line)) == (Decimal("1000.50"), Decimal("1500.50"))
        assert session.scalars(select(LedgerEntry)).one().memo == "追加预算：追加"
    shown = finance.get("/books/budgets").get_data(as_text=True)
    page(shown)
    assert "1,500.50" in shown


@pytest.mark.parametrize(
    "amount", ["", "0", "-1", "NaN", "Infinity", "1e400", "1.005", "x", "1" * 5000, "1000000000000"]
)
def test_only_amounts_of_money_are_taken(staffed: World, sign_in: SignIn, amount: str) -> None:
    finance = sign_in("finance")
    with staffed.acting() as context:
        context.session.add(Budget(line="IPF-01", name="专项", year=2026, appropriated=Decimal("5.00")))
    answer = finance.send("/books/budgets", line="IPF-02", name="专项", year="2026", amount=amount)
    assert answer.status_code == 422
    page(answer.get_data(as_text=True))
    raised = finance.send(
        "/books/budgets", "/books/budgets/IPF-01", amount=amount, reference="批一号", reason="追加"
    )
    assert raised.status_code == 422
    assert count(staffed, Budget) == 1
    assert count(staffed, LedgerEntry) == 0


@pytest.mark.parametrize(
    "changed", [{"line": ""}, {"line": "a b"}, {"line": "x" * 41}, {"name": ""}, {"name": "长" * 121}, {"year": "1999"},
                {"line": "IPF-01"}],
)  # fmt: skip
def test_a_wrong_budget_line_is_refused(staffed: World, sign_in: SignIn, changed: dict[str, str]) -> None:
    with staffed.acting() as context:
        context.session.add(Budget(line="IPF-01", name="专项", year=2026, appropriated=Decimal("5.00")))
    good = {"line": "IPF-02", "name": "专项", "year": "2026", "amount": "10"}
    answer = sign_in("finance").send("/books/budgets", **{**good, **changed})
    assert answer.status_code == 422
    page(answer.get_data(as_text=True))
    assert count(staffed, Budget) == 1


@pytest.mark.parametrize(
    "changed", [{"reference": ""}, {"reference": "长" * 81}, {"reason": ""}, {"reason": "长" * 181}]
)
def test_a_raise_names_its_ground(staffed: World, sign_in: SignIn, changed: dict[str, str]) -> None:
    with staffed.acting() as context:
        context.session.add(Budget(line="IPF-01", name="专项", year=2026, appropriated=Decimal("5.00")))
    good = {"amount": "10", "reference": "批一号", "reason": "追加"}
    answer = sign_in("finance").send("/books/budgets", "/books/budgets/IPF-01", **{**good, **changed})
    assert answer.status_code == 422
    assert count(staffed, LedgerEntry) == 0


# Credit records


def credit_record(world: World) -> str:
    number = world.start("leave", "wang", who="王")
    with world.acting() as context:
        instance_id = world.instance(number).id
        context.session.add(
            CreditRecord(number="XY-2026-0001", instance_id=instance_id, case_no=number, org_name="样例<b>银行", uscc=USCC,
                         facts="虚报", basis="办法", starts_on=date(2026, 1, 1), registered_at=world.now)
        )  # fmt: skip
    return "XY-2026-0001"


@pytest.mark.parametrize(
    ("action", "message"),
    [("acknowledge", "MSG-CREDIT-ACK"), ("repair", "MSG-REPAIR"), ("annul", "MSG-DECISION-ANNULLED")],
)
def test_events_of_a_credit_record_are_told_to_its_process(
    staffed: World, sign_in: SignIn, action: str, message: str
) -> None:
    number, supervisor = credit_record(staffed), sign_in("supervisor")
    page(supervisor.get("/books/credit").get_data(as_text=True))
    assert supervisor.send("/books/credit", f"/books/credit/{number}/{action}", words="").status_code == 422
    assert (
        supervisor.send("/books/credit", f"/books/credit/{number}/{action}", words="长" * 1001).status_code
        == 422
    )
    assert (
        supervisor.send("/books/credit", f"/books/credit/{number}/{action}", words="依据一号").status_code
        == 302
    )
    assert (
        supervisor.send("/books/credit", f"/books/credit/XY-2026-9999/{action}", words="依据").status_code
        == 404
    )
    assert supervisor.send("/books/credit", f"/books/credit/{number}/delete", words="依据").status_code == 404
    with staffed.database.reading() as session:
        sent = session.scalars(select(Message)).one()
        assert (sent.name, sent.key) == (message, number)


# Objections


@pytest.fixture
def objected(staffed: World) -> World:
    """An objection that the process of another case handles."""
    from app.models.register import Notice, Objection
    from app.services.registers.identity_seal import mask, seal

    number = staffed.start("leave", "wang", who="王")
    row = staffed.instance(number)
    identity = {"name": "欧阳<i>样例", "phone": "13800000000"}
    with staffed.acting() as context:
        notice = Notice(number="GS-2026-0001", subject="PC-2026-0001", title="公示", snapshot="{}", sha256="0" * 64,
                        starts_at=staffed.now, ends_at=staffed.now + timedelta(days=7), verify_code="ABCD-2345")  # fmt: skip
        context.session.add(
            Objection(receipt_no="YS-2026-0001", number=number, notice=notice, instance_id=row.id, kind="person",
                      identity_sealed=seal(staffed.settings.secret, identity), identity_masked=mask(identity), facts="业绩不实",
                      evidence=[], form={}, code_hash="x", received_at=staffed.now, is_in_period=True, state="registered")
        )  # fmt: skip
        task = context.session.scalars(select(UserTask).where(UserTask.instance_id == row.id)).one()
        task.duty, task.candidates, task.separate_from = "objection", ["group:objection"], ["score"]
    return staffed


def reveal(person: Visitor, reason: str = "核实异议人联系方式") -> Any:
    return person.send("/", "/books/objections/YS-2026-0001/identity", reason=reason)


def test_opening_an_identity_leaves_a_trace(objected: World, sign_in: SignIn) -> None:
    officer = sign_in("objection")
    listed = officer.get("/books/objections").get_data(as_text=True)
    page(listed)
    assert "13800000000" not in listed
    assert reveal(officer, "").status_code == 422
    assert reveal(officer, "长" * 501).status_code == 422
    answer = reveal(officer)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    page(answer.get_data(as_text=True))
    assert "13800000000" in answer.get_data(as_text=True)
    assert "欧阳&lt;i&gt;样例" in answer.get_data(as_text=True)
    with objected.database.reading() as session:
        event = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "identity_opened")).one()
        assert event.actor_name == "objection"
        assert event.detail == {"receipt_no": "YS-2026-0001", "reason": "核实异议人联系方式"}
        assert list(history.verify_chains(session)) == []


@pytest.mark.parametrize("post", sorted(set(POSTS) - {"objection"}))
def test_nobody_else_opens_an_identity(objected: World, sign_in: SignIn, post: str) -> None:
    answer = reveal(sign_in(post))
    assert answer.status_code == 403
    assert "13800000000" not in answer.get_data(as_text=True)


def test_another_officers_objection_stays_closed(objected: World, sign_in: SignIn) -> None:
    objected.add_person("yiyi2", "objection")
    with objected.acting() as context:
        task = context.session.scalars(select(UserTask)).one()
        task.assignee_id = objected.people["objection"]
    assert reveal(sign_in("yiyi2")).status_code == 404
    assert reveal(sign_in("objection")).status_code == 200


def test_an_officer_who_scored_the_case_cannot_open_it(objected: World, sign_in: SignIn) -> None:
    with objected.acting() as context:
        task = context.session.scalars(select(UserTask)).one()
        context.session.add(
            UserTask(instance_id=task.instance_id, engine_id="earlier", process_key="leave", element_id="t", name="打分",
                     form_key="leave/ask", subject=task.subject, duty="score", separate_from=[], not_actor_of=[], candidates=[],
                     status="completed", created_at=objected.now, completed_by_id=objected.people["objection"])
        )  # fmt: skip
    answer = reveal(sign_in("objection"))
    assert answer.status_code == 403
    assert "职责分离" in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", ["/books/statistics", "/books/statistics?lang=en"])
def test_figures_have_their_definitions(staffed: World, sign_in: SignIn, address: str) -> None:
    html = sign_in("auditor").get(address).get_data(as_text=True)
    page(html)
    for code in ("ST-08", "ST-10", "ST-13"):
        assert code in html


def test_posts_without_token_are_refused(staffed: World, sign_in: SignIn) -> None:
    person = sign_in("system_admin")
    for address in ("/administration/accounts", "/administration/calendar/2026/changes", "/books/budgets"):
        assert person.client.post(address, data={"username": "x"}).status_code == 400


def test_the_password_of_the_tests_is_long_enough() -> None:
    assert len(PASSWORD) >= 10
