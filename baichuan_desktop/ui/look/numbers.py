"""Figures as a person reads them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def speed_text(value: float) -> str:
    """A number of tokens a second, with as many digits as mean something."""
    shown = f"{value:.1f}" if value < 100 else f"{value:,.0f}"
    return QCoreApplication.translate("AnswerNotes", "{speed} tokens/s").format(speed=shown)


def share_text(share: float) -> str:
    """A share of tokens, from 0 to 1; only what is all of them is 100 %."""
    shown = min(100 * share, 99.9) if share < 1 else 100.0
    return QCoreApplication.translate("AnswerNotes", "{percent} %").format(percent=f"{shown:.1f}")
