"""Bring the product up: assets, translations, database, content, demo data, then web server and worker.

Settings from the environment: PORT (8000), HOST (127.0.0.1), DATABASE_URL (SQLite under instance/),
WORKERS (web processes, PostgreSQL only), DEMO (1; 0 for an empty installation).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from types import FrameType

from tools.assets import ensure_assets
from tools.environment import PYTHON, ROOT, SetupError, run, say
from tools.translations import compile_catalogue

GRACE_SECONDS = 15.0
START_SECONDS = 60.0


class Stopped(Exception):
    """The user or the system asked us to end."""


def main() -> None:
    settings = {"DEMO": "1", "HOST": "127.0.0.1", "PORT": "8000", "WORKERS": "1", **os.environ}
    # For links in mails and codes on letters.
    settings.setdefault("SITE", f"http://{settings['HOST']}:{settings['PORT']}")
    try:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        sys.exit(_serve(settings))
    except SetupError as error:
        sys.exit(f"✗ {error}")
    except Stopped:
        say("stopped")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


def _serve(settings: dict[str, str]) -> int:
    _require_free_port(settings["HOST"], settings["PORT"])
    _prepare_pages()
    for verb in ("migrate", "deploy", *(["demo"] if settings["DEMO"] != "0" else [])):
        run(_flask(verb), cwd=ROOT, env=settings)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in (_web(settings), _flask("worker")):
            # A session of their own: a Ctrl-C reaches them through us, once, and in order.
            processes.append(subprocess.Popen(command, cwd=ROOT, env=settings, start_new_session=True))
        address = f"http://{settings['HOST']}:{settings['PORT']}/"
        _wait_until_ready(address, processes)
        say(f"ready: {address}  (Ctrl-C ends it)")
        return _watch(processes)
    finally:
        _end(processes)


def _require_free_port(host: str, port: str) -> None:
    """The web server shares a port with whoever listens there: visitors would meet now one, now the other."""
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SetupError(f"PORT must be a number from 1 to 65535, not {port!r}")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as error:
        raise SetupError(f"cannot listen on {host}:{port} ({error.strerror}): choose another PORT") from error


def _prepare_pages() -> None:
    compile_catalogue()
    try:
        ensure_assets()
    except SetupError as error:
        say(f"pages will look plain, the styles could not be built: {error}")


def _flask(verb: str) -> list[str]:
    return [str(PYTHON), "-m", "flask", "--app", "wsgi", verb]


def _web(settings: dict[str, str]) -> list[str]:
    on_postgres = settings.get("DATABASE_URL", "").startswith("postgres")
    workers = settings["WORKERS"] if on_postgres else "1"
    place = ["--host", settings["HOST"], "--port", settings["PORT"], "--workers", workers]
    shape = ["--interface", "wsgi", "--blocking-threads", "64", "--log-level", "error", "--no-ws"]
    return [str(PYTHON), "-m", "granian", *shape, *place, "wsgi:app"]


def _wait_until_ready(address: str, processes: list[subprocess.Popen[bytes]]) -> None:
    last = time.monotonic() + START_SECONDS
    while time.monotonic() < last and all(process.poll() is None for process in processes):
        try:
            urllib.request.urlopen(f"{address}healthz", timeout=5).close()  # noqa: S310
            return
        except OSError:  # no answer yet, or one that is no 200
            time.sleep(0.2)
    raise SetupError(f"{address}healthz does not answer that all is well: see the messages above")


def _watch(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait until one of them ends; its status is ours."""
    while True:
        for process in processes:
            status = process.poll()
            if status is not None:
                say(f"process {process.pid} ended with status {status}; stopping the rest")
                return status or 1
        time.sleep(0.5)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for process in processes:
        if process.poll() is None:
            process.terminate()
    last = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, last - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"process {process.pid} does not end; killing it")
        _kill_group(process.pid)


def _kill_group(leader: int) -> None:
    """Whatever a process left behind in its session."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
