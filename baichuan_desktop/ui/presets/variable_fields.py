"""The gaps of a preset's message, as fields over the one in which a person writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from baichuan_desktop.services.presets.filling import Variable
from baichuan_desktop.ui.chat.composer import Composer
from baichuan_desktop.ui.look.labels import ElidedLabel
from baichuan_desktop.ui.look.theme import NOTE, Theme

_MOST_VALUE = 2000  # characters
_WIDE = 520  # pixels of the design from which on there are two fields in a line
_FIELD = 30
_SHOWN_LINES = 3


class VariableFields(QWidget):
    """A field for each variable; hidden where there is none.

    Signals:
        edited: a person wrote into one of them.
        entered: Enter was pressed in one of them.
    """

    edited = Signal()
    entered = Signal()

    def __init__(self, theme: Theme, composer: Composer) -> None:
        """Tab goes from the last one to the field of `composer`, over which they stand."""
        super().__init__()
        self._composer = composer
        self._theme = theme
        self._fields: dict[str, QLineEdit] = {}
        self._labels: dict[str, ElidedLabel] = {}
        inside = QWidget()
        inside.setObjectName("variables")
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("variablesScroll")
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll)
        theme.changed.connect(self._fit)
        self.hide()

    def show_variables(self, variables: Sequence[Variable], values: Mapping[str, str]) -> None:
        """Have a field for each of these, with its value; a default stands in an empty field."""
        if [one.name for one in variables] != list(self._fields):
            self._make(variables)
        for one in variables:
            field = self._fields[one.name]
            if field.text() != values.get(one.name, ""):
                field.setText(values.get(one.name, ""))
            field.setPlaceholderText(one.default or self.tr("needed"))
        self.setVisible(bool(variables))
        self._fit()

    def _make(self, variables: Sequence[Variable]) -> None:
        for widget in (*self._fields.values(), *self._labels.values()):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._fields, self._labels = {}, {}
        for one in variables:
            label, field = ElidedLabel(), QLineEdit()
            label.setText(one.name)
            label.setToolTip(one.name)
            label.setBuddy(field)
            field.setObjectName("field")
            field.setMaxLength(_MOST_VALUE)
            field.setAccessibleName(one.name)
            field.textEdited.connect(self.edited)
            field.returnPressed.connect(self.entered)
            self._labels[one.name], self._fields[one.name] = label, field
        self._fit()  # which places them: only what stands in the window has its turn with Tab
        self._composer.order_above(self, list(self._fields.values()))

    def values(self) -> dict[str, str]:
        """What is written, by the names of the variables; what is empty is left out."""
        return {name: field.text() for name, field in self._fields.items() if field.text()}

    def has(self, name: str) -> bool:
        """Whether there is a field for a variable."""
        return name in self._fields

    def focus(self, name: str) -> None:
        """Give the keyboard to the field of a variable."""
        if (field := self._fields.get(name)) is not None:
            field.setFocus()
            self._scroll.ensureWidgetVisible(field)

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        columns = 2 if self.width() >= px(_WIDE) and len(self._fields) > 1 else 1
        self._grid.setHorizontalSpacing(px(8))
        self._grid.setVerticalSpacing(px(6))
        for column in range(4):
            # The fields have twice the room of their names; columns that are not used have none.
            self._grid.setColumnStretch(column, 0 if column >= 2 * columns else 1 + column % 2)
        for number, name in enumerate(self._fields):
            row, place = divmod(number, columns)
            label, field = self._labels[name], self._fields[name]
            label.setFont(self._theme.font(NOTE))
            field.setFixedHeight(px(_FIELD))
            self._grid.addWidget(label, row, 2 * place)
            self._grid.addWidget(field, row, 2 * place + 1)
        lines = min(-(-len(self._fields) // columns), _SHOWN_LINES)
        self._scroll.setFixedHeight(lines * px(_FIELD) + max(lines - 1, 0) * px(6))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Have as many fields in a line as there is room for."""
        super().resizeEvent(event)
        self._fit()
