"""Folders and files that are dragged onto the window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.documents.kinds import looks_like_document
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.background_task import BackgroundTask

_MARGIN, _RADIUS = 16, 12  # pixels of the design
#: Of files that stand for the folder of a model or an adapter.
_ENDINGS = (
    ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".ggml", ".onnx", ".onnx_data",
    ".model", ".index.json", ".npz", ".h5", ".msgpack",
)  # fmt: skip
_NAMES = (
    "config.json", "generation_config.json", "adapter_config.json", "tokenizer_config.json",
    "special_tokens_map.json", "quantize_config.json",
)  # fmt: skip
_HIDING = 235  # of 255: what lies under the sign is hardly seen


class Dropping(QObject):
    """Takes files that are dropped anywhere in a window, where no field wants them for itself.

    Text stays with whoever takes text.

    Signals:
        dropped: the Paths of folders, and of files of models.
        documents_dropped: the Paths of files that a question may be asked about.
    """

    dropped = Signal(object)
    documents_dropped = Signal(object)

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._sign = _Sign(theme, window)
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Hear of what is dragged over the window."""
        match event:
            case QDropEvent() if event.type() is QEvent.Type.Drop:
                self._sign.hide()
                return self._drop(event)
            case QDragEnterEvent() | QDragMoveEvent():
                if not _paths(event.mimeData()):
                    return False
                event.setDropAction(Qt.DropAction.CopyAction)
                event.accept()
                self._sign.lie_over(self._window, _paths(event.mimeData()))
                return True
        if event.type() is QEvent.Type.DragLeave:
            self._sign.hide()
        return False

    def _drop(self, event: QDropEvent) -> bool:
        paths = _paths(event.mimeData())
        if paths:
            event.setDropAction(Qt.DropAction.CopyAction)  # who dragged it keeps it
            event.accept()
            task = BackgroundTask(partial(documents_apart, paths), self)
            task.succeeded.connect(self._on_sorted)
            task.start()
        return bool(paths)

    @Slot(object, int)
    def _on_sorted(self, found: tuple[Sequence[Path], Sequence[Path]], _task_id: int) -> None:
        documents, others = found
        if others:
            self.dropped.emit(others)
        if documents:
            self.documents_dropped.emit(documents)


def documents_apart(paths: Sequence[Path]) -> tuple[Sequence[Path], Sequence[Path]]:
    """The files that a question may be asked about; and folders, and files of models.

    A file that nothing is known of may be a document. Who reads it finds out.
    """
    documents: list[Path] = []
    others: list[Path] = []
    for path in paths:
        is_document = not is_of_model(path.name) and not path.is_dir()
        (documents if is_document else others).append(path)
    return documents, others


def is_of_model(name: str) -> bool:
    """Whether a file belongs to a model or an adapter, by its name."""
    low = name.lower()
    return low in _NAMES or low.endswith(_ENDINGS)


def _paths(data: QMimeData) -> Sequence[Path]:
    """The files and folders of this machine that are dragged; none of any other address."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class _Sign(QWidget):
    """Says over the whole window what dropping does."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self._of_documents = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def lie_over(self, window: QWidget, paths: Sequence[Path]) -> None:
        """Be seen over all of the window, while these are dragged."""
        self._of_documents = all(
            looks_like_document(path.name) and not is_of_model(path.name) for path in paths
        )
        self.setAccessibleName(self._text())
        self.setGeometry(window.rect())
        self.raise_()
        self.show()

    def _text(self) -> str:
        if self._of_documents:
            return self.tr("Drop documents here to ask about them")
        return self.tr("Drop a model's folder here to add it to the library")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a frame and the sentence."""
        px, colours = self._theme.px, self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colours.page)
        ground.setAlpha(_HIDING)
        painter.fillRect(self.rect(), ground)
        pen = QPen(QColor(colours.accent), px(2), Qt.PenStyle.DashLine)
        painter.setPen(pen)
        margin = px(_MARGIN)
        frame = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        painter.drawRoundedRect(frame, px(_RADIUS), px(_RADIUS))
        painter.setPen(QColor(colours.text))
        painter.setFont(self._theme.font(16))
        painter.drawText(
            frame, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._text()
        )
        painter.end()
