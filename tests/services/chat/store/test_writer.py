"""What waits is written: when it is due, and, where the drive refuses it, as soon as it can be."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import (
    ConversationsDriveFullError,
    ConversationsInUseError,
    ConversationsNewerError,
    ConversationsUnwritableError,
)
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store import writer as writer_module
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.pending import Kind, Pending
from baichuan_desktop.services.chat.store.state import StoreState, reason_of
from baichuan_desktop.services.chat.values import ChatMessage, Status
from tests.helpers.conversations import put_branch, put_conversation, put_message
from tests.helpers.drives import Drive
from tests.helpers.patience import PATIENCE_SECONDS, wait_until


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Drive:
    made = Drive()
    monkeypatch.setattr(writer_module, "open_file", made.open_file)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "conversations.sqlite3"


@contextlib.contextmanager
def _read(file: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def _written(file: Path) -> dict[int, tuple[str, str]]:
    """Status and text by id, as they are on the disk."""
    with _read(file) as connection:
        rows = connection.execute("SELECT id, status, text FROM messages").fetchall()
    return {number: (status, text) for number, status, text in rows}


def test_text_that_is_being_written_waits_and_its_end_does_not() -> None:
    pending = Pending()
    with pending.lock:
        message = ChatMessage(1, 2, None, Role.ASSISTANT, "", Status.WRITING, 1.0)
        assert pending.due_at(0.1) == float("inf")

        pending.put(Kind.MESSAGE, 1, message, to_file=True)
        since = pending.due_at(0.0)
        pending.put(Kind.MESSAGE, 1, replace(message, text="more"), to_file=True)

        assert pending.due_at(0.1) == since + 0.1  # from the first word on, however much follows
        pending.put(Kind.MESSAGE, 1, replace(message, status=Status.FINISHED), to_file=True)
        assert pending.due_at(0.1) == since


def test_what_was_changed_while_it_was_written_is_written_again() -> None:
    pending = Pending()
    with pending.lock:
        first = ChatMessage(1, 2, None, Role.USER, "one", Status.FINISHED, 1.0)
        second = replace(first, text="two")
        pending.put(Kind.MESSAGE, 1, first, to_file=True)
        batch = pending.begin()
        pending.put(Kind.MESSAGE, 1, second, to_file=True)

        pending.written(batch)

        assert pending.messages == {1: second}
        batch = pending.begin()
        assert batch == {(Kind.MESSAGE, 1): second}
        pending.written(batch)
        assert pending.messages == {}
        assert not pending.has_unsaved


def test_text_reaches_the_disk_while_it_is_being_written(file: Path) -> None:
    store = ConversationStore(file)
    conversation = put_conversation(store)
    message = put_message(store, conversation, None, "half an ans", Status.WRITING)

    wait_until(lambda: _written(file) == {message.id: ("writing", "half an ans")})

    store.close()


def test_what_was_being_written_when_the_app_ended_is_broken_off(file: Path) -> None:
    store = ConversationStore(file)
    conversation = put_conversation(store)
    message = put_message(store, conversation, None, "half an ans", Status.WRITING)
    store.close()

    again = ConversationStore(file)

    assert again.messages([message.id]) == [replace(message, status=Status.BROKEN)]
    assert [hit.message_id for hit in again.search("half")] == [message.id]
    again.close()


@pytest.mark.parametrize(
    ("ail", "kind"),
    [("be_full", ConversationsDriveFullError), ("be_read_only", ConversationsUnwritableError)],
)
def test_an_answer_goes_on_in_memory_while_the_drive_refuses_it(
    drive: Drive, file: Path, ail: str, kind: type[Exception]
) -> None:
    states: list[StoreState] = []
    store = ConversationStore(file, on_state=states.append)
    conversation, (question,) = put_branch(store, ["question"])
    assert store.flush(PATIENCE_SECONDS)
    getattr(drive, ail)()

    answer = put_message(store, conversation, question, "", Status.WRITING)
    for count in range(40):
        text = "a long word " * 100 * count
        store.put_message(replace(answer, text=text))
        assert store.messages([answer.id])[0].text == text
    wait_until(lambda: store.state.unsaved is not None)

    assert isinstance(store.state.unsaved, kind)
    assert states == [StoreState(store.state.unsaved)]
    done = replace(answer, text=text + "end", status=Status.FINISHED)
    store.put_message(done)
    assert store.branch(answer.id) == [question.id, answer.id]
    assert [hit.message_id for hit in store.search("end")] == [answer.id]
    assert answer.id not in _written(file)
    drive.be_well()
    assert store.flush(PATIENCE_SECONDS)  # it is tried again at once
    assert _written(file)[answer.id] == ("finished", done.text)
    wait_until(lambda: len(states) == 2)
    assert states[-1] == StoreState()
    store.close()


def test_saving_resumes_by_itself(drive: Drive, file: Path) -> None:
    store = ConversationStore(file)
    drive.be_read_only()
    conversation = put_conversation(store, "words")
    wait_until(lambda: store.state.unsaved is not None)

    drive.be_well()

    wait_until(lambda: store.state.unsaved is None)
    with _read(file) as connection:
        assert connection.execute("SELECT id FROM conversations").fetchall() == [(conversation.id,)]
    store.close()


def test_deleting_and_renaming_hold_while_the_drive_refuses_them(drive: Drive, file: Path) -> None:
    store = ConversationStore(file)
    kept, _ = put_branch(store, ["one"], title="before")
    gone, _ = put_branch(store, ["two"], title="gone")
    assert store.flush(PATIENCE_SECONDS)
    drive.be_full()

    store.put_conversation(replace(kept, title="after"))
    store.delete_conversations([gone.id])

    assert [one.title for one in store.conversations()] == ["after"]
    drive.be_well()
    assert store.flush(PATIENCE_SECONDS)
    assert [one.title for one in store.conversations()] == ["after"]
    store.close()


def test_tries_become_rarer_and_stay_bounded(drive: Drive, file: Path) -> None:
    """Counted by their pace, not by a clock."""
    store = ConversationStore(file)
    writer = store._writer
    assert writer is not None
    paces = []
    for _ in range(8):
        writer._failed(OSError(28, "No space left on device"))
        paces.append(writer._retry_seconds)

    assert paces == sorted(paces)
    assert paces[-1] == paces[-2] == writer_module._LAST_RETRY_SECONDS
    store.close()


_LIMITED = """
import os, resource, signal, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, os.getcwd())
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Status
from tests.helpers.conversations import put_branch, put_message
from tests.helpers.patience import PATIENCE_SECONDS, wait_until
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = Path(sys.argv[1])
store = ConversationStore(file)
conversation, (question,) = put_branch(store, ["question"])
assert store.flush(PATIENCE_SECONDS)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
answer = put_message(store, conversation, question, "", Status.WRITING)
text = ""
while store.state.unsaved is None:
    text += "word " * 1000
    store.put_message(replace(answer, text=text))
