"""The documents of drafts: read, kept with their conversations, divided and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import UserFacingError
from baichuan_desktop.services.chat.attaching.errors import (
    TooManyDocumentsError,
    UncountableDocumentsError,
)
from baichuan_desktop.services.chat.attaching.plan import Divided, counted, divide
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Conversation
from baichuan_desktop.services.documents.contents import ReadDocument
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.ui.attachments.entry import Entry, is_by_hand
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.workers.background_task import BackgroundTask
from baichuan_desktop.workers.document_reader import DocumentReader
from baichuan_desktop.workers.token_counter import TokenCounter

MOST = 20  #: documents of one message


class DraftDocuments(QObject):
    """Holds what goes with the next message of each conversation, and keeps it there.

    A document that is being read when another conversation is opened goes to the one that it was
    meant for.

    Signals:
        changed: the documents of the open conversation, or what is known of them.
        failed: a UserFacingError to show.
        unread: the UserFacingError of a document of the open conversation that stays unread.
    """

    changed = Signal()
    failed = Signal(object)
    unread = Signal(object)

    def __init__(
        self,
        controller: ChatController,
        reader: DocumentReader,
        counter: TokenCounter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._reader = reader
        self._counter = counter
        self._entries: dict[int, list[Entry]] = {}  # by conversation
        self._counting: dict[int, Entry] = {}  # by request
        self._dividing: dict[int, Entry] = {}  # by task
        reader.progressed.connect(self._on_progress)
        reader.done.connect(self._on_read)
        reader.failed.connect(self._on_failed)
        counter.counted.connect(self._on_counted)
        counter.model_changed.connect(self._count_again)

    # --- which there are ----------------------------------------------------------------------

    @property
    def entries(self) -> Sequence[Entry]:
        """The documents of the open conversation's draft."""
        conversation = self._controller.conversation
        return self._entries.get(conversation.id, ()) if conversation is not None else ()

    def show(self, conversation: Conversation | None) -> None:
        """Take note of what the draft of a conversation keeps, which is open now."""
        if conversation is not None:
            entries = self._entries.setdefault(conversation.id, [])
            known = {one.document_id for one in entries}
            for kept in conversation.settings.attached:
                if kept.document_id not in known:
                    self._take_kept(conversation.id, kept)
            for entry in entries:
                self._count(entry)
        self.changed.emit()

    def _take_kept(self, conversation_id: int, kept: Attachment) -> None:
        entry = Entry(conversation_id, kept.name, document_id=kept.document_id)
        entry.by_hand = kept if is_by_hand(kept) else None
        self._entries[conversation_id].append(entry)
        self._divide(entry, partial(_found, self._controller.tree.store, kept))

    # --- what the person does -----------------------------------------------------------------

    def add_files(self, paths: Sequence[Path]) -> None:
        """Attach files to the draft of the open conversation, which is begun if need be."""
        there = {one.path: one for one in self.entries if one.path is not None}
        new = [path for path in dict.fromkeys(paths) if path not in there]
        for path in paths:
            if path in there:  # it may have changed
                self.read_again(there[path], None)
        room = max(MOST - len(self.entries), 0)
        for path in new[:room]:
            entry = self._added(path.name)
            entry.path, entry.reading = path, self._reader.read_file(path)
        if len(new) > room:
            self.failed.emit(TooManyDocumentsError(MOST))
        self.changed.emit()

    def add_text(self, text: str, name: str) -> Entry | None:
        """Attach a text that was pasted; None where no more documents are taken."""
        if len(self.entries) >= MOST:
            return None
        entry = self._added(name)
        entry.reading = self._reader.read_text(text, name)
        self.changed.emit()
        return entry

    def add_again(self, attachment: Attachment) -> None:
        """Attach a document once more that a question was asked with."""
        conversation = self._controller.begun()
        if all(one.document_id != attachment.document_id for one in self.entries):
            self._entries.setdefault(conversation.id, [])
            self._take_kept(conversation.id, Attachment(attachment.document_id, attachment.name))
            self._keep(conversation.id)
            self.changed.emit()

    def _added(self, name: str) -> Entry:
        conversation = self._controller.begun()
        entry = Entry(conversation.id, name)
        self._entries.setdefault(conversation.id, []).append(entry)
        return entry

    def remove(self, entry: Entry) -> None:
        """Have a document go with the message no more."""
        if entry.reading is not None:
            self._reader.cancel(entry.reading)
            entry.reading = None
        entries = self._entries.get(entry.conversation_id, [])
        if entry in entries:
            entries.remove(entry)
        self._keep(entry.conversation_id)
        self.changed.emit()

    def bring_back(self, entry: Entry, place: int) -> None:
        """Attach a document again that was removed."""
        document = entry.document
        if document is not None:
            self._controller.tree.store.put_document(document)
        elif entry.path is not None:
            entry.error = None
            entry.reading = self._reader.read_file(entry.path)
        self._entries.setdefault(entry.conversation_id, []).insert(place, entry)
        self._keep(entry.conversation_id)
        self._count(entry)
        self.changed.emit()

    @Slot(object, str)
    def read_again(self, entry: Entry, encoding: str | None) -> None:
        """Read a file once more, in an encoding that a person chose if there is one."""
        if entry.path is not None:
            if entry.reading is not None:
                self._reader.cancel(entry.reading)
            entry.by_hand = entry.given = entry.error = None
            entry.reading = self._reader.read_file(entry.path, encoding)
            self._keep(entry.conversation_id)
            self.changed.emit()

    def choose(self, entry: Entry, by_hand: Attachment | None) -> None:
        """Give what a person chose of a document; None: what is best for the question."""
        entry.by_hand = by_hand
        self._keep(entry.conversation_id)
        self.changed.emit()

    def clear(self, conversation_id: int, sent: Sequence[Entry]) -> None:
        """Forget what was sent with a message."""
        entries = self._entries.get(conversation_id, [])
        entries[:] = [one for one in entries if one not in sent]
        self._keep(conversation_id)
        self.changed.emit()

    def _keep(self, conversation_id: int) -> None:
        tree = self._controller.tree
        conversation = tree.store.conversation(conversation_id)
        if conversation is not None:
            kept = [one.kept for one in self._entries.get(conversation_id, ())]
            attached = tuple(one for one in kept if one is not None)
            settings = replace(conversation.settings, attached=attached)
            tree.change(conversation_id, settings=settings)

    # --- reading ------------------------------------------------------------------------------

    def _read_by(self, reading_id: int) -> Entry | None:
        return next(
            (
                one
                for entries in self._entries.values()
                for one in entries
                if one.reading == reading_id
            ),
            None,
        )

    @Slot(int, int, int)
    def _on_progress(self, reading_id: int, done: int, total: int) -> None:
        if (entry := self._read_by(reading_id)) is not None:
            entry.progress = done, total
            self.changed.emit()

    @Slot(int, object)
    def _on_read(self, reading_id: int, read: ReadDocument) -> None:
        entry = self._read_by(reading_id)
        if entry is None:
            return
        store = self._controller.tree.store
        entry.reading = entry.progress = None
        if store.conversation(entry.conversation_id) is None:  # it was deleted meanwhile
            return
        entry.name = read.name
        entry.document_id = entry.document_id or store.new_id()
        document = read.document(entry.document_id, entry.conversation_id)
        store.put_document(document)
        entry.divided = entry.counted = None
        self._keep(entry.conversation_id)
        self._divide(entry, partial(divide, document, entry.name))
        self.changed.emit()

    @Slot(int, object)
    def _on_failed(self, reading_id: int, error: UserFacingError) -> None:
        entry = self._read_by(reading_id)
        if entry is None:
            return
        entry.reading = entry.progress = None
        if entry.document is not None:  # in another encoding; it stays as it was read before
            self.failed.emit(error)
        else:
            entry.error = error
            if entry in self.entries:
                self.unread.emit(error)
        self.changed.emit()

    # --- dividing and counting ------------------------------------------------------------------

    def _divide(self, entry: Entry, work: partial[Divided] | partial[Divided | None]) -> None:
        task = BackgroundTask(work, self)
        task.succeeded.connect(self._on_divided)
        task.failed.connect(self._on_undivided)
        self._dividing[task.start()] = entry

    @Slot(object, int)
    def _on_divided(self, divided: Divided | None, task_id: int) -> None:
        entry = self._dividing.pop(task_id)
        if divided is None:  # the document is gone
            self.remove(entry)
        elif divided.document.id == entry.document_id:
            entry.divided = divided
            self._count(entry)
            self.changed.emit()

    @Slot(object, int)
    def _on_undivided(self, error: UserFacingError, task_id: int) -> None:
        self._dividing.pop(task_id).error = error
        self.changed.emit()

    def _count(self, entry: Entry) -> None:
        """Have its tokens counted, if that can be done now and is not being done."""
        if entry.divided is None or entry.counted is not None or entry in self._counting.values():
            return
        if self._counter.can_count:
            self._counting[self._counter.ask(entry.divided.to_count)] = entry

    @Slot(int, object)
    def _on_counted(self, request_id: int, tokens: Sequence[int]) -> None:
        entry = self._counting.pop(request_id, None)
        if entry is None or entry.divided is None:
            return
        if len(tokens) == len(entry.divided.to_count):
            entry.counted = counted(entry.divided, tokens)
        else:
            entry.error = UncountableDocumentsError()
        self.changed.emit()

    @Slot()
    def _count_again(self) -> None:
        """Another model counts otherwise."""
        self._counting.clear()
        for entries in self._entries.values():
            for entry in entries:
                entry.counted = entry.given = None
                if isinstance(entry.error, UncountableDocumentsError):
                    entry.error = None
        for entry in self.entries:
            self._count(entry)
        self.changed.emit()


def _found(store: ConversationStore, kept: Attachment) -> Divided | None:
    """A document that is in the store, divided; None where it is gone."""
    document = store.document(kept.document_id)
    return None if document is None else divide(document, kept.name)
