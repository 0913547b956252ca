"""Carries out attacks in a process with little memory and tells, line by line, how each of them ended."""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
from pathlib import Path

from tests.engine.hostile.files import DECISIONS, FORMS, ODD, REFUSED, WIDE
from tests.engine.hostile.readers import CHECKS, DIAGRAM_READERS, READERS, REFUSALS
from tests.engine.hostile.texts import ESCAPES, FLOODS

TEXT_READERS = ("evaluate", "test")
MEMORY = 1_500_000_000
SECONDS = 20.0  # of processor time for one attack: far more than any takes, far less than for ever


class Endless(BaseException):
    """The attack was still at work after its time; not an Exception, so that nothing can swallow it."""


def stop(_number: int, _frame: object) -> None:
    raise Endless


def attacks(part: str) -> list[tuple[str, str, object]]:
    """Those of one part, so that several parts can run side by side."""
    return [found for found in all_attacks() if (found[0] in TEXT_READERS) == (part == "texts")]


def all_attacks() -> list[tuple[str, str, object]]:
    """Reader, name and payload (or what makes it) of every attack."""
    found: list[tuple[str, str, object]] = []
    for reader in DIAGRAM_READERS:
        found += [(reader, name, make) for name, make in (*REFUSED.items(), *ODD.items())]
    found += [(reader, name, make) for reader in CHECKS for name, make in WIDE.items()]
    found += [("decide", name, make) for name, make in DECISIONS.items()]
    found += [("form", name, make) for name, make in FORMS.items()]
    for reader in TEXT_READERS:
        found += [(reader, text, text) for text in ESCAPES]
        found += [(reader, name, make) for name, make in FLOODS.items()]
    return found


def attack(reader: str, payload: object) -> tuple[str, str]:
    """How it ended: refused, survived, endless, or the exception that came out."""
    data = payload() if callable(payload) else payload
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        return "survived", str(READERS[reader](data))
    except REFUSALS as error:
        return "refused", str(error)
    except Endless:
        return "endless", ""
    except BaseException as error:  # whatever comes out is told
        return type(error).__name__, str(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def peak_memory() -> int:
    """The most this process ever held, in kilobytes.

    Not `ru_maxrss`: after a fork that one starts at what the parent held, so it would measure the test runner.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1])  # type: ignore[index]


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGVTALRM, stop)
    canary = Path.cwd()
    for reader, name, payload in attacks(sys.argv[1]):
        how, text = attack(reader, payload)
        line = {"reader": reader, "name": name, "how": how, "text": text[:300], "kilobytes": peak_memory()}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps({"files": sorted(path.name for path in canary.iterdir())}) + "\n")


if __name__ == "__main__":
    main()
