"""What `make` stands on: work is done once, and what was started is stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import browser, environment, postgres, serve
from tools.environment import SetupError

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / "source").write_text("one")
    return tmp_path


def times_done(root: Path, *changes: str) -> int:
    """How often an action is done when it is asked for once, and again after each change."""
    done: list[int] = []

    def action() -> None:
        done.append(1)
        (root / "output").write_text("made")

    for change in ("none", *changes):
        if change == "source":
            (root / "source").write_text("two")
        elif change == "output":
            (root / "output").unlink()
        word = "other" if change == "word" else "word"
        environment.renew(root / "deep" / "stamp", [root / "source", word], [root / "output"], action)
    return len(done)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], 1),
        (["none", "none"], 1),
        (["source"], 2),
        (["source", "none"], 2),
        (["output"], 2),
        (["word", "word"], 2),
        (["word", "none"], 3),
    ],
)
def test_work_is_done_only_when_something_changed(root: Path, changes: list[str], expected: int) -> None:
    assert times_done(root, *changes) == expected


def test_failed_work_is_done_again(root: Path) -> None:
    def fail() -> None:
        raise environment.SetupError("no network")

    with pytest.raises(environment.SetupError):
        environment.renew(root / "stamp", [root / "source"], [], fail)
    assert times_done(root) == 1


def test_a_hash_cannot_be_moved_between_inputs(root: Path) -> None:
    assert environment.digest(["ab", "c"]) != environment.digest(["a", "bc"])


@pytest.mark.parametrize("command", [["no-such-program-here"], ["false"]])
def test_a_failing_command_is_named(command: list[str]) -> None:
    with pytest.raises(environment.SetupError, match=command[0]):
        environment.run(command)


def test_the_browser_named_by_the_user_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("given", "chromium"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "given"))
    assert browser.find_chromium() == str(tmp_path / "given")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))
    assert browser.find_chromium() == str(tmp_path / "chromium")


@pytest.fixture
def family() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process, and a child of it that does not listen to SIGTERM."""
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603
    assert process.stdout is not None
    child = int(process.stdout.readline())
    assert process.stdout.readline() == b"up\n"
    yield process, child
    process.stdout.close()


def is_running(pid: int) -> bool:
    """Whether a process still does anything; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_nothing_outlives_the_server(family: tuple[subprocess.Popen[bytes], int]) -> None:
    process, child = family
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    serve._end([process])
    assert process.returncode == -signal.SIGTERM
    for _ in range(100):
        if not is_running(child):
            break
        time.sleep(0.05)
    assert not is_running(child)
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)


def test_one_ended_process_ends_the_rest() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    ended.wait()
    assert serve._watch([ended]) == 3


def test_a_port_that_somebody_listens_on_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(SetupError, match=f"{port}.*choose another PORT"):
            serve._require_free_port("127.0.0.1", port)
    serve._require_free_port("127.0.0.1", port)


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1", "８０００"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(SetupError, match="PORT must be"):
        serve._require_free_port("127.0.0.1", port)


def test_only_postgresql_gets_several_web_processes() -> None:
    place = {"HOST": "127.0.0.1", "PORT": "1", "WORKERS": "4"}
    for url, workers in (("", "1"), ("sqlite:///x.db", "1"), ("postgresql://h/db", "4")):
        command = serve._web({**place, "DATABASE_URL": url})
        assert command[command.index("--workers") + 1] == workers


def test_postgresql_never_runs_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    user = postgres._unprivileged_user()
    assert user is not None
    assert user.pw_uid != 0
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert postgres._unprivileged_user() is None
