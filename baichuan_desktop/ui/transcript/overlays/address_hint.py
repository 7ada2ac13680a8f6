"""The whole address of the link under the mouse, at the lower edge of the transcript."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget

from backends.printable import one_line

_EDGE = 8  # pixels to the edges of the viewport
_BREAK = "\u200b"  # an address has no spaces: it may be broken anywhere


class AddressHint(QLabel):
    """Shows an address in full, in as many lines as it takes, never as markup."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("addressHint")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.address = ""
        self.hide()

    def show_address(self, address: str | None, room: QRect) -> None:
        """Show this one inside of the viewport's rectangle, or none."""
        if not address:
            self.address = ""
            self.hide()
            return
        if address != self.address:
            self.address = address
            self.setText(_BREAK.join(one_line(address)))
        most = room.width() - 2 * _EDGE
        width = min(self.fontMetrics().horizontalAdvance(one_line(address)) + 24, most)
        height = min(self.heightForWidth(width), room.height() - 2 * _EDGE)
        self.setGeometry(_EDGE, room.height() - height - _EDGE, width, height)
        self.show()
        self.raise_()
