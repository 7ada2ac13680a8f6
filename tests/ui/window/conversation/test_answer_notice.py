"""What a person who is elsewhere is told of an answer: that it is there, and none of its words."""

from __future__ import annotations

from typing import ClassVar

import pytest
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QWidget

from backends.errors import EngineCrashedError
from backends.events import PromptReady, TextDelta
from baichuan_desktop.ui.window.conversation import answer_notice
from baichuan_desktop.ui.window.conversation.answer_notice import AnswerNotice
from tests.ui.harness import Gate, Harness, ScriptedEngine, Step, finished, until


class Tray(QObject):
    """A tray in place of the desktop's, which a test has not."""

    messageClicked = Signal()  # noqa: N815  Qt's name
    activated = Signal()
    is_available = True
    shown: ClassVar[list[Tray]] = []  #: every one that was shown

    def __init__(self, _icon: object, parent: QObject) -> None:
        super().__init__(parent)
        self.is_visible = False
        self.notes: list[str] = []

    @staticmethod
    def isSystemTrayAvailable() -> bool:  # noqa: N802  Qt's name
        return Tray.is_available

    def setToolTip(self, _text: str) -> None:  # noqa: N802  Qt's name
        pass

    def show(self) -> None:
        self.is_visible = True
        Tray.shown.append(self)

    def hide(self) -> None:
        self.is_visible = False

    def showMessage(self, title: str, text: str, _icon: object) -> None:  # noqa: N802  Qt's name
        self.notes.append(f"{title}: {text}")


class Elsewhere:
    """A window that is not active, a clock that is set, and what the desktop was asked to show."""

    def __init__(self, ui: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ui = ui
        self.now = 100.0
        self.is_active = False
        self.alerts: list[QWidget] = []
        Tray.shown.clear()
        monkeypatch.setattr(Tray, "is_available", True)
        monkeypatch.setattr(answer_notice, "QSystemTrayIcon", Tray)
        monkeypatch.setattr(QApplication, "alert", lambda window, *_: self.alerts.append(window))
        monkeypatch.setattr(ui.window, "isActiveWindow", lambda: self.is_active)
        self.notice = AnswerNotice(ui.window.controller.desk, ui.window, lambda: self.now)

    @property
    def notes(self) -> list[str]:
        return Tray.shown[0].notes if Tray.shown else []

    def hear(self, engine: ScriptedEngine, *steps: Step, seconds: float) -> None:
        gate = Gate()
        engine.answers.append([PromptReady(9, 0, 0), gate, *steps])
        self.ui.say("A private question")
        until(gate.reached.is_set)
        until(lambda: self.ui.window.controller.is_answering)
        self.now += seconds
        gate.open.set()
        self.ui.until_idle()


@pytest.fixture
def elsewhere(ui: Harness, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    # The window's own notice has a clock that cannot be set: it must not speak too.
    ui.window.controller.desk.begun.disconnect(ui.window.around_chat.answer_notice._on_begun)
    ui.window.controller.desk.ended.disconnect(ui.window.around_chat.answer_notice._on_ended)
    ui.window.controller.desk.failed.disconnect(ui.window.around_chat.answer_notice._on_failed)
    return Elsewhere(ui, monkeypatch)


def test_a_long_answer_is_told_of_without_a_word_of_it(
    elsewhere: Elsewhere, engine: ScriptedEngine
) -> None:
    elsewhere.hear(engine, TextDelta("A private answer"), finished(), seconds=10.5)

    assert elsewhere.notes == ["Baichuan Desktop: The answer is there."]
    assert elsewhere.alerts == [elsewhere.ui.window]


def test_a_short_answer_is_not_told_of(elsewhere: Elsewhere, engine: ScriptedEngine) -> None:
    elsewhere.hear(engine, TextDelta("Yes"), finished(), seconds=9.5)

    assert (elsewhere.notes, elsewhere.alerts) == ([], [])


def test_who_looks_at_the_window_is_not_told(elsewhere: Elsewhere, engine: ScriptedEngine) -> None:
    elsewhere.is_active = True
    elsewhere.hear(engine, TextDelta("Yes"), finished(), seconds=60.0)

    assert (elsewhere.notes, elsewhere.alerts) == ([], [])


def test_an_answer_that_broke_off_is_told_of_too(
    elsewhere: Elsewhere, engine: ScriptedEngine
) -> None:
    elsewhere.hear(engine, TextDelta("So f"), EngineCrashedError("it was killed"), seconds=60.0)

    assert elsewhere.notes == ["Baichuan Desktop: There was an error while the answer was written."]


def test_a_question_that_gets_no_answer_is_told_of_once(
    elsewhere: Elsewhere, engine: ScriptedEngine
) -> None:
    elsewhere.hear(engine, EngineCrashedError("it was killed"), seconds=60.0)

    assert elsewhere.notes == ["Baichuan Desktop: There was an error while the answer was written."]


def test_an_answer_that_the_person_stopped_is_not_told_of(
    elsewhere: Elsewhere, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([PromptReady(9, 0, 0), TextDelta("So f"), gate])
    elsewhere.ui.say("A question")
    until(gate.reached.is_set)
    elsewhere.now += 60.0
    elsewhere.ui.window.controller.stop()
    elsewhere.ui.until_idle()

    assert (elsewhere.notes, elsewhere.alerts) == ([], [])


def test_where_there_is_no_tray_the_entry_of_the_window_asks_alone(
    elsewhere: Elsewhere, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "is_available", False)
    elsewhere.hear(engine, TextDelta("Yes"), finished(), seconds=60.0)

    assert (elsewhere.notes, elsewhere.alerts) == ([], [elsewhere.ui.window])


def test_the_icon_leaves_the_tray_when_the_window_is_looked_at(elsewhere: Elsewhere) -> None:
    wanted = QSignalSpy(elsewhere.notice.wanted)
    elsewhere.notice.show_note("The answer is there.")
    (tray,) = Tray.shown
    assert tray.is_visible

    tray.messageClicked.emit()
    QApplication.sendEvent(elsewhere.ui.window, QEvent(QEvent.Type.WindowActivate))

    assert wanted.count() == 1
    assert not tray.is_visible
