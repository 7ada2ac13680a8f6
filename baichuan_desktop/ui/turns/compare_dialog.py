"""Which other model, or which other precision of this one, is to answer the same question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from backends.events import ModelReady
from backends.machine.hardware import Machine
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.precisions.side_by_side import Beside, Claim, beside
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.models import model_texts, precision_texts
from baichuan_desktop.ui.turns.desk import OtherModel
from baichuan_desktop.workers.background_task import BackgroundTask

_WIDTH = 62  # letters


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is loaded now, and how it was wanted."""

    model: InstalledModel
    ready: ModelReady
    wish: LoadWish


@dataclass(frozen=True, slots=True)
class _Found:
    """The precisions of a model, on the machine without what is loaded."""

    rows: Sequence[PrecisionRow]
    machine: Machine


def _find(precisions: Precisions, model: InstalledModel, loaded: Loaded) -> _Found:
    opened = precisions.open_freed(model, loaded.ready)
    same = model.path == loaded.model.path
    rows = opened.at(loaded.wish.context_length if same else None).rows
    return _Found(rows, opened.machine)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A precision in the list."""

    wish: LoadWish | None  #: None: as the model ran before
    row: PrecisionRow | None  #: that it stands for; None: which one is not known
    row_wish: LoadWish | None  #: what loads just this row


class CompareDialog(QDialog):
    """Two lists: models, and the precisions in which the chosen one runs on this machine.

    Signals:
        chosen: an OtherModel, to be loaded in place of the model that runs.
        beside_chosen: an OtherModel that fits beside it.
    """

    chosen = Signal(object)
    beside_chosen = Signal(object)

    def __init__(
        self,
        models: Sequence[InstalledModel],
        loaded: Loaded,
        precisions: Precisions,
        parent: QWidget | None = None,
        adapters_of: Callable[[InstalledModel], Sequence[InstalledAdapter]] = lambda _model: (),
    ) -> None:
        super().__init__(parent)
        self._models = list(models)
        self._adapters_of = adapters_of
        self._rows: Sequence[PrecisionRow] = ()
        self._loaded = loaded
        self._precisions = precisions
        self._machine: Machine | None = None  # without what is loaded; None: not looked at yet
        self._finding = 0  # id of the task whose rows are waited for
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Ask another model"))
        self.setMinimumWidth(_WIDTH * self.fontMetrics().averageCharWidth())
        text = plain_label(
            self.tr(
                "Another model, or another precision of this one, answers the same question. Both "
                "answers stay: the arrows under them step from one to the other."
            ),
            wraps=True,
        )
        text.setObjectName("muted")
        self.model_list, self.adapter_list = QComboBox(), QComboBox()
        self.precision_list = QComboBox()
        self.model_list.setAccessibleName(self.tr("Model"))
        self.adapter_list.setAccessibleName(self.tr("Adapter"))
        self.precision_list.setAccessibleName(self.tr("Precision"))
        self.remark = plain_label(wraps=True)
        self.remark.hide()
        self._form = form = QFormLayout()
        form.addRow(self.tr("Model"), self.model_list)
        form.addRow(self.tr("Adapter"), self.adapter_list)
        form.addRow(self.tr("Precision"), self.precision_list)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ask_button = buttons.addButton(self.tr("Ask"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.ask_button.setObjectName("primary")
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(14)
        column.addWidget(text)
        column.addLayout(form)
        column.addWidget(self.remark)
        column.addWidget(buttons)
        for model in self._models:
            self.model_list.addItem(model_texts.name(model))
        self.model_list.currentIndexChanged.connect(self._find)
        self.adapter_list.activated.connect(self._list_precisions)
        self.precision_list.currentIndexChanged.connect(self._say_how)
        self._find(0)

    @Slot(int)
    def _find(self, number: int) -> None:
        """Look for the precisions of the model at this place of the list."""
        self._machine = None
        self.precision_list.clear()
        self.remark.hide()
        self.ask_button.setEnabled(False)
        if not 0 <= number < len(self._models):
            return
        self._list_adapters(self._models[number])
        self.precision_list.addItem(self.tr("Looking at this machine…"))
        find: Callable[[], _Found] = partial(
            _find, self._precisions, self._models[number], self._loaded
        )
        task = BackgroundTask(find, self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self._on_failed)
        self._finding = task.start()

    def _list_adapters(self, model: InstalledModel) -> None:
        """The adapters of a model, of which the loaded one's own is chosen at first."""
        self.adapter_list.clear()
        self.adapter_list.addItem(self.tr("Without an adapter"), None)
        adapters = self._adapters_of(model)
        for adapter in adapters:
            self.adapter_list.addItem(model_texts.name(adapter), adapter.path)
            if self._is_loaded(model) and adapter.path == self._loaded.wish.adapter:
                self.adapter_list.setCurrentIndex(self.adapter_list.count() - 1)
        self._form.setRowVisible(self.adapter_list, bool(adapters))

    def _is_loaded(self, model: InstalledModel) -> bool:
        return model.path == self._loaded.model.path

    @Slot(object, int)
    def _on_found(self, found: _Found, task_id: int) -> None:
        if task_id == self._finding:
            self._machine, self._rows = found.machine, found.rows
            self._list_precisions()

    @Slot()
    def _list_precisions(self) -> None:
        """Offer the precisions in which the model runs with the adapter that is chosen."""
        if self._machine is None:
            return
        model = self._models[self.model_list.currentIndex()]
        choices = self._choices(self._is_loaded(model), self.adapter_list.currentData())
        self.precision_list.clear()
        for text, choice in choices:
            self.precision_list.addItem(text, choice)
        self.ask_button.setEnabled(bool(choices))
        if not choices:
            self._remark(self.tr("This model runs in no other precision on this machine."))

    def _choices(self, is_loaded: bool, adapter: Path | None) -> list[tuple[str, _Choice]]:
        loaded = self._loaded.wish
        choices: list[tuple[str, _Choice]] = []
        for row in self._rows:
            runs_now = is_loaded and self._runs_now(row)
            is_the_same = runs_now and adapter == loaded.adapter
            if not row.runs or is_the_same or (adapter is not None and row.precision.is_onnx):
                continue
            wish = replace(row.wish(loaded.context_length if is_loaded else None), adapter=adapter)
            if is_loaded:
                wish = replace(wish, threads=loaded.threads)
            as_now = replace(loaded, adapter=adapter) if runs_now else wish
            choices.append((precision_texts.title(row), _Choice(as_now, row, wish)))
        if not is_loaded:
            best = next((one for _, one in choices if one.row and one.row.chosen), None)
            as_wanted = LoadWish(adapter=adapter) if self.adapter_list.count() > 1 else None
            found, found_wish = (best.row, best.row_wish) if best else (None, None)
            automatic = _Choice(as_wanted, found, found_wish)
            choices.insert(0, (self.tr("Automatic"), automatic))
        return choices

    @Slot()
    def _say_how(self) -> None:
        """Say whether the answers come at the same time."""
        if (how := self._beside()) is not None:
            self._remark(error_texts.sentence(how.sentence))

    def _beside(self) -> Beside | None:
        """Whether what is chosen fits beside what is loaded; None while nothing is known of it."""
        choice = self.precision_list.currentData()
        if self._machine is None or not isinstance(choice, _Choice):
            return None
        loaded = Claim.of_loaded(self._loaded.ready, self._loaded.wish.wanted_device)
        return beside(loaded, Claim.of_row(choice.row), self._machine) if choice.row else None

    def _runs_now(self, row: PrecisionRow) -> bool:
        ready = self._loaded.ready
        return (row.backend, row.precision, row.device_kind, row.device_name) == (
            ready.backend,
            ready.precision,
            ready.device_kind,
            ready.device_name,
        )

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, task_id: int) -> None:
        if task_id == self._finding:
            self.precision_list.clear()
            self._remark(error_texts.message(error))

    def _remark(self, text: str) -> None:
        self.remark.setText(text)
        self.remark.show()
        self._fit()

    def _fit(self) -> None:
        """Be as high as the lines of the remark need; Qt makes a dialog no higher by itself."""
        self._column.activate()
        needed = self._column.totalHeightForWidth(self.width())
        self.resize(self.width(), max(self.height(), needed))

    @Slot()
    def _choose(self) -> None:
        model = self._models[self.model_list.currentIndex()]
        choice, how = self.precision_list.currentData(), self._beside()
        self.accept()
        if how is not None and how.fits:
            self.beside_chosen.emit(OtherModel(model, choice.row_wish))
        else:
            self.chosen.emit(OtherModel(model, choice.wish))
