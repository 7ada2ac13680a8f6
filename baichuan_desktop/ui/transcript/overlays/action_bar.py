"""The buttons under a message, and the arrows between its versions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.transcript.overlays import action_texts
from baichuan_desktop.ui.transcript.overlays.icon_button import IconButton
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction
from baichuan_desktop.ui.transcript.rows.style import RowStyle

_BUTTON = 28  # pixels at a zoom of 1


class ActionBar(QWidget):
    """Offers what can be done with one row.

    Signals:
        triggered: a RowAction, and the id of the row.
        menu_requested: the id of the row whose other actions are wanted.
        version_requested: the id of the row, and -1 or +1.
    """

    triggered = Signal(object, object)
    menu_requested = Signal(object)
    version_requested = Signal(object, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.row: Row | None = None
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self.buttons = {
            action: IconButton(action_texts.ICONS[action], self) for action in action_texts.BUTTONS
        }
        for number, button in enumerate(self.buttons.values()):
            self._group.addButton(button, number)
        self.more = IconButton("more", self)
        self.before = IconButton("version-before", self)
        self.after = IconButton("version-after", self)
        self.which = plain_label()
        self.which.setObjectName("muted")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        for part in (*self.buttons.values(), self.more, self.before, self.which, self.after):
            line.addWidget(part)
        self._group.idClicked.connect(self._on_clicked)
        self.more.clicked.connect(self._on_more)
        self.before.clicked.connect(self._on_before)
        self.after.clicked.connect(self._on_after)
        self.retranslate()

    def show_row(self, row: Row, style: RowStyle) -> None:
        """Offer what can be done with this row now."""
        for button in self._all():
            button.set_style(style)
            button.setFixedSize(style.px(_BUTTON), style.px(_BUTTON))
        self.which.setFont(style.note)
        if row == self.row:
            return
        self.row = row
        offered = action_texts.offered(row)
        for action, button in self.buttons.items():
            button.setVisible(action in offered)
        self.more.setVisible(bool(offered - set(self.buttons)))
        has_versions = row.versions > 1
        for part in (self.before, self.which, self.after):
            part.setVisible(has_versions)
        self.before.setEnabled(row.version > 1)
        self.after.setEnabled(row.version < row.versions)
        self.which.setText(f"{row.version} / {row.versions}")
        self.adjustSize()

    def set_reachable(self, reachable: bool) -> None:
        """Whether Tab comes here: it does for the row that the keyboard is at."""
        for button in self._all():
            button.set_reachable(reachable)

    def stops(self) -> list[QWidget]:
        """Where Tab stops, in order."""
        return [button for button in self._all() if not button.isHidden()]

    def show_done(self, action: RowAction) -> None:
        """Show for a moment that an action was done."""
        self.buttons[action].show_done()

    def retranslate(self) -> None:
        """Name everything in the window's language."""
        for action, button in self.buttons.items():
            button.set_name(action_texts.action_text(action))
        self.more.set_name(self.tr("More"))
        self.before.set_name(self.tr("Version before"))
        self.after.set_name(self.tr("Version after"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _all(self) -> list[IconButton]:
        return [*self.buttons.values(), self.more, self.before, self.after]

    @Slot(int)
    def _on_clicked(self, number: int) -> None:
        if self.row is not None:
            self.triggered.emit(action_texts.BUTTONS[number], self.row.id)

    @Slot()
    def _on_more(self) -> None:
        if self.row is not None:
            self.menu_requested.emit(self.row.id)

    @Slot()
    def _on_before(self) -> None:
        self._step(-1)

    @Slot()
    def _on_after(self) -> None:
        self._step(1)

    def _step(self, step: int) -> None:
        if self.row is not None:
            self.version_requested.emit(self.row.id, step)
