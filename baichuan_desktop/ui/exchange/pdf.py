"""Conversations as PDF files: set on pages between the window's events, written in the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QObject, Signal, Slot
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter

from baichuan_desktop import __version__
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.exchange.forms.sheet import Sheet, file_stem, free_file
from baichuan_desktop.services.exchange.writing import (
    Form,
    Manner,
    Written,
    new_file,
    require_allowed,
    sheet,
)
from baichuan_desktop.services.markdown.harmless_text import harmless_line
from baichuan_desktop.ui.exchange.paper import DOTS
from baichuan_desktop.ui.exchange.printing import Printing
from baichuan_desktop.workers.background_task import BackgroundTask

_MARGIN_MM = 18.0


@dataclass(frozen=True, slots=True)
class PdfFiles:
    """What is to be written where."""

    ids: Sequence[int]
    place: Path  #: a file, or of several a folder
    is_one: bool


class PdfExport(QObject):
    """Writes one PDF after the other; what is there already of others stays.

    Signals:
        progressed: how many are written.
        finished: what was Written.
        failed: the UserFacingError that ended it; files that were written stay.
    """

    progressed = Signal(int)
    finished = Signal(object)
    failed = Signal(object)

    def __init__(
        self, store: ConversationStore, files: PdfFiles, manner: Manner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store, self._files, self._manner = store, files, manner
        self._left = deque(files.ids)
        self._taken: set[str] = set()
        self._done = 0
        self._is_stopped = False
        self._printing: Printing | None = None
        self._buffer: QBuffer | None = None
        self._writer: QPdfWriter | None = None
        self._title = ""

    def start(self) -> None:
        """Begin with the first one."""
        self._next()

    @Slot()
    def stop(self) -> None:
        """End after what is written already."""
        self._is_stopped = True
        self._left.clear()
        if self._printing is not None:
            self._printing.stop()

    def _next(self) -> None:
        if not self._left:
            place = self._files.place
            self.finished.emit(Written(place, self._done, was_stopped=self._is_stopped))
            return
        read = partial(_read, self._store, self._left.popleft(), self._manner, self._files.is_one)
        task = BackgroundTask(read, self)
        task.succeeded.connect(self._set)
        task.failed.connect(self._fail)
        task.start()

    @Slot(object, int)
    def _set(self, shown: Sheet | None, _task_id: int) -> None:
        if shown is None or self._is_stopped:
            self._next()
            return
        self._title = shown.title
        self._buffer = QBuffer(self)
        self._buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._writer = pdf_writer(self._buffer, shown.title)
        self._printing = Printing([shown], self._writer, self)
        self._printing.finished.connect(self._write)
        self._printing.start()

    @Slot(bool)
    def _write(self, is_whole: bool) -> None:
        assert self._buffer is not None
        assert self._printing is not None
        self._printing.deleteLater()
        self._printing = self._writer = None  # which ends the file
        data = bytes(self._buffer.data().data())
        self._buffer.deleteLater()
        self._buffer = None
        if not is_whole:
            self._next()
            return
        files = self._files
        file = files.place
        if not files.is_one:
            file = free_file(files.place, file_stem(self._title), Form.PDF.suffix, self._taken)
        task = BackgroundTask(partial(_write, file, data), self)
        task.succeeded.connect(self._on_written)
        task.failed.connect(self._fail)
        task.start()

    @Slot(object, int)
    def _on_written(self, _nothing: object, _task_id: int) -> None:
        self._done += 1
        self.progressed.emit(self._done)
        self._next()

    @Slot(object, int)
    def _fail(self, error: object, _task_id: int) -> None:
        self._left.clear()
        self.failed.emit(error)


def pdf_writer(device: QIODevice, title: str) -> QPdfWriter:
    """A writer for pages of A4."""
    made = QPdfWriter(device)
    made.setResolution(DOTS)
    made.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    made.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    made.setTitle(harmless_line(title))
    made.setCreator(f"Baichuan Desktop {__version__}")
    return made


def _read(store: ConversationStore, key: int, manner: Manner, is_one: bool) -> Sheet | None:
    """What is shown of a conversation; of many, one of nothing is passed over."""
    require_allowed()
    one = store.conversation(key)
    if not is_one and (one is None or one.head is None):
        return None
    return sheet(store, key, manner)


def _write(file: Path, data: bytes) -> None:
    require_allowed()
    with new_file(file) as stream:
        stream.write(data)
