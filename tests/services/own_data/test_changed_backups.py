"""Backups that were changed at random: whole, or refused in a sentence, and nothing is changed."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from backends.errors import OwnDataError
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.own_data.api import create, restore
from tests.helpers.conversations import put_branch, put_document
from tests.helpers.many_models import paths_below
from tests.helpers.sentences import assert_one_sentence
from tests.services.own_data.test_own_data import other_conversations, rewritten

_CASES = 40


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    paths = paths_below(folder / "home")
    store = ConversationStore(paths.conversations)
    for number in range(3):
        conversation, _ = put_branch(store, ["百川 " * 50] * 6, f"Title {number}")
        put_document(store, conversation, "text " * 200)
    store.close()
    create(paths, folder / "b.zip")
    return folder / "b.zip"


def changed(data: bytes, draw: random.Random) -> bytes:
    """A few bytes are others, or the end is missing, or more than that is there."""
    spoilt = bytearray(data)
    match draw.randrange(4):
        case 0:
            return data[: draw.randrange(len(data))]
        case 1:
            return data + draw.randbytes(draw.randrange(1, 300))
        case 2:  # the head of a file of SQLite, or of the archive
            spoilt[draw.randrange(100)] = draw.randrange(256)
    for _ in range(draw.choice([1, 5, 50])):
        spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
    return bytes(spoilt)


def require_whole_or_refused(file: Path, home: Path) -> bool:
    """Whether it was restored."""
    paths = paths_below(home)
    try:
        restored = restore(paths, file)
    except OwnDataError as error:
        assert_one_sentence(error)
        assert not paths.data.exists()
        assert not paths.config.exists()
        return False
    finally:
        assert [*paths.cache.glob("*")] == []
        shutil.rmtree(home, ignore_errors=True)
    assert restored is not None
    assert restored.failed == ()
    assert restored.messages <= 18
    return True


def test_a_changed_archive_is_refused_or_is_what_it_was(good: Path, tmp_path: Path) -> None:
    draw = random.Random(5)
    file = tmp_path / "b.zip"
    ends = []
    for _ in range(_CASES):
        file.write_bytes(changed(good.read_bytes(), draw))

        ends.append(require_whole_or_refused(file, tmp_path / "home"))
    assert ends.count(False) > 0.9 * _CASES, "times in the archive's head may be others"


def test_changed_conversations_whose_hash_is_right_are_read_or_refused(
    good: Path, tmp_path: Path
) -> None:
    draw = random.Random(6)
    file = tmp_path / "b.zip"
    shutil.copyfile(good, file)
    taken: list[bytes] = []
    rewritten(file, lambda members: taken.append(members["conversations.sqlite3"]))
    ends = []
    for _ in range(_CASES):
        rewritten(file, other_conversations(changed(taken[0], draw)))

        ends.append(require_whole_or_refused(file, tmp_path / "home"))
    assert {True, False} == set(ends)
