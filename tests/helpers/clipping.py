"""What of a window is not seen whole: text wider than its room, widgets beyond their parents."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRect
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QWidget,
)

from baichuan_desktop.ui.look.labels import ElidedButton, ElidedLabel

#: Rounds of the event loop: as many before the first look, and at most so many after it.
_SETTLING, _ROUNDS = 5, 100


def clipped(window: QWidget) -> list[str]:
    """A line for each widget that is visible, but not whole, when the layouts have come to rest.

    One that is within another is asked after it, and what is counted or read comes when it does.
    """
    for _ in range(_SETTLING):
        QTest.qWait(1)
    for _ in range(_ROUNDS):
        if not (found := clipped_now(window)):
            break
        QTest.qWait(2)
    return found


def clipped_now(window: QWidget) -> list[str]:
    """The same, as it is laid out at this moment."""
    return [
        f"{_name(widget)}: {what}"
        for widget in window.findChildren(QWidget)
        if widget.isVisibleTo(window) and not widget.isWindow()
        for what in (*_beyond_parent(widget), *_text(widget))
    ]


def _name(widget: QWidget) -> str:
    parts: list[str] = []
    one: QWidget | None = widget
    while one is not None and len(parts) < 3:
        parts.append(one.objectName() or type(one).__name__)
        one = one.parentWidget()
    return " in ".join(parts)


def _beyond_parent(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    if parent is None or _is_scroll_bar_box(widget):
        return
    room, place = parent.rect(), widget.geometry()
    scroller = parent.parentWidget()
    if isinstance(scroller, QAbstractScrollArea) and scroller.viewport() is parent:
        # What scrolls up and down may be higher than what is seen of it, but no wider.
        room = QRect(room.left(), place.top(), room.width(), place.height())
    if not room.contains(place):
        yield f"{place.getRect()} reaches beyond its parent's {room.getRect()}"


def _is_scroll_bar_box(widget: QWidget) -> bool:
    return widget.objectName().startswith("qt_scrollarea_")


def _text(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel) and not isinstance(widget, ElidedLabel) and widget.text():
        if widget.wordWrap():
            if widget.heightForWidth(widget.width()) > widget.height():
                yield f"“{widget.text()}” has no room for its lines"
            return
        needed = widget.sizeHint()
        if needed.width() > widget.width() or needed.height() > widget.height():
            yield f"“{widget.text()}” needs {needed.toTuple()}, has {widget.size().toTuple()}"
    elif isinstance(widget, ElidedButton):
        return
    elif isinstance(widget, QAbstractButton) and (widget.text() or not widget.icon().isNull()):
        needed = widget.sizeHint() if widget.text() else widget.iconSize()
        if needed.width() > widget.width() or needed.height() > widget.height():
            what = widget.text() or widget.accessibleName()
            yield f"“{what}” needs {needed.toTuple()}, has {widget.size().toTuple()}"
    elif isinstance(widget, QComboBox | QAbstractSpinBox):
        needed = widget.minimumSizeHint()
        if needed.width() > widget.width() or needed.height() > widget.height():
            yield f"needs {needed.toTuple()}, has {widget.size().toTuple()}"
