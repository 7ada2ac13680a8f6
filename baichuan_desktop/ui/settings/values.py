"""What a setting is called, what it does, and by which words it is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from PySide6 import QtCore
from PySide6.QtCore import QCoreApplication, QTranslator

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.settings import Language, ThemeChoice

CONTEXT = "Settings"  #: of the sentences in the translation

#: Marks a sentence for the translation, and gives it back; Qt's own says no type.
QT_TRANSLATE_NOOP = cast("Callable[[str, str], str]", QtCore.QT_TRANSLATE_NOOP)


class Section(Enum):
    """The parts of the dialog, in their order."""

    LOOK = "look"
    MODELS = "models"
    CONVERSATIONS = "conversations"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Words:
    """A setting's name and explanation in English, as they stand in the translation."""

    name: str
    explanation: str
    synonyms: str  #: other words for it, in both languages; they are not shown

    def shown_name(self) -> str:
        """The name in the language of the window."""
        return QCoreApplication.translate(CONTEXT, self.name)

    def shown_explanation(self) -> str:
        """The explanation in the language of the window."""
        return QCoreApplication.translate(CONTEXT, self.explanation)

    def are_meant_by(self, query: str) -> bool:
        """Whether every word that is searched for occurs, in whichever language."""
        said = " ".join(
            (
                self.name,
                self.explanation,
                self.synonyms,
                in_chinese(self.name),
                in_chinese(self.explanation),
            )
        ).casefold()
        return all(word in said for word in query.casefold().split())


@cache
def in_chinese(sentence: str) -> str:
    """A sentence of this room in Chinese, whatever the window speaks."""
    return _chinese().translate(CONTEXT, sentence) or ""


@cache
def _chinese() -> QTranslator:
    translator = QTranslator()
    translator.load(str(resource("translations/baichuan_desktop_zh_CN.qm")))
    return translator


class View(Protocol):
    """How the window looks, which it changes at once and remembers."""

    @property
    def language(self) -> Language:
        """The language that was chosen."""
        ...

    @property
    def theme(self) -> ThemeChoice:
        """The theme that was chosen."""
        ...

    def use_language(self, language: Language) -> None:
        """Speak another language."""
        ...

    def use_theme(self, theme: ThemeChoice) -> None:
        """Be light or dark, or as the system is."""
        ...

    def use_zoom(self, zoom: float) -> None:
        """Have everything this many times as large as it is designed."""
        ...

    def use_reading_size(self, pixels: int) -> None:
        """Have messages this large."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where on this machine what lies, for a person to know."""

    data: Path
    settings: Path
    logs: Path
    model_folder: Path
    backups: Path
    others: Sequence[Path] = ()
