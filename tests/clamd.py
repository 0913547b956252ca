"""A stand-in for clamd: the INSTREAM protocol of clamd(8), word for word, and nothing else of it."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

FULL = "full"


@dataclass
class Scanner:
    """Where it listens, what it was given, and what it answers when it is not itself."""

    address: str
    seen: list[bytes] = field(default_factory=list)
    mood: str = ""


@contextmanager
def fake_clamd(socket_path: Path | None = None) -> Iterator[Scanner]:
    """A scanner on a port of this machine, or on a unix socket."""

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if scanner.mood == "silent":
                return
            assert self.rfile.read(10) == b"zINSTREAM\0"
            data = b""
            if scanner.mood == FULL:  # answers and hangs up without listening to the end
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
            while length := struct.unpack("!L", self.rfile.read(4))[0]:
                data += self.rfile.read(length)
            scanner.seen.append(data)
            found = b"Eicar-Test-Signature FOUND" if EICAR in data else b"OK"
            self.wfile.write((scanner.mood.encode() or b"stream: " + found) + b"\0")

    if socket_path is not None:
        server: socketserver.BaseServer = socketserver.ThreadingUnixStreamServer(
            str(socket_path), Conversation
        )
        scanner = Scanner(f"unix://{socket_path}")
    else:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        scanner = Scanner(f"tcp://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield scanner
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
