"""What an error offers to do in one click, and that it is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.checkpoint.folder import Checkpoint
from backends.errors import (
    DamagedCheckpointError,
    EngineKilledError,
    GpuLostError,
    InsufficientMemoryError,
)
from backends.events import ModelReady, PromptReady, TextDelta
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind
from backends.protocol.engine_requests import ChatRequest, LoadRequest
from baichuan_desktop.services.app_paths import resource
from tests.helpers.accepted import accept_released
from tests.helpers.machines import BAICHUAN2_7B, PROCESSOR, card, machine
from tests.ui.harness import OTHER, READY, Gate, Harness, ScriptedEngine, answer

GUIDE = resource("guide_model")
CARD = "NVIDIA GeForce RTX 3060"
CHECKPOINT = Path(__file__).parents[2] / "goldens" / "checkpoints" / "b2-7b" / "safetensors"
NO_MEMORY = InsufficientMemoryError(device=CARD, needed_bytes=17 * 2**30, free_bytes=2**30)
LOST = GpuLostError(Phrase("{text}", text="unspecified launch failure"))


@pytest.fixture(autouse=True)
def seven(app_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder holds a model of the shapes of Baichuan2-7B, whose licence was accepted."""
    accept_released()
    opened = replace(Checkpoint.open(CHECKPOINT), config=BAICHUAN2_7B)
    monkeypatch.setattr(Checkpoint, "open", lambda _folder: opened)


def on_card(folder: Path = GUIDE) -> ModelReady:
    return replace(
        READY,
        folder=str(folder),
        backend=BackendName.TORCH_CUDA,
        device_name=CARD,
        device_kind=DeviceKind.CUDA,
    )


@pytest.fixture
def on_a_card(cold: Harness, engine: ScriptedEngine) -> Harness:
    """A window with a model in bf16 on a card of 24 GiB."""
    cold.machine = machine(card(24), free_gib=4.0)
    engine.loads.append([on_card()])
    cold.start()
    return cold


def offers(ui: Harness, count: int) -> list[str]:
    """The texts of the offers, when all have come."""

    def have_come() -> bool:
        dialog = ui.error
        return dialog is not None and not dialog._looking.isVisible() and dialog.isVisible()

    ui.until(have_come)
    assert ui.error is not None
    texts = [button.text() for button in ui.error.offers]
    assert len(texts) == count, texts
    return texts


def take(ui: Harness, number: int) -> None:
    assert ui.error is not None
    ui.error.offers[number].click()


def last_load(engine: ScriptedEngine) -> LoadRequest:
    return [request for request in engine.requests if isinstance(request, LoadRequest)][-1]


def test_memory_that_runs_out_in_an_answer_offers_less_and_the_talk_goes_on(
    on_a_card: Harness, engine: ScriptedEngine
) -> None:
    ui = on_a_card
    engine.answers += [
        [PromptReady(1, 0, 0), TextDelta("So far"), NO_MEMORY],
        answer("And on."),
    ]

    ui.say("Tell me")
    texts = offers(ui, 2)
    ui.composer.set_text("a draft")
    take(ui, 0)
    ui.until(lambda: len(engine.loaded_folders) == 2 and ui.window.switcher.current is not None)

    assert texts == [f"Use 8-bit · {CARD} (10.7 GiB)", "Use a shorter context of 2,048 tokens"]
    request = last_load(engine)
    assert (request.precision, request.wanted_device, request.context_length) == (
        "8bit",
        "cuda:0",
        None,
    )
    assert ui.error is None
    assert "So far" in ui.page_text
    assert ui.composer.text() == "a draft"
    ui.composer.clear()
    ui.ask("Go on")
    question = engine.questions[-1]
    assert isinstance(question, ChatRequest)
    assert [m.text for m in question.messages] == ["Tell me", "So far", "Go on"]


def test_the_context_gets_shorter_only_when_that_is_taken(
    on_a_card: Harness, engine: ScriptedEngine
) -> None:
    ui = on_a_card
    engine.answers.append([NO_MEMORY])

    ui.say("Tell me")
    offers(ui, 2)
    assert len(engine.loaded_folders) == 1
    take(ui, 1)
    ui.until(lambda: len(engine.loaded_folders) == 2)

    request = last_load(engine)
    assert (request.precision, request.wanted_device, request.context_length) == (
        None,
        None,
        2048,
    )
    assert ui.composer.text() == "Tell me", "a message without an answer comes back"


