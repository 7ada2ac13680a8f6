"""The field of the seed: a number, or empty for a random one."""

from __future__ import annotations

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QLineEdit, QWidget

_MOST = 2**63 - 1  # what SamplingParams accepts


class SeedEdit(QLineEdit):
    """A field that takes nothing but what can be a seed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setValidator(_SeedValidator(self))

    def seed(self) -> int | None:
        """The seed that was entered; None: each answer draws one."""
        return int(self.text()) if self.text() else None


class _SeedValidator(QValidator):
    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        good = text == "" or (text.isascii() and text.isdecimal() and int(text[:20]) <= _MOST)
        state = QValidator.State.Acceptable if good else QValidator.State.Invalid
        return state, text, position
