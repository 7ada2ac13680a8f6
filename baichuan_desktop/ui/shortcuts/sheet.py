"""The dialog that lists the shortcuts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.shortcuts.table import SHORTCUTS, Command, Shortcut, Topic, keys_of

_SHARE = 0.85  # of the window's height, at most
_TITLES = {
    Topic.CONVERSATIONS: lambda: QCoreApplication.translate("Shortcuts", "Conversations"),
    Topic.WRITING: lambda: QCoreApplication.translate("Shortcuts", "Writing"),
    Topic.ANSWERS: lambda: QCoreApplication.translate("Shortcuts", "Reading"),
    Topic.WINDOW: lambda: QCoreApplication.translate("Shortcuts", "Window"),
}


class ShortcutSheet(QDialog):
    """Lists what these commands do, and their keys."""

    def __init__(self, commands: AbstractSet[Command], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        body = QWidget()
        body.setObjectName("settingsBody")
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(4, 0, 16, 0)
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 1)
        for topic in Topic:
            self._add_topic(
                topic, [one for one in SHORTCUTS if one.topic is topic and one.command in commands]
            )
        scroll = QScrollArea()
        scroll.setObjectName("sheetScroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.windowTitle())
        scroll.setWidget(body)
        scroll.setFocus()  # the arrows move it, Enter and Esc close the sheet
        scroll_bar = scroll.verticalScrollBar().sizeHint().width()
        scroll.setMinimumWidth(body.sizeHint().width() + scroll_bar + 20)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(14)
        column.addWidget(scroll)
        column.addWidget(buttons)
        wanted = self.sizeHint().height() - scroll.sizeHint().height()
        wanted += body.sizeHint().height()
        self.resize(self.sizeHint().width(), min(wanted, int(_SHARE * parent.window().height())))

    def sizeHint(self) -> QSize:
        """As wide as its lines are."""
        return super().sizeHint().expandedTo(QSize(420, 0))

    def _add_topic(self, topic: Topic, shortcuts: list[Shortcut]) -> None:
        if not shortcuts:
            return
        title = plain_label(_TITLES[topic]())
        title.setObjectName("sectionTitle")
        row = self._grid.rowCount()
        self._grid.addWidget(title, row, 0, 1, 2)
        self._grid.setRowMinimumHeight(row, 30)
        for shortcut in shortcuts:
            row += 1
            self._grid.addWidget(plain_label(shortcut.sentence()), row, 0)
            self._grid.addWidget(_keys_label(shortcut), row, 1, Qt.AlignmentFlag.AlignRight)


def _keys_label(shortcut: Shortcut) -> QLabel:
    native = QKeySequence.SequenceFormat.NativeText
    label = plain_label("  ".join(keys.toString(native) for keys in keys_of(shortcut.command)))
    label.setObjectName("muted")
    return label
