"""Writes conversations through the store, and records all that is done to its files meanwhile.

    python -m tests.durability.power_child FOLDER OPERATIONS ROUNDS [SYNCHRONOUS]

OPERATIONS gets what was done, pickled; among it stands when a message was acknowledged, which is
when the store said that all is on the disk, and when a backup or a migration was done. With
SYNCHRONOUS `OFF` or `NORMAL` less is synchronised: the harness must see that.
"""

from __future__ import annotations

import pickle
import random
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from baichuan_desktop.services.chat.store import connection as connection_module
from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies.backups import back_up
from baichuan_desktop.services.chat.store.migrations import STEPS, migrate
from baichuan_desktop.services.chat.values import Status
from tests.durability.operations import Act
from tests.durability.record import FILE
from tests.durability.recording_vfs import Recorder
from tests.helpers.conversations import put_branch, put_conversation, put_message

#: Pages; the journal is copied into the file so often, which is the dangerous moment.
_CHECKPOINT = 60
#: Every so many rounds there is a backup.
_BACKUP_ROUNDS = 3

#: The folder that the store makes for itself.
DATA: Final = "data"
#: A file of the version before a step that is only here, and that step: the whole table is copied.
MIGRATED: Final = "migrated.sqlite3"
NEXT_STEP: Final = (
    "CREATE TABLE folders_2 (id INTEGER PRIMARY KEY, name TEXT NOT NULL, colour TEXT NOT NULL)",
    "INSERT INTO folders_2 SELECT id, name, 'none' FROM folders",
    "DROP TABLE folders",
    "ALTER TABLE folders_2 RENAME TO folders",
)
FOLDERS: Final = 200


def text_of(number: int) -> str:
    """The text of a message, which follows from its id."""
    draw = random.Random(number)
    return "".join(draw.choices("百川大模型的 abcde，。\n", k=draw.randrange(20, 9000)))


def name_of(number: int) -> str:
    """The name of a folder of the file that is migrated."""
    return text_of(number)[:100]


def _converse(file: Path, rounds: int, recorder: Recorder) -> None:
    """Write, change and delete, with a backup now and then."""
    store = ConversationStore(file)
    assert store._upkeep is not None
    store._upkeep.wait()  # or it makes a backup of its own, at any time
    acknowledged: list[int] = []
    for number in range(rounds):
        conversation = put_conversation(store, f"Title {number}")
        other, _ = put_branch(store, ["it goes", "again " * 500])
        answer = put_message(store, conversation, None, "", Status.WRITING)
        text = text_of(answer.id)
        for end in (len(text) // 3, len(text) // 2):
            store.put_message(replace(answer, text=text[:end]))
            store.flush(600.0)
        store.delete_conversations([other.id])
        store.put_message(replace(answer, text=text, status=Status.FINISHED))
        if store.flush(600.0):
            recorder.add(Act.ACKNOWLEDGE, file, content=b"%d " % answer.id)
            acknowledged.append(answer.id)
        if number % _BACKUP_ROUNDS == 0:
            with closing(connect(file)) as connection:
                backup = back_up(connection, file, 1e9 + number)
            content = " ".join(map(str, acknowledged)).encode()
            recorder.add(Act.ACKNOWLEDGE, backup, content=content)
    store.close()


def _migrate(file: Path, recorder: Recorder) -> None:
    """Take a step with a backup before it, as an update of the app does."""
    with closing(connect(file, writes=True)) as connection:
        migrate(connection, lambda _: None)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO folders VALUES (?, ?, 0)", ((key, name_of(key)) for key in range(FOLDERS))
        )
        connection.execute("COMMIT")
        recorder.add(Act.ACKNOWLEDGE, file, content=b"%d" % len(STEPS))
        migrate(connection, lambda _: back_up(connection, file, 2e9), (*STEPS, NEXT_STEP))
        recorder.add(Act.ACKNOWLEDGE, file, content=b"%d" % (len(STEPS) + 1))


def main() -> None:
    """Write, and say what was done."""
    folder, operations, rounds, *synchronous = sys.argv[1:]
    pragmas = [f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}"]
    pragmas += [f"PRAGMA synchronous = {one}" for one in synchronous]
    vars(connection_module)["WRITING"] = (*connection_module.WRITING, *pragmas)
    recorder = Recorder(Path(folder))
    _converse(Path(folder) / DATA / FILE, int(rounds), recorder)
    _migrate(Path(folder) / DATA / MIGRATED, recorder)
    if recorder.failures:
        raise recorder.failures[0]
    Path(operations).write_bytes(pickle.dumps(recorder.operations))


if __name__ == "__main__":
    main()
