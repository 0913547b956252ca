"""A real browser against the real application, with the demo's data, on a port of its own."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import BaseWSGIServer, make_server

from app.demo import accounts
from app.demo.accounts import ORGANISATIONS, PASSWORD
from app.demo.chapters import Story
from app.demo.stage import Stage
from app.factory import Application, create_app
from app.models.identity import Organisation
from app.models.register import Payment
from app.models.runtime import ProcessInstance
from app.services.clock import read_clock
from app.worker import Worker
from config import Config
from tests.databases import require_part
from tests.factories import World
from tools.browser import find_chromium

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# How long (ms) a page may take: browser, server, worker and other tests share what cores there are, and a page that
# checks a whole policy takes seconds alone. What is measured is in the bench.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
INSURER = ORGANISATIONS["insurer"][1]


class SlowLine:
    """An application behind a slow line: each answer comes late, and a script as late again, each time anew.

    A test that acts before its page listens passes on a quick machine and fails on a busy one; `SLOW_LINE=300` (ms)
    finds it. The address stays usable without scripts meanwhile, as it is for a visitor on such a line.
    """

    def __init__(self, app: WSGIApplication, delay: float) -> None:
        self.app, self.delay = app, delay

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Wait, then answer."""
        script = environ["PATH_INFO"].endswith(".js")
        time.sleep(self.delay * (2 if script else 1))

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [pair for pair in headers if not (script and pair[0].lower() in ("cache-control", "etag"))]
            return start_response(
                status, [*kept, *([("Cache-Control", "no-store")] if script else [])], *rest
            )

        return self.app(environ, start)


def whole(app: WSGIApplication) -> WSGIApplication:
    """The application with each answer in one piece and its files closed, however early the browser hangs up.

    Werkzeug's server forgets to close an answer whose reader has left, and an open file fails whatever test is next.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = app(environ, start_response)
        try:
            return [b"".join(given)]
        finally:
            if (close := getattr(given, "close", None)) is not None:
                close()

    return answer


def listen(app: WSGIApplication) -> BaseWSGIServer:
    """A server on a free port, not yet running, behind a slow line where one is wanted."""
    delay = float(os.environ.get("SLOW_LINE", "0")) / 1000
    line = SlowLine(whole(app), delay) if delay else whole(app)
    return make_server("127.0.0.1", 0, line, threaded=True)


def settled(page: Page) -> Page:
    """The page when its scripts have run: what is typed before reaches nobody.

    Wait first for something that only the new page shows: until then the old page counts as loaded.
    """
    page.wait_for_load_state("load")
    return page


def take_draft(page: Page, name: str) -> str:
    """Take a draft of the running policies; the address of its workspace, without a slash at its end."""
    page.goto("/studio/drafts/")
    page.get_by_label("草稿名称").fill(name)
    page.get_by_role("button", name=re.compile("新建草稿")).first.click()
    expect(page).to_have_url(re.compile(r"/studio/drafts/\d+/?$"))
    return settled(page).url.rstrip("/")


def wait_for(look: Callable[[], Any]) -> Any:
    """What `look` finds, as soon as the worker has made it."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not (found := look()) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert found
    return found


def reload_until(page: Page, address: str, text: str) -> None:
    """Open a page again and again until the worker has done what makes `text` appear."""
    deadline = time.monotonic() + PATIENCE / 1000
    page.goto(address)
    while text not in page.locator("main").inner_text() and time.monotonic() < deadline:
        page.goto(address)
    expect(page.locator("main")).to_contain_text(text)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    path = find_chromium()
    if not path:
        require_part("Chromium")
    # A root user cannot use Chromium's sandbox; containers have a small /dev/shm.
    options = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=options)
        yield found
        found.close()


class LiveStage(Stage):
    """The stage beside a running server: its clock is the server's, and its worker waits for the server's."""

    def __init__(self, app: Application) -> None:
        self.database, self.settings = app.database, app.settings
        self.turn = threading.Lock()

    @property
    def now(self) -> datetime:  # type: ignore[override]
        with self.database.reading() as session:
            return read_clock(session, demo=True)

    def drain(self) -> None:
        with self.turn:
            super().drain()


@dataclass(frozen=True)
class Programme:
    """The running application with the demonstration's data, a publicity in progress and an open call."""

    address: str
    story: Story
    call_no: str
    notice_no: str

    def task(self, number: str, element_id: str) -> str:
        """The address of an open task."""
        return f"/tasks/{self.story.tasks(number)[element_id]}"

    def order(self) -> str:
        """A payment order that waits for the bank: the insurer of the past call signs and is to be paid."""
        number = self.story.row(
            ProcessInstance,
            org_id=self.story.row(Organisation, name=INSURER).id,
            case_state="agreement_pending",
        ).number
        self.story.sign(number, "insurer", "insurer")
        apply = {"budget_line": "IPF-01", "use_code": "one_off_incentive", "use_text": "一次性激励", "payee_name": "样例单位",
                 "payee_bank": "样例银行", "payee_account": "1001200309000012345", "reason": "协议约定首笔资金"}  # fmt: skip
        self.story.act("division", number, "t_apply", **apply)
        self.story.act("finance_reviewer", number, "t_fr", outcome="agree", opinion="同意")
        self.story.act("finance_approver", number, "t_fa", outcome="agree", opinion="同意")
        found: str = self.story.row(Payment, case_no=number).number
        return found


