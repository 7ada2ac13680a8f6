"""What is beside a setting's name: a choice, or buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_CHOICE = QSize(196, 32)  # pixels of the design


class Control(QWidget):
    """Shows a setting as it is, and changes it.

    Signals:
        changed: the setting is another one now.
    """

    changed = Signal()

    @property
    def remark(self) -> str:
        """What is to be said of it beside its explanation, in the language of the window."""
        return ""

    @property
    def is_changed(self) -> bool:
        """Whether the setting is another than at first; what can be reset."""
        return False

    @property
    def is_reset_with_all(self) -> bool:
        """Whether a reset of everything takes this along."""
        return self.is_changed

    def reset(self) -> None:
        """Set what is set at first."""

    def refresh(self) -> None:
        """Show the setting as it is now, in the language of the window."""

    def take_name(self, name: str, explanation: str) -> None:
        """Tell who reads the screen what this is for."""

    @property
    def first(self) -> QWidget | None:
        """What gets the keyboard first."""
        return None


#: What can be chosen, and in which words.
Options = Callable[[], Sequence[tuple[object, str]]]


class Choice(Control):
    """One of several values. What is set and is not among them is offered too."""

    def __init__(
        self,
        theme: Theme,
        options: Options,
        get: Callable[[], object],
        use: Callable[[Any], object],
        default: object,
        *,
        other: Callable[[Any], str] = str,
    ) -> None:
        """`other` says a value that no option has; `use` may leave the setting as it is."""
        super().__init__()
        self._theme = theme
        self._options, self._get, self._use = options, get, use
        self._default, self._other = default, other
        self._values: list[object] = []
        self.list = _List()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.list)
        self.list.activated.connect(self._choose)
        theme.changed.connect(self._fit)
        self._fit()
        self.refresh()

    @property
    @override
    def is_changed(self) -> bool:
        return self._get() != self._default

    @override
    def reset(self) -> None:
        self._take(self._default)

    @override
    def refresh(self) -> None:
        now, options = self._get(), list(self._options())
        if all(value != now for value, _ in options):
            options.append((now, self._other(now)))
        self._values = [value for value, _ in options]
        self.list.clear()
        self.list.addItems([text for _, text in options])
        self.list.setCurrentIndex(self._values.index(now))

    @override
    def take_name(self, name: str, explanation: str) -> None:
        self.list.setAccessibleName(name)
        self.list.setAccessibleDescription(explanation)

    @property
    @override
    def first(self) -> QWidget:
        return self.list

    @Slot(int)
    def _choose(self, number: int) -> None:
        self._take(self._values[number])

    def _take(self, value: object) -> None:
        if value != self._get():
            self._use(value)
        self.refresh()
        self.changed.emit()

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self.list.setFixedHeight(px(_CHOICE.height()))
        self.list.setMinimumWidth(px(_CHOICE.width()))
        self.list.setMaximumWidth(px(_CHOICE.width()))


class _List(QComboBox):
    """Ignores the wheel, which scrolls the settings, and leaves Esc to the dialog."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.showPopup()
        else:
            super().keyPressEvent(event)


class ButtonRow(QWidget):
    """Buttons beside each other, or below each other where there is no room for that."""

    def __init__(self) -> None:
        super().__init__()
        self._widgets: list[QWidget] = []
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(6)
        self._parts.addStretch(1)

    def add(self, widget: QWidget) -> None:
        """Add one at the end."""
        self._widgets.append(widget)
        self._parts.insertWidget(self._parts.count() - 1, widget, 0, Qt.AlignmentFlag.AlignLeft)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.turn()

    def turn(self) -> None:
        """Put the buttons where there is room for them."""
        widths = [one.sizeHint().width() for one in self._widgets if not one.isHidden()]
        needed = sum(widths) + self._parts.spacing() * len(widths)
        ways = QBoxLayout.Direction
        way = ways.LeftToRight if needed <= self.width() else ways.TopToBottom
        if way is not self._parts.direction():
            self._parts.setDirection(way)

    @override
    def minimumSizeHint(self) -> QSize:
        widths = [one.minimumSizeHint().width() for one in self._widgets]
        return QSize(max(widths, default=0), super().minimumSizeHint().height())


def breakable(path: object) -> str:
    """A path that can go on in the next line after each folder."""
    return str(path).replace("/", "/\u200b").replace("\\", "\\\u200b")


class Buttons(Control):
    """Sentences, and buttons that do something; nothing of it is reset."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.note = plain_label(wraps=True)
        self.note.setObjectName("muted")
        self.note.hide()
        self._texts: list[tuple[QPushButton, Callable[[], str]]] = []
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        self.row = ButtonRow()
        self.column.addWidget(self.row)
        self.column.addWidget(self.note)

    def add(self, text: Callable[[], str], do: Callable[[], object]) -> QPushButton:
        """A button with a text in the language of the window."""
        button = QPushButton(text())
        button.setAutoDefault(False)
        button.clicked.connect(do)
        self._texts.append((button, text))
        self.row.add(button)
        return button

    def say(self, text: str) -> None:
        """Show a sentence under the buttons; none hides it."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    @override
    def refresh(self) -> None:
        for button, text in self._texts:
            button.setText(text())
        self.row.turn()

    @override
    def take_name(self, name: str, explanation: str) -> None:
        for button, text in self._texts:
            button.setAccessibleName(text())
            button.setAccessibleDescription(f"{name}. {explanation}")

    @property
    @override
    def first(self) -> QWidget | None:
        return self._texts[0][0] if self._texts else None

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.refresh()
