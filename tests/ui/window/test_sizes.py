"""Nothing is clipped: at the sizes of screens, at each zoom, in both languages."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.clipping import clipped, clipped_now
from tests.helpers.library import a_library
from tests.ui.harness import BASE, Harness, ScriptedEngine, answer

SIZES = [(960, 600), (1280, 800), (1920, 1080), (3840, 2160)]
#: By the zoom of the window; then as a screen that shows everything larger leaves room.
ROOMS = [(QSize(*size), zoom) for zoom in (1.0, 1.5, 2.0) for size in SIZES] + [
    (QSize(*size) / scale, 1.0) for scale in (1.5, 2.0) for size in SIZES[:2]
]
LONG = "能不能请您把这一段比较长的话翻译成英文，并说明每一处改动的理由？ Would you, please? " * 3
REMARK = "Your choices cannot be kept: Not a directory"


def found(ui: Harness, what: str) -> list[str]:
    """What is clipped in any of the sizes."""
    lines = []
    for size, zoom in ROOMS:
        ui.theme.set_zoom(zoom)
        ui.window.resize(size)
        lines += [f"{what} {size.toTuple()} at {zoom}: {line}" for line in clipped(ui.window)]
        assert ui.window.size() == size, f"the window needs {ui.window.size().toTuple()}"
    return lines


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_empty_page_is_seen_whole(ui: Harness, language: Language) -> None:
    ui.window.view.use_language(language)

    assert found(ui, "guide") == []
    ui.load(BASE)
    ui.until_idle()
    assert found(ui, "base model") == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_conversation_with_all_that_can_be_said_beside_it_is_seen_whole(
    ui: Harness, engine: ScriptedEngine, language: Language
) -> None:
    engine.answers.append(answer(LONG))
    ui.ask(LONG)
    ui.window.view.use_language(language)
    ui.window.remarks.engine_notice.show_silent(120)
    ui.window.top_bar.show_serving("Serving at port 65535", "")
    ui.window.status.notice(lambda: REMARK)
    ui.window.status.show_job(lambda: "Measuring speed: 37 % · 1 waiting")
    ui.composer.set_text(LONG)

    assert found(ui, "chat") == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_settings_panel_is_seen_whole(ui: Harness, language: Language) -> None:
    ui.window.view.use_language(language)
    for size, zoom in ROOMS:
        ui.theme.set_zoom(zoom)
        ui.window.resize(size)
        if not ui.window.panel.isVisible():
            ui.window.menus.panel.trigger()
        assert clipped(ui.window) == []
        assert ui.window.panel.isVisible()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_list_of_conversations_is_seen_whole(
    ui: Harness, engine: ScriptedEngine, language: Language
) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask(LONG)
    ui.window.view.use_language(language)
    for size, zoom in ROOMS:
        ui.theme.set_zoom(zoom)
        ui.window.resize(size)
        if not ui.window.sidebar.isVisible():
            ui.window.menus.sidebar.trigger()
        assert clipped(ui.window) == []
        assert ui.window.sidebar.isVisible()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_page_of_jobs_is_seen_whole(ui: Harness, language: Language) -> None:
    ui.window.view.use_language(language)
    ui.window.menus.jobs_page.trigger()

    assert found(ui, "jobs") == []


def test_what_is_clipped_is_found(ui: Harness, theme: Theme) -> None:
    """The test of the tests: a label too narrow, and a button pushed out of its bar."""
    bar = ui.window.top_bar
    bar.precision.setFixedWidth(5)
    bar.menu.move(bar.width() - 3, 0)

    lines = "\n".join(clipped_now(ui.window))

    assert "bf16” needs" in lines
    assert "reaches beyond its parent" in lines
    assert theme.zoom == 1.0


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_page_of_models_is_seen_whole(ui: Harness, language: Language) -> None:
    ui.window.view.use_language(language)
    ui.window.menus.models_page.trigger()
    page, looked = ui.window.window_library.page, a_library()
    page.set_models([model for model, _ in looked], ui.store.variants)
    page.set_states([(model, seen) for model, seen in looked if seen is not None])

    assert found(ui, "models") == []
    for size, zoom in ROOMS:
        ui.theme.set_zoom(zoom)
        ui.window.resize(size)
        page.open_details()
        assert page.details.isVisible()
        assert clipped(ui.window) == []
        page.close_details()
