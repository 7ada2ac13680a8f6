"""PDFs for the terminal, which has no window: Qt sets the pages all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from backends.errors import UserFacingError
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.exchange.writing import Manner, Written, make_folder
from baichuan_desktop.ui.exchange.pdf import PdfExport, PdfFiles
from baichuan_desktop.ui.look.fonts import load_fonts

_LOOK_MS = 50  # between two looks whether Ctrl+C was pressed


class _Waiting(QObject):
    """Runs Qt's events until an export ends."""

    def __init__(
        self, export: PdfExport, cancel: threading.Event, progress: Callable[[int], object]
    ) -> None:
        super().__init__()
        self._export, self._cancel, self._progress = export, cancel, progress
        self._loop = QEventLoop(self)
        self.written: Written | None = None
        self.error: UserFacingError | None = None
        export.progressed.connect(self._on_progress)
        export.finished.connect(self._on_finished)
        export.failed.connect(self._on_failed)
        self._look = QTimer(self)
        self._look.timeout.connect(self._look_for_stop)
        self._look.start(_LOOK_MS)

    def run(self) -> None:
        """Begin, and return when it has ended."""
        QTimer.singleShot(0, self._export.start)
        self._loop.exec()

    @Slot(int)
    def _on_progress(self, done: int) -> None:
        self._progress(done)

    @Slot(object)
    def _on_finished(self, written: Written) -> None:
        self.written = written
        self._loop.quit()

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        self.error = error
        self._loop.quit()

    @Slot()
    def _look_for_stop(self) -> None:
        if self._cancel.is_set():
            self._look.stop()
            self._export.stop()


def write_pdfs(
    store: ConversationStore,
    ids: Sequence[int],
    place: Path,
    manner: Manner,
    *,
    is_one: bool,
    cancel: threading.Event,
    progress: Callable[[int], object],
) -> Written:
    """Write each conversation as a PDF: one as the file `place`, several into the folder `place`.

    Raises the UserFacingError that ended it.
    """
    app = QGuiApplication.instance() or QApplication(["baichuan-desktop", "-platform", "offscreen"])
    load_fonts()
    if not is_one:
        make_folder(place)
    export = PdfExport(store, PdfFiles(ids, place, is_one), manner, app)
    waiting = _Waiting(export, cancel, progress)
    waiting.run()
    export.deleteLater()
    if waiting.error is not None:
        raise waiting.error
    assert waiting.written is not None
    return waiting.written
