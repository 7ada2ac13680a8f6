"""One setting: its name, whether it is another one than usual, its field, its slider."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QWidget,
)

from baichuan_desktop.ui.chat.sampling.numbers import Slider
from baichuan_desktop.ui.chat.sampling.scales import nearest
from baichuan_desktop.ui.chat.sampling.seed_edit import SeedEdit
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import ElidedLabel
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

# Pixels of the design.
_FIELD, _BUTTON, _ICON, _MARK = QSize(112, 30), 24, 15, 6
_TEXT_MARGIN = 5  # a style sheet's padding does not reach a spin box's text

Field = QDoubleSpinBox | QSpinBox | SeedEdit


class SettingRow(QWidget):
    """A field with a slider below it; what differs has a mark and a button that takes it back.

    Signals:
        edited: a person set another value; the key of the row.
        reset_requested: it shall be what it was; the key of the row.
    """

    edited = Signal(str)
    reset_requested = Signal(str)

    def __init__(self, key: str, theme: Theme, field: Field, stops: Sequence[float] = ()) -> None:
        """Without `stops` there is no slider."""
        super().__init__()
        self._key = key
        self._theme = theme
        self._stops = stops
        self._is_marked = False
        self.field = field
        self.label = ElidedLabel()
        self.label.setBuddy(field)
        self._mark = QLabel()
        self._mark.setObjectName("changeMark")
        self.reset_button = QToolButton()
        self.reset_button.setObjectName("tool")
        self.reset_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset_button.clicked.connect(self._reset)
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(len(stops) - 1, 0))
        self.slider.setPageStep(max(len(stops) // 10, 1))
        self.slider.setVisible(bool(stops))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._mark, 0, 0)
        self._grid.addWidget(self.label, 0, 1)
        self._grid.addWidget(self.reset_button, 0, 2)
        self._grid.addWidget(field, 0, 3)
        self._grid.addWidget(self.slider, 1, 1, 1, 3)
        if isinstance(field, SeedEdit):
            field.textChanged.connect(self._on_edited)
        else:
            field.valueChanged.connect(self._on_edited)
        self.slider.valueChanged.connect(self._on_slid)
        theme.changed.connect(self._fit)
        self._fit()
        self.mark("", "")

    def value(self) -> float | int | None:
        """What is set; of a seed, None is a random one."""
        field = self.field
        return field.seed() if isinstance(field, SeedEdit) else field.value()

    def show_value(self, value: float | None) -> None:
        """Show a value that nobody has just set."""
        field = self.field
        blocked = field.blockSignals(True)
        if isinstance(field, SeedEdit):
            if field.seed() != value:
                field.setText("" if value is None else str(value))
        elif isinstance(field, QSpinBox):
            if field.value() != value:
                field.setValue(int(value or 0))
        elif value is not None and field.value() != round(value, field.decimals()):
            field.setValue(value)  # else what is being written would be written anew
        field.blockSignals(blocked)
        self._place_slider()

    def mark(self, difference: str, reset: str) -> None:
        """Say how the value differs from what is usual, and what the button does; "": it does not.

        `reset` is what the button brings back.
        """
        self._is_marked = bool(difference)
        if not reset and self.reset_button.hasFocus():
            self.field.setFocus()
        self.reset_button.setVisible(bool(reset))
        self.reset_button.setToolTip(reset)
        said = f"{difference} {self.field.toolTip()}".strip()
        self.field.setAccessibleDescription(said)
        self._mark.setToolTip(as_tooltip(difference))
        self._paint_mark()

    def name(self, name: str, explanation: str, slider: str, reset: str) -> None:
        """Set its texts: of the row, and the names of its slider and its button."""
        self.label.setText(name)
        self.field.setAccessibleName(name)
        self.slider.setAccessibleName(slider)
        self.reset_button.setAccessibleName(reset)
        for widget in (self.label, self.field, self.slider):
            widget.setToolTip(explanation)

    def set_usable(self, usable: bool) -> None:
        """Grey it where it means nothing."""
        for widget in (self.field, self.label, self.slider):
            widget.setEnabled(usable)

    # --- inside -------------------------------------------------------------------------------

    @Slot()
    def _on_edited(self) -> None:
        self._place_slider()
        self.edited.emit(self._key)

    @Slot(int)
    def _on_slid(self, place: int) -> None:
        field = self.field
        if isinstance(field, QSpinBox):
            field.setValue(int(self._stops[place]))
        elif isinstance(field, QDoubleSpinBox):
            field.setValue(float(self._stops[place]))

    def _place_slider(self) -> None:
        field = self.field
        if not self._stops or isinstance(field, SeedEdit):
            return
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(nearest(self._stops, field.value()))
        self.slider.blockSignals(blocked)
        self.slider.setAccessibleDescription(field.text())
        self.slider.update()

    @Slot()
    def _reset(self) -> None:
        self.field.setFocus()  # the button is about to go
        self.reset_requested.emit(self._key)

    @Slot()
    def _fit(self) -> None:
        px, field = self._theme.px, self.field
        field.setFixedSize(px(_FIELD.width()), px(_FIELD.height()))
        if isinstance(field, QAbstractSpinBox):
            field.lineEdit().setTextMargins(px(_TEXT_MARGIN), 0, 0, 0)
        self.reset_button.setFixedSize(px(_BUTTON), px(_BUTTON))
        self.reset_button.setIconSize(QSize(px(_ICON), px(_ICON)))
        colour = QColor(self._theme.colours.muted)
        self.reset_button.setIcon(line_icon("undo", colour, size=px(_ICON)))
        self._mark.setFixedSize(px(_MARK), px(_MARK))
        self.slider.setFixedHeight(px(18))
        self._grid.setHorizontalSpacing(px(6))
        self._grid.setVerticalSpacing(px(2))
        self._paint_mark()

    def _paint_mark(self) -> None:
        colour = self._theme.colours.accent if self._is_marked else "transparent"
        radius = self._mark.height() // 2
        self._mark.setStyleSheet(f"background: {colour}; border-radius: {radius}px;")

    @property
    def is_marked(self) -> bool:
        """Whether it is shown to differ."""
        return self._is_marked