def test_enter_closes_the_dialog_and_changes_nothing(
    on_a_card: Harness, engine: ScriptedEngine
) -> None:
    """The dialog may come while a person is typing."""
    ui = on_a_card
    engine.answers.append([NO_MEMORY])
    ui.say("Tell me")
    offers(ui, 2)

    assert ui.error is not None
    QTest.keyClick(ui.error, Qt.Key.Key_Return)
    ui.app.processEvents()

    assert len(engine.loaded_folders) == 1
    assert ui.error is None


def test_a_model_that_does_not_fit_is_offered_smaller_while_the_one_before_comes_back(
    ui: Harness, engine: ScriptedEngine
) -> None:
    ui.machine = machine(bf16=True, free_gib=12.0)
    engine.loads.append([NO_MEMORY])

    ui.load(OTHER)
    texts = offers(ui, 1)
    ui.until_idle()
    assert engine.loaded_folders == [GUIDE, OTHER.path, GUIDE]
    take(ui, 0)
    ui.until(lambda: ui.window.switcher.current is OTHER)

    assert texts == ["Use 8-bit · CPU (10.4 GiB)"]
    assert ui.looks[-1] is None, "nothing of the model that failed runs"
    request = last_load(engine)
    assert (request.folder, request.precision, request.wanted_device) == (
        str(OTHER.path),
        "8bit",
        "cpu",
    )


def test_an_offer_taken_while_the_one_before_still_loads_may_fail_without_harm(
    ui: Harness, engine: ScriptedEngine
) -> None:
    ui.machine = machine(bf16=True, free_gib=12.0)
    gate = Gate()
    engine.loads += [[NO_MEMORY], [gate, READY], [NO_MEMORY]]

    ui.load(OTHER)
    offers(ui, 1)
    ui.until(gate.reached.is_set)
    take(ui, 0)
    ui.until(lambda: len(engine.loaded_folders) == 5)
    ui.until_idle()

    assert engine.loaded_folders == [GUIDE, OTHER.path, GUIDE, OTHER.path, GUIDE]
    assert ui.window.switcher.current is not None


def test_an_engine_that_the_system_killed_offers_less(
    cold: Harness, engine: ScriptedEngine
) -> None:
    cold.machine = machine(bf16=True)
    engine.loads.append([replace(READY, folder=str(GUIDE), device_name=PROCESSOR)])
    cold.start()
    engine.answers.append([TextDelta("So far"), EngineKilledError("it was killed")])

    cold.say("Tell me")

    assert offers(cold, 2) == [
        "Use 8-bit · CPU (10.4 GiB)",
        "Use a shorter context of 2,048 tokens",
    ]


def test_where_nothing_smaller_runs_nothing_is_offered(ui: Harness, engine: ScriptedEngine) -> None:
    ui.machine = machine(free_gib=1.0)
    engine.loads.append([NO_MEMORY])

    ui.load(OTHER)

    offers(ui, 0)


def test_a_lost_card_offers_the_processor(on_a_card: Harness, engine: ScriptedEngine) -> None:
    ui = on_a_card
    engine.answers += [[PromptReady(1, 0, 0), TextDelta("So far"), LOST]]

    ui.say("Tell me")
    assert offers(ui, 1) == ["Use the processor"]
    take(ui, 0)
    ui.until(lambda: len(engine.loaded_folders) == 2 and ui.window.switcher.current is not None)

    request = last_load(engine)
    assert (request.precision, request.wanted_device) == (None, "cpu")
    assert "So far" in ui.page_text


def test_other_errors_offer_nothing(ui: Harness, engine: ScriptedEngine) -> None:
    engine.loads.append([DamagedCheckpointError(Path("/m/w.bin"), "it is cut short")])

    ui.load(OTHER)
    ui.until(lambda: ui.error is not None)

    offers(ui, 0)
    assert ui.looks == []


def test_a_dialog_that_is_closed_before_the_offers_come_is_left_alone(
    on_a_card: Harness, engine: ScriptedEngine
) -> None:
    ui = on_a_card
    engine.answers.append([NO_MEMORY])
    ui.say("Tell me")
    ui.until(lambda: ui.error is not None)

    assert ui.error is not None
    ui.error.close()
    ui.until(lambda: len(ui.looks) == 1)
    ui.app.processEvents()

    assert ui.error is None


def test_the_offers_speak_chinese(on_a_card: Harness, engine: ScriptedEngine) -> None:
    ui = on_a_card
    ui.window.view.use_language("zh_CN")
    engine.answers.append([NO_MEMORY])

    ui.say("讲讲")

    assert offers(ui, 2) == [f"改用 8-bit · {CARD}（10.7 GiB）", "改用 2,048 个词元的较短上下文"]
