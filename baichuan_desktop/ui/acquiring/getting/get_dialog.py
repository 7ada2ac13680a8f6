"""The dialog for somebody without weights: which models there are, and how to get one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop.services.getting.values import Getting
from baichuan_desktop.ui.acquiring.getting import get_texts
from baichuan_desktop.ui.acquiring.getting.get_list import NOTE_ROLE, GetList
from baichuan_desktop.ui.acquiring.getting.get_page import GetPage
from baichuan_desktop.ui.acquiring.page_parts import scrolled
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.workers.background_task import BackgroundTask

_SIZE, _LEAST = QSize(860, 600), QSize(440, 300)  # pixels of the design
_LIST_SHARE, _PAGE_SHARE = 2, 4  # of the width


class GetDialog(QDialog):
    """Leaves the window usable. The models that run on this machine come first.

    Signals:
        find_requested: the person has it, and it shall be found; the dialog is closed.
        failed: the UserFacingError for which there is nothing to show.
    """

    find_requested = Signal()
    failed = Signal(object)

    def __init__(
        self,
        look: Callable[[], Sequence[Getting]],
        variant_id: str | None,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        """`look` looks at the machine, away from the window; `variant_id` is shown at first."""
        super().__init__(parent)
        self._theme = theme
        self._first = variant_id
        self._gettings: Sequence[Getting] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.explanation = plain_label(wraps=True)
        self.explanation.setObjectName("muted")
        self.list = GetList(theme)
        self.page: GetPage | None = None  #: of the model that is chosen
        self.area = scrolled(QWidget())
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the keys scroll it
        self.find_button, self.close_button = QPushButton(), QPushButton()
        self.find_button.setDefault(True)
        self.close_button.setAutoDefault(False)
        buttons = QDialogButtonBox()
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.find_button, QDialogButtonBox.ButtonRole.AcceptRole)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.list, _LIST_SHARE)
        row.addWidget(self.area, _PAGE_SHARE)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(12)
        column.addWidget(self.explanation)
        column.addLayout(row, 1)
        column.addWidget(buttons)
        self.setMinimumSize(_LEAST)
        room = parent.screen().availableSize()
        self.resize(QSize(theme.px(_SIZE.width()), theme.px(_SIZE.height())).boundedTo(room))
        self.list.currentRowChanged.connect(self._show_row)
        buttons.accepted.connect(self._find)
        buttons.rejected.connect(self.reject)
        self.retranslate()
        task = BackgroundTask(look, self)
        task.succeeded.connect(self._on_gettings)
        task.failed.connect(self._on_nothing)
        task.start()

    @Slot(object, int)
    def _on_gettings(self, gettings: Sequence[Getting], _task_id: int) -> None:
        self._gettings = sorted(gettings, key=_order)
        for _ in self._gettings:
            self.list.addItem(QListWidgetItem())
        self.retranslate()
        ids = [one.variant.id for one in self._gettings]
        self.list.setCurrentRow(ids.index(self._first) if self._first in ids else 0)
        self.list.setFocus()

    @Slot(object, int)
    def _on_nothing(self, error: UserFacingError, _task_id: int) -> None:
        self.reject()
        self.failed.emit(error)

    @Slot(int)
    def _show_row(self, row: int) -> None:
        if 0 <= row < len(self._gettings):
            self.page = GetPage(self._gettings[row], self._theme)
            self.area.setWidget(self.page)  # which ends the one before
            self.area.setAccessibleName(self.page.heading.text())

    @Slot()
    def _find(self) -> None:
        self.accept()
        self.find_requested.emit()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.setWindowTitle(self.tr("How to get a model"))
        self.explanation.setText(
            self.tr(
                "The app itself downloads nothing. Choose a model, run one of the commands on a "
                "computer with a network, and bring the folder here: on a drive, or over your own "
                "network."
            )
            if self._gettings
            else self.tr("Looking at what fits this machine…")
        )
        self.list.setAccessibleName(self.tr("Released models"))
        for row, getting in enumerate(self._gettings):
            name, note = get_texts.name(getting), get_texts.in_list(getting)
            item = self.list.item(row)
            item.setText(name)
            item.setData(NOTE_ROLE, note)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {note}")
            item.setToolTip(as_tooltip(f"{name}\n{note}"))
        self.find_button.setText(self.tr("I have it: find it"))
        self.close_button.setText(self.tr("Close"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _order(getting: Getting) -> tuple[bool, bool]:
    """Those that run here first, and those from the middle of training last."""
    return getting.variant.is_intermediate, not any(one.is_chosen for one in getting.memory)
