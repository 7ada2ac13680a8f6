"""Something at the side of the page: beside it where there is room, else in its place."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from baichuan_desktop.ui.look.theme import Theme

_ANY_WIDTH = 2**24 - 1  # pixels, QWIDGETSIZE_MAX
_LEAST = 400  # pixels of the design that a page needs to be read and written on


class SidePlace(QWidget):
    """Holds a page and what stands at its left or right.

    In a window too narrow for both, the side is hidden; asked for, it stands in the page's place.

    Signals:
        side_seen: whether the side is on the screen now.
    """

    side_seen = Signal(bool)

    def __init__(self, theme: Theme, page: QWidget, side: QWidget, width: int) -> None:
        """`width` is the side's, in pixels of the design; negative: it stands at the left."""
        super().__init__()
        self._theme = theme
        self._page, self._side = page, side
        self._width = abs(width)
        self._is_wanted = False
        self._is_alone = False
        self._is_seen: bool | None = None  #: None: nobody was told yet
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(page, 1)
        row.insertWidget(0 if width < 0 else 1, side)
        theme.changed.connect(self._arrange)
        self._arrange()

    @property
    def is_narrow(self) -> bool:
        """Whether there is no room for both."""
        return self.width() < self._theme.px(self._width + _LEAST)

    @Slot(bool)
    def restore_side(self, shown: bool) -> None:
        """Show or hide the side, but never in the page's place: nobody asked for it now."""
        self._is_wanted, self._is_alone = shown, False
        self._arrange()

    @Slot(bool)
    def show_side(self, shown: bool) -> None:
        """Show or hide the side, as a person asked for."""
        self._is_wanted = shown
        self._is_alone = shown and self.is_narrow
        self._arrange()

    @Slot()
    def show_page(self) -> None:
        """Show the page, where the side stands in its place."""
        self._is_alone = False
        self._arrange()

    def give_page_back(self) -> bool:
        """Show the page again; whether the side stood in its place."""
        was_alone = self._is_alone
        self.show_page()
        return was_alone

    @Slot()
    def _arrange(self) -> None:
        narrow = self.is_narrow
        self._is_alone = self._is_alone and narrow
        seen = self._is_alone if narrow else self._is_wanted
        if self._is_alone:
            self._side.setMinimumWidth(0)
            self._side.setMaximumWidth(_ANY_WIDTH)
        else:
            self._side.setFixedWidth(self._theme.px(self._width))
        self._row.setStretchFactor(self._side, int(self._is_alone))
        self._side.setVisible(seen)
        self._page.setVisible(not self._is_alone)
        self._row.activate()  # now, so that nothing is drawn where it stood before
        if seen != self._is_seen:
            self._is_seen = seen
            self.side_seen.emit(seen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out again whether there is room for both."""
        super().resizeEvent(event)
        self._arrange()
