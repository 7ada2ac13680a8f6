"""A flat button with a line drawing, for what lies over the rows."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QToolButton, QWidget

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.transcript.rows.row import RowAction
from baichuan_desktop.ui.transcript.rows.style import RowStyle

_ICON = 16  # pixels at a zoom of 1
_DONE_MS = 1500  # how long a tick tells that something was done
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class IconButton(QToolButton):
    """Shows an icon, with its name beside it if it `says` it, or a tick for a moment."""

    def __init__(self, icon: str, parent: QWidget, *, says: bool = False) -> None:
        super().__init__(parent)
        self._icon = icon
        self._style: RowStyle | None = None
        self._says = says
        self._done = QTimer(self)
        self._done.setSingleShot(True)
        self._done.setInterval(_DONE_MS)
        self._done.timeout.connect(self._draw)
        self.setObjectName("rowAction")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.set_reachable(False)
        self.set_compact(not says)

    def set_style(self, style: RowStyle) -> None:
        """Draw it in these colours and sizes."""
        if style != self._style:
            self._style = style
            self.setFont(style.note)
            self.setIconSize(QSize(style.px(_ICON), style.px(_ICON)))
            self._draw()

    def set_icon(self, icon: str) -> None:
        """Be drawn as this."""
        self._icon = icon
        self._draw()

    def set_reachable(self, reachable: bool) -> None:
        """Whether Tab comes here: it does in the row that the keyboard is at."""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if reachable else Qt.FocusPolicy.NoFocus)

    def set_compact(self, compact: bool) -> None:
        """Whether the name is left out for want of room."""
        styles = Qt.ToolButtonStyle
        self.setToolButtonStyle(
            styles.ToolButtonIconOnly if compact else styles.ToolButtonTextBesideIcon
        )

    def set_name(self, name: str) -> None:
        """Say what it does."""
        self.setText(name if self._says else "")
        self.setToolTip("" if self._says else name)
        self.setAccessibleName(name)

    def show_done(self) -> None:
        """Show a tick for a moment."""
        self._done.start()
        self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it, as the space bar does."""
        if event.key() in _ENTER and not event.isAutoRepeat():
            self.animateClick()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _draw(self) -> None:
        if self._style is None:
            return
        colours = self._style.colours
        self.setIcon(
            line_icon(
                "check" if self._done.isActive() else self._icon,
                QColor(colours.muted),
                disabled=QColor(colours.disabled),
                size=self._style.px(_ICON),
            )
        )


class NoteButton(IconButton):
    """The button of a note, with its name beside its icon.

    Signals:
        triggered: the RowAction, and the id of the row.
    """

    triggered = Signal(object, object)

    def __init__(self, icon: str, parent: QWidget) -> None:
        super().__init__(icon, parent, says=True)
        self._for: tuple[RowAction, int] | None = None
        self.clicked.connect(self._on_clicked)

    def show_action(self, action: RowAction, name: str, row_id: int) -> None:
        """Be the button for this action of this row."""
        self._for = action, row_id
        self.set_name(name)

    @Slot()
    def _on_clicked(self) -> None:
        if self._for is not None:
            self.triggered.emit(*self._for)
