"""The page of what was found: it fills while the search goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import QDialogButtonBox, QProgressBar, QPushButton, QVBoxLayout, QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.library.finding.values import Found, Looking, PassedOver
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.acquiring.finding import texts
from baichuan_desktop.ui.acquiring.finding.found_list import FoundList, FoundModel, can_be_taken
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

_MOST_SAID = 10  # places, in the tooltip


class ResultsPage(QWidget):
    """Shows how far the search is, and lets a person tick what shall be taken.

    Signals:
        stop_requested: the search shall end; what was found stays.
        chosen: the Founds that shall be brought into the library.
        back_requested: the person wants to look elsewhere.
        dismissed: the person wants nothing of it.
    """

    stop_requested = Signal()
    chosen = Signal(object)
    back_requested = Signal()
    dismissed = Signal()

    def __init__(self, names: Mapping[str, Names], theme: Theme) -> None:
        super().__init__()
        self.model = FoundModel(names, self)
        self.list = FoundList(self.model, theme)
        self._is_looking = False
        self._looking: Looking | None = None
        self._error: UserFacingError | None = None
        self._passed: list[PassedOver] = []
        self.heading, self.trouble, self.nothing = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.trouble.setObjectName("trouble")
        self.nothing.setObjectName("muted")
        self.where, self.passed = ElidedLabel(), ElidedLabel()
        for label in (self.where, self.passed):
            label.setObjectName("note")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.back, self.stop, self.close_button, self.take = (QPushButton() for _ in range(4))
        for button in (self.back, self.stop, self.close_button):
            button.setAutoDefault(False)
        self.take.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.back, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self.stop, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.take, QDialogButtonBox.ButtonRole.AcceptRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        for widget in (
            self.heading,
            self.bar,
            self.where,
            self.passed,
            self.trouble,
            self.nothing,
        ):
            column.addWidget(widget)
        column.addWidget(self.list, 1)
        column.addSpacing(4)
        column.addWidget(buttons)
        self.model.ticked.connect(self._refresh)
        self.back.clicked.connect(self.back_requested)
        self.stop.clicked.connect(self.stop_requested)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.dismissed)
        self.retranslate()

    # --- the search -------------------------------------------------------------------------------

    def begin(self) -> None:
        """A search begins; nothing was found yet."""
        self.model.clear()
        self._is_looking, self._looking, self._error = True, None, None
        self._passed.clear()
        self.retranslate()
        self.stop.setFocus()

    def show_looking(self, looking: Looking) -> None:
        """Where the search is now."""
        self._looking = looking
        self._show_progress()

    def add(self, found: Found) -> None:
        """One more was found."""
        self.model.add(found)
        self._refresh()

    def pass_over(self, passed: PassedOver) -> None:
        """A place could not be looked into."""
        self._passed.append(passed)
        self._show_progress()

    def show_error(self, error: UserFacingError) -> None:
        """Why the search came to an end, or why something is no model."""
        self._error = error
        self.retranslate()

    @property
    def founds(self) -> Sequence[Found]:
        """What was found so far."""
        return [self.model.found(row) for row in range(self.model.rowCount())]

    def end(self) -> None:
        """The search is over. What is alone, and can be taken, is ticked."""
        self._is_looking = False
        founds = self.founds
        possible = [row for row, found in enumerate(founds) if can_be_taken(found)]
        if len(possible) == 1:
            self.model.tick(possible[0], True)
        self.retranslate()
        if not founds:
            self.back.setFocus()
        elif self.stop.hasFocus() or self.focusWidget() is None:
            self.list.setFocus()

    def show_found(self, founds: Sequence[Found]) -> None:
        """What was found where a person pointed."""
        if founds != self.founds:
            self.begin()
            for found in founds:
                self.model.add(found)
        self.end()
        self.list.setFocus()

    @Slot()
    def _choose(self) -> None:
        if self.model.chosen:
            self.chosen.emit(self.model.chosen)

    # --- what is said -----------------------------------------------------------------------------

    @Slot()
    def _refresh(self) -> None:
        count, ticked = self.model.rowCount(), len(self.model.chosen)
        if self._is_looking:
            heading = self.tr("Looking for models… Found so far: {count}")
        elif count:
            heading = self.tr("Models found: {count}")
        else:
            heading = self.tr("No model was found")
        self.heading.setText(heading.format(count=count))
        self.take.setEnabled(ticked > 0)
        take = (
            self.tr("Add {count} to the library…") if ticked > 1 else self.tr("Add to the library…")
        )
        self.take.setText(take.format(count=ticked))
        self.list.setVisible(bool(count) or self._is_looking)
        self.nothing.setVisible(not count and not self._is_looking)

    def _show_progress(self) -> None:
        looking = self._looking
        self.bar.setVisible(self._is_looking)
        self.where.setVisible(looking is not None)
        self.passed.setVisible(bool(self._passed))
        passed = self.tr("Places that could not be looked into: {count}")
        self.passed.setText(passed.format(count=len(self._passed)))
        said = [error_texts.sentence(one.sentence) for one in self._passed[:_MOST_SAID]]
        self.passed.setToolTip(as_tooltip("\n".join(said)))
        self.passed.setAccessibleDescription("\n".join(said))
        if looking is None:
            return
        if self._is_looking:
            text = self.tr("{count} entries looked at · {folder}")
            folder = texts.path(looking.folder)
        else:
            text, folder = self.tr("{count} entries looked at"), ""
        self.where.setText(text.format(count=f"{looking.entries:,}", folder=folder))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.bar.setAccessibleName(self.tr("Looking"))
        self.list.setAccessibleName(self.tr("Models found"))
        self.trouble.setText(error_texts.message(self._error) if self._error is not None else "")
        self.trouble.setVisible(self._error is not None)
        self.nothing.setText(
            self.tr(
                "A model is a folder with config.json, a tokenizer and weights. Look in another "
                "folder, or see under “How to get a model” which files belong together."
            )
        )
        self.back.setText(self.tr("Look elsewhere"))
        self.back.setVisible(not self._is_looking)
        self.stop.setText(self.tr("Stop looking"))
        self.stop.setVisible(self._is_looking)
        self.close_button.setText(self.tr("Close"))
        self.model.retranslate()
        self._show_progress()
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
