"""All that a preset sets, to be read and written."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.presets.filling import TEXT, variables_of
from baichuan_desktop.services.presets.values import MOST_NAME, MOST_TEXT, Preset
from baichuan_desktop.ui.chat.sampling.sampling_form import SamplingForm
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_PROMPT_LINES, _TEMPLATE_LINES = 6, 4


class PresetEditor(QScrollArea):
    """Shows one preset; those of the app can be read only.

    Signals:
        edited: a person changed something of it.
    """

    edited = Signal()

    def __init__(self, theme: Theme, defaults: SamplingParams) -> None:
        """`defaults` is what the model asks for, which the preset changes."""
        super().__init__()
        self._theme = theme
        self._preset: Preset | None = None
        self._is_showing = False
        self.setObjectName("editorScroll")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.note = plain_label(wraps=True)
        self.note.setObjectName("muted")
        self.problem = plain_label(wraps=True)
        self.problem.setObjectName("trouble")
        self.problem.hide()
        self.name = QLineEdit()
        self.name.setObjectName("field")
        self.name.setMaxLength(MOST_NAME)
        self.system_prompt, self.template = QPlainTextEdit(), QPlainTextEdit()
        for text in (self.system_prompt, self.template):
            text.setObjectName("field")
            text.setTabChangesFocus(True)
        self.variables = plain_label(wraps=True)
        self.variables.setObjectName("muted")
        self.sampling = SamplingForm(theme, keeps_equal=True)
        self.sampling.set_defaults(defaults)
        self._labels = [QLabel() for _ in range(4)]
        for label, buddy in zip(
            self._labels, (self.name, self.system_prompt, self.template, None), strict=True
        ):
            label.setObjectName("sectionTitle")
            label.setContentsMargins(0, 6, 0, 0)
            if buddy is not None:
                label.setBuddy(buddy)
        self._lay_out()
        self.name.textEdited.connect(self._on_edited)
        self.system_prompt.textChanged.connect(self._on_edited)
        self.template.textChanged.connect(self._on_edited)
        self.sampling.edited.connect(self._on_edited)
        theme.changed.connect(self._fit)
        self._fit()
        self._retranslate()

    def _lay_out(self) -> None:
        self._body = body = QWidget()
        body.setObjectName("editorBody")
        name, prompt, template, sampling = self._labels
        self._column = QVBoxLayout(body)
        for widget in (
            self.note,
            name,
            self.name,
            self.problem,
            prompt,
            self.system_prompt,
            template,
            self.template,
            self.variables,
            sampling,
            self.sampling,
        ):
            self._column.addWidget(widget)
        self._column.addStretch(1)
        self.setWidget(body)

    @property
    def preset(self) -> Preset | None:
        """What is shown, as a person has it now. Texts are as long as a preset may have them."""
        if self._preset is None:
            return None
        return replace(
            self._preset,
            name=self.name.text(),
            system_prompt=self.system_prompt.toPlainText()[:MOST_TEXT],
            template=self.template.toPlainText()[:MOST_TEXT],
            sampling=self.sampling.changes(),
        )

    def show_preset(self, preset: Preset | None) -> None:
        """Show this one; None: there is none."""
        self._preset = preset
        self._is_showing = True
        shown = preset or Preset("", "")
        self.name.setText(shown.name)
        self.system_prompt.setPlainText(shown.system_prompt)
        self.template.setPlainText(shown.template)
        self.sampling.set_changes(shown.sampling)
        is_own = preset is not None and not preset.is_built_in
        self.name.setReadOnly(not is_own)
        self.system_prompt.setReadOnly(not is_own)
        self.template.setReadOnly(not is_own)
        self.sampling.setEnabled(is_own)
        self._body.setEnabled(preset is not None)
        self.note.setVisible(preset is not None and preset.is_built_in)
        self.say("")
        self._is_showing = False
        self._show_variables()
        self.verticalScrollBar().setValue(0)

    def kept_as(self, preset: Preset) -> None:
        """What is shown was kept so."""
        self._preset = preset

    def say(self, problem: str) -> None:
        """Say what is wrong with the name; nothing: nothing is."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    @Slot()
    def _on_edited(self) -> None:
        self._show_variables()
        if not self._is_showing:
            self.edited.emit()

    def _show_variables(self) -> None:
        template = self.template.toPlainText()
        names = [
            f"{one.name} ({one.default})" if one.default else one.name
            for one in variables_of(template[:MOST_TEXT])
        ]
        has_text = not template.strip() or f"{{{{{TEXT}}}}}" in template.replace(" ", "")
        parts = []
        if names:
            parts.append(self.tr("Fields over the message: {names}").format(names=", ".join(names)))
        if not has_text:
            parts.append(
                self.tr("{variable} is missing: what you write follows below.").format(
                    variable="{{text}}"
                )
            )
        if not parts:
            parts.append(
                self.tr(
                    "{text} stands for what you write, {other} for a field of its own, and "
                    "{default} for one that says English where you write nothing."
                ).format(text="{{text}}", other="{{topic}}", default="{{language=English}}")
            )
        self.variables.setText("\n".join(parts))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        line = self.fontMetrics().lineSpacing()
        self.system_prompt.setFixedHeight(_PROMPT_LINES * line + px(16))
        self.template.setFixedHeight(_TEMPLATE_LINES * line + px(16))
        self._column.setContentsMargins(0, 0, px(14), px(8))
        self._column.setSpacing(px(6))

    def _retranslate(self) -> None:
        name, prompt, template, sampling = self._labels
        name.setText(self.tr("Name"))
        prompt.setText(self.tr("System prompt"))
        template.setText(self.tr("Message"))
        sampling.setText(self.tr("Sampling"))
        self.name.setAccessibleName(self.tr("Name"))
        self.system_prompt.setAccessibleName(self.tr("System prompt of the preset"))
        self.template.setAccessibleName(self.tr("Message of the preset"))
        self.system_prompt.setPlaceholderText(
            self.tr("What the model is told before the conversation. Empty: yours stays.")
        )
        self.template.setPlaceholderText(self.tr("Empty: the message is sent as you write it."))
        self.note.setText(
            self.tr("This preset is a part of the app. Duplicate it to change the copy.")
        )
        self._show_variables()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
