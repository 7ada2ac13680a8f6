"""The field in which something is searched for, as one types."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QWidget

from baichuan_desktop.ui.look.icons import line_icon, line_pixmap
from baichuan_desktop.ui.look.theme import INTERFACE, Theme

_PAUSE_MS = 120  # after the last key; what is typed without a pause is searched for once
_MOST = 200  # characters
_ICON = 15  # pixels of the design


class SearchField(QLineEdit):
    """A line that tells what it says once a person pauses.

    Signals:
        searched: what shall be searched for; empty for nothing.
        down_pressed: the keyboard shall go to what was found.
        entered: Enter was pressed; `searched` came before it.
        left: Esc was pressed in an empty field.
    """

    searched = Signal(str)
    down_pressed = Signal()
    entered = Signal()
    left = Signal()

    def __init__(
        self, theme: Theme, label: Callable[[], str], parent: QWidget | None = None
    ) -> None:
        """`label` says what is searched, in the language of the window."""
        super().__init__(parent)
        self.setObjectName("searchField")
        self._label = label
        self.setMaxLength(_MOST)
        self._theme = theme
        self._icon = QLabel(self)
        self._icon.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clear_button = QToolButton(self)
        self.clear_button.setObjectName("clearSearch")
        self.clear_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Esc does the same
        self.clear_button.setCursor(Qt.CursorShape.ArrowCursor)
        self.clear_button.clicked.connect(self.clear_now)
        self.clear_button.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.search_now)
        self.textChanged.connect(self._on_text)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._retranslate()

    @Slot()
    def search_now(self) -> None:
        """Do not wait for a pause."""
        self._pause.stop()
        self.searched.emit(self.text())

    @Slot()
    def clear_now(self) -> None:
        """Search for nothing."""
        self.clear()
        self.search_now()

    @Slot(str)
    def _on_text(self, text: str) -> None:
        self.clear_button.setVisible(bool(text))
        self._pause.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc clears, and leaves an empty field; down and Enter go to what was found."""
        match event.key():
            case Qt.Key.Key_Escape if self.text():
                self.clear_now()
            case Qt.Key.Key_Escape:
                self.left.emit()
            case Qt.Key.Key_Down:
                self.search_now()
                self.down_pressed.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.search_now()
                self.entered.emit()
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Have Esc mean what it means here, and not stop an answer."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the icon at the left and the button at the right."""
        super().resizeEvent(event)
        px = self._theme.px
        self._icon.setGeometry(px(8), 0, px(_ICON), self.height())
        side = px(24)
        self.clear_button.setGeometry(
            self.width() - side - px(5), (self.height() - side) // 2, side, side
        )

    @Slot()
    def _restyle(self) -> None:
        px, colour = self._theme.px, QColor(self._theme.colours.muted)
        self.setFixedHeight(px(34))
        self.setTextMargins(px(28), 0, px(24), 0)
        self.setFont(self._theme.font(INTERFACE))
        self._icon.setPixmap(line_pixmap("search", colour, px(_ICON), self.devicePixelRatioF()))
        self.clear_button.setIcon(line_icon("clear", colour, size=px(_ICON)))
        self.clear_button.setIconSize(QSize(px(_ICON), px(_ICON)))

    def _retranslate(self) -> None:
        self.setPlaceholderText(self._label())
        self.setAccessibleName(self._label())
        self.clear_button.setToolTip(self.tr("Clear the search"))
        self.clear_button.setAccessibleName(self.tr("Clear the search"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
