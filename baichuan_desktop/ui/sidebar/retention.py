"""Has conversations deleted for good that administrator or person want kept no longer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backends.errors import PolicyFileError
from backends.policy.site_policy import site_policy
from baichuan_desktop.services.chat.retention import DAY_SECONDS, expired, kept_since
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.workers.background_task import BackgroundTask

log = logging.getLogger(__name__)

_LOOK_SECONDS = 600  # a clock can be set and a computer sleep: the day is looked for so often
_AT_ONCE = 20  # conversations of which the messages are looked up before the window goes on


class Retention(QObject):
    """Looks at the start, once a day, and when a conversation is closed.

    A policy that cannot be used deletes nothing: what it says of this, nobody knows.

    Signals:
        deleted: conversations went for good.
    """

    deleted = Signal()

    def __init__(
        self,
        chat: ChatController,
        parent: QObject,
        *,
        own_days: Callable[[], int | None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`own_days` is after how many days the person wants them deleted; None: never."""
        super().__init__(parent)
        self._chat = chat
        self._store = chat.tree.store
        self._own_days = own_days
        self._now = now
        self._looked: float | None = None
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.timeout.connect(self._delete)
        self._clock = QTimer(self)
        self._clock.setInterval(1000 * _LOOK_SECONDS)
        self._clock.timeout.connect(self.look_at_the_clock)
        self._clock.start()
        chat.open_changed.connect(self._look)

    @Slot()
    def look_at_the_clock(self) -> None:
        """Look if it is a day since that was done, or the clock was set."""
        now = self._now()
        if self._looked is None or abs(now - self._looked) >= DAY_SECONDS:
            self._looked = now
            self._delete()
            since = self._since()
            if since is not None:
                BackgroundTask(partial(self._store.expire_copies, since), self).start()

    @Slot()
    def look_again(self) -> None:
        """Look at once: how long is kept was chosen anew."""
        self._looked = None
        self.look_at_the_clock()

    @Slot()
    def _look(self) -> None:
        """A conversation was closed, or another one opened."""
        self._more.start(0)

    @Slot()
    def _delete(self) -> None:
        since = self._since()
        if since is None:
            return
        one = self._chat.conversation
        open_ids = set() if one is None else {one.id}
        ids = expired(self._store.conversations(), since, open_ids)
        if not ids:
            return
        self._store.delete_conversations(ids[:_AT_ONCE])
        log.info("%d conversations are not kept any longer.", len(ids[:_AT_ONCE]))
        self.deleted.emit()
        if len(ids) > _AT_ONCE:
            self._more.start(0)

    def _since(self) -> float | None:
        try:
            return kept_since(site_policy(), self._now(), self._own_days())
        except PolicyFileError:
            return None
