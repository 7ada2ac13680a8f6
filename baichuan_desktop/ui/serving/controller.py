"""Starts and stops the server of the window, and knows what it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backends.errors import ServerStoppedError, UserFacingError
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.serving.port import ModelDesk, Server
from baichuan_desktop.services.serving.values import (
    DeskState,
    DeskStatus,
    JournalLine,
    ServeOptions,
)
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.workers.background_task import BackgroundTask

_LOOK_MS = 400  # between two looks at what it does


class ServingState(Enum):
    """Whether other programs are served."""

    OFF = auto()
    STARTING = auto()
    ON = auto()
    STOPPING = auto()


@dataclass(frozen=True, slots=True)
class Served:
    """What a server does now."""

    addresses: Sequence[str] = ()  #: this machine's first
    asks_for_key: bool = False  #: each request has to show it
    clients: int = 0  #: connections that are open
    desk: DeskStatus = field(default_factory=lambda: DeskStatus(DeskState.EMPTY))
    lines: Sequence[JournalLine] = ()  #: the latest requests, the oldest first


class ServingController(QObject):
    """Has one server, which is made when it is first wanted; it never starts by itself.

    Signals:
        changed: its state, or what it does, is another one.
        failed: the UserFacingError for which nobody is served.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        make_server: Callable[[], Server],
        desk: ModelDesk,
        settings: SettingsFile,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._settings = desk, settings
        self._running = _Running(make_server)
        self._state = ServingState.OFF
        self._served = Served()
        self._asks_for_key = False  # what was started last
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def state(self) -> ServingState:
        """Whether it serves."""
        return self._state

    @property
    def served(self) -> Served:
        """What it does, as it was looked at last; what it did, once it has stopped."""
        return self._served

    def start(self, options: ServeOptions) -> None:
        """Begin to serve, and remember how, but not to whom: the network is chosen each time."""
        if self._state is not ServingState.OFF:
            return
        self._asks_for_key = options.asks_for_key
        self._settings.change(server_port=options.port, server_needs_key=options.needs_key)
        self._become(ServingState.STARTING)
        task = BackgroundTask(partial(self._running.start, options), self)
        task.succeeded.connect(self._on_started)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot()
    def stop(self) -> None:
        """End what other programs ask, and give the port back."""
        if self._state is not ServingState.ON:
            return
        self._timer.stop()
        self._become(ServingState.STOPPING)
        task = BackgroundTask(self._running.stop, self)
        task.succeeded.connect(self._on_stopped)
        task.failed.connect(self._on_failed)
        task.start()

    def shut_down(self) -> None:
        """Stop at once, also what is about to start. Not to be used afterwards."""
        self.blockSignals(True)
        self._timer.stop()
        self._running.end()

    @Slot()
    def look(self) -> None:
        """See what the server does now."""
        server = self._running.server
        if server is None or self._state is not ServingState.ON:
            return
        if not server.is_running:
            self._on_failed(ServerStoppedError(), 0)
            return
        now = Served(
            tuple(server.addresses),
            self._asks_for_key,
            server.clients,
            self._desk.status,
            tuple(server.lines()),
        )
        if now != self._served:
            self._served = now
            self.changed.emit()

    def _become(self, state: ServingState) -> None:
        self._state = state
        self.changed.emit()

    @Slot(object, int)
    def _on_started(self, _result: object, _task_id: int) -> None:
        self._state = ServingState.ON
        self._timer.start()
        self._served = Served(lines=self._served.lines)
        self.look()

    @Slot(object, int)
    def _on_stopped(self, _result: object, _task_id: int) -> None:
        if (server := self._running.server) is not None:  # what it ended with is told too
            self._served = replace(self._served, lines=tuple(server.lines()))
        self._become(ServingState.OFF)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, _task_id: int) -> None:
        self._timer.stop()
        self._become(ServingState.OFF)
        self.failed.emit(error)


class _Running:
    """The server, used from whichever thread; nothing is started once it is over."""

    def __init__(self, make_server: Callable[[], Server]) -> None:
        self._make_server = make_server
        self._lock = threading.Lock()
        self._is_over = False
        self.server: Server | None = None  #: once it was wanted

    def start(self, options: ServeOptions) -> None:
        """Raises PolicyError, ServerError."""
        with self._lock:
            if self._is_over:
                return
            require(site_policy(), Feature.SERVER)
            if self.server is None:
                self.server = self._make_server()
            self.server.stop()  # what has ended by itself
            self.server.start(options)

    def stop(self) -> None:
        with self._lock:
            if self.server is not None:
                self.server.stop()

    def end(self) -> None:
        with self._lock:
            self._is_over = True
            if self.server is not None:
                self.server.stop()
