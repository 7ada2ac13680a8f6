"""The settings of a training: the few that people change, and the rest behind a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QToolButton, QVBoxLayout, QWidget

from backends.training.values import (
    ALL_MATRICES,
    HEAD,
    Cadence,
    Compute,
    Device,
    Layout,
    Masking,
    Schedule,
    TrainingRequest,
)
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.training.asking import texts
from baichuan_desktop.ui.training.asking.fields import (
    ChoiceField,
    DecimalField,
    Field,
    NumberField,
    TickField,
    WholeField,
    of_enum,
)

_MOST = 1_000_000
_COLUMNS = 2  # of fields, beside each other


class SettingsForm(QWidget):
    """Shows and takes everything of a request but model, data, method, and where it goes.

    Signals:
        changed: something else is set now.
    """

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._main, self._lora = self._main_fields(), self._lora_fields()
        self._more = [*self._learning_fields(), *self._run_fields()]
        self.more_button = QToolButton()
        self.more_button.setObjectName("status")
        self.more_button.setCheckable(True)
        self.more_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.trouble = plain_label(wraps=True)
        self.trouble.setObjectName("trouble")
        self.trouble.hide()
        self._grid, self._more_part = QGridLayout(), QWidget()
        self._more_grid = QGridLayout(self._more_part)
        self._more_grid.setContentsMargins(0, 0, 0, 0)
        self._fill(self._grid, [*self._main, *self._lora], _COLUMNS)
        self._fill(self._more_grid, self._more, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._grid)
        self._column.addWidget(self.trouble)
        self._column.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self._more_part)
        self._more_part.hide()
        for field in self.fields:
            field.setParent(self)
            field.changed.connect(self.changed)
        self.more_button.toggled.connect(self._unfold)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    @property
    def fields(self) -> Sequence[Field]:
        """All fields, as one reads."""
        return (*self._main, *self._lora, *self._more)

    def field(self, path: str) -> Field:
        """The field of a value."""
        return next(one for one in self.fields if ".".join(one.path) == path)

    # --- the fields ---------------------------------------------------------------------------

    def _main_fields(self) -> list[Field]:
        return [
            DecimalField(
                "optimization.epochs", 0.01, 1000, 1, lambda: self.tr("Epochs"),
                lambda: self.tr("How often all examples are learnt."),
            ),
            NumberField(
                "optimization.learning_rate", lambda: self.tr("Learning rate"),
                lambda: self.tr("How far a step goes; too far, and the loss runs out of bounds."),
            ),
            WholeField(
                "data.max_length", 8, _MOST, lambda: self.tr("Longest example"),
                lambda: self.tr("In tokens; what is longer is cut at its end."),
            ),
            WholeField(
                "optimization.batch_size", 1, _MOST, lambda: self.tr("Batch"),
                lambda: self.tr("Examples that are computed at once; fewer take less memory."),
            ),
            WholeField(
                "optimization.accumulation", 1, _MOST, lambda: self.tr("Accumulation"),
                lambda: self.tr("Gradients of so many batches are added up before each step."),
            ),
            DecimalField(
                "data.dev_ratio", 0, 90, 1, lambda: self.tr("Held back"),
                lambda: self.tr("Share of the examples that is only evaluated, not learnt."),
                is_share=True,
            ),
        ]  # fmt: skip

    def _lora_fields(self) -> list[Field]:
        return [
            WholeField(
                "lora.rank", 1, 4096, lambda: self.tr("Rank"),
                lambda: self.tr("Size of the adapter; a larger one learns more, and takes more."),
            ),
            DecimalField(
                "lora.alpha", 0.001, _MOST, 1, lambda: self.tr("Alpha"),
                lambda: self.tr("How strongly the adapter counts: alpha divided by rank."),
            ),
            DecimalField(
                "lora.dropout", 0, 0.95, 0.05, lambda: self.tr("Dropout"),
                lambda: self.tr("Share of the adapter's inputs that is left out at random."),
            ),
            ChoiceField(
                "lora.targets",
                (("W_pack",), (ALL_MATRICES,), (ALL_MATRICES, HEAD)),
                texts.targets,
                lambda: self.tr("Trains"),
                lambda: self.tr("Which matrices get an adapter."),
            ),
        ]  # fmt: skip

    def _learning_fields(self) -> list[Field]:
        return [
            ChoiceField(
                "data.masking", of_enum(Masking), texts.masking, lambda: self.tr("What is learnt"),
                lambda: self.tr(
                    "As published, the end of an answer is learnt where a later question begins; "
                    "as chat models are prompted, right after the answer."
                ),
            ),
            ChoiceField(
                "data.layout", of_enum(Layout), texts.layout, lambda: self.tr("Rows of the files")
            ),
            ChoiceField(
                "optimization.schedule", of_enum(Schedule), texts.schedule,
                lambda: self.tr("Learning rate over time"),
            ),
            DecimalField(
                "optimization.warmup_ratio", 0, 100, 1, lambda: self.tr("Warm-up"),
                lambda: self.tr("Share of the steps in which the learning rate rises from 0."),
                is_share=True,
            ),
            NumberField(
                "optimization.weight_decay", lambda: self.tr("Weight decay"), may_be_zero=True
            ),
            DecimalField(
                "optimization.max_grad_norm", 0, 1000, 0.1, lambda: self.tr("Largest gradient"),
                lambda: self.tr("Norm to which gradients are shortened; 0: they are not."),
            ),
            DecimalField("optimization.beta1", 0, 0.999, 0.01, lambda: self.tr("AdamW beta 1")),
            DecimalField("optimization.beta2", 0, 0.999, 0.01, lambda: self.tr("AdamW beta 2")),
            NumberField("optimization.epsilon", lambda: self.tr("AdamW epsilon")),
        ]  # fmt: skip

    def _run_fields(self) -> list[Field]:
        return [
            WholeField(
                "optimization.max_steps", 0, 2_000_000_000, lambda: self.tr("Most steps"),
                lambda: self.tr("In place of epochs."), nothing=lambda: self.tr("by epochs"),
            ),
            WholeField("optimization.seed", 0, 2_147_483_647, lambda: self.tr("Seed")),
            WholeField(
                "optimization.eval_batch_size", 1, _MOST, lambda: self.tr("Batch of evaluation")
            ),
            ChoiceField(
                "keeping.evaluate", of_enum(Cadence), texts.cadence, lambda: self.tr("Evaluates")
            ),
            WholeField(
                "keeping.eval_steps", 1, _MOST, lambda: self.tr("Steps between evaluations")
            ),
            ChoiceField(
                "keeping.save", of_enum(Cadence), texts.cadence,
                lambda: self.tr("Keeps checkpoints"),
                lambda: self.tr("From a checkpoint a training goes on after a stop or a crash."),
            ),
            WholeField(
                "keeping.save_steps", 1, _MOST, lambda: self.tr("Steps between checkpoints")
            ),
            WholeField(
                "keeping.save_limit", 1, _MOST, lambda: self.tr("Checkpoints that are kept")
            ),
            ChoiceField("compute", of_enum(Compute), texts.compute, lambda: self.tr("Computes in")),
            ChoiceField("device", of_enum(Device), texts.device, lambda: self.tr("Computes on")),
            TickField(
                "optimization.gradient_checkpointing",
                lambda: self.tr("Compute layers twice"),
                lambda: self.tr("Takes less memory and more time (gradient checkpointing)."),
            ),
            TickField(
                "keeping.load_best", lambda: self.tr("Take the best"),
                lambda: self.tr("The result is the checkpoint with the least loss of evaluation."),
            ),
        ]  # fmt: skip

    def _fill(self, grid: QGridLayout, fields: Sequence[Field], columns: int) -> None:
        for number, field in enumerate(fields):
            row, pair = divmod(number, columns)
            if columns > 1 and isinstance(field, ChoiceField):  # its words need all the room
                row, pair = row + 1, 0
                grid.addWidget(field.label, row, 0)
                grid.addWidget(field.widget, row, 1, 1, 2 * columns - 1)
                continue
            grid.addWidget(field.label, row, 2 * pair)
            grid.addWidget(field.widget, row, 2 * pair + 1)
        for pair in range(columns):
            grid.setColumnStretch(2 * pair + 1, 1)

    # --- what is set --------------------------------------------------------------------------

    def show_of(self, request: TrainingRequest) -> None:
        """Show the settings of a request."""
        for field in self.fields:
            field.show_of(request)
        for field in self._lora:
            for widget in (field.label, field.widget):
                widget.setVisible(request.method.makes_adapter)
        self.check()

    def into(self, request: TrainingRequest) -> TrainingRequest:
        """The request with what is set here.

        Who holds examples back wants them evaluated: after each epoch, where nothing else is set.
        """
        for field in self.fields:
            request = field.into(request)
        has_examples = request.data.dev_ratio > 0 or bool(request.data.eval_files)
        keeping = request.keeping
        if has_examples and keeping.evaluate is Cadence.NO:
            keeping = replace(keeping, evaluate=Cadence.EPOCH)
        elif not has_examples and keeping.evaluate is not Cadence.NO:
            keeping = replace(keeping, evaluate=Cadence.NO, load_best=False)
        return replace(request, keeping=keeping)

    def check(self) -> bool:
        """Whether every field holds a value; what is wrong is said."""
        troubles = [trouble for field in self.fields if (trouble := field.trouble)]
        self.say("\n".join(troubles))
        return not troubles

    def say(self, text: str) -> None:
        """Say what is wrong with the settings; an empty text: nothing."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))

    # --- what is seen -------------------------------------------------------------------------

    @Slot(bool)
    def _unfold(self, is_unfolded: bool) -> None:
        self._more_part.setVisible(is_unfolded)
        self._say_more()

    def _say_more(self) -> None:
        arrow = Qt.ArrowType.DownArrow if self.more_button.isChecked() else Qt.ArrowType.RightArrow
        self.more_button.setArrowType(arrow)
        self.more_button.setText(self.tr("More settings"))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setSpacing(px(8))
        for grid in (self._grid, self._more_grid):
            grid.setHorizontalSpacing(px(10))
            grid.setVerticalSpacing(px(7))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        for field in self.fields:
            field.retranslate()
        self._say_more()
        self.check()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
