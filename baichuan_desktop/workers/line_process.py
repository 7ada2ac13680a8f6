"""A process of the app's own that answers in lines of JSON, for the window's thread."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal, Slot

from baichuan_desktop.services import own_process

_END_MS = 2_000  # for the process to end by itself; it has nothing to save


class LineProcess(QObject):
    """Started with the first thing that is written to it, and again after it has ended.

    Signals:
        answered: what a line of JSON says, a dict.
        ended: the process broke off; what it was asked has no answer.
        unstartable: there is no such process here.
    """

    answered = Signal(object)
    ended = Signal()
    unstartable = Signal()

    def __init__(self, command: Callable[[], Sequence[str]], parent: QObject | None = None) -> None:
        """`command` gives its command line, whenever it is started."""
        super().__init__(parent)
        self._command = command
        self._process: QProcess | None = None
        self._buffer = bytearray()

    def write(self, data: bytes) -> None:
        """Send it something; it is started where it does not run."""
        if self._process is None:
            self._begin()
        if self._process is not None:  # it may have been found that it cannot be started
            self._process.write(data)

    def shut_down(self) -> None:
        """End the process, which tells nothing any more; the next thing starts another one."""
        if self._process is not None:
            ending, self._process = self._process, None
            ending.blockSignals(True)
            ending.closeWriteChannel()
            ending.kill()
            ending.waitForFinished(_END_MS)
            ending.deleteLater()

    def _begin(self) -> None:
        program, *arguments = self._command()
        made = QProcess(self)
        variables = QProcessEnvironment.systemEnvironment()
        for name, value in own_process.variables().items():
            variables.insert(name, value)
        made.setProcessEnvironment(variables)
        made.setStandardErrorFile(QProcess.nullDevice())
        made.readyReadStandardOutput.connect(self._on_output)
        made.finished.connect(self._on_end)
        made.errorOccurred.connect(self._on_error)
        self._buffer.clear()
        self._process = made
        made.start(program, arguments)

    @Slot()
    def _on_output(self) -> None:
        if self._process is None:
            return
        self._buffer += self._process.readAllStandardOutput().data()
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            answer: dict[str, Any] = json.loads(line)
            self.answered.emit(answer)

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._drop()
            self.unstartable.emit()

    @Slot()
    def _on_end(self) -> None:
        if self._process is not None:
            self._drop()
            self.ended.emit()

    def _drop(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
