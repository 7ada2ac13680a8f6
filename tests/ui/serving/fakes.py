"""A server and a desk that do what a test tells them, and a key."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from backends.errors import UserFacingError
from baichuan_desktop.services.serving.port import Asked
from baichuan_desktop.services.serving.values import (
    DeskState,
    DeskStatus,
    JournalLine,
    ServedModel,
    ServeOptions,
)

ADDRESS = "http://127.0.0.1:8123"


def line(path: str = "/v1/models", **more: object) -> JournalLine:
    values: dict[str, object] = {
        "at": 1_700_000_000.0,
        "client": "127.0.0.1",
        "method": "GET",
        "path": path,
        "status": 200,
        "seconds": 0.25,
    }
    return JournalLine(**(values | more))  # type: ignore[arg-type]  # each has its type above


class FakeServer:
    """Opens nothing. `refuses` is raised by its next start."""

    def __init__(self) -> None:
        self.is_running = False
        self.addresses: Sequence[str] = (ADDRESS,)
        self.clients = 0
        self.log: list[JournalLine] = []
        self.started: list[ServeOptions] = []
        self.refuses: UserFacingError | None = None
        self.may_start = threading.Event()
        self.may_start.set()
        self.is_starting = threading.Event()

    def start(self, options: ServeOptions) -> None:
        self.is_starting.set()
        self.may_start.wait()
        if self.refuses is not None:
            raise self.refuses
        self.started.append(options)
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False

    def lines(self) -> Sequence[JournalLine]:
        return tuple(self.log)


class FakeDesk:
    """Is in the state that it is told, and takes nothing in."""

    def __init__(self) -> None:
        self.status = DeskStatus(DeskState.READY, "guide")

    def models(self) -> Sequence[ServedModel]:
        return ()

    def ask(self, *_: object) -> Asked:
        raise AssertionError("nobody asks")


class FakeKey:
    """A key that is in no file."""

    def __init__(self) -> None:
        self.number = 1
        self.refuses: UserFacingError | None = None

    def text(self) -> str:
        if self.refuses is not None:
            raise self.refuses
        return f"key-{self.number}"

    def renew(self) -> str:
        self.number += 1
        return self.text()
