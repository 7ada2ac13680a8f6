"""What was deleted of the conversations since the window opened, and brings it back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from baichuan_desktop.services.chat.removal import Removal
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.turns.notice_bar import NoticeBar

_SHOWN_SECONDS = 12
_MOST = 50  # deletions that can be taken back one after the other


class Deletions(QObject):
    """Offers to take back the last deletion; Ctrl+Z takes back those before it too.

    Of the conversation that is open: what comes back elsewhere would not be seen. The keys are its
    only after a deletion and until the next word is written, for they are the field's otherwise.
    """

    def __init__(self, controller: ChatController, bar: NoticeBar, parent: QObject) -> None:
        super().__init__(parent)
        self._controller, self._bar = controller, bar
        self._removed: list[Removal] = []
        self.is_next = False  #: whether the last thing that was done is a deletion
        controller.turns.removed.connect(self._on_removed)
        controller.conversation_opened.connect(self._on_opened)
        bar.pressed.connect(self.undo)

    @Slot(object)
    def _on_removed(self, removed: Removal) -> None:
        self._removed = [*self._removed[1 - _MOST :], removed]
        self.is_next = True
        self._bar.say(
            self.tr("The messages were deleted."), button=self.tr("Undo"), seconds=_SHOWN_SECONDS
        )

    @Slot(object)
    def _on_opened(self, _conversation: object) -> None:
        self._bar.clear()
        self.is_next = False

    @Slot()
    def undo(self) -> bool:
        """Bring back what was deleted last of the open conversation; whether there was any."""
        conversation = self._controller.conversation
        for removed in reversed(self._removed):
            if conversation is not None and removed.conversation_id == conversation.id:
                self._removed.remove(removed)
                self._bar.clear()
                self._controller.turns.undo(removed)
                return True
        return False
