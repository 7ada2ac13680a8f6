"""A drive that refuses conversations while the window is used, and the window that is closed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from backends.events import PromptReady, TextDelta
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store import writer
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.rows.row import RowKind
from baichuan_desktop.workers.watches.store_watch import StoreWatch
from tests.helpers.drives import Drive
from tests.helpers.patience import PATIENCE_SECONDS
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer, finished


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Drive:
    made = Drive()
    monkeypatch.setattr(writer, "open_file", made.open_file)
    return made


@pytest.fixture
def saving(
    app: QApplication, theme: Theme, engine: ScriptedEngine, drive: Drive
) -> Iterator[Harness]:
    """A window whose conversations are in a file, on a drive that may fail."""
    watch = StoreWatch()
    store = ConversationStore(app_paths().conversations, on_state=watch.tell)
    ui = Harness(app, theme, engine, store, watch)
    ui.start()
    yield ui
    drive.be_well()
    ui.close()


def kept() -> list[tuple[str, list[str]]]:
    """Titles and texts that a later start finds."""
    store = ConversationStore(app_paths().conversations)
    there = [
        (one.title, [message.text for message in store.messages(store.branch(one.head))])
        for one in store.conversations()
    ]
    store.close()
    return there


@pytest.mark.parametrize(
    ("ail", "says"),
    [("be_full", "is full"), ("be_read_only", "cannot be saved in")],
)
def test_an_answer_goes_on_while_the_drive_refuses_it_and_the_person_is_told_once(
    saving: Harness, engine: ScriptedEngine, drive: Drive, ail: str, says: str
) -> None:
    page = saving.window.page
    told: list[object] = []
    saving.window.around_chat.store_notices.unsaved.connect(told.append)
    middle, later = Gate(), Gate()
    long = "a long word " * 2000
    engine.answers += [
        [PromptReady(10, 0, 0), TextDelta("It begins, "), middle, TextDelta(long), later,
         TextDelta("and it ends."), finished()],
        answer("Still here."),
    ]  # fmt: skip
    saving.say("Tell me")
    saving.until(lambda: "It begins, " in saving.page_text)
    getattr(drive, ail)()
    middle.open.set()
    saving.until(page.unsaved.isVisible)
    later.open.set()
    saving.until_idle()
    saving.ask("Are you there?")

    def said() -> list[str]:  # when it is known what the model got, a note stands between
        return [row.text for row in saving.rows if row.kind is not RowKind.NOTE]

    assert said() == [
        "Tell me", f"It begins, {long}and it ends.", "Are you there?", "Still here.",
    ]  # fmt: skip
    assert says in page.unsaved.label.text()
    assert saving.error is None
    assert len(told) == 1

    drive.be_well()
    saving.until(lambda: not page.unsaved.isVisible())
    assert saving.conversations.flush(PATIENCE_SECONDS)
    saving.window.close()
    assert kept() == [("Tell me", said())]


def test_a_window_that_would_lose_something_asks_before_it_closes(
    saving: Harness, engine: ScriptedEngine, drive: Drive
) -> None:
    drive.be_read_only()
    engine.answers.append(answer("Heard."))
    saving.ask("Hear me")

    saving.window.close()
    question = saving.window.closing.question
    assert question is not None
    assert "cannot be saved" in question.text.text()
    saving.window.close()
    assert saving.window.closing.question is question, "one question is enough"
    question.stay.click()
    assert saving.window.isVisible()
    assert "Heard." in saving.page_text

    saving.window.menus.quit.trigger()
    question = saving.window.closing.question
    assert question is not None
    question.close_window.click()
    assert not saving.window.isVisible()
    drive.be_well()
    assert kept() == []


def test_a_draft_that_cannot_be_saved_is_asked_about_too(saving: Harness, drive: Drive) -> None:
    drive.be_read_only()
    saving.composer.set_text("half a thou")  # and closed before it is kept by itself

    saving.window.close()

    assert saving.window.closing.question is not None
    saving.window.closing.question.close_window.click()


def test_nothing_is_asked_where_nothing_would_be_lost(
    saving: Harness, engine: ScriptedEngine, drive: Drive
) -> None:
    engine.answers += [answer("Heard."), answer("Nobody will know.")]
    saving.ask("Hear me")
    saving.window.controller.new_temporary_chat()
    assert saving.conversations.flush(PATIENCE_SECONDS)
    drive.be_read_only()
    saving.ask("A secret")

    saving.window.close()

    assert not saving.window.isVisible()
    assert saving.window.closing.question is None


LIMITED = """
    import resource, signal
    from PySide6.QtWidgets import QApplication
    from backends.events import PromptReady, TextDelta
    from baichuan_desktop.services.app_paths import app_paths
    from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
    from baichuan_desktop.ui.look.theme import Theme
    from baichuan_desktop.workers.watches.store_watch import StoreWatch
    from tests.ui.harness import Gate, Harness, ScriptedEngine, finished

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    app = QApplication([])
    app.setApplicationDisplayName("Baichuan Desktop")
    app.setQuitOnLastWindowClosed(False)
    watch, engine, gate = StoreWatch(), ScriptedEngine(), Gate()
    store = ConversationStore(app_paths().conversations, on_state=watch.tell)
    ui = Harness(app, Theme(app), engine, store, watch)
    ui.start()
    words = [TextDelta("a long word " * 500)] * 200
    engine.answers.append([PromptReady(10, 0, 0), words[0], gate, *words[1:], finished()])
    ui.say("Tell me")
    ui.until(gate.reached.is_set)
    ui.until(lambda: "a long word" in ui.page_text)
    assert store.flush(60)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))  # no file can grow beyond
    gate.open.set()
    ui.until(ui.window.page.unsaved.isVisible)
    ui.until_idle()
    assert ui.rows[1].text == "a long word " * 100_000, len(ui.rows[1].text)
    print(ui.window.page.unsaved.label.text())
    ui.window.close()
    ui.window.closing.question.stay.click()
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    ui.until(lambda: not ui.window.page.unsaved.isVisible())
    ui.window.close()
    assert not ui.window.isVisible()
    """


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no sizes of files")
def test_an_answer_outlives_a_limit_that_the_system_sets_in_the_middle_of_it() -> None:
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert "saved" in result.stdout
    assert kept() == [("Tell me", ["Tell me", "a long word " * 100_000])]
