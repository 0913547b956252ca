"""Every verb of the command line, as a person at a shell would use it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import Result
from sqlalchemy import select, text, update

from app.db import Database
from app.factory import Application, create_app
from app.models.identity import Group, User
from app.models.repository import Deployment
from app.models.runtime import Job, ProcessInstance
from app.services import repository, schedule
from app.services.studio import bundles
from app.shell import create_shell
from config import Config
from tests.engine.diagrams import diagram, user
from tests.factories import LEAVE, LEAVE_FILES, make_leave_world

ROOT = Path(__file__).resolve().parents[1]
SOUND = diagram('<startEvent id="s"/><endEvent id="e"/>' + user("t"), "s -> t -> e")
STUCK = diagram(
    '<startEvent id="s"/><endEvent id="e"/><exclusiveGateway id="x" default="d"/><parallelGateway id="j"/>'
    + user("t1")
    + user("t2"),
    "s -> x -> t1 -> j -> e\nx -> t2 -> j",
)
Run = Callable[..., Result]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A folder with the process `leave`."""
    for name, data in LEAVE_FILES.items():
        (tmp_path / "content" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "content" / name).write_bytes(data)
    return tmp_path / "content"


@pytest.fixture
def application(sqlite_url: str, tmp_path: Path, content: Path) -> Iterator[Application]:
    app = create_app(
        Config(
            DATABASE_URL=sqlite_url,
            SECRET_KEY="s" * 32,
            FILES_DIR=str(tmp_path / "files"),
            CONTENT_DIR=str(content),
            DEMO=False,
        )
    )
    yield app
    app.database.dispose()


