"""Bringing conversations back from a backup, from the menu."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.conversation import restoring
from tests.ui.harness import Harness, ScriptedEngine, answer


@pytest.fixture
def kept(app: QApplication, theme: Theme, engine: ScriptedEngine) -> Iterator[Harness]:
    """A window whose conversations lie in a file."""
    window = Harness(app, theme, engine, ConversationStore(app_paths().conversations))
    window.start()
    yield window
    window.close()


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | None], list[str]]:
    """Has the dialog give a file; where each dialog began is in the list."""

    def make(chosen: Path | None) -> list[str]:
        began: list[str] = []

        def dialog(_parent: QWidget, _title: str, _kinds: str, begin: str = "") -> Path | None:
            began.append(begin)
            return chosen

        monkeypatch.setattr(restoring, "choose_file", dialog)
        return began

    return make


def copy_of_now(ui: Harness, to: Path) -> Path:
    """A backup of what is there now, as `VACUUM INTO` would make one."""
    assert ui.conversations.flush(60)
    file = app_paths().conversations
    for end in ("", "-wal"):
        shutil.copyfile(f"{file}{end}", f"{to}{end}")
    return to


def titles(ui: Harness) -> list[str]:
    return [one.title for one in ui.conversations.conversations()]


def remarks(ui: Harness) -> str:
    return ui.window.remarks.label.text()


def test_what_was_deleted_for_good_comes_back_and_what_is_here_stays(
    kept: Harness,
    engine: ScriptedEngine,
    choose: Callable[[Path | None], list[str]],
    tmp_path: Path,
) -> None:
    engine.answers += [answer("1"), answer("2"), answer("3")]
    kept.ask("one")
    first = kept.window.controller.conversation
    assert first is not None
    backup = copy_of_now(kept, tmp_path / "old.sqlite3")
    kept.ask("and on")
    kept.window.sidebar.controller.delete_for_good([first.id])
    kept.window.controller.new_chat()
    kept.ask("two")
    choose(backup)

    kept.window.menus.restore.trigger()
    kept.until(lambda: "one" in titles(kept))
    kept.until(kept.window.menus.restore.isEnabled)

    assert titles(kept) == ["two", "one"]
    rows = kept.window.sidebar.list.rows
    shown = [rows.index(row).data() for row in range(rows.rowCount())]
    assert "one" in shown
    assert "2 messages, in 1 conversations" in remarks(kept)
    kept.window.menus.restore.trigger()
    kept.until(lambda: "Nothing of the backup was missing here" in remarks(kept))
    assert titles(kept) == ["two", "one"]


def test_a_file_that_is_no_backup_is_told_and_changes_nothing(
    kept: Harness,
    engine: ScriptedEngine,
    choose: Callable[[Path | None], list[str]],
    tmp_path: Path,
) -> None:
    engine.answers.append(answer("1"))
    kept.ask("one")
    other = tmp_path / "other.sqlite3"
    other.write_text("a letter")
    choose(other)

    kept.window.menus.restore.trigger()
    kept.until(lambda: kept.error is not None)

    assert kept.error is not None
    assert "is no file of conversations" in kept.error.message.text()
    assert titles(kept) == ["one"]
    assert kept.window.menus.restore.isEnabled()


def test_the_dialog_begins_at_the_backups_and_nothing_happens_without_a_choice(
    kept: Harness, choose: Callable[[Path | None], list[str]]
) -> None:
    began = choose(None)

    kept.window.menus.restore.trigger()

    data = app_paths().conversations.parent
    assert began == [str(data)], "there are no backups yet"
    assert kept.window.menus.restore.isEnabled()

    (data / "backups").mkdir()
    kept.window.menus.restore.trigger()
    assert began[1:] == [str(data / "backups")]
