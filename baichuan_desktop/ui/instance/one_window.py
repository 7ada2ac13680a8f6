"""Who is the first window of this home, and how a second start reaches it.

A lock on a folder of the home says who is first: the system opens it when the process ends, however
it ends. So what is left of the socket of a window that crashed is known for what it is. The socket
lies where this person alone can enter, under a name made of the home; nothing goes over a network.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import platformdirs
from PySide6.QtCore import QDeadlineTimer, QObject, QThread, QTimer, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from backends.operating_system import local_address, lock_folder
from baichuan_desktop.services.account import account
from baichuan_desktop.ui.instance.request import MOST_BYTES, RaiseRequest, decode, encode

log = logging.getLogger(__name__)

_MOST_CALLERS = 8  # at a time
_CALLER_MS = 5_000  # that a caller may take for its one line
_ANSWER_MS = 15_000  # that the first window may take to answer; it may be starting still
_RETRY_MS = 50
_DONE = b"ok\n"


class OneWindow(QObject):
    """Makes this the only window of its home, as far as the home can be locked.

    Signals:
        asked: the RaiseRequest of another start.
    """

    asked = Signal(object)

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        """`home` is a folder of the app's own, which no other home has; it need not exist."""
        super().__init__(parent)
        self._folder = home / "window"
        self._server: QLocalServer | None = None
        self._unlock: Callable[[], object] | None = None

    def claim(self) -> bool:
        """Whether this may be the window of its home: another has it if not.

        Where nothing can be locked, or nothing listened on, every start has a window.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._unlock = lock_folder(self._folder)
        except BlockingIOError:
            return False
        except OSError as error:  # a drive that knows no locks, or cannot be written to
            log.info("Other windows of this home are not known of: %s", error)
            return True
        self._listen()
        return True

    def hand_over(self, request: RaiseRequest, patience_ms: int = _ANSWER_MS) -> bool:
        """Ask the first window; whether it said that it did. It may be starting still."""
        deadline = QDeadlineTimer(patience_ms)
        socket = QLocalSocket()
        try:
            address = self._address()
        except OSError as error:
            log.info("The window that is open cannot be reached: %s", error)
            return False
        while True:
            socket.connectToServer(address)
            if socket.waitForConnected(max(1, deadline.remainingTime())):
                break
            if deadline.hasExpired():
                return False
            QThread.msleep(_RETRY_MS)
        socket.write(encode(request))
        answer = b""
        while len(answer) < len(_DONE) and socket.waitForReadyRead(
            max(1, deadline.remainingTime())
        ):
            answer += bytes(socket.read(len(_DONE) - len(answer)).data())
        socket.abort()
        return answer == _DONE

    def shut_down(self) -> None:
        """Be the first window no longer."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._unlock is not None:
            self._unlock()
            self._unlock = None

    def _address(self) -> str:
        """Raises OSError where no place is this person's alone."""
        place = f"{account()}\0{self._folder}".encode("utf-8", "surrogateescape")
        name = hashlib.sha256(place).hexdigest()[:16]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a session that has no folder for this
            folder = platformdirs.user_runtime_dir("baichuan-desktop", appauthor=False)
        return local_address(Path(folder), name)

    def _listen(self) -> None:
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.setMaxPendingConnections(_MOST_CALLERS)
        try:
            address = self._address()
        except OSError as error:
            log.info("Other starts cannot reach this window: %s", error)
            return
        QLocalServer.removeServer(address)  # of a window that crashed: we have its lock
        if not server.listen(address):
            log.info("Other starts cannot reach this window: %s", server.errorString())
            return
        server.newConnection.connect(self._on_caller)
        self._server = server

    @Slot()
    def _on_caller(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()):
            if len(self.findChildren(_Caller)) >= _MOST_CALLERS:
                socket.abort()
                socket.deleteLater()
                continue
            _Caller(socket, self).asked.connect(self.asked)


class _Caller(QObject):
    """Another start, until it has said its line, hung up or taken too long."""

    asked = Signal(object)

    def __init__(self, socket: QLocalSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._socket = socket
        socket.setParent(self)
        socket.setReadBufferSize(MOST_BYTES + 1)
        socket.readyRead.connect(self._read)
        socket.disconnected.connect(self.deleteLater)
        QTimer.singleShot(_CALLER_MS, self, self._hang_up)
        self._read()  # what came before

    @Slot()
    def _read(self) -> None:
        if not self._socket.canReadLine():
            if self._socket.bytesAvailable() > MOST_BYTES:
                self._hang_up()
            return
        request = decode(bytes(self._socket.readLine(MOST_BYTES + 1).data()))
        self._socket.readyRead.disconnect(self._read)  # one line is all that is heard
        if request is None:
            log.warning("Something that is no request came from another process.")
            self._hang_up()
            return
        self.asked.emit(request)
        self._socket.write(_DONE)
        self._socket.disconnectFromServer()  # once that is written

    @Slot()
    def _hang_up(self) -> None:
        self._socket.abort()
        self.deleteLater()