print(store.state.unsaved)
store.put_message(replace(answer, text=text + "end", status=Status.FINISHED))
assert store.messages([answer.id])[0].text == text + "end"
assert [hit.message_id for hit in store.search("end")] == [answer.id]
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
wait_until(lambda: store.state.unsaved is None and store.flush(1))
store.close()
again = ConversationStore(file)
assert again.messages([answer.id])[0].text == text + "end"
again.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no sizes of files")
@pytest.mark.parametrize("limit", [0, 300_000])
def test_a_system_that_writes_no_further_stops_no_answer(file: Path, limit: int) -> None:
    """The kernel itself refuses it: every write, or those that make a file larger."""
    child = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(file), str(limit)],
        check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip

    assert child.returncode == 0, child.stderr
    assert "cannot be saved" in child.stdout


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (sqlite3.SQLITE_READONLY, "it cannot be written"),
        (sqlite3.SQLITE_CANTOPEN, "it cannot be written"),
        (sqlite3.SQLITE_IOERR_WRITE, "the drive reports an error"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "another program keeps the file locked"),
        (sqlite3.SQLITE_TOOBIG, "string or blob too big"),
    ],
)
def test_what_sqlite_refuses_is_said_in_words(code: int, reason: str) -> None:
    error = sqlite3.OperationalError("string or blob too big")
    error.sqlite_errorcode = code

    assert str(reason_of(error, Path("/home/me/c"))) == (
        f"Conversations cannot be saved in “/home/me”: {reason}."
    )


def test_nothing_of_a_temporary_conversation_reaches_the_disk(file: Path) -> None:
    store = ConversationStore(file)
    put_branch(store, ["an open word", "another"])
    secret, (_, answer) = put_branch(
        store, ["a hidden word", "的秘密"], title="hidden title", is_temporary=True,
        draft="hidden draft", system_prompt="hidden prompt",
    )  # fmt: skip
    store.put_message(replace(answer, text="hidden end", status=Status.WRITING))
    store.put_conversation(replace(secret, title="hidden too"))
    store.delete_messages([answer.id])
    assert store.flush(PATIENCE_SECONDS)
    while_open = b"".join(one.read_bytes() for one in file.parent.rglob("*") if one.is_file())
    store.close()
    closed = b"".join(one.read_bytes() for one in file.parent.rglob("*") if one.is_file())

    assert "open" in str(while_open)
    assert b"an open word" in closed
    for there in (while_open, closed):
        assert b"hidden" not in there
        assert "秘密".encode() not in there
    again = ConversationStore(file)
    assert again.conversation(secret.id) is None
    again.close()


