"""What the composer offers in each state of the chat."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backends.errors import InsufficientMemoryError
from baichuan_desktop.services.chat.context.use import ContextUse
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.ui.chat.composer import Composer
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.look.theme import Theme
from tests.ui.harness import OTHER, READY, Gate, Harness, ScriptedEngine

_S = ChatState


@pytest.fixture
def composer(theme: Theme) -> Composer:
    return Composer(theme)


@pytest.mark.parametrize(
    ("state", "text", "name", "can_press"),
    [
        (_S.WAITING, "", "Send", False),
        (_S.WAITING, "Hello", "Send", True),  # it waits for the model
        (_S.READY, " \n", "Send", False),
        (_S.READY, "Hello", "Send", True),
        (_S.ANSWERING, "", "Stop", True),
        (_S.ANSWERING, "Hello", "Stop", True),
        (_S.STOPPING, "Hello", "Stopping…", False),
        (_S.BUSY, "Hello", "Send", True),
        (_S.QUEUED, "", "Take back", True),
    ],
)
def test_the_button_is_named_for_what_it_does(
    composer: Composer, state: ChatState, text: str, name: str, can_press: bool
) -> None:
    composer.set_state(state)
    composer.set_text(text)

    assert composer.button.accessibleName() == name
    assert composer.button.isEnabled() is can_press
    assert name in composer.button.toolTip()


@pytest.mark.parametrize("state", list(ChatState))
def test_every_state_but_stopping_has_a_hint(composer: Composer, state: ChatState) -> None:
    composer.set_state(state)

    assert bool(composer.hint.text()) is (state is not _S.STOPPING)


def test_hints_of_the_states_differ(composer: Composer) -> None:
    hints = set()
    for state in ChatState:
        composer.set_state(state)
        hints.add(composer.hint.text())

    assert len(hints) == len(ChatState)


def test_the_gauge_shows_the_parts_of_the_next_prompt(composer: Composer) -> None:
    composer.show_context(ContextUse(system=12, history=700, draft=100, reserved=512, length=4096))
    assert list(composer.gauge.parts) == [12, 700, 100, 512]
    assert composer.gauge.value() == 812, "what is kept free is not there yet"
    assert composer.context_button.text() == "812 of 4,096"
    for number in ("12", "700", "100", "512"):
        assert number in composer.context_button.toolTip()
    composer.show_context(ContextUse(0, 0, 5000, 0, 4096, fits=False))
    assert composer.gauge.value() == composer.gauge.maximum() == 4096


def test_without_a_model_there_is_no_gauge(composer: Composer) -> None:
    composer.show_context(ContextUse(0, 0, 0, 0, 4096))
    composer.show_context(None)

    assert composer.gauge.isHidden()
    assert composer.context_button.isHidden()


def test_a_low_page_leaves_the_field_few_lines(composer: Composer) -> None:
    composer.set_text("\n" * 20)
    composer.fit_into(2000)
    high = composer.input.height()

    composer.fit_into(100)
    low = composer.input.height()
    composer.fit_into(2000)

    line = composer.input.fontMetrics().lineSpacing()
    assert high - low == 6 * line, "eight lines, and two"
    assert composer.input.height() == high


def test_zoom_is_followed_by_the_field_and_its_placeholder(
    composer: Composer, theme: Theme
) -> None:
    composer.set_text("text")
    composer.clear()

    theme.set_zoom(2.0)

    assert composer.input.font().pixelSize() == 30
    assert composer.input.viewport().font().pixelSize() == 30
    assert composer.button.width() == 64


def test_who_has_no_model_is_told_to_choose_one_and_that_enter_waits_only_while_one_loads(
    make_window: Callable[[EnginePort], Harness],
) -> None:
    engine = ScriptedEngine()
    gate = Gate()
    no_room = InsufficientMemoryError(device="it", needed_bytes=2, free_bytes=1)
    engine.loads = [[no_room], [gate, READY]]
    ui = make_window(engine)
    hint = ui.composer.hint
    assert hint.text() == "No model is loaded. Choose one at the top."

    ui.window.library.load_first(None)
    assert hint.text() == "Enter sends your message as soon as the model is loaded."
    ui.until(lambda: ui.error is not None)
    assert hint.text() == "No model is loaded. Choose one at the top."

    ui.load(OTHER)
    ui.until(gate.reached.is_set)
    assert hint.text() == "Enter sends your message as soon as the model is loaded."
    gate.open.set()
    ui.until_idle()
    assert hint.text() == "Answers can be wrong. Check what matters."


def test_a_base_model_that_is_gone_is_no_model_either(composer: Composer) -> None:
    composer.set_completion(True)
    composer.set_state(_S.WAITING)

    assert composer.hint.text() == "No model is loaded. Choose one at the top."

    composer.set_state(_S.QUEUED)
    assert composer.hint.text() == "Your message waits. You can take it back."
