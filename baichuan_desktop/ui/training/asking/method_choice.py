"""Which way a model is trained: three buttons, each with what comes of it."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QRadioButton, QWidget

from backends.training.values import Method
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.training.asking import texts

_ORDER = (Method.LORA, Method.QLORA, Method.FULL)


class MethodChoice(QWidget):
    """A way that a model does not have is grey, and says why.

    Signals:
        chosen: the Method that a person chose.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._offered: Collection[Method] = _ORDER
        self._group = QButtonGroup(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self.radios = {which: QRadioButton() for which in _ORDER}
        self._abouts = {which: plain_label(wraps=True) for which in _ORDER}
        self.refusal = plain_label(wraps=True)
        self.refusal.setObjectName("note")
        for row, which in enumerate(_ORDER):
            self._group.addButton(self.radios[which], row)
            self._abouts[which].setObjectName("muted")
            self._grid.addWidget(self.radios[which], row, 0)
            self._grid.addWidget(self._abouts[which], row, 1)
        self._grid.addWidget(self.refusal, len(_ORDER), 0, 1, 2)
        self._group.idClicked.connect(self._on_clicked)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def choose(self, which: Method) -> None:
        """Show a way as chosen."""
        self.radios[which].setChecked(True)

    def offer(self, methods: Collection[Method]) -> None:
        """Offer these; the others are grey."""
        self._offered = methods
        self.retranslate()

    @Slot(int)
    def _on_clicked(self, row: int) -> None:
        self.chosen.emit(_ORDER[row])

    @Slot()
    def _fit(self) -> None:
        self._grid.setHorizontalSpacing(self._theme.px(10))
        self._grid.setVerticalSpacing(self._theme.px(5))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        why = self._why()
        for which, radio in self.radios.items():
            is_offered = which in self._offered
            radio.setText(texts.method(which))
            radio.setEnabled(is_offered)
            radio.setToolTip(as_tooltip("" if is_offered else why))
            about = texts.about_method(which)
            radio.setAccessibleDescription(about if is_offered else why)
            self._abouts[which].setText(about)
            self._abouts[which].setEnabled(is_offered)
        self.refusal.setText(why)
        self.refusal.setVisible(len(self._offered) < len(_ORDER))

    def _why(self) -> str:
        if self._offered:
            return self.tr(
                "This model is stored in 4 bits: an adapter can be trained on it, by QLoRA."
            )
        return self.tr(
            "This model is stored in 8 bits, or in another form that cannot be trained. Choose the "
            "model that it was made of."
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
