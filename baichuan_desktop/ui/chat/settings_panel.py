"""System prompt, sampling and threads, at the right of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backends.events import ModelKind, SamplingDefaults
from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.presets.sampling import Changes
from baichuan_desktop.ui.chat.sampling.sampling_form import SamplingForm
from baichuan_desktop.ui.look.theme import Theme

# Pixels of the design.
_FIELD = QSize(136, 32)
_PROMPT_HEIGHT = 132


class SettingsPanel(QFrame):
    """The settings of the chat; every value that can be entered is one that the engine accepts.

    Signals:
        threads_chosen: how many the model shall have; None: as many as the app chooses.
    """

    threads_chosen = Signal(object)

    def __init__(self, theme: Theme, cores: int, parent: QWidget | None = None) -> None:
        """`cores` is how many cores the processor has: the most threads that are offered."""
        super().__init__(parent)
        self._theme = theme
        self._cores = cores
        self.setObjectName("settingsPanel")
        self.system_prompt_edit = QPlainTextEdit()
        self.system_prompt_edit.setTabChangesFocus(True)
        self._preset_name, self._preset_prompt = "", ""
        self.prompt_reset = QPushButton()  #: brings back what the preset says
        self.prompt_reset.setObjectName("quiet")
        self.prompt_reset.hide()
        self.sampling = form = SamplingForm(theme)
        self.greedy, self.temperature, self.top_k = form.greedy, form.temperature, form.top_k
        self.top_p, self.repetition_penalty = form.top_p, form.repetition_penalty
        self.max_new_tokens, self.seed = form.max_new_tokens, form.seed
        self.reset_button = form.reset_button
        self.threads = _Choice()
        self._title, self._system_title, self._sampling_title = QLabel(), QLabel(), QLabel()
        self._processor_title, self._threads_label = QLabel(), QLabel()
        self._lay_out()
        theme.changed.connect(self._fit)
        self._fit()
        self.threads.activated.connect(self._choose_threads)
        self.prompt_reset.clicked.connect(self._take_preset_prompt)
        self.system_prompt_edit.textChanged.connect(self._show_prompt_reset)
        self.show_threads(None, can_change=False)
        self.retranslate()

    def _lay_out(self) -> None:
        self._title.setObjectName("panelTitle")
        for title in (self._system_title, self._sampling_title, self._processor_title):
            title.setObjectName("sectionTitle")
        self._system_title.setBuddy(self.system_prompt_edit)
        body = QWidget()
        body.setObjectName("settingsBody")
        self._column = column = QVBoxLayout(body)
        column.addWidget(self._title)
        column.addWidget(self._system_title)
        column.addWidget(self.system_prompt_edit)
        column.addWidget(self.prompt_reset, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._sampling_title)
        column.addWidget(self.sampling)
        column.addWidget(self._processor_title)
        column.addLayout(self._threads_row())
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("settingsScroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the field that has it
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        around = QVBoxLayout(self)
        around.setContentsMargins(1, 0, 0, 0)
        around.addWidget(scroll)

    def _threads_row(self) -> QHBoxLayout:
        self._threads_label.setBuddy(self.threads)
        row = QHBoxLayout()
        row.addWidget(self._threads_label, 1)
        row.addWidget(self.threads)
        return row

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self.threads.setFixedSize(px(_FIELD.width()), px(_FIELD.height()))
        self.system_prompt_edit.setFixedHeight(px(_PROMPT_HEIGHT))
        self._column.setContentsMargins(px(18), px(10), px(18), px(18))
        self._column.setSpacing(px(10))
        for title in (self._system_title, self._sampling_title, self._processor_title):
            title.setContentsMargins(0, px(8), 0, 0)

    def params(self) -> SamplingParams:
        """The sampling that is set now."""
        return self.sampling.params()

    def system_prompt(self) -> str:
        """What the model is told before the conversation."""
        return self.system_prompt_edit.toPlainText()

    def write_system_prompt(self, text: str) -> None:
        """Have this in the field; Ctrl+Z there brings back what stood in it."""
        if text != self.system_prompt():
            whole = QTextCursor(self.system_prompt_edit.document())
            whole.select(QTextCursor.SelectionType.Document)
            whole.insertText(text)

    def set_preset(self, name: str, system_prompt: str, sampling: Changes) -> None:
        """Show what is changed of a preset; an empty name: of none."""
        self._preset_name, self._preset_prompt = name, system_prompt
        self.sampling.set_preset(name, sampling)
        self._show_prompt_reset()

    @Slot()
    def _show_prompt_reset(self) -> None:
        """Offer the preset's system prompt where another one stands."""
        differs = self.system_prompt() != self._preset_prompt
        shown = self.system_prompt_edit.isVisibleTo(self)
        self.prompt_reset.setVisible(bool(self._preset_prompt) and differs and shown)
        name = self._preset_name.replace("&", "&&")  # which is no key
        self.prompt_reset.setText(self.tr("As in “{name}”").format(name=name))

    @Slot()
    def _take_preset_prompt(self) -> None:
        self.system_prompt_edit.setFocus()  # the button is about to go
        self.write_system_prompt(self._preset_prompt)

    @Slot(object, object)
    def set_model(self, kind: ModelKind, defaults: SamplingDefaults) -> None:
        """Show what a model of this kind asks for; what was changed here stays changed."""
        self._system_title.setVisible(kind is ModelKind.CHAT)
        self.system_prompt_edit.setVisible(kind is ModelKind.CHAT)
        self._show_prompt_reset()
        self.sampling.set_defaults(SamplingParams.from_defaults(defaults))

    def show_threads(self, wanted: int | None, *, can_change: bool) -> None:
        """Show with how many threads the model was wanted; None: the app chooses."""
        self.threads.clear()
        self.threads.addItem(self.tr("Automatic"), None)
        for count in sorted({*range(1, self._cores + 1), *([wanted] if wanted else [])}):
            self.threads.addItem(str(count), count)
        self.threads.setCurrentIndex(self.threads.findData(wanted) if wanted else 0)
        self.threads.setEnabled(can_change)
        self._threads_label.setEnabled(can_change)

    @Slot(int)
    def _choose_threads(self, row: int) -> None:
        self.threads_chosen.emit(self.threads.itemData(row))

    def retranslate(self) -> None:
        """Set names and explanations in the language of the window."""
        self.setAccessibleName(self.tr("Settings"))
        self._title.setText(self.tr("Settings"))
        self._system_title.setText(self.tr("System prompt"))
        self._sampling_title.setText(self.tr("Sampling"))
        self.system_prompt_edit.setPlaceholderText(
            self.tr("For example: Answer briefly, in plain words.")
        )
        self._show_prompt_reset()
        self.system_prompt_edit.setAccessibleName(self.tr("System prompt"))
        self._processor_title.setText(self.tr("Processor"))
        self._threads_label.setText(self.tr("Threads"))
        self.threads.setAccessibleName(self.tr("Threads"))
        self.threads.setItemText(0, self.tr("Automatic"))
        self._explain()

    def _explain(self) -> None:
        explanations: tuple[tuple[QWidget, str], ...] = (
            (
                self.system_prompt_edit,
                self.tr("What the model is told before the conversation: its role, its manner."),
            ),
            (
                self.prompt_reset,
                self.tr("Brings back the system prompt that the preset sets."),
            ),
            (
                self.threads,
                self.tr(
                    "How many threads compute an answer. Automatic is one for each core; PyTorch "
                    "takes fewer while other programs keep the processor busy. The model is loaded "
                    "again, the conversation stays."
                ),
            ),
        )
        self._threads_label.setToolTip(explanations[-1][1])
        for widget, text in explanations:
            widget.setToolTip(text)

    def showEvent(self, event: QShowEvent) -> None:
        """Measure anew: Qt does not tell a layout of sizes that change while it is hidden."""
        super().showEvent(event)
        self._column.invalidate()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class _Choice(QComboBox):
    """A list that ignores the wheel, which scrolls the panel: a choice loads the model again."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
