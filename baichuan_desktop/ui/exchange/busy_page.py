"""Parts of the dialogs: the page while files are read or written, and of what came of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.labels import plain_label


class Advance(QObject):
    """Tells the window from another thread how far something is, also when nobody listens any more.

    Signals:
        advanced: so much is done.
    """

    advanced = Signal(int)

    def tell(self, done: int) -> None:
        """So much is done."""
        self.advanced.emit(done)


def scrolled(body: QWidget) -> QScrollArea:
    """An area as wide as there is room, in which a body is scrolled that is too high for it."""
    area = QScrollArea()
    area.setObjectName("settingsScroll")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has the keyboard
    area.setWidgetResizable(True)
    area.setWidget(body)
    return area


class BusyPage(QWidget):
    """What is done, how far it is, and a button that ends it; then what came of it.

    Signals:
        stop_requested, close_requested, show_requested: of its buttons.
    """

    stop_requested = Signal()
    close_requested = Signal()
    show_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.heading, self.text = plain_label(wraps=True), plain_label(wraps=True)
        self.heading.setObjectName("dialogHeading")
        self.trouble = plain_label(wraps=True)
        self.trouble.setObjectName("trouble")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.stop, self.close_button, self.show_button = (QPushButton() for _ in range(3))
        self.stop.setAutoDefault(False)
        self.show_button.setAutoDefault(False)
        self.close_button.setDefault(True)
        self.buttons = buttons = QDialogButtonBox()
        buttons.addButton(self.show_button, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self.stop, QDialogButtonBox.ButtonRole.DestructiveRole)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        self.column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        for widget in (self.heading, self.bar, self.text, self.trouble):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(buttons)
        self.stop.clicked.connect(self.stop_requested)
        self.close_button.clicked.connect(self.close_requested)
        self.show_button.clicked.connect(self.show_requested)

    def begin(self, heading: str, total: int = 0) -> None:
        """Something begins, of so many parts; 0: nobody knows of how many."""
        self.heading.setText(heading)
        self.bar.setRange(0, total)
        self.bar.setValue(0)
        self._show(is_busy=True, text="")

    def show_done(self, done: int, text: str) -> None:
        """So much is done."""
        self.bar.setValue(done)
        self.text.setText(text)

    def end(self, text: str, *, trouble: str = "", can_show: bool = False) -> None:
        """It is over; `trouble` is why it came to nothing, or to less."""
        self._show(is_busy=False, text=text, trouble=trouble, can_show=can_show)
        self.close_button.setFocus()

    def _show(self, *, is_busy: bool, text: str, trouble: str = "", can_show: bool = False) -> None:
        self.bar.setVisible(is_busy)
        self.stop.setVisible(is_busy)
        self.stop.setEnabled(is_busy)
        self.close_button.setVisible(not is_busy)
        self.show_button.setVisible(can_show)
        self.text.setText(text)
        self.text.setVisible(is_busy or bool(text))
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
        if (row := self.buttons.layout()) is not None:
            row.activate()  # the buttons stand where they are pressed
        self.column.activate()
        if is_busy:
            self.stop.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.bar.setAccessibleName(self.tr("Progress"))
        self.stop.setText(self.tr("Stop"))
        self.close_button.setText(self.tr("Close"))
        self.show_button.setText(self.tr("Show the folder"))