@pytest.fixture(scope="session")
def programme(
    new_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Programme]:
    """The whole installation as `make run` has it: database, demonstration data, web server, worker."""
    files = str(tmp_path_factory.mktemp("files"))
    app = create_app(
        replace(Config(), DATABASE_URL=new_sqlite_url(), DEMO=True, FILES_DIR=files, SECRET_KEY="test")
    )
    server = listen(app)
    app.settings = replace(app.settings, site=f"http://127.0.0.1:{server.port}")
    runner = app.test_cli_runner()
    for verb in ("deploy", "demo"):
        with app.app_context():
            done = runner.invoke(args=[verb])
        assert done.exit_code == 0, f"flask {verb}: {done.output}"
    notice_no = _publish_a_list(Stage(app.database, app.settings, datetime.now(UTC) - timedelta(days=26)))
    stage = LiveStage(app)
    story = Story(stage)
    call_no = story.open_call(title="上海市知识产权金融创新中心项目申报（第三批次）")
    with _running(server.serve_forever, server.shutdown), _working(app, stage.turn):
        yield Programme(f"http://127.0.0.1:{server.port}", story, call_no, notice_no)
    server.server_close()
    app.database.dispose()


def _publish_a_list(past: Stage) -> str:
    """Play a call in the past so that its list is in publicity today."""
    story = Story(past)
    with past.acting() as context:  # extracts of the credit sources count for thirty days
        accounts.import_registry_extracts(context)
    call_no = story.open_call(title="上海市知识产权金融创新中心项目申报（公示批次）")
    number = story.declare("bank", "bank_signer", call_no, "bank", 26)
    story.accept("bank", number)
    story.review(number)
    story.opine(number)
    past.pass_time(days=25)
    return story.deliberate(call_no)


@contextmanager
def _running(serve: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    stop()
    thread.join()


def _working(app: Application, turn: threading.Lock) -> AbstractContextManager[None]:
    """A worker beside the server."""
    worker, stopping = Worker(app.database, app.settings, "e2e"), threading.Event()

    def work() -> None:
        while not stopping.is_set():
            with turn:
                done = worker.run_due()
            if not done:
                stopping.wait(0.1)

    return _running(work, stopping.set)


@pytest.fixture(scope="session")
def site(programme: Programme) -> str:
    """The address of the running application."""
    return programme.address


_CONTEXTS = pytest.StashKey[list[BrowserContext]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails tells what its pages showed."""
    report = yield
    if report.when == "call" and report.failed:
        pages = [page for context in item.stash.get(_CONTEXTS, []) for page in context.pages]
        report.sections += [(f"page {page.url}", _shown(page)) for page in pages]
    return report


def _shown(page: Page) -> str:
    try:
        return page.locator("body").inner_text()[:4000]
    except PlaywrightError as error:  # a page that never came
        return str(error)


@pytest.fixture
def open_context(
    request: pytest.FixtureRequest, browser: Browser, site: str
) -> Iterator[Callable[..., BrowserContext]]:
    """A function that opens a browser context; page errors and violations of the policy fail the test."""
    contexts: list[BrowserContext] = request.node.stash.setdefault(_CONTEXTS, [])
    troubles: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(troubles, page, message))

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"base_url": site, "locale": "zh-CN", "viewport": DESKTOP, **options})
        context.on("page", watch)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert not troubles


def _note(troubles: list[str], page: Page, message: Any) -> None:
    # A refused request (403, 404, 409, 422) is in the console too; tests of refusals look at the page.
    if message.type == "error" and "Failed to load resource" not in message.text:
        troubles.append(f"{page.url}: {message.text}")


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page at desktop size."""
    return open_context().new_page()


@pytest.fixture
def phone_page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page at the size of a phone, with touch."""
    return open_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()


@pytest.fixture
def plain_page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page in a browser without JavaScript."""
    return open_context(java_script_enabled=False).new_page()


@pytest.fixture(scope="session")
def assert_accessible() -> Callable[[Page], None]:
    """A function that fails when axe finds anything on the page (WCAG 2.2 AA and best practices)."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(settled(page)).response["violations"]
        told = [f"{item['id']}: {[node['html'][:200] for node in item['nodes'][:3]]}" for item in found]
        assert not told, f"{page.url}\n" + "\n".join(told)

    return check


def sign_in(page: Page, username: str, password: str) -> None:
    """Sign somebody in."""
    page.goto("/login")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.locator("main").get_by_role("button", name="登录").click()
    expect(page.locator("html[lang]")).to_be_visible()
    expect(page).not_to_have_url(re.compile("/login"))


@contextmanager
def served(world: World, url: str) -> Iterator[str]:
    """A small world of its own behind a web server, for what would change the shared installation; its address."""
    files = str(world.settings.files_dir)
    app = create_app(Config(DATABASE_URL=url, SECRET_KEY="s" * 32, FILES_DIR=files))
    server = listen(app)
    with _running(server.serve_forever, server.shutdown):
        yield f"http://127.0.0.1:{server.port}"
    server.server_close()
    app.database.dispose()


@pytest.fixture
def enter(open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A function that signs somebody in and gives the page; options are those of a browser context."""

    def enter_as(username: str, **options: Any) -> Page:
        page = open_context(**options).new_page()
        sign_in(page, username, PASSWORD)
        return page

    return enter_as


@pytest.fixture
def visit(assert_accessible: Callable[[Page], None]) -> Callable[[Page, str], None]:
    """A function that opens an address and finds nothing wrong with the page: answers 200, accessible, fits."""

    def go(page: Page, address: str) -> None:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, address

    return go
