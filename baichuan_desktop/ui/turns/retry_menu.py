"""The choice of another sampling for an answer once more."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.chat.sampling_steps import more_exact, more_varied


@dataclass(frozen=True, slots=True)
class Retry:
    """An answer that is wanted once more, and how."""

    row_id: int
    params: SamplingParams


class RetryMenu(QMenu):
    """More exact, more varied, or as it is set in the panel; what changes nothing is grey.

    Signals:
        chosen: a Retry.
    """

    chosen = Signal(object)

    def __init__(
        self, row_id: int, before: SamplingParams, now: SamplingParams, parent: QWidget
    ) -> None:
        """`before` is how the answer was made, `now` what is set."""
        super().__init__(parent)
        self._row_id = row_id
        self._group = QActionGroup(self)
        self._group.triggered.connect(self._on_chosen)
        self.exact = self._add(self.tr("More exact"), more_exact(before))
        self.varied = self._add(self.tr("More varied"), more_varied(before))
        self.as_set = self._add(self.tr("As set in the settings panel"), now)

    def _add(self, text: str, params: SamplingParams | None) -> QAction:
        action = self.addAction(text if params is None else f"{text}  ({summary(params)})")
        action.setEnabled(params is not None)
        action.setData(params)
        self._group.addAction(action)
        return action

    @Slot(QAction)
    def _on_chosen(self, action: QAction) -> None:
        self.chosen.emit(Retry(self._row_id, action.data()))


def summary(params: SamplingParams) -> str:
    """The sampling in a few words."""
    if params.greedy:
        return QCoreApplication.translate("RetryMenu", "greedy")
    return QCoreApplication.translate(
        "RetryMenu", "temperature {temperature}, top-p {top_p}"
    ).format(temperature=f"{params.temperature:.2g}", top_p=f"{params.top_p:.3g}")
