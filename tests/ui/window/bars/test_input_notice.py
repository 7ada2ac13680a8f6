from __future__ import annotations

from collections.abc import Callable

import pytest

from baichuan_desktop.services import input_methods
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.ui.window.bars import input_notice
from tests.ui.harness import Harness, ScriptedEngine

MakeWindow = Callable[[EnginePort], Harness]


@pytest.fixture(autouse=True)
def _pyside_on_x11(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_notice, "installed_plugins", lambda: frozenset({"compose", "ibus"}))
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_who_writes_with_fcitx_is_told_once_what_to_do(
    make_window: MakeWindow, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_IM_MODULE", "fcitx")
    ui = make_window(engine)
    notice = ui.window.input_notice

    assert notice.isVisible()
    assert "input method Fcitx does not reach this window" in notice.label.text()
    assert "QT_IM_MODULE=ibus" in notice.label.text()
    ui.window.view.use_language("zh_CN")
    ui.app.processEvents()
    assert "Fcitx" in notice.label.text()

    notice.button.click()
    assert not notice.isVisible()
    assert not make_window(ScriptedEngine()).window.input_notice.isVisible()


def test_who_closes_the_window_without_reading_it_is_told_again(
    make_window: MakeWindow, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMODIFIERS", "@im=fcitx")
    make_window(engine).window.close()

    assert make_window(ScriptedEngine()).window.input_notice.isVisible()


def test_nobody_else_is_told_anything(cold: Harness) -> None:
    assert not cold.window.input_notice.isVisible()
    assert input_methods.unreached({}, {"ibus"}) is None
