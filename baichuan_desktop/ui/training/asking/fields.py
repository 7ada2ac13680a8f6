"""Fields of a form, each of which shows one value of a request and takes it back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, QSignalBlocker, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget
from typing_extensions import override

from backends.training.values import TrainingRequest
from baichuan_desktop.ui.chat.sampling.numbers import Decimal, Whole
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.training.curves.thinned import rate_text

_FEWEST_LETTERS = 9  # of a choice, where there is little room


def value_at(request: TrainingRequest, path: Sequence[str]) -> Any:
    """What stands at a path of names, such as (“lora”, “rank”)."""
    value: Any = request
    for name in path:
        value = getattr(value, name)
    return value


def with_value(owner: Any, path: Sequence[str], value: object) -> Any:
    """The same with another value at a path."""
    name, *rest = path
    inner = with_value(getattr(owner, name), rest, value) if rest else value
    return replace(owner, **{name: inner})


class Field(QObject):
    """A label and a widget. A value that is shown is not told as changed.

    What nobody touches stays as it was, with more digits than the widget may show.

    Signals:
        changed: a person has written or chosen something else.
    """

    changed = Signal()

    def __init__(
        self,
        path: str,
        widget: QWidget,
        name: Callable[[], str],
        about: Callable[[], str] = lambda: "",
    ) -> None:
        """`path` names the value with points, `about` explains it in a sentence."""
        super().__init__()
        self.path = tuple(path.split("."))
        self.widget, self.label = widget, plain_label()
        self._name, self._about = name, about
        self.label.setBuddy(widget)
        self._shown: tuple[object, Any] | None = None  # in the widget, and in the request

    @property
    def value(self) -> object:
        """What is chosen; None where it is no value."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def show_of(self, request: TrainingRequest) -> None:
        """Show the value of a request."""
        wanted = value_at(request, self.path)
        with QSignalBlocker(self.widget):
            self.set_value(wanted)
        self._shown = (self.value, wanted)

    def into(self, request: TrainingRequest) -> TrainingRequest:
        """The request with what is chosen; as it was where that is no value."""
        value = self.value
        if value is None:
            return request
        if self._shown is not None and value == self._shown[0]:
            value = self._shown[1]
        changed: TrainingRequest = with_value(request, self.path, value)
        return changed

    @property
    def trouble(self) -> str:
        """What is wrong with what is written; empty where nothing is."""
        return ""

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        name, about = self._name(), self._about()
        self.label.setText(name)
        self.widget.setAccessibleName(name)
        self.widget.setAccessibleDescription(about)
        for one in (self.label, self.widget):
            one.setToolTip(as_tooltip(about))

    @Slot()
    def _tell(self) -> None:
        self.changed.emit()


class WholeField(Field):
    """A number without a fraction."""

    def __init__(
        self,
        path: str,
        low: int,
        high: int,
        name: Callable[[], str],
        about: Callable[[], str] = lambda: "",
        *,
        nothing: Callable[[], str] | None = None,
    ) -> None:
        """`nothing` is what the lowest number is called where it stands for None."""
        self.spin = Whole(low)
        self.spin.setMaximum(high)
        super().__init__(path, self.spin, name, about)
        self._low, self._nothing = low, nothing
        self.spin.valueChanged.connect(self._tell)

    @property
    @override
    def value(self) -> object:
        return self.spin.value()

    @override
    def into(self, request: TrainingRequest) -> TrainingRequest:
        if self._nothing is not None and self.spin.value() == self._low:
            emptied: TrainingRequest = with_value(request, self.path, None)
            return emptied
        return super().into(request)

    @override
    def set_value(self, value: Any) -> None:
        self.spin.setValue(self._low if value is None else value)

    @override
    def retranslate(self) -> None:
        super().retranslate()
        if self._nothing is not None:
            self.spin.setSpecialValueText(self._nothing())


