from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool

from backends.errors import (
    DamagedCheckpointError,
    InsufficientMemoryError,
    InvalidRequestError,
    UserFacingError,
)
from backends.machine.hardware import Machine
from backends.precision import DeviceKind
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.settings import Language
from tests.helpers.machines import LIBRARIES, PYTHON, card, machine
from tests.ui.harness import READY, Harness, ScriptedEngine

MakeWindow = Callable[[EnginePort], Harness]

#: As PyPI serves torch for Windows.
CPU_BUILD = machine(card(12), torch_cuda=None, libraries=LIBRARIES | {"torch": "2.13.0"})
OLD_DRIVER = machine(replace(card(12), driver="550.90.07"))


def shown(make_window: MakeWindow, facts: Machine, engine: ScriptedEngine | None = None) -> Harness:
    """A window on such a machine, after a model was loaded and everything was looked at."""
    ui = make_window(engine or ScriptedEngine())
    ui.machine = facts
    ui.start()
    QThreadPool.globalInstance().waitForDone()
    ui.app.processEvents()
    return ui


def test_a_card_that_is_not_used_is_told_once_with_what_to_install(
    make_window: MakeWindow,
) -> None:
    ui = shown(make_window, CPU_BUILD)
    notice = ui.window.card_notice

    assert notice.isVisible()
    text = notice.label.text()
    assert "NVIDIA GeForce RTX 3060 cannot be used: torch is installed without CUDA." in text
    assert f'{PYTHON} -m pip install "torch==2.13.0+cu130" --index-url https://download' in text
    assert ui.error is None
    ui.window.view.use_language("zh_CN")
    ui.app.processEvents()
    assert "torch==2.13.0+cu130" in notice.label.text()
    assert notice.label.text() != text

    notice.button.click()

    assert not notice.isVisible()
    assert not shown(make_window, CPU_BUILD).window.card_notice.isVisible()


def test_who_closes_the_window_without_reading_it_is_told_again(make_window: MakeWindow) -> None:
    shown(make_window, CPU_BUILD).window.close()

    assert shown(make_window, CPU_BUILD).window.card_notice.isVisible()


def test_another_reason_is_told_after_the_first_was_read(make_window: MakeWindow) -> None:
    """The person installed the other torch, whose driver is too old now."""
    shown(make_window, CPU_BUILD).window.card_notice.button.click()

    notice = shown(make_window, OLD_DRIVER).window.card_notice

    assert notice.isVisible()
    assert "Install NVIDIA's driver 580 or newer." in notice.label.text()


@pytest.mark.parametrize("facts", [machine(), machine(card(12)), machine(torch_cuda=None)])
def test_where_there_is_nothing_to_install_nobody_is_told(
    facts: Machine, make_window: MakeWindow
) -> None:
    assert not shown(make_window, facts).window.card_notice.isVisible()


def test_a_model_on_a_card_needs_no_remark(make_window: MakeWindow) -> None:
    """An export runs on the card, by another library than torch."""
    engine = ScriptedEngine()
    engine.loads = [[replace(READY, device_kind=DeviceKind.CUDA)]]

    assert not shown(make_window, CPU_BUILD, engine).window.card_notice.isVisible()


def test_nothing_is_looked_at_before_a_model_is_loaded(cold: Harness) -> None:
    cold.machine = CPU_BUILD
    cold.app.processEvents()

    assert not cold.window.card_notice.isVisible()


def failed(make_window: MakeWindow, facts: Machine, error: UserFacingError) -> Harness:
    """A window on such a machine, after no model could be loaded."""
    engine = ScriptedEngine()
    engine.loads = [[error]]
    ui = make_window(engine)
    ui.machine = facts
    lost: list[bool] = []
    ui.window.switcher.lost.connect(lambda: lost.append(True))
    ui.window.library.load_first(None)
    ui.until(lambda: bool(lost))
    QThreadPool.globalInstance().waitForDone()
    ui.app.processEvents()
    return ui


NO_ROOM = InsufficientMemoryError(
    device="the processor", needed_bytes=15 * 2**30, free_bytes=8 * 2**30
)


@pytest.mark.parametrize("facts", [CPU_BUILD, OLD_DRIVER])
def test_a_model_without_room_on_the_processor_has_the_card_told_of_once(
    facts: Machine, make_window: MakeWindow
) -> None:
    ui = failed(make_window, facts, NO_ROOM)
    notice = ui.window.card_notice

    assert notice.isVisible()
    assert "NVIDIA GeForce RTX 3060" in notice.label.text()

    notice.button.click()
    ui.start()
    QThreadPool.globalInstance().waitForDone()
    ui.app.processEvents()
    assert not notice.isVisible()


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        (machine(card(12)), NO_ROOM),
        (machine(), NO_ROOM),
        (CPU_BUILD, DamagedCheckpointError(Path("model.safetensors"), "it is cut short")),
        (CPU_BUILD, InvalidRequestError("No such context length.")),
    ],
)
def test_a_failure_that_no_card_would_mend_says_nothing_of_cards(
    facts: Machine, error: UserFacingError, make_window: MakeWindow
) -> None:
    assert not failed(make_window, facts, error).window.card_notice.isVisible()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_command_stands_in_a_line_of_its_own(
    language: Language, make_window: MakeWindow
) -> None:
    ui = shown(make_window, CPU_BUILD)
    ui.window.view.use_language(language)
    ui.app.processEvents()

    first, command = ui.window.card_notice.label.text().split("\n")

    assert "NVIDIA GeForce RTX 3060" in first
    assert command.startswith(f'{PYTHON} -m pip install "torch==2.13.0+cu130" --index-url https://')
