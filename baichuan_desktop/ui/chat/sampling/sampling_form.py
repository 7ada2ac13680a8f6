"""The sampling of a conversation, or of a preset: all settings, and what differs of them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from backends.generation.sampling import SamplingParams
from backends.printable import one_line
from baichuan_desktop.services.presets.sampling import Changes, applied
from baichuan_desktop.ui.chat.sampling.numbers import Decimal, Whole
from baichuan_desktop.ui.chat.sampling.scales import STOPS
from baichuan_desktop.ui.chat.sampling.seed_edit import SeedEdit
from baichuan_desktop.ui.chat.sampling.setting_row import SettingRow
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

_OF_CHANCE = ("temperature", "top_k", "top_p", "seed")  # what greedy makes meaningless


class SamplingForm(QWidget):
    """Shows what the model asks for with the changes of a preset and those made here over it.

    Signals:
        edited: a person changed something; `changes` says what differs now.
    """

    edited = Signal()

    def __init__(self, theme: Theme, *, keeps_equal: bool = False) -> None:
        """`keeps_equal`: what is set stays set, also where it is what the model asks for."""
        super().__init__()
        self._theme = theme
        self._keeps_equal = keeps_equal
        self._defaults = SamplingParams()
        self._preset: Changes = {}
        self._preset_name = ""
        self._changes: dict[str, Any] = {}
        self.greedy = QCheckBox()
        self.temperature = Decimal(0.0, 100.0, 0.05)
        self.top_k = Whole(0)
        self.top_p = Decimal(0.0, 1.0, 0.05)
        self.repetition_penalty = Decimal(0.01, 100.0, 0.05)
        self.max_new_tokens = Whole(1, 64)
        self.seed = SeedEdit()
        self.reset_button = QPushButton()
        self.stops = plain_label(wraps=True)  #: the texts that end an answer, where there are some
        self.stops.setObjectName("muted")
        self._greedy_mark = QLabel()
        self._greedy_mark.setObjectName("changeMark")
        self.greedy_reset = QToolButton()
        self.greedy_reset.setObjectName("tool")
        self.rows = {
            name: SettingRow(name, theme, getattr(self, name), STOPS.get(name, ()))
            for name in ("temperature", "top_k", "top_p", "repetition_penalty", "max_new_tokens")
        }
        self.rows["seed"] = SettingRow("seed", theme, self.seed)
        self._lay_out()
        self.greedy.toggled.connect(self._on_greedy)
        self.greedy_reset.clicked.connect(self._reset_greedy)
        for row in self.rows.values():
            row.edited.connect(self._on_edited)
            row.reset_requested.connect(self._take_back)
        self.reset_button.clicked.connect(self.reset)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        self._first = QHBoxLayout()
        self._first.addWidget(self._greedy_mark)
        self._first.addWidget(self.greedy, 1)
        self._first.addWidget(self.greedy_reset)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._first)
        for row in self.rows.values():
            self._column.addWidget(row)
        self._column.addWidget(self.stops)
        self._column.addWidget(self.reset_button, 0, Qt.AlignmentFlag.AlignLeft)

    # --- what is set --------------------------------------------------------------------------

    def params(self) -> SamplingParams:
        """The sampling that is set now."""
        return applied(self._defaults, self._preset, self._changes)

    def changes(self) -> Changes:
        """What is changed here, over the model and the preset."""
        return dict(self._changes)

    @property
    def defaults(self) -> SamplingParams:
        """What the model asks for."""
        return self._defaults

    def set_defaults(self, defaults: SamplingParams) -> None:
        """Show what is changed of what another model asks for."""
        self._defaults = defaults
        self._show()

    def set_preset(self, name: str, changes: Changes) -> None:
        """Show what is changed of a preset; no changes: of none."""
        self._preset_name, self._preset = name, changes
        self._show()

    def set_changes(self, changes: Changes) -> None:
        """Show what was changed by somebody."""
        self._changes = dict(changes)
        self._show()

    @Slot()
    def reset(self) -> None:
        """Take back all that was changed here."""
        self._changes = {}
        self._show()
        self.edited.emit()

    # --- what a person does -------------------------------------------------------------------

    @Slot(str)
    def _on_edited(self, name: str) -> None:
        self._set(name, self.rows[name].value())

    @Slot(bool)
    def _on_greedy(self, greedy: bool) -> None:
        self._set("greedy", greedy)

    @Slot()
    def _reset_greedy(self) -> None:
        self.greedy.setFocus()  # the button is about to go
        self._take_back("greedy")

    def _set(self, name: str, value: object) -> None:
        if not self._keeps_equal and value == getattr(self._base(), name):
            self._changes.pop(name, None)
        if getattr(self.params(), name) != value or self._keeps_equal:
            self._changes[name] = value
        self._show()
        self.edited.emit()

    @Slot(str)
    def _take_back(self, name: str) -> None:
        wanted = self._taken_back(name)
        self._changes.pop(name, None)
        if getattr(self.params(), name) != wanted and not self._keeps_equal:
            self._changes[name] = wanted
        self._show()
        self.edited.emit()

    def _base(self) -> SamplingParams:
        return applied(self._defaults, self._preset)

    def _taken_back(self, name: str) -> object:
        """What a reset brings: the preset's value; where that is shown, what the model asks for."""
        base: object = getattr(self._base(), name)
        if getattr(self.params(), name) != base:
            return base
        found: object = getattr(self._defaults, name)
        return found

    # --- what is shown ------------------------------------------------------------------------

    def _show(self) -> None:
        params = self.params()
        blocked = self.greedy.blockSignals(True)
        self.greedy.setChecked(params.greedy)
        self.greedy.blockSignals(blocked)
        for name, row in self.rows.items():
            row.show_value(getattr(params, name))
            row.set_usable(not params.greedy or name not in _OF_CHANCE)
            row.mark(self._difference(name), self._reset_text(name))
        texts = ", ".join(f"“{one_line(text)}”" for text in params.stop)
        self.stops.setText(self.tr("An answer ends at: {texts}").format(texts=texts))
        self.stops.setVisible(bool(params.stop))
        difference = self._difference("greedy")
        self._greedy_mark.setToolTip(as_tooltip(difference))
        self.greedy.setAccessibleDescription(difference)
        self.greedy_reset.setVisible(bool(difference))
        self.greedy_reset.setToolTip(self._reset_text("greedy"))
        self._paint_mark(bool(difference))

    def is_marked(self, name: str) -> bool:
        """Whether a field differs from what the model asks for, or is set by the preset here."""
        if self._keeps_equal:
            return name in self._changes
        return bool(getattr(self.params(), name) != getattr(self._defaults, name))

    def _difference(self, name: str) -> str:
        """How a field differs; empty where it does not."""
        if not self.is_marked(name):
            return ""
        if self._keeps_equal:
            return self.tr("Set by this preset.")
        asked = self._text(name, getattr(self._defaults, name))
        if name in self._preset and self._preset_name:
            return self.tr("The model asks for {value}; the preset “{name}” for {preset}.").format(
                value=asked, name=self._preset_name, preset=self._text(name, self._preset[name])
            )
        return self.tr("The model asks for {value}.").format(value=asked)

    def _reset_text(self, name: str) -> str:
        if not self.is_marked(name):
            return ""
        if self._keeps_equal:
            return self.tr("Leave it as the model asks for")
        return self.tr("Back to {value}").format(value=self._text(name, self._taken_back(name)))

    def _text(self, name: str, value: object) -> str:
        match value:
            case None:
                return self.tr("random")
            case bool():
                return self.tr("greedy") if value else self.tr("not greedy")
        field = getattr(self, name)
        if isinstance(field, Decimal | Whole) and isinstance(value, int | float):
            return field.textFromValue(value)  # type: ignore[arg-type]  # of its own kind
        return str(value)

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._first.setSpacing(px(6))
        self._column.setSpacing(px(8))
        self.greedy_reset.setFixedSize(px(24), px(24))
        self.greedy_reset.setIconSize(QSize(px(15), px(15)))
        colour = QColor(self._theme.colours.muted)
        self.greedy_reset.setIcon(line_icon("undo", colour, size=px(15)))
        self._greedy_mark.setFixedSize(px(6), px(6))
        self._show()

    def _paint_mark(self, marked: bool) -> None:
        colour = self._theme.colours.accent if marked else "transparent"
        radius = self._greedy_mark.height() // 2
        self._greedy_mark.setStyleSheet(f"background: {colour}; border-radius: {radius}px;")

    def retranslate(self) -> None:
        """Set names and explanations in the language of the window."""
        self.greedy.setText(self.tr("Greedy"))
        self.greedy.setToolTip(
            self.tr("Always takes the most likely token. The same question, the same answer.")
        )
        self.seed.setPlaceholderText(self.tr("random"))
        for name, title, explanation in self._texts():
            self.rows[name].name(
                title,
                explanation,
                self.tr("{name}, slider").format(name=title),
                self.tr("Reset: {name}").format(name=title),
            )
        self.greedy_reset.setAccessibleName(self.tr("Reset: {name}").format(name=self.tr("Greedy")))
        self.reset_button.setText(self.tr("Reset"))
        self.reset_button.setToolTip(
            self.tr("Nothing is set by this preset any more.")
            if self._keeps_equal
            else self.tr(
                "Sets the sampling that the model's makers recommend, or the preset asks for."
            )
        )
        self._show()

    def _texts(self) -> tuple[tuple[str, str, str], ...]:
        return (
            (
                "temperature",
                self.tr("Temperature"),
                self.tr("Low is matter-of-fact, high is inventive. 0 is the same as greedy."),
            ),
            (
                "top_k",
                self.tr("Top-k"),
                self.tr("Chooses among this many of the most likely tokens. 0 is all of them."),
            ),
            (
                "top_p",
                self.tr("Top-p"),
                self.tr("Leaves out unlikely tokens beyond this share. 1 leaves out none."),
            ),
            (
                "repetition_penalty",
                self.tr("Repetition penalty"),
                self.tr("Makes words that were there already less likely. 1 is none."),
            ),
            (
                "max_new_tokens",
                self.tr("Max new tokens"),
                self.tr("An answer ends after this many tokens at the latest."),
            ),
            (
                "seed",
                self.tr("Seed"),
                self.tr("The same number gives the same answer again. Empty is random."),
            ),
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