class DecimalField(Field):
    """A number with a fraction; one of a share is shown in percent."""

    def __init__(
        self,
        path: str,
        low: float,
        high: float,
        step: float,
        name: Callable[[], str],
        about: Callable[[], str] = lambda: "",
        *,
        is_share: bool = False,
    ) -> None:
        self.spin = Decimal(low, high, step)
        super().__init__(path, self.spin, name, about)
        self._factor = 100.0 if is_share else 1.0
        if is_share:
            self.spin.setSuffix(" %")
        self.spin.valueChanged.connect(self._tell)

    @property
    @override
    def value(self) -> object:
        return round(self.spin.value() / self._factor, 9)

    @override
    def set_value(self, value: Any) -> None:
        self.spin.setValue(value * self._factor)


class NumberField(Field):
    """A number of any size, as it is written in commands: 2e-5."""

    def __init__(
        self,
        path: str,
        name: Callable[[], str],
        about: Callable[[], str] = lambda: "",
        *,
        may_be_zero: bool = False,
    ) -> None:
        self.edit = QLineEdit()
        self.edit.setObjectName("field")
        super().__init__(path, self.edit, name, about)
        self._may_be_zero = may_be_zero
        self.edit.textEdited.connect(self._tell)

    @property
    @override
    def value(self) -> object:
        try:
            number = float(self.edit.text().strip().replace("，", ".").replace("。", "."))
        except ValueError:
            return None
        is_in_range = number > 0 or (self._may_be_zero and number == 0)
        return number if math.isfinite(number) and is_in_range else None

    @override
    def set_value(self, value: Any) -> None:
        text = rate_text(value)
        self.edit.setText(text if float(text) == value else repr(value))

    @property
    @override
    def trouble(self) -> str:
        if self.value is not None:
            return ""
        if self._may_be_zero:
            text = self.tr("{name}: write a number such as 1e-4, or 0.")
        else:
            text = self.tr("{name}: write a number above 0, such as 2e-5.")
        return text.format(name=self._name())


class Choices(QComboBox):
    """A list to choose from, which leaves the wheel to what scrolls."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nothing is chosen by a turn that was meant for the form."""
        event.ignore()


class ChoiceField(Field):
    """One of a few; what a request has besides them is listed, too."""

    def __init__(
        self,
        path: str,
        choices: Sequence[object],
        say: Callable[[Any], str],
        name: Callable[[], str],
        about: Callable[[], str] = lambda: "",
    ) -> None:
        """`say` gives the text of a choice."""
        self.box = Choices()
        super().__init__(path, self.box, name, about)
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setMinimumContentsLength(_FEWEST_LETTERS)
        self._say, self._choices = say, list(choices)
        self.box.addItems([""] * len(self._choices))
        self.box.currentIndexChanged.connect(self._tell)

    @property
    @override
    def value(self) -> object:
        return self._choices[self.box.currentIndex()]

    @override
    def set_value(self, value: Any) -> None:
        if value not in self._choices:
            self._choices.append(value)
            self.box.addItem(self._say(value))
        self.box.setCurrentIndex(self._choices.index(value))

    @override
    def retranslate(self) -> None:
        super().retranslate()
        with QSignalBlocker(self.box):
            for row, choice in enumerate(self._choices):
                self.box.setItemText(row, self._say(choice))


class TickField(Field):
    """Yes or no; its name stands beside the box."""

    def __init__(
        self, path: str, name: Callable[[], str], about: Callable[[], str] = lambda: ""
    ) -> None:
        self.tick = QCheckBox()
        super().__init__(path, self.tick, name, about)
        self.tick.toggled.connect(self._tell)

    @property
    @override
    def value(self) -> object:
        return self.tick.isChecked()

    @override
    def set_value(self, value: Any) -> None:
        self.tick.setChecked(value)

    @override
    def retranslate(self) -> None:
        super().retranslate()
        self.tick.setText(self._name())
        self.label.setText("")


def of_enum(kind: type[Enum]) -> Sequence[object]:
    """Every member of an enum, as choices."""
    return list(kind)
