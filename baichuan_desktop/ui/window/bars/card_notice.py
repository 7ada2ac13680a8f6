"""The remark that there is a graphics card which torch does not use, and what to install."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtWidgets import QWidget

from backends.choice.unused_cards import UnusedCards, unused_cards
from backends.errors import BackendUnavailableError, InsufficientMemoryError, UserFacingError
from backends.events import ModelReady
from backends.phrases import Phrase
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.turns.notice_bar import NoticeBar
from baichuan_desktop.workers.background_task import BackgroundTask


class CardNotice(NoticeBar):
    """Is shown until the person has read it, and again only where there is something else to say.

    The cards are looked at once, when a model runs on the processor or finds no room there: nobody
    is told before it matters, and the start waits for no driver.
    """

    def __init__(
        self,
        theme: Theme,
        settings: SettingsFile,
        precisions: Precisions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._settings = settings
        self._precisions = precisions
        self._has_looked = False
        self._found: UnusedCards | None = None
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.pressed.connect(self._on_read)

    @Slot(object, object)
    def look(self, _model: InstalledModel, ready: ModelReady) -> None:
        """Look at the cards, if a model runs without them and nobody has looked yet."""
        if not ready.device_kind.uses_cards:
            self._look()

    @Slot(object, object)
    def look_after(self, error: UserFacingError, _wanted: WantedModel) -> None:
        """Look at the cards, if a model found no device to run on and nobody has looked yet."""
        if isinstance(error, InsufficientMemoryError | BackendUnavailableError):
            self._look()

    def _look(self) -> None:
        if self._has_looked:
            return
        self._has_looked = True
        task = BackgroundTask(lambda: unused_cards(self._precisions.now()), self)
        task.succeeded.connect(self._on_found)
        task.start()

    @Slot(object, int)
    def _on_found(self, found: UnusedCards | None, _task_id: int) -> None:
        if found is not None and _text(found) != self._settings.current.cards_told:
            self._found = found
            self._say()

    def _say(self) -> None:
        if self._found is not None:
            sentence = error_texts.sentence(self._found.sentence)
            hint = _command_apart(error_texts.sentence(self._found.hint), self._found.hint)
            self.say(f"{sentence} {hint}", button=self.tr("Understood"))

    @Slot()
    def _on_read(self) -> None:
        if self._found is not None:
            self._settings.change(cards_told=_text(self._found))
        self._found = None

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()


def _text(found: UnusedCards) -> str:
    """What is told, in the language of none: another driver or build is told again."""
    return f"{found.sentence} {found.hint}"


def _command_apart(text: str, hint: Phrase) -> str:
    """The hint with what is to be typed in a line of its own, where it can be copied whole."""
    command = hint.facts.get("command")
    if not isinstance(command, str):
        return text
    before, _, after = text.partition(command)
    return f"{before.rstrip()}\n{command}{after}"
