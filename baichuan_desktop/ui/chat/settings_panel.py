"""System prompt, sampling and threads, at the right of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from backends.events import ModelKind, SamplingDefaults
from backends.generation.sampling import SamplingParams
from baichuan_desktop.ui.chat.seed_edit import SeedEdit
from baichuan_desktop.ui.look.theme import Theme

# Pixels of the design.
_FIELD = QSize(136, 32)
_PROMPT_HEIGHT = 132
_TEXT_MARGIN = 5  # a style sheet's padding does not reach a spin box's text
_MOST = 2**31 - 1  # the largest number of a QSpinBox, one below the most that is possible


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
        self._defaults: SamplingDefaults | None = None
        self.setObjectName("settingsPanel")
        self.system_prompt_edit = QPlainTextEdit()
        self.system_prompt_edit.setTabChangesFocus(True)
        self.greedy = QCheckBox()
        self.temperature = _decimal(0.0, 100.0, 0.05)
        self.top_k = _whole(0, _MOST)
        self.top_p = _decimal(0.0, 1.0, 0.05)
        self.repetition_penalty = _decimal(0.01, 100.0, 0.05)
        self.max_new_tokens = _whole(1, _MOST)
        self.max_new_tokens.setSingleStep(64)
        self.seed = SeedEdit()
        self.reset_button = QPushButton()
        self.threads = _Choice()
        self._title, self._system_title, self._sampling_title = QLabel(), QLabel(), QLabel()
        self._processor_title, self._threads_label = QLabel(), QLabel()
        self._labels = {
            field: QLabel()
            for field in (
                self.temperature,
                self.top_k,
                self.top_p,
                self.repetition_penalty,
                self.max_new_tokens,
                self.seed,
            )
        }
        self._lay_out()
        theme.changed.connect(self._fit)
        self._fit()
        self.greedy.toggled.connect(self._show_greedy)
        self.reset_button.clicked.connect(self.reset)
        self.threads.activated.connect(self._choose_threads)
        self.show_threads(None, can_change=False)
        self.retranslate()

    def _lay_out(self) -> None:
        self._title.setObjectName("panelTitle")
        for title in (self._system_title, self._sampling_title, self._processor_title):
            title.setObjectName("sectionTitle")
        self._system_title.setBuddy(self.system_prompt_edit)
        self._form = form = QGridLayout()
        form.setColumnStretch(0, 1)
        for row, (field, label) in enumerate(self._labels.items()):
            label.setBuddy(field)
            form.addWidget(label, row, 0)
            form.addWidget(field, row, 1)
        body = QWidget()
        body.setObjectName("settingsBody")
        self._column = column = QVBoxLayout(body)
        column.addWidget(self._title)
        column.addWidget(self._system_title)
        column.addWidget(self.system_prompt_edit)
        column.addWidget(self._sampling_title)
        column.addWidget(self.greedy)
        column.addLayout(form)
        column.addWidget(self.reset_button, 0, Qt.AlignmentFlag.AlignLeft)
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
        fields: list[QWidget] = [*self._labels, self.threads]
        for field in fields:
            field.setFixedSize(px(_FIELD.width()), px(_FIELD.height()))
        for field in fields:
            if isinstance(field, QAbstractSpinBox):
                field.lineEdit().setTextMargins(px(_TEXT_MARGIN), 0, 0, 0)
        self.system_prompt_edit.setFixedHeight(px(_PROMPT_HEIGHT))
        self._form.setHorizontalSpacing(px(12))
        self._form.setVerticalSpacing(px(8))
        self._column.setContentsMargins(px(18), px(10), px(18), px(18))
        self._column.setSpacing(px(10))
        for title in (self._system_title, self._sampling_title, self._processor_title):
            title.setContentsMargins(0, px(8), 0, 0)

    def params(self) -> SamplingParams:
        """The sampling that is set now."""
        return SamplingParams(
            greedy=self.greedy.isChecked(),
            temperature=self.temperature.value(),
            top_k=self.top_k.value(),
            top_p=self.top_p.value(),
            repetition_penalty=self.repetition_penalty.value(),
            max_new_tokens=self.max_new_tokens.value(),
            seed=self.seed.seed(),
        )

    def system_prompt(self) -> str:
        """What the model is told before the conversation."""
        return self.system_prompt_edit.toPlainText()

    @Slot(object, object)
    def set_model(self, kind: ModelKind, defaults: SamplingDefaults) -> None:
        """Set what a model of this kind asks for."""
        self._defaults = defaults
        self._system_title.setVisible(kind is ModelKind.CHAT)
        self.system_prompt_edit.setVisible(kind is ModelKind.CHAT)
        self.reset()

    @Slot()
    def reset(self) -> None:
        """Set what the model asks for. The system prompt is the person's own and stays."""
        defaults = self._defaults
        if defaults is None:
            return
        self.greedy.setChecked(defaults.greedy)
        self.temperature.setValue(defaults.temperature)
        self.top_k.setValue(defaults.top_k)
        self.top_p.setValue(defaults.top_p)
        self.repetition_penalty.setValue(defaults.repetition_penalty)
        self.max_new_tokens.setValue(defaults.max_new_tokens)
        self.seed.clear()

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

    @Slot(bool)
    def _show_greedy(self, greedy: bool) -> None:
        for field in (self.temperature, self.top_k, self.top_p, self.seed):
            field.setEnabled(not greedy)
            self._labels[field].setEnabled(not greedy)

    def retranslate(self) -> None:
        """Set names and explanations in the language of the window."""
        self.setAccessibleName(self.tr("Settings"))
        self._title.setText(self.tr("Settings"))
        self._system_title.setText(self.tr("System prompt"))
        self._sampling_title.setText(self.tr("Sampling"))
        self.system_prompt_edit.setPlaceholderText(
            self.tr("For example: Answer briefly, in plain words.")
        )
        self.reset_button.setText(self.tr("Reset"))
        self.seed.setPlaceholderText(self.tr("random"))
        self.greedy.setText(self.tr("Greedy"))
        names = (
            (self.temperature, self.tr("Temperature")),
            (self.top_k, self.tr("Top-k")),
            (self.top_p, self.tr("Top-p")),
            (self.repetition_penalty, self.tr("Repetition penalty")),
            (self.max_new_tokens, self.tr("Max new tokens")),
            (self.seed, self.tr("Seed")),
        )
        for field, name in names:
            self._labels[field].setText(name)
            field.setAccessibleName(name)
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
                self.greedy,
                self.tr("Always takes the most likely token. The same question, the same answer."),
            ),
            (
                self.temperature,
                self.tr("Low is matter-of-fact, high is inventive. 0 is the same as greedy."),
            ),
            (
                self.top_k,
                self.tr("Chooses among this many of the most likely tokens. 0 is all of them."),
            ),
            (
                self.top_p,
                self.tr("Leaves out unlikely tokens beyond this share. 1 leaves out none."),
            ),
            (
                self.repetition_penalty,
                self.tr("Makes words that were there already less likely. 1 is none."),
            ),
            (self.max_new_tokens, self.tr("An answer ends after this many tokens at the latest.")),
            (
                self.seed,
                self.tr("The same number gives the same answer again. Empty is random."),
            ),
            (self.reset_button, self.tr("Sets the sampling that the model's makers recommend.")),
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
            if label := self._labels.get(widget):  # type: ignore[call-overload]
                label.setToolTip(text)

    def showEvent(self, event: QShowEvent) -> None:
        """Measure anew: Qt does not tell a layout of sizes that change while it is hidden."""
        super().showEvent(event)
        self._form.invalidate()
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


class _Decimal(QDoubleSpinBox):
    """A field that shows 0.3 as 0.3 and not as 0.300."""

    def textFromValue(self, value: float) -> str:
        text = self.locale().toString(value, "f", self.decimals())
        point = self.locale().decimalPoint()
        shortened = text.rstrip("0")
        return shortened + "0" if shortened.endswith(point) else shortened


def _decimal(low: float, high: float, step: float) -> QDoubleSpinBox:
    field = _Decimal()
    field.setDecimals(3)
    field.setRange(low, high)
    field.setSingleStep(step)
    return field


def _whole(low: int, high: int) -> QSpinBox:
    field = QSpinBox()
    field.setRange(low, high)
    return field
