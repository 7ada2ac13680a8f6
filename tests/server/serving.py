"""A server on this machine, asked over raw sockets: what a client sends goes as it is written."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from baichuan_desktop.server.limits import Limits
from baichuan_desktop.server.running import ThreadedServer
from baichuan_desktop.services.serving.port import ModelDesk
from baichuan_desktop.services.serving.values import JournalLine, ServeOptions
from tests.helpers.patience import PATIENCE_SECONDS, wait_until

KEY = b"the key of a test"


class FixedKey:
    """A key that tests know."""

    def matches(self, shown: bytes) -> bool:
        return shown == KEY


class KeptLines:
    """A journal in memory."""

    def __init__(self) -> None:
        self.kept: list[JournalLine] = []

    def add(self, line: JournalLine) -> None:
        self.kept.append(line)

    def lines(self) -> Sequence[JournalLine]:
        return list(self.kept)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_closed: bool = False  #: the server ended the connection

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """OpenAI's error object; its sentence is checked to be one."""
        error = self.json["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"].rstrip()[-1:] in (".", "”")
        return error


@dataclass
class Served:
    """A server that runs."""

    server: ThreadedServer
    journal: KeptLines = field(default_factory=KeptLines)

    @property
    def port(self) -> int:
        return int(self.server.addresses[0].rpartition(":")[2])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def mark(self) -> int:
        """How many lines the journal has, once those of all requests before are in it."""
        assert self.ask("OPTIONS", "/health").status == 204
        wait_until(lambda: [line.method for line in self.journal.kept[-1:]] == ["OPTIONS"])
        return len(self.journal.kept)

    def lines_after(self, before: int, count: int) -> Sequence[JournalLine]:
        """So many lines of the journal that came after so many; each comes behind its answer."""
        wait_until(lambda: len(self.journal.kept) >= before + count)
        return self.journal.kept[before:]

    def connect(self) -> socket.socket:
        """A connection; nothing is sent."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)

    def raw(self, data: bytes) -> Answer:
        """Send bytes, and read one answer."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_answer(connection)

    def ask(
        self, method: str, path: str, body: bytes | None = None, *headers: str, host: str = ""
    ) -> Answer:
        """Send a request with these headers, and a Host and a length, and read the answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or self.host}", *headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return self.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))

    def post(self, path: str, content: object, *headers: str) -> Answer:
        """Send JSON."""
        body = json.dumps(content).encode()
        return self.ask("POST", path, body, "Content-Type: application/json", *headers)


@contextmanager
def serving(
    desk: ModelDesk, options: ServeOptions | None = None, limits: Limits | None = None
) -> Iterator[Served]:
    """Serve a desk on a port that is free."""
    journal = KeptLines()
    server = ThreadedServer(desk, FixedKey(), journal, limits=limits)
    server.start(options or ServeOptions(port=0))
    try:
        yield Served(server, journal)
    finally:
        server.stop()


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    """One answer of a connection, whole; status 0 where it was ended without one."""
    connection.settimeout(PATIENCE_SECONDS)
    data = b""
    while b"\r\n\r\n" not in data:
        part = _received(connection)
        if not part:
            assert not data, data
            return Answer(0, {}, b"", is_closed=True)
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    status = int(first.split(" ")[1])
    length = headers.get("content-length")
    is_bodiless = method == "HEAD" or status in (204, 304)
    while not is_bodiless and (length is None or len(body) < int(length)):
        part = _received(connection)
        if not part:
            break
        body += part
    return Answer(status, headers, body, is_closed=headers.get("connection") == "close")


def answer_while_trickling(connection: socket.socket, piece: bytes) -> bytes:
    """How the answer begins that comes while a piece is sent now and then; empty: the end alone."""
    connection.settimeout(0.02)
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        try:
            connection.sendall(piece)
            return connection.recv(12)
        except TimeoutError:
            continue
        except OSError:
            return b""
    raise AssertionError("it is waited for")


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""
