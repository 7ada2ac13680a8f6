"""Errors and other sentences from below the window, in its language.

Templates are English and live where they are raised. `tools/update_translations.py` collects them
into the context "errors" of the translation file.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from backends.errors import UserFacingError
from backends.phrases import Fact, Phrase, formatted

CONTEXT = "errors"


def message(error: UserFacingError) -> str:
    """The sentence that says what happened."""
    return _formatted(error.template, error.facts, error.message)


def hint(error: UserFacingError) -> str:
    """The sentence that says what to do next; may be empty."""
    return sentence(error.hint)


def sentence(text: str | Phrase) -> str:
    """A sentence, or a part of one, in the language of the window if it is known there."""
    if isinstance(text, Phrase):
        return _formatted(text.template, text.facts, str(text))
    return QCoreApplication.translate(CONTEXT, text) if text else ""


def _formatted(template: str, facts: Mapping[str, Fact], english: str) -> str:
    shown = {
        name: sentence(fact) if isinstance(fact, str | Phrase) else fact
        for name, fact in facts.items()
    }
    translated = QCoreApplication.translate(CONTEXT, template)
    try:
        return formatted(translated, shown)
    except (KeyError, IndexError, ValueError):  # a translation that does not fit; a test finds it
        return english
