"""Opens the menu of precisions, fills it, and has the model loaded as chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, QRect, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import ExportRefusedError, UserFacingError
from backends.errors.adapters import adapter_on_export
from backends.events import ModelReady
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.precision_menu import PrecisionMenu
from baichuan_desktop.workers.background_task import BackgroundTask


@dataclass(frozen=True, slots=True)
class _Found:
    rows: Sequence[PrecisionRow]
    refused: Sequence[ExportRefusedError]


def _find(
    precisions: Precisions, model: InstalledModel, ready: ModelReady, context_length: int | None
) -> _Found:
    opened = precisions.open_freed(model, ready)
    return _Found(opened.at(context_length).rows, opened.refused)


class PrecisionControl(QObject):
    """The way from the button in the top bar to another precision of the same model.

    Signals:
        left_out: the UserFacingError of an export that was chosen while an adapter is on, which it
            does not have, and the WantedModel of both: the person is asked which of them goes.
    """

    left_out = Signal(object, object)

    def __init__(
        self,
        switcher: ModelSwitcher,
        precisions: Precisions,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._switcher = switcher
        self._precisions = precisions
        self._finding = 0  # id of the task of which the menu waits for the rows
        self._full_context = 0
        self.menu = PrecisionMenu(theme, parent)
        self.menu.chosen.connect(self._on_chosen)
        self.menu.confirmed.connect(self._on_confirmed)
        switcher.began.connect(self._on_loading)

    def open(self, anchor: QRect) -> None:
        """Open the menu over a place of the screen; nothing without a loaded model."""
        model, ready = self._switcher.current, self._switcher.running
        if model is None or ready is None:
            return
        wish = self._switcher.wish
        self.menu.open_at(anchor, ready, replace(wish, threads=None, adapter=None))
        self._full_context = model.context_length
        find = partial(_find, self._precisions, model, ready, wish.context_length)
        task = BackgroundTask(find, self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self._on_failed)
        self._finding = task.start()

    @Slot(object, int)
    def _on_found(self, found: _Found, task_id: int) -> None:
        model = self._switcher.current
        if task_id != self._finding or model is None:
            return
        # Some damage is seen only when an export is loaded.
        refused = (*found.refused, *self._switcher.refused_exports(model))
        remarks = [f"{error_texts.message(one)} {error_texts.hint(one)}" for one in refused]
        self.menu.show_rows(found.rows, self._full_context, list(dict.fromkeys(remarks)))

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, task_id: int) -> None:
        if task_id == self._finding:
            self.menu.show_error(error)

    @Slot(object)
    def _on_loading(self, _model: InstalledModel) -> None:
        self.menu.close()  # its rows are another model's

    @Slot(object)
    def _on_chosen(self, wish: LoadWish) -> None:
        model = self._switcher.current
        if model is None:
            return
        adapter = self._switcher.adapter_of(model)
        if adapter is not None and wish.precision is not None and wish.precision.is_onnx:
            wanted = WantedModel(model, replace(wish, adapter=adapter), is_kept=True)
            self.left_out.emit(adapter_on_export(adapter), wanted)
            return
        self._switcher.load(model, self._switcher.with_own(wish), keep=True)

    @Slot(object)
    def _on_confirmed(self, wish: LoadWish) -> None:
        self._switcher.keep(self._switcher.with_own(wish))
