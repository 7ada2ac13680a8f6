"""A damaged file costs what cannot be read of it, and is kept."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies.backups import backups_of
from baichuan_desktop.services.chat.store.state import StoreState
from baichuan_desktop.services.documents.values import Attachment
from tests.helpers.conversations import (
    put_branch,
    put_conversation,
    put_document,
    put_message,
)
from tests.helpers.patience import PATIENCE_SECONDS, wait_until

_PAGE = 4096
_CONVERSATIONS, _MESSAGES = 30, 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of 600 messages, without a backup."""
    made = tmp_path / "data" / "conversations.sqlite3"
    store = ConversationStore(made)
    for number in range(_CONVERSATIONS):
        texts = [f"百川 {number} {place} " + "river " * 40 for place in range(_MESSAGES)]
        put_branch(store, texts, f"Title {number}")
    assert store._upkeep is not None
    store._upkeep.wait()
    store.close()
    for backup in backups_of(made):
        backup.unlink()
    return made


def _all(file: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Titles and texts by id."""
    with closing(sqlite3.connect(file)) as connection:
        titles = dict(connection.execute("SELECT id, title FROM conversations"))
        return titles, dict(connection.execute("SELECT id, text FROM messages"))


def _pages_of(file: Path, name: str) -> list[int]:
    """The leaf pages of a table, numbered from 0 in the file."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (name,)
        )
        return [number - 1 for (number,) in rows]


def _spoil(file: Path, page: int, content: bytes = b"\xa5" * _PAGE) -> None:
    with file.open("r+b") as stream:
        stream.seek(page * _PAGE)
        stream.write(content)


def _opened(file: Path) -> ConversationStore:
    """A store that has noticed that its file is damaged."""
    store = ConversationStore(file)
    wait_until(lambda: store.state.mended is not None)
    assert store.flush(PATIENCE_SECONDS)
    return store


def _require_whole_and_kept(file: Path, before: bytes) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kept = list(file.parent.glob("conversations-damaged-*.sqlite3"))
    assert [one.read_bytes() for one in kept] == [before]


def test_a_spoilt_page_of_messages_costs_the_messages_on_it(file: Path) -> None:
    titles, texts = _all(file)
    page = _pages_of(file, "messages")[9]
    _spoil(file, page)
    before = file.read_bytes()

    store = _opened(file)

    mended = store.state.mended
    assert mended is not None
    assert mended.facts["conversations"] == _CONVERSATIONS
    left = {key: text for one in store.conversations() for key, text in _texts(store, one.id)}
    assert left.items() <= texts.items()
    assert len(texts) - 20 <= len(left) < len(texts)  # 12 of them lie on one page
    for one in store.conversations():  # each branch still holds what is left of it
        assert set(store.branch(one.head)) == {key for key, _ in _texts(store, one.id)}
    assert {one.id: one.title for one in store.conversations()} == titles
    assert len(store.search("百川", limit=10_000)) == len(left)
    store.close()
    _require_whole_and_kept(file, before)


def _texts(store: ConversationStore, conversation_id: int) -> list[tuple[int, str]]:
    ids = list(store.tree(conversation_id))
    return [(one.id, one.text) for one in store.messages(ids)]


@pytest.mark.parametrize(
    "table", ["conversations", "messages_in_tree", "found_data", "sqlite_autoindex_messages_1"]
)
def test_what_can_be_made_again_costs_no_message(file: Path, table: str) -> None:
    """An index is; a conversation that cannot be read is made from its messages."""
    _, texts = _all(file)
    for page in _pages_of(file, table):
        _spoil(file, page)
    before = file.read_bytes()

    store = ConversationStore(file)
    store.search("river")  # the index is noticed by whoever uses it
    wait_until(lambda: store.state.mended is not None)

    assert {key: text for one in store.conversations() for key, text in _texts(store, one.id)} == (
        texts
    )
    assert len(store.search("百川", limit=10_000)) >= len(texts)
    store.close()
    _require_whole_and_kept(file, before)


