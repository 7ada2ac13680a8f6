"""What came of a training: its losses, where it lies, how it was made; and trying it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backends.adapters.provenance import read_provenance
from backends.errors import UserFacingError, system_reason
from backends.printable import one_line_exactly
from baichuan_desktop.services.jobs.job import JobResult
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.services.training.job import Trained
from baichuan_desktop.ui.choosing.file_dialogs import choose_target
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.library.folder_opening import FolderOpening
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.training.curves.chart import LossChart
from baichuan_desktop.ui.training.curves.thinned import ThinnedCurve, loss_text
from baichuan_desktop.ui.training.plot import write_plot
from baichuan_desktop.workers.background_task import BackgroundTask

_CHART, _TABLE = 190, 96  # pixels of the design


class TrainedPage(QWidget):
    """Shows a result.

    Signals:
        try_requested: the Trained that shall be tried.
        dismissed: the person has seen it.
    """

    try_requested = Signal(object)
    dismissed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._result: JobResult | None = None
        self._facts: Mapping[str, str] = {}
        self._trouble = ""
        self._opening = FolderOpening(self)
        self._opening.failed.connect(self._on_not_opened)
        self.heading, self.text, self.notes, self.trouble = (
            plain_label(wraps=True) for _ in range(4)
        )
        self.heading.setObjectName("dialogHeading")
        self.notes.setObjectName("muted")
        self.trouble.setObjectName("trouble")
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.chart = LossChart(theme, height=_CHART)
        self.made_title = plain_label()
        self.made_title.setObjectName("sectionTitle")
        self.made = _facts_table()
        self.save, self.folder, self.close_button, self.try_button = (
            QPushButton() for _ in range(4)
        )
        for button in (self.save, self.folder, self.close_button, self.try_button):
            button.setAutoDefault(False)
        self.try_button.setObjectName("primary")
        self._lay_out()
        self.save.clicked.connect(self._save)
        self.folder.clicked.connect(self._open_folder)
        self.try_button.clicked.connect(self._try)
        self.close_button.clicked.connect(self.dismissed)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.save)
        self._foot.addWidget(self.folder)
        self._foot.addStretch(1)
        self._foot.addWidget(self.close_button)
        self._foot.addWidget(self.try_button)
        self._column = QVBoxLayout(self)
        for widget in (self.heading, self.text, self.notes):
            self._column.addWidget(widget)
        self._column.addWidget(self.chart, 2)
        self._column.addWidget(self.made_title)
        self._column.addWidget(self.made, 1)
        self._column.addWidget(self.trouble)
        self._column.addLayout(self._foot)

    @property
    def trained(self) -> Trained | None:
        """What is shown."""
        found = self._result.found if self._result is not None else None
        return found if isinstance(found, Trained) else None

    def show_result(self, result: JobResult) -> None:
        """The training is done."""
        self._result, self._facts, self._trouble = result, {}, ""
        trained = self.trained
        if trained is not None:
            self.chart.show_curve(ThinnedCurve.of(trained.curve, trained.ready.steps))
            task = BackgroundTask(partial(_provenance, Path(trained.ready.folder)), self)
            task.succeeded.connect(self._on_provenance)
            task.start()
        self.retranslate()
        self.try_button.setFocus()

    def say(self, error: UserFacingError) -> None:
        """Say why it cannot be tried."""
        self._say(f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip())

    def _say(self, text: str) -> None:
        self._trouble = text
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))

    @Slot(object, int)
    def _on_provenance(self, facts: Mapping[str, str], _task_id: int) -> None:
        self._facts = facts
        self.made.setRowCount(len(facts))
        for row, pair in enumerate(facts.items()):
            for column, text in enumerate(pair):
                item = QTableWidgetItem(one_line_exactly(text))
                item.setToolTip(text)
                self.made.setItem(row, column, item)
        self.retranslate()

    # --- what is asked for --------------------------------------------------------------------

    @Slot()
    def _try(self) -> None:
        if self.trained is not None:
            self._say("")
            self.try_requested.emit(self.trained)

    @Slot()
    def _open_folder(self) -> None:
        if self.trained is not None:
            self._opening.open(Path(self.trained.ready.folder))

    @Slot(object)
    def _on_not_opened(self, folder: Path) -> None:
        self._say(self.tr("“{folder}” could not be shown.").format(folder=folder))

    @Slot()
    def _save(self) -> None:
        trained = self.trained
        if trained is None:
            return
        title, kinds = self.tr("Save the curve"), self.tr("Pictures (*.png)")
        target = choose_target(self, title, "loss.png", kinds)
        if target is not None:
            task = BackgroundTask(partial(_write, trained, target), self)
            task.failed.connect(self._on_not_saved)
            task.start()

    @Slot(object, int)
    def _on_not_saved(self, error: UserFacingError, _task_id: int) -> None:
        self.say(error)

    # --- what is said -------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(self.tr("The training is done"))
        self.text.setText("\n".join(self._lines()))
        trained = self.trained
        notes = [] if trained is None else [error_texts.sentence(n) for n in trained.ready.notes]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.made_title.setText(self.tr("How it was made"))
        self.made.setAccessibleName(self.tr("How it was made"))
        for widget in (self.made_title, self.made):
            widget.setVisible(bool(self._facts))
        self.save.setText(self.tr("Save the curve…"))
        self.folder.setText(self.tr("Show folder"))
        self.close_button.setText(self.tr("Close"))
        self.try_button.setText(self.tr("Try it"))
        self._say(self._trouble)

    def _lines(self) -> Sequence[str]:
        trained, result = self.trained, self._result
        if trained is None or result is None:
            return []
        ready, curve = trained.ready, trained.curve
        lines = [texts.result(result)]
        if curve.points:
            text = self.tr("Loss {begin} at the beginning, {end} after {steps} steps.")
            said = text.format(
                begin=loss_text(curve.points[0].loss),
                end=loss_text(ready.last_loss),
                steps=f"{ready.steps:,}",
            )
            if curve.evaluations:
                text = self.tr("Loss of evaluation {loss}.")
                said = f"{said} {text.format(loss=loss_text(curve.evaluations[-1].loss))}"
            if ready.best_step is not None:
                text = self.tr("These are the weights of step {step}, the best.")
                said = f"{said} {text.format(step=f'{ready.best_step:,}')}"
            lines.append(said)
        text = self.tr("{size} in {folder}")
        lines.append(text.format(size=size_text(ready.bytes_on_disk), folder=ready.folder))
        return lines

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(24), px(20), px(24), px(16))
        self._column.setSpacing(px(8))
        self._foot.setSpacing(px(8))
        self.made.setMinimumHeight(px(_TABLE))
        self.made.verticalHeader().setDefaultSectionSize(px(24))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _facts_table() -> QTableWidget:
    table = QTableWidget(0, 2)
    table.setObjectName("tokens")
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)  # Tab leaves it
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.verticalHeader().hide()
    table.horizontalHeader().hide()
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    return table


def _provenance(folder: Path) -> Mapping[str, str]:
    provenance, _notes = read_provenance(folder, {})
    return provenance.facts


def _write(trained: Trained, target: Path) -> None:
    """Save the curve. Raises UserFacingError."""
    try:
        write_plot(trained.curve, target)
    except OSError as error:
        raise UserFacingError(
            "“{file}” could not be written ({reason}).",
            file=str(target),
            reason=system_reason(error),
        ) from error
