"""What becomes of a message, without a window."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtWidgets import QApplication

from backends.events import FinishReason, ModelReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import Request, UnloadRequest
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.ui.chat.state import ChatState
from tests.ui.controllers import Controllers, installed
from tests.ui.harness import READY, Gate, ScriptedEngine, answer, finished, until

CHAT, OTHER = installed("Chat"), installed("Other")


def say(behind: Controllers, text: str) -> None:
    behind.chat.send(text, SamplingParams(), "")


def test_the_state_goes_from_waiting_to_ready_answering_and_stopping(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([TextDelta("So far"), gate])
    states = [behind.chat.state]
    behind.load(CHAT)
    states.append(behind.chat.state)
    told = behind.heard(behind.chat.state_changed)

    say(behind, "Tell me")
    until(gate.reached.is_set)
    behind.chat.stop()
    behind.chat.stop()
    behind.until_ready()

    assert states == [ChatState.WAITING, ChatState.READY]
    assert told == [(ChatState.ANSWERING,), (ChatState.STOPPING,), (ChatState.READY,)]


def test_events_of_other_requests_are_no_part_of_the_answer(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([gate, *answer("Mine.")])
    behind.load(CHAT)
    texts, ends = behind.heard(behind.chat.text_arrived), behind.heard(behind.chat.answer_finished)
    say(behind, "Tell me")
    until(gate.reached.is_set)

    stranger = 10**9
    behind.worker.produced.emit(TextDelta("another's"), stranger)
    behind.worker.ended.emit(stranger)
    assert behind.chat.state is ChatState.ANSWERING
    gate.open.set()
    behind.until_ready()

    assert [text for _, text in texts] == ["Mine."]
    assert len(ends) == 1


def test_a_stop_that_comes_when_a_load_has_taken_over_leaves_the_load_alone(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    answering, loading = Gate(), Gate()
    engine.answers.append([answering])
    behind.load(CHAT)
    engine.loads.append([loading, READY])
    say(behind, "Tell me")
    until(answering.reached.is_set)

    behind.switcher.load(OTHER)
    behind.chat.stop()
    until(loading.reached.is_set)

    assert not engine.cancels[-1].is_set()
    loading.open.set()
    until(lambda: behind.switcher.current is OTHER)


class HeldEngine(ScriptedEngine):
    """Does not even begin with unloading until the test lets it, whatever is asked for next."""

    def __init__(self) -> None:
        super().__init__()
        self.held, self.go_on = threading.Event(), threading.Event()

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        if isinstance(request, UnloadRequest):
            self.held.set()
            self.go_on.wait()
        yield from super().run(request, cancel)

    def kill(self) -> None:
        super().kill()
        self.go_on.set()


def test_a_message_whose_model_is_changed_before_its_answer_begins_comes_back(
    app: QApplication,
) -> None:
    engine = HeldEngine()
    with Controllers(engine) as behind:
        behind.load(CHAT)
        unanswered = behind.heard(behind.chat.unanswered)
        returned = behind.heard(behind.chat.message_returned)
        behind.worker.start(UnloadRequest())
        until(engine.held.is_set)  # one that has not begun yet would be left out

        say(behind, "Tell me")
        behind.switcher.load(OTHER)
        engine.go_on.set()
        until(lambda: behind.switcher.current is OTHER)

        ((question,),) = unanswered
        assert isinstance(question, int)
        behind.chat.take_back(question)
        assert returned == [("Tell me",)]
        assert behind.rows == []
        assert engine.questions == []


def test_an_answer_of_another_conversation_says_nothing_of_itself_and_is_kept(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append([gate, *answer("In the background.")])
    behind.load(CHAT)
    chat = behind.chat
    said = [behind.heard(signal) for signal in (chat.text_arrived, chat.answer_finished)]
    figures, here = behind.heard(chat.finished), behind.heard(chat.context_known)
    generating = behind.heard(chat.generating_changed)
    say(behind, "Tell me")
    until(gate.reached.is_set)
    left = chat.conversation
    assert left is not None
    assert generating[-1] == (frozenset({left.id}),)

    chat.new_chat()
    assert chat.state is ChatState.BUSY
    gate.open.set()
    behind.until_ready()

    assert said == [[], []]
    assert generating[-1] == (frozenset(),)
    assert (figures, here) == ([(finished(),)], []), "what it cost is known, but not shown here"
    kept = behind.conversations.conversation(left.id)
    assert kept is not None
    assert kept.is_unread
    chat.open(left.id)
    assert [row.text for row in behind.rows] == ["Tell me", "In the background."]
    assert chat.conversation is not None
    assert not chat.conversation.is_unread


def test_a_fresh_engine_is_told_apart_from_what_the_answer_says(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    engine.answers.append([READY, *answer("Back again.")])
    behind.load(CHAT)
    reloaded = behind.heard(behind.chat.reloaded)
    progress = behind.heard(behind.chat.progressed)

    say(behind, "Tell me")
    behind.until_ready()

    assert reloaded == [(READY,)]
    assert not any(isinstance(event, ModelReady) for (event,) in progress)


def test_only_an_answer_that_has_come_to_its_end_tells_its_figures(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    figures = behind.heard(behind.chat.finished)
    behind.load(CHAT)
    engine.answers.append([TextDelta("Half"), RuntimeError("a bug")])
    say(behind, "one")
    behind.until_ready()
    assert figures == []

    engine.answers.append(answer("Whole."))
    say(behind, "two")
    behind.until_ready()

    assert figures == [(finished(FinishReason.STOP),)]
