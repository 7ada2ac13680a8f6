"""`backup`: made, verified and merged by the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from tests.helpers.conversations import put_branch
from tests.helpers.policies import write_policy

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a backup goes of two conversations."""
    store = ConversationStore(app_paths().conversations)
    put_branch(store, ["one", "two"])
    put_branch(store, ["three"])
    store.close()
    return tmp_path / "b.zip"


def test_a_backup_is_made_verified_and_restored(
    file: Path, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["backup", "create", str(file)]) == 0
    out = capsys.readouterr().out
    assert f"{file} holds everything of your own" in out
    assert "- conversations: 2, messages: 3, " in out
    assert "It is not encrypted" in out
    assert main(["backup", "verify", str(file)]) == 0
    assert "is whole: every byte is as it was written" in capsys.readouterr().out

    assert main(["backup", "restore", str(file)]) == 0
    assert capsys.readouterr().out == "Everything of it is here already.\n"
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(tmp_path / "another home"))
    assert main(["backup", "restore", str(file), "--take-settings"]) == 0
    assert "conversations: 2\n  messages: 3\n" in capsys.readouterr().out


def test_a_backup_of_nothing_says_so(capsys: Captured, tmp_path: Path) -> None:
    assert main(["backup", "create", str(tmp_path / "b.zip")]) == 0

    assert "there is nothing of your own in it" in capsys.readouterr().out


def test_programs_get_json(file: Path, capsys: Captured) -> None:
    assert main(["backup", "create", str(file), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert main(["backup", "verify", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(["backup", "restore", str(file), "--json"]) == 0
    restored = json.loads(capsys.readouterr().out)

    assert made == found | {"notes": []}
    assert (made["conversations"], made["messages"]) == (2, 3)
    assert restored["conversations"] == 0
    assert restored["failed"] == []


def test_what_is_refused_is_one_sentence_with_what_to_do(file: Path, capsys: Captured) -> None:
    file.write_bytes(b"mine")

    assert main(["backup", "create", str(file)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert main(["backup", "verify", str(file)]) == 1
    assert "is no backup that can be used: it is no archive" in capsys.readouterr().err
    assert file.read_bytes() == b"mine"
    assert main(["backup", "create", str(file), "--replace"]) == 0


def test_conversations_stay_out_of_it_where_none_may_leave(
    file: Path, capsys: Captured, tmp_path: Path
) -> None:
    write_policy(tmp_path, "export_conversations: false\n")

    assert main(["backup", "create", str(file)]) == 0

    told = capsys.readouterr()
    assert "conversations: " not in told.out
    assert "Conversations are not written to files here" in told.err


def test_beside_an_open_window_nothing_is_restored_but_a_backup_is_made(
    file: Path, capsys: Captured
) -> None:
    window = ConversationStore(app_paths().conversations)

    assert main(["backup", "create", str(file)]) == 0
    assert main(["backup", "restore", str(file)]) == 1

    assert "a window of the app has your conversations open" in capsys.readouterr().err
    window.close()
