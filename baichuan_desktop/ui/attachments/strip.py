"""What goes with the message, over the field: the documents, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from baichuan_desktop.ui.attachments.chip import Chip
from baichuan_desktop.ui.attachments.entry import Entry
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_GAP, _WIDEST = 6, 600  # pixels of the design
_MOST_LINES = 2  # of documents; more are scrolled to
_LOW = 420  # pixels of the design: a window that is lower has one line of them


class Strip(QWidget):
    """Hidden while there is nothing to show.

    Signals:
        pressed: the Entry whose document shall be shown.
        remove_requested: the Entry that shall not go with the message.
        offer_taken: the button beside the sentence was pressed.
    """

    pressed = Signal(object)
    remove_requested = Signal(object)
    offer_taken = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.chips: list[Chip] = []
        self._place = _Lines(theme)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("documentScroll")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._place)
        self.label = plain_label(wraps=True)
        self.offer = QPushButton()
        self.offer.setObjectName("quiet")
        self.offer.setAutoDefault(False)
        self.offer.clicked.connect(self.offer_taken)
        self._said = QHBoxLayout()
        self._said.addWidget(self.label, 1)
        self._said.addWidget(self.offer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._scroll)
        column.addLayout(self._said)
        self._place.arranged.connect(self._fit)
        theme.changed.connect(self._restyle)
        self.say("")
        self._show_or_hide()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these documents, as they are now."""
        kept = {chip.entry.id: chip for chip in self.chips}
        focus = self._focus()
        focused = next((n for n, chip in enumerate(self.chips) if chip.isAncestorOf(focus)), -1)
        self.chips = [kept.pop(one.id) if one.id in kept else self._made(one) for one in entries]
        for chip in kept.values():
            chip.hide()
            chip.deleteLater()
        for chip in self.chips:
            chip.show_entry()
        self._place.show_chips(self.chips)
        self._show_or_hide()
        if focused >= 0 and self.chips and not self._scroll.isAncestorOf(self._focus()):
            self.chips[min(focused, len(self.chips) - 1)].button.setFocus()

    def _focus(self) -> QWidget:
        return self.window().focusWidget() or self

    def say(self, text: str, *, offer: str = "", is_trouble: bool = False) -> None:
        """Say a sentence under the documents, with at most one button."""
        self.label.setText(text)
        self.label.setObjectName("trouble" if is_trouble else "note")
        self.label.style().unpolish(self.label)
        self.label.style().polish(self.label)
        self.offer.setText(offer)
        self.label.setVisible(bool(text))
        self.offer.setVisible(bool(text and offer))
        self._show_or_hide()

    @property
    def stops(self) -> list[QWidget]:
        """Where Tab stops, in order."""
        return [*(stop for chip in self.chips for stop in chip.stops()), self.offer]

    def _made(self, entry: Entry) -> Chip:
        chip = Chip(entry, self._theme, self._place)
        chip.pressed.connect(self.pressed)
        chip.remove_requested.connect(self.remove_requested)
        chip.show()
        return chip

    def _show_or_hide(self) -> None:
        self._scroll.setVisible(bool(self.chips))
        self.setVisible(bool(self.chips) or bool(self.label.text()))

    @Slot()
    def _restyle(self) -> None:
        for chip in self.chips:
            chip.restyle()
        self._place.show_chips(self.chips)

    @Slot()
    def _fit(self) -> None:
        """Be as high as the documents need, up to some lines."""
        px = self._theme.px
        lines = 1 if self.window().height() < px(_LOW) else _MOST_LINES
        most = lines * (self._place.line_height + px(_GAP))
        self._scroll.setFixedHeight(min(self._place.minimumHeight(), most))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height of the window."""
        super().resizeEvent(event)
        self._fit()


class _Lines(QWidget):
    """Chips beside each other, as many in a line as there is room for.

    Signals:
        arranged: it needs another height.
    """

    arranged = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._chips: Sequence[Chip] = ()
        self.line_height = 0
        self.setObjectName("documentPlace")

    def show_chips(self, chips: Sequence[Chip]) -> None:
        self._chips = chips
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(0, self.minimumHeight())

    def _arrange(self) -> None:
        gap, widest = self._theme.px(_GAP), self._theme.px(_WIDEST)
        x = y = 0
        for chip in self._chips:
            chip.button.ensurePolished()  # without its style it is narrower
            width = min(chip.sizeHint().width(), widest, self.width())
            if x and x + width > self.width():
                x, y = 0, y + self.line_height + gap
            self.line_height = chip.height()
            chip.setGeometry(x, y, width, chip.height())
            x += width + gap
        self.setMinimumHeight(y + self.line_height if self._chips else 0)
        self.arranged.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