def test_a_temporary_conversation_that_is_kept_is_written_whole(file: Path) -> None:
    store = ConversationStore(file)
    conversation, messages = put_branch(store, ["one", "two"], is_temporary=True)
    kept = replace(conversation, is_temporary=False)
    store.put_conversation(kept)
    store.close()

    again = ConversationStore(file)

    assert again.conversations() == [kept]
    assert again.messages([one.id for one in messages]) == messages
    again.close()


def test_a_conversation_that_was_written_cannot_become_temporary(file: Path) -> None:
    store = ConversationStore(file)
    conversation = put_conversation(store)

    with pytest.raises(ValueError, match="temporary"):
        store.put_conversation(replace(conversation, is_temporary=True))

    store.close()


def test_a_second_run_reads_and_saves_once_the_first_has_ended(file: Path) -> None:
    first = ConversationStore(file)
    shown = put_conversation(first, "first")
    assert first.flush(PATIENCE_SECONDS)

    second = ConversationStore(file)

    assert isinstance(second.state.unsaved, ConversationsInUseError)
    assert second.conversations() == [shown]
    own = put_conversation(second, "second")
    assert {one.id for one in second.conversations()} == {shown.id, own.id}
    first.close()
    assert second.flush(PATIENCE_SECONDS)
    assert second.state.unsaved is None
    second.close()
    with _read(file) as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (2,)


def test_a_file_of_a_newer_version_is_left_alone(file: Path) -> None:
    ConversationStore(file).close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = file.read_bytes()

    store = ConversationStore(file)
    put_conversation(store, "words")

    assert isinstance(store.state.unsaved, ConversationsNewerError)
    assert [one.title for one in store.conversations()] == ["words"]
    store.close()
    assert file.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_only_the_owner_can_look_into_the_folder(file: Path) -> None:
    file.parent.mkdir(mode=0o755)

    ConversationStore(file).close()

    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_told_and_waited_for(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    file = tmp_path / "data" / "c.sqlite3"
    store = ConversationStore(file)
    conversation = put_conversation(store)

    assert isinstance(store.state.unsaved, ConversationsUnwritableError)
    (tmp_path / "data").unlink()
    assert store.flush(PATIENCE_SECONDS)

    store.close()
    again = ConversationStore(file)
    assert again.conversations() == [conversation]
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files that are open")
def test_a_folder_that_is_deleted_under_the_app_is_made_again(file: Path) -> None:
    store = ConversationStore(file)
    before, _ = put_branch(store, ["before"])
    assert store.flush(PATIENCE_SECONDS)
    shutil.rmtree(file.parent)

    after, _ = put_branch(store, ["after"])
    assert store.flush(PATIENCE_SECONDS)

    assert {one.id for one in store.conversations()} == {before.id, after.id}
    store.close()
    again = ConversationStore(file)
    assert {one.id for one in again.conversations()} == {before.id, after.id}
    assert len(again.search("before")) == len(again.search("after")) == 1
    again.close()


_READING = """
import fcntl, os, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from tests.helpers.conversations import put_branch
if os.geteuid() == 0:  # root may write everywhere
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
store = ConversationStore(Path(sys.argv[1]))
print([one.title for one in store.conversations()], len(store.search("river")))
put_branch(store, ["new"], "new")
print([one.title for one in store.conversations()], store.state.unsaved)
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_folder_that_cannot_be_written_is_read() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to other users
        folder = Path(name)
        file = folder / "conversations.sqlite3"
        store = ConversationStore(file)
        put_branch(store, ["river"], "old")
        store.close()
        file.chmod(0o444)
        folder.chmod(0o555)

        child = subprocess.run(
            [sys.executable, "-B", "-c", _READING, str(file)],
            check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        folder.chmod(0o700)

    assert child.returncode == 0, child.stderr
    first, second = child.stdout.splitlines()
    assert first == "['old'] 1"
    assert second.startswith("['new', 'old'] Conversations cannot be saved in")


def test_the_journal_is_copied_into_the_file_at_the_end(file: Path) -> None:
    store = ConversationStore(file)
    put_branch(store, ["one", "two"])
    store.close()

    assert [one.name for one in file.parent.iterdir() if one.is_file()] == [file.name]


def test_what_is_committed_outlives_a_power_cut(file: Path) -> None:
    """As far as SQLite is asked for it: `tests/durability` cuts the power."""
    store = ConversationStore(file)
    writer = store._writer
    assert writer is not None
    assert writer._open is not None

    assert writer._open.connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert writer._open.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    store.close()
