"""How far a model is that is being loaded: a text that moves, and a share for a bar."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backends.events import LoadProgress
from baichuan_desktop.services.jobs.load_meter import LoadMeter
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher

#: A silent engine shall be seen to be at work, and the time left to go down.
_TICK_MS = 1000


class LoadNotice(QObject):
    """Follows the loads of a switcher; whoever shows it asks for `text` and `share` anew.

    Signals:
        changed: the text or the share may be another one, or there is none any more.
    """

    changed = Signal()

    def __init__(self, switcher: ModelSwitcher, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._meter: LoadMeter | None = None
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self.changed)
        switcher.began.connect(self._on_began)
        switcher.progressed.connect(self._on_progressed)
        for ended in (switcher.ready, switcher.lost, switcher.stepped_aside):
            ended.connect(self._on_ended)

    @property
    def is_loading(self) -> bool:
        """Whether a model is being loaded."""
        return self._meter is not None

    def text(self) -> str:
        """What happens now, in the language of the window; empty where nothing is loaded."""
        return error_texts.sentence(self._meter.phrase) if self._meter is not None else ""

    @property
    def share(self) -> float | None:
        """How much is read, from 0 to 1; None where only that something is done can be told."""
        percent = self._meter.percent if self._meter is not None else None
        return percent / 100 if percent is not None else None

    @Slot(object)
    def _on_began(self, model: InstalledModel) -> None:
        self._meter = LoadMeter(model_texts.name(model))
        self._tick.start()
        self.changed.emit()

    @Slot(object)
    def _on_progressed(self, event: LoadProgress) -> None:
        if self._meter is not None:
            self._meter.read(event)
            self.changed.emit()

    @Slot()
    def _on_ended(self) -> None:
        self._meter = None
        self._tick.stop()
        self.changed.emit()
