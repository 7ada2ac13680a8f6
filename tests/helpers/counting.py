"""Counts a token for each character, without a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Slot
from typing_extensions import override

from baichuan_desktop.workers.token_counter import CountingProcess


class CharacterCount(CountingProcess):
    """Answers from the event loop, as the process does, unless it `is_held`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []  #: every text that was asked about
        self.is_held = False
        self.is_broken = False  #: every question ends the process
        self.unbearable: str | None = None  #: a text over which the process ends
        self.unknown = ""  #: a text that has no number
        self._texts: list[str] = []
        self._soon = QTimer(self)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._tell)

    @override
    def count(self, folder: Path, texts: Sequence[str]) -> None:
        self.asked += texts
        self._texts = list(texts)
        self._soon.start()

    @override
    def shut_down(self) -> None:
        self._soon.stop()

    @Slot()
    def _tell(self) -> None:
        if self.is_held:
            return
        self._soon.stop()
        if self.is_broken or self.unbearable in self._texts:
            self.ended.emit()
        else:
            self.answered.emit([None if one == self.unknown else len(one) for one in self._texts])