@pytest.mark.parametrize("table", ["documents", "documents_of_conversations", "messages"])
def test_a_spoilt_page_costs_the_documents_on_it_alone(tmp_path: Path, table: str) -> None:
    file = tmp_path / "data" / "conversations.sqlite3"
    store = ConversationStore(file)
    one = put_conversation(store)
    documents = [put_document(store, one, f"page {number} " * 50) for number in range(60)]
    question = None
    for document in documents:
        attached = (Attachment(document.id, document.name),)
        question = put_message(store, one, question, "river " * 40, attachments=attached)
    store.close()
    for backup in backups_of(file):
        backup.unlink()
    _spoil(file, _pages_of(file, table)[1 if table == "documents" else 0])

    store = _opened(file)

    there = [store.document(key) for key in store.document_ids(one.id)]
    assert all(document in documents for document in there)
    lost = len(documents) - len(there)
    assert (0 < lost < 20) if table == "documents" else lost == 0
    store.close()


def test_what_a_file_that_was_cut_short_still_holds_is_kept(file: Path) -> None:
    _, texts = _all(file)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 3 // 4 // _PAGE * _PAGE])
    before = file.read_bytes()

    store = _opened(file)

    left = {key: text for one in store.conversations() for key, text in _texts(store, one.id)}
    assert left.items() <= texts.items()
    assert len(left) > len(texts) // 3
    store.close()
    _require_whole_and_kept(file, before)


@pytest.mark.parametrize("content", [b"", b"\0" * 40_000, b"no database at all" * 100])
def test_where_nothing_can_be_read_the_newest_backup_steps_in(file: Path, content: bytes) -> None:
    titles, texts = _all(file)
    store = ConversationStore(file)  # which makes a backup
    assert store._upkeep is not None
    store._upkeep.wait()
    store.close()
    file.write_bytes(content)

    store = _opened(file)

    assert {one.id: one.title for one in store.conversations()} == titles
    assert {key: text for one in store.conversations() for key, text in _texts(store, one.id)} == (
        texts
    )
    assert "backup “conversations-" in str(store.state.mended)
    store.close()
    _require_whole_and_kept(file, content)


def test_without_a_backup_it_is_said_that_there_is_none(file: Path) -> None:
    file.write_bytes(b"no database at all" * 100)

    store = _opened(file)

    assert store.conversations() == []
    assert "there is no backup" in str(store.state.mended)
    store.close()


def test_what_is_written_after_the_mending_lasts(file: Path) -> None:
    told: list[StoreState] = []
    _spoil(file, _pages_of(file, "messages")[3])
    store = ConversationStore(file, on_state=told.append)
    wait_until(lambda: store.state.mended is not None)
    conversation, messages = put_branch(store, ["new"])
    assert [state.mended for state in told] == [store.state.mended]
    store.close()

    again = ConversationStore(file)

    assert again.state == StoreState()
    assert again.conversation(conversation.id) == conversation
    assert again.messages([messages[0].id]) == messages
    again.close()


def test_damage_that_shows_while_the_app_runs_loses_nothing_that_is_new(file: Path) -> None:
    store = ConversationStore(file)
    assert store._upkeep is not None
    store._upkeep.wait()
    for page in _pages_of(file, "messages"):
        _spoil(file, page)
    for backup in backups_of(file):
        backup.unlink()

    conversation, messages = put_branch(store, ["new"])
    for one in store.conversations():
        store.messages(list(store.tree(one.id)))
    wait_until(lambda: store.state.mended is not None)

    assert store.flush(PATIENCE_SECONDS)
    assert store.messages([messages[0].id]) == messages
    assert store.conversation(conversation.id) == conversation
    store.close()


def test_no_damage_raises_or_is_taken_for_whole(file: Path, tmp_path: Path) -> None:
    """30 files, each spoilt somewhere by a few bytes or pages."""
    draw = random.Random(5)
    content = file.read_bytes()
    mended = 0
    for number in range(30):
        spoilt = bytearray(content)
        for _ in range(draw.randrange(1, 4)):
            place, length = draw.randrange(len(spoilt)), draw.choice([1, 30, _PAGE])
            spoilt[place : place + length] = draw.randbytes(len(spoilt[place : place + length]))
        other = tmp_path / str(number) / "conversations.sqlite3"
        other.parent.mkdir()
        other.write_bytes(spoilt)

        store = ConversationStore(other)
        assert store._upkeep is not None
        store._upkeep.wait()
        for one in store.conversations():
            store.messages(store.branch(one.head))
        store.search("百川 river")
        put_branch(store, ["new"])
        assert store.flush(PATIENCE_SECONDS)
        mended += store.state.mended is not None
        store.close()
        with closing(sqlite3.connect(other)) as connection:
            connection.text_factory = bytes
            assert connection.execute("PRAGMA quick_check").fetchone() == (b"ok",)

    assert mended > 10
