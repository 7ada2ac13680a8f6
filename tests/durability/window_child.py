"""The app with its real window, used without a pause until it is killed; it records what it does.

    python -m tests.durability.kill --count 20 --window

As `kill_child`, with all of `app.main` between the engine and the store: only the engine is another
one, which streams fast. Text counts from the moment at which the engine says it. Beside questions
there are other versions, edits, continuations, stops, drafts and other conversations meanwhile.
Each start tells in which conversation the window opened, and with what.
"""

from __future__ import annotations

import functools
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtTest import QTest

from backends.events import FinishReason, PromptReady, TextDelta
from backends.protocol.engine_requests import LoadRequest, Request, UnloadRequest
from backends.text.chat_template import Role
from baichuan_desktop import app
from baichuan_desktop.services.chat.store import conversation_store
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Status
from baichuan_desktop.services.engines import process
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction
from baichuan_desktop.ui.window import main_window
from tests.durability.recorder import Recorder, probe
from tests.ui.harness import READY, finished

_PIECES = (
    "百川",
    "大模型",
    "。",
    " a word",
    "\n",
    "二",
    " and **another** one,",
    "的",
    "$x$",
    " 𠀀",
)
_PACE_SECONDS = 0.01
_TICK_MS = 30
#: How often each thing is done, of those that can be done at that moment.
_WEIGHTS = {
    "ask": 6, "once_more": 2, "go_on": 2, "edit": 2, "stop": 1, "switch": 2, "begin": 1, "draft": 3,
    "version": 1, "rest": 1, "wait": 20,
}  # fmt: skip


class RecordingStore(conversation_store.ConversationStore):
    """The store; it tells of what it is given right before it has it."""

    def __init__(self, file: Path | None, *, recorder: Recorder, **hearers: object) -> None:
        self.recorder = recorder
        self.answer: int | None = None  #: that is being written
        self._drafts: dict[int, str] = {}
        self._known: set[int] = set()
        super().__init__(file, **hearers)  # type: ignore[arg-type]  # as they are given

    def put_conversation(self, one: Conversation) -> None:
        """As the store's own."""
        if one.id not in self._known:
            self._known.add(one.id)
            self.recorder.tell("conversation", id=one.id, title=one.title)
        if self._drafts.get(one.id) != one.draft:
            self._drafts[one.id] = one.draft
            self.recorder.tell("draft", id=one.id, text=one.draft)
        super().put_conversation(one)

    def put_message(self, one: ChatMessage) -> None:
        """As the store's own."""
        if one.status is not Status.WRITING:
            self.recorder.tell("ended", id=one.id, text=one.text, status=one.status)
        elif one.id not in self._known and one.role is Role.ASSISTANT:
            self._known.add(one.id)
            self.answer = one.id
            self.recorder.tell("begun", id=one.id)
            if one.text:  # of the answer that it continues
                self.recorder.tell("piece", id=one.id, text=one.text)
        super().put_message(one)


class StreamingEngine:
    """Says pieces of text, and tells of each."""

    pid = None

    def __init__(self, draw: random.Random) -> None:
        self.store: RecordingStore | None = None
        self._draw = draw

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """Load at once; answer in half a second or so."""
        if isinstance(request, LoadRequest):
            yield replace(READY, folder=request.folder)
        elif not isinstance(request, UnloadRequest):
            assert self.store is not None
            yield PromptReady(10, 0, 0)
            for _ in range(self._draw.randrange(10, 90)):
                if cancel.is_set():
                    yield finished(FinishReason.CANCELLED)
                    return
                piece = self._draw.choice(_PIECES)
                self.store.recorder.tell("piece", id=self.store.answer, text=piece)
                yield TextDelta(piece)
                time.sleep(_PACE_SECONDS)
            yield finished(self._draw.choice([FinishReason.STOP, FinishReason.LENGTH]))

    def kill(self) -> None:
        """It ends with this process."""

    def close(self) -> None:
        """It ends with this process."""


