"""A card that does not work, in an engine process that really ends: what a person sees and does."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.precision import DeviceKind
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines import process
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import Patience
from tests.helpers import goldens
from tests.helpers.engine_with_card import NAME, WHILE_LOADING
from tests.helpers.machines import card, machine
from tests.ui.harness import Harness

ENGINE = [sys.executable, "-m", "tests.helpers.engine_with_card"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the engine ends as on POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = goldens.ROOT / "checkpoints" / "b2-7b" / "safetensors"
    shutil.copytree(source, tmp_path / "models" / "百川 7B")
    return tmp_path / "models" / "百川 7B"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineClient]:
    monkeypatch.setattr(process, "_command", lambda: ENGINE)
    client = EngineClient(app_paths().engine_log, patience=Patience(stop=60))
    yield client
    client.close()


@pytest.fixture
def window(make_window: Callable[[EnginePort], Harness], client: EngineClient) -> Harness:
    """A window on a machine with a card, in which nothing is loaded yet."""
    ui = make_window(client)
    ui.machine = machine(card(12, name=NAME), free_gib=8.0)
    return ui


@pytest.fixture
def ui(window: Harness, folder: Path) -> Harness:
    """The same with a model that runs on the card."""
    window.window.library.load_first(str(folder))
    window.until_idle()
    window.window.panel.max_new_tokens.setValue(12)
    window.window.panel.greedy.setChecked(True)
    assert window.window.switcher.running is not None
    assert window.window.switcher.running.device_kind is DeviceKind.CUDA
    return window


def fails(ui: Harness, text: str) -> str:
    """The sentence that a person sees when a message with this text was sent."""
    ui.say(text)
    ui.until(lambda: ui.error is not None and ui.error.isVisible())
    assert ui.error is not None
    return ui.error.message.text()


def use_the_processor(ui: Harness) -> None:
    """Click on what the error offers first, and wait until the model runs there."""
    assert ui.error is not None
    (offer,) = [one for one in ui.error.offers if one.text() == "Use the processor"]
    QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    ui.until_idle()
    running = ui.window.switcher.running
    assert running is not None
    assert running.device_kind is DeviceKind.CPU


SENTENCES = {
    "the card is lost": f"{NAME} stopped working: CUDA error: unspecified launch failure.",
    "bitsandbytes ends": (
        "The engine that runs the model stopped: a library ended it after an error of "
        f"{NAME} (an illegal memory access was encountered)."
    ),
}


@pytest.mark.parametrize("what", SENTENCES)
def test_after_a_lost_card_use_the_processor_answers_in_a_fresh_engine(
    what: str, ui: Harness, client: EngineClient
) -> None:
    assert client.pid is not None
    engine = psutil.Process(client.pid)

    assert fails(ui, what) == SENTENCES[what]
    ui.until(lambda: not engine.is_running())
    use_the_processor(ui)
    ui.ask("And now?")

    assert ui.error is None
    assert client.pid not in (None, engine.pid)
    assert "\n12 tokens · " in ui.page_text
    assert what in ui.page_text, "what was said stays"


def test_after_a_lost_card_the_next_message_starts_a_fresh_engine_on_the_card(
    ui: Harness, client: EngineClient
) -> None:
    """A driver that was reset works again, but in no process that had the card before."""
    assert client.pid is not None
    engine = psutil.Process(client.pid)
    fails(ui, "the card is lost")
    ui.until(lambda: not engine.is_running())
    assert ui.error is not None
    QTest.keyClick(ui.error, Qt.Key.Key_Escape)
    ui.until_idle()

    ui.ask("And now?")

    assert ui.error is None
    assert client.pid not in (None, engine.pid)
    assert "\n12 tokens · " in ui.page_text
    assert ui.window.switcher.running is not None
    assert ui.window.switcher.running.device_kind is DeviceKind.CUDA


def test_bitsandbytes_without_memory_offers_less_and_names_the_card(ui: Harness) -> None:
    assert fails(ui, "bitsandbytes has no memory") == (
        f"The engine that runs the model stopped: the memory of {NAME} ran out, and a library "
        "ended it."
    )
    assert ui.error is not None
    assert "Use the processor" not in [offer.text() for offer in ui.error.offers]


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("bitsandbytes ends", SENTENCES["bitsandbytes ends"]),
        (
            "the driver is too old",
            (
                "The NVIDIA driver of this machine is too old for the installed PyTorch "
                f"{torch.__version__}: it runs CUDA 11.4 at most."
            ),
        ),
    ],
)
def test_a_card_that_fails_while_a_model_is_loaded_offers_the_processor(
    what: str,
    sentence: str,
    window: Harness,
    folder: Path,
    client: EngineClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ui = window
    monkeypatch.setenv(WHILE_LOADING, what)

    ui.window.library.load_first(str(folder))
    ui.until(lambda: ui.error is not None and ui.error.isVisible())

    assert ui.error is not None
    assert ui.error.message.text() == sentence
    assert client.pid is None, "what was loaded is free before anything is offered"
    use_the_processor(ui)
    ui.ask("And now?")
    assert ui.error is None
    assert "\n" in ui.page_text