@pytest.fixture
def run(application: Application) -> Run:
    """Run a verb; fails on anything but a proper ending."""

    def act(*words: str | Path, status: int = 0) -> Result:
        with application.app_context():
            result = application.test_cli_runner().invoke(args=[str(word) for word in words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == status, result.output
        return result

    return act


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_fresh_installation_from_a_shell(tmp_path: Path) -> None:
    """The words that the documentation tells, in processes of their own."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}",
        "FILES_DIR": str(tmp_path / "files"),
        "SECRET_KEY": "s" * 32,
    }

    def flask(*words: str) -> str:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    flask("migrate")
    assert "deployed innovation_centre_declaration version 1" in flask("deploy")
    assert flask("deploy").strip() == "nothing new to deploy"
    assert flask("audit", "verify").strip() == "history is intact"
    served = "import click; click.command()(lambda: print(*__import__('wsgi').app.view_functions))()"
    command = [sys.executable, "-c", served]  # as a server that is a command itself, such as granian
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert "public.home" in done.stdout
    database = Database(environment["DATABASE_URL"])
    with database.reading() as session:
        assert len(repository.list_current(session)) == len(list((ROOT / "bpmn").glob("*.bpmn")))
    database.dispose()


def test_deploy_and_export_give_the_same_files(run: Run, content: Path, tmp_path: Path) -> None:
    assert run("deploy").output.splitlines()[-1] == "deployed leave version 1"
    target = tmp_path / "exported"
    target.mkdir()
    run("export", target)
    assert {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*.*")} == LEAVE_FILES
    assert run("deploy", target).output.splitlines()[-1] == "nothing new to deploy"


def test_a_bundle_goes_out_and_comes_in(run: Run, content: Path, tmp_path: Path) -> None:
    run("deploy")
    first, again = tmp_path / "one.zip", tmp_path / "two.zip"
    assert run("export", "--zip", first).output == "one.zip: 3 files\n"
    run("export", "--zip", again, "--deployment", "1")
    assert first.read_bytes() == again.read_bytes()
    assert run("check", first).output.splitlines()[-1].startswith("0 errors")
    assert run("deploy", first).output.strip() == "nothing new to deploy"
    changed = {**LEAVE_FILES, "bpmn/leave.bpmn": LEAVE.replace('name="审批"', 'name="复核"').encode()}
    made = written(tmp_path, "new.zip", bundles.pack(changed, title="复核", created_at=datetime.now(UTC)))
    assert run("deploy", made).output.splitlines()[-1] == "deployed leave version 2"
    assert run("deploy").output.strip() == "nothing new to deploy"
    target = tmp_path / "exported"
    written(target, "forms/leave/old.json", b"{}")
    assert "left as it is: forms/leave/old.json" in run("export", target).stderr
    assert (target / "bpmn" / "leave.bpmn").read_bytes() == changed["bpmn/leave.bpmn"]


@pytest.mark.parametrize("verb", ["deploy", "check"])
def test_a_hostile_bundle_ends_with_the_reason(run: Run, content: Path, tmp_path: Path, verb: str) -> None:
    hostile = written(tmp_path, "bundle.zip", b"PK nothing")
    assert "not an intact zip file" in run(verb, hostile, status=1).output
    broken = {**LEAVE_FILES, "bpmn/leave.bpmn": LEAVE.replace("leave/ask", "leave/gone").encode()}
    bad = written(tmp_path, "bad.zip", bundles.pack(broken, title="", created_at=datetime.now(UTC)))
    assert "#t_ask " in run(verb, bad, status=1).output


@pytest.mark.parametrize("verb", ["deploy", "check"])
def test_a_folder_without_content_is_refused(run: Run, content: Path, tmp_path: Path, verb: str) -> None:
    """To deploy nothing would withdraw every process."""
    run("deploy")
    (tmp_path / "nothing").mkdir()
    assert "holds no diagrams" in run(verb, tmp_path / "nothing", status=1).output
    assert "leave.bpmn" in run("export", tmp_path / "nothing").output


def test_what_cannot_be_written_is_told_without_a_traceback(run: Run, content: Path, tmp_path: Path) -> None:
    run("deploy")
    output = run("export", "--zip", tmp_path / "nowhere" / "x.zip", status=1).output
    assert output.startswith("Error: ")
    assert "No such file or directory" in output


@pytest.mark.parametrize("words", [("deploy",), ("demo",), ("worker", "--once"), ("audit", "verify"), ("audit", "export"),
                                   ("index",), ("user", "create", "x", "--name", "x", "--password", "long enough 1")])  # fmt: skip
@pytest.mark.parametrize("place", ["empty.db", "nowhere/x.db"])
def test_a_database_that_cannot_be_used_is_told(
    tmp_path: Path, content: Path, words: tuple[str, ...], place: str
) -> None:
    app = create_app(
        Config(DATABASE_URL=f"sqlite:///{tmp_path / place}", SECRET_KEY="s" * 32, CONTENT_DIR=str(content))
    )
    with app.app_context():
        result = app.test_cli_runner().invoke(args=list(words))
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    # A worker says what is wrong with the tables before it looks for work in them.
    assert "the database" in result.output
    assert "cannot be used" in result.output or "run `flask --app wsgi migrate`" in result.output
    app.database.dispose()


def test_export_wants_one_target(run: Run, tmp_path: Path) -> None:
    assert "give a folder or --zip FILE" in run("export", status=2).output
    assert "give a folder" in run("export", tmp_path, "--zip", tmp_path / "x.zip", status=2).output
    assert "没有找到" in run("export", "--zip", tmp_path / "x.zip", "--deployment", "9", status=1).output


def test_an_operator_may_supersede_a_release_that_waits(
    application: Application, run: Run, content: Path
) -> None:
    run("deploy")
    now = datetime.now(UTC)
    with application.database.writing() as session:
        session.add(
            Deployment(origin="studio", digest="0" * 64, created_at=now, effective_at=now + timedelta(days=9))
        )
    written(content, "bpmn/leave.bpmn", LEAVE.replace('name="审批"', 'name="复核"').encode())
    assert "第 2 号发布将于" in run("deploy", status=1).output
    assert run("deploy", "--supersede").output.splitlines()[-1] == "deployed leave version 2"


def test_a_refused_deployment_names_the_element(run: Run, content: Path) -> None:
    written(content, "bpmn/leave.bpmn", LEAVE.replace('targetRef="t_check"', 'targetRef="gone"').encode())
    output = run("deploy", status=1).output
    assert "error: leave.bpmn" in output
    assert "#f2 " in output


def test_check_and_lint_tell_the_same_problem(run: Run, content: Path, tmp_path: Path) -> None:
    assert run("check", content).output.splitlines()[-1].startswith("0 errors")
    broken = LEAVE.replace("leave/ask", "leave/gone").encode()
    lone = written(tmp_path, "elsewhere/leave.bpmn", broken)
    assert "#t_ask " in run("lint", lone, status=1).output
    assert run("lint", content / "bpmn" / "leave.bpmn").exit_code == 0
    written(content, "bpmn/leave.bpmn", broken)
    output = run("check", content, status=1).output
    assert "#t_ask " in output
    assert output.splitlines()[-1].startswith("1 errors")


def test_prove_shows_the_run_that_goes_wrong(run: Run, tmp_path: Path) -> None:
    good, bad = written(tmp_path, "good.bpmn", SOUND), written(tmp_path, "bad.bpmn", STUCK)
    assert run("prove", good).output == "good.bpmn: sound\n"
    lines = run("prove", good, bad, status=1).output.splitlines()
    assert lines[:2] == ["good.bpmn: sound", "bad.bpmn: NOT sound"]
    (told,) = lines[2:]
    assert told.startswith("  error: p#j [deadlock] 死锁")
    assert told.endswith("; by way of s → x → t1 → t1")


def test_findings_as_json(run: Run, content: Path, tmp_path: Path) -> None:
    warnings = orjson.loads(run("check", content, "--json").output)
    assert {warning["severity"] for warning in warnings} == {"warning"}
    broken = LEAVE.replace("leave/ask", "leave/gone").encode()
    lone = written(tmp_path, "elsewhere/leave.bpmn", broken)
    (finding, *_) = orjson.loads(run("lint", lone, "--json", status=1).output)
    assert (finding["code"], finding["element_id"], finding["severity"]) == ("unknown_form", "t_ask", "error")
    assert finding["docs"] == "docs/findings.md#unknown_form"
    good, bad = written(tmp_path, "good.bpmn", SOUND), written(tmp_path, "bad.bpmn", STUCK)
    sound, stuck = orjson.loads(run("prove", good, bad, "--json", status=1).output)
    assert sound == {"file": "good.bpmn", "sound": True, "findings": []}
    assert stuck["findings"][0]["kind"] == "deadlock"
    assert stuck["findings"][0]["run"] == ["s", "x", "t1", "t1"]


def test_layout_draws_and_keeps_the_process(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, "plain.bpmn", SOUND)
    run("layout", path)
    assert b"BPMNShape" in path.read_bytes()
    assert run("prove", path).exit_code == 0
    once = path.read_bytes()
    run("layout", path)
    assert path.read_bytes() == once


@pytest.mark.parametrize("verb", ["prove", "layout"])
def test_what_is_no_diagram_is_refused_and_kept(run: Run, tmp_path: Path, verb: str) -> None:
    table = shutil.copy(ROOT / "bpmn" / "grade.dmn", tmp_path / "grade.dmn")
    assert "is no BPMN diagram" in run(verb, table, status=2).output
    broken = written(tmp_path, "broken.bpmn", b"<!DOCTYPE x><x/>")
    assert "broken.bpmn: " in run(verb, broken, status=1).output
    assert broken.read_bytes() == b"<!DOCTYPE x><x/>"
    assert run(verb, tmp_path / "gone.bpmn", status=2).exit_code == 2


def test_import_check_names_what_it_cannot_load(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    written(folder, "a/one.bpmn", SOUND)
    assert "one.bpmn: " not in run("import-check", folder).output
    written(folder, "b/two.bpmn", b"<html/>")
    assert "b/two.bpmn: " in run("import-check", folder, status=1).output


def test_tck_of_nothing_is_an_error(run: Run, tmp_path: Path) -> None:
    empty = run("tck", tmp_path, status=1)
    assert empty.output.splitlines()[0] == "0 passed, 0 failed"
    assert "holds no DMN TCK cases" in empty.output
    assert "does not exist" in run("tck", tmp_path / "missing", status=2).output


def test_tck_counts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cases.xml").write_text(
        '<testCases xmlns="urn:x"><modelName>lost.dmn</modelName></testCases>'
    )
    found = run("tck", tmp_path, status=1)
    assert found.output.splitlines()[-1] == "0 passed, 1 failed"


def test_accounts_are_made_in_groups(run: Run, application: Application) -> None:
    run("user", "create", "wang", "--name", "王", "--group", "clerk", "--password", "long enough 1")
    assert (
        "new group patrol"
        in run(
            "user", "create", "li", "--name", "李", "--group", "patrol", "--password", "long enough 1"
        ).output
    )
    with application.database.reading() as session:
        users = {found.username: [g.key for g in found.groups] for found in session.scalars(select(User))}
    assert users == {"wang": ["clerk"], "li": ["patrol"]}


def test_a_new_installation_has_the_posts_to_fill(run: Run, application: Application) -> None:
    """Nobody but the first administrator needs the command line; posts that only a diagram knows are there too."""
    run("deploy")
    with application.database.reading() as session:
        names = {group.key: group.name for group in session.scalars(select(Group))}
    assert names.keys() >= {"clerk", "auditor", "process_designer", "staff"}
    assert names["clerk"] == "受理岗"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("wang", "--name", "王", "--password", "long enough 1"), "已被使用"),
        (("li", "--name", "李", "--password", "short"), "至少 10 个字符"),
    ],
)
def test_accounts_that_cannot_be_are_refused(run: Run, words: tuple[str, ...], message: str) -> None:
    run("user", "create", "wang", "--name", "王", "--password", "long enough 1")
    assert message in run("user", "create", *words, status=1).output


def test_audit_names_the_first_bad_row(
    run: Run, application: Application, sqlite_url: str, tmp_path: Path
) -> None:
    world = make_leave_world(sqlite_url, tmp_path)
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    assert run("audit", "verify").output == "history is intact\n"
    with application.database.writing() as session:
        session.execute(text("UPDATE history_event SET actor_name = 'x' WHERE seq = 4"))
    output = run("audit", "verify", status=1).output
    assert "row 4 " in output
    assert "1 damaged cases" in output
    world.database.dispose()


def test_the_worker_does_what_is_due_and_signs_the_history(
    run: Run, application: Application, sqlite_url: str, tmp_path: Path
) -> None:
    world = make_leave_world(sqlite_url, tmp_path)
    world.start("leave", "wang", who="王")
    with world.acting() as context:
        schedule.ensure_daily(context)
    with application.database.writing() as session:
        session.execute(update(Job).values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))
    assert (
        run("worker", "--once").output == "5 jobs done\n"
    )  # the day's work, the look for new tasks, the sweep, both parts of the signature
    (line,) = run("audit", "export").output.splitlines()
    assert orjson.loads(line)["event_count"] > 0
    world.database.dispose()


@pytest.mark.slow
def test_the_demonstration_is_made_once(run: Run, application: Application) -> None:
    run("deploy", ROOT)
    first = run("demo").output
    with application.database.reading() as session:
        count = len(session.scalars(select(ProcessInstance.id)).all())
        accounts = session.scalars(select(User.username)).all()
    assert count > 3
    assert all(name in first for name in accounts)
    assert run("demo").output == first
    with application.database.reading() as session:
        assert len(session.scalars(select(ProcessInstance.id)).all()) == count


@pytest.mark.parametrize("verb", ["lint", "prove", "check", "import-check", "tck"])
def test_verbs_about_files_need_no_configuration(
    verb: str, content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a database nor a folder `instance`: a configuration that were read would end the program."""
    monkeypatch.setenv("DATABASE_URL", "nowhere")
    monkeypatch.setenv("CONTENT_DIR", str(content))
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "none.xml").write_text("<testCases/>")
    places = {
        "lint": content / "bpmn" / "leave.bpmn",
        "prove": content / "bpmn" / "leave.bpmn",
        "tck": tmp_path / "kit",
    }
    app = create_shell()
    with app.app_context():
        result = app.test_cli_runner().invoke(args=[verb, str(places.get(verb, content))])
    assert "DATABASE_URL" not in result.output
    assert result.exit_code == (1 if verb == "tck" else 0), result.output
    assert not hasattr(app, "database")


def test_verbs_about_diagrams_read_no_more_than_the_engine() -> None:
    script = """
import sys, click
from app.shell import create_shell
verbs = create_shell().cli
for name in ("prove", "layout", "import-check", "tck"):
    assert verbs.get_command(click.Context(verbs), name) is not None
print(sorted({"sqlalchemy", "app.web", "app.demo", "app.models", "alembic"} & sys.modules.keys()))
"""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_worker_knows_every_kind_of_job() -> None:
    """What a job does is registered by the module that asks for it; pages ask for jobs, verbs read no pages."""
    mark = re.compile(r"^@jobs\.job_handler\(|^(?:jobs\.)?register_errand\(|^@job_handler\(", re.MULTILINE)
    wanted = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "app").rglob("*.py")
        if mark.search(path.read_text(encoding="utf-8"))
    }
    script = "import app.worker, app.services.operations, sys; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(wanted) > 5
    assert wanted - set(done.stdout.split()) == set()