class Hands(QObject):
    """Use the window as a person does who never waits."""

    def __init__(
        self, window: main_window.MainWindow, store: RecordingStore, draw: random.Random
    ) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._tell = store.recorder.tell
        self._draw = draw
        self._is_resting = False
        self._tell_what_opened()
        window.controller.open_changed.connect(self._tell_open)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._act)
        self._timer.start()

    def _tell_what_opened(self) -> None:
        conversation = self._window.controller.conversation
        row = None
        if conversation is not None and conversation.head is not None:
            row = self._window.controller.source.row(conversation.head)
        self._tell(
            "opened",
            id=conversation and conversation.id,
            draft=self._window.page.composer.text(),
            head=conversation and conversation.head,
            text=row and row.text,
            is_writing=row is not None and row.is_writing,
        )

    @Slot(object)
    def _tell_open(self, conversation: Conversation | None) -> None:
        self._tell("shown", id=conversation and conversation.id)

    @Slot()
    def _act(self) -> None:
        controller = self._window.controller
        if self._is_resting and not controller.desk.busy and self._store.flush(60.0):
            self._tell("saved")
            self._is_resting = False
        if self._is_resting or controller.state is ChatState.WAITING:
            return
        kinds = list(_WEIGHTS)
        kind = self._draw.choices(kinds, [_WEIGHTS[one] for one in kinds])[0]
        if controller.state is ChatState.READY and kind in ("wait", "stop"):
            kind = "ask"
        getattr(self, f"_{kind}")()

    def _wait(self) -> None:
        """Watch what comes."""

    def _rest(self) -> None:
        """Wait until all is answered and on the disk."""
        self._is_resting = True

    def _ask(self) -> None:
        if self._window.controller.state is not ChatState.QUEUED:
            self._window.page.composer.set_text(f"Question {self._draw.random()}")
            QTest.keyClick(self._window.page.composer.input, Qt.Key.Key_Return)

    def _once_more(self) -> None:
        self._do(RowAction.REGENERATE)

    def _go_on(self) -> None:
        self._do(RowAction.CONTINUE)

    def _do(self, action: RowAction) -> None:
        if row := self._row_with(action):
            self._window.page.transcript.action_requested.emit(action, row.id)

    def _edit(self) -> None:
        if row := self._row_with(RowAction.EDIT):
            self._window.page.transcript.edited.emit(row.id, f"Edited {self._draw.random()}")

    def _row_with(self, action: RowAction) -> Row | None:
        source = self._window.controller.source
        rows = [row for row in map(source.row, source.ids()) if action in row.actions]
        return self._draw.choice(rows) if rows else None

    def _version(self) -> None:
        source = self._window.controller.source
        for row in map(source.row, source.ids()):
            if row.versions > 1 and row.actions:
                step = -1 if row.version > 1 else 1
                self._window.page.transcript.version_requested.emit(row.id, step)
                return

    def _stop(self) -> None:
        running = self._window.controller.desk.running
        if running is not None and running.has_text:
            self._window.controller.stop()

    def _switch(self) -> None:
        there = [one for one in self._store.conversations() if one.head is not None]
        if there:
            chosen = self._draw.choice(there[:5])
            self._tell("asked", id=chosen.id)
            self._window.sidebar.open_requested.emit(chosen.id, None, "")

    def _begin(self) -> None:
        self._tell("asked", id=None)
        self._window.menus.new_chat.trigger()

    def _draft(self) -> None:
        self._window.page.composer.set_text(f"Draft {self._draw.random()}")
        if self._draw.random() < 0.5:  # as a second after the last key
            self._window.page.keep_draft()


def main() -> None:
    """Use the window for ever."""
    folder, record, seed = sys.argv[1:]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["BAICHUAN_DESKTOP_HOME"] = str(Path(folder) / "home")
    recorder = Recorder(Path(record))
    threading.Thread(target=probe, args=(Path(folder) / "probe", recorder), daemon=True).start()
    draw = random.Random(int(seed))
    engine = StreamingEngine(draw)

    class UsedWindow(main_window.MainWindow):
        def __init__(self, services, theme, translations) -> None:  # type: ignore[no-untyped-def]  # as its own
            sys.excepthook = _end
            engine.store = services.conversations
            super().__init__(services, theme, translations)
            self._hands = Hands(self, services.conversations, draw)

    conversation_store.ConversationStore = functools.partial(RecordingStore, recorder=recorder)  # type: ignore[misc, assignment]  # the app makes it
    process.EngineClient = lambda _log: engine  # type: ignore[misc, assignment]  # and this one
    main_window.MainWindow = UsedWindow  # type: ignore[misc]  # and this one
    sys.exit(app.main([]))


def _end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error that nobody caught ends this process, and so is seen."""
    traceback.print_exception(kind, error, trace)
    os._exit(3)


if __name__ == "__main__":
    main()
