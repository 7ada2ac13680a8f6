"""What of the window is remembered, without the window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.look.colours import DARK
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.view_settings import ViewSettings

SCREEN = QSize(1920, 1080)


@pytest.fixture
def settings() -> SettingsFile:
    return SettingsFile(app_paths().settings)


@pytest.fixture
def view(app: QApplication, settings: SettingsFile, theme: Theme) -> Iterator[ViewSettings]:
    translations = Translations(app)
    yield ViewSettings(settings, translations, theme)
    translations.use("en")


@pytest.mark.parametrize(
    ("remembered", "opens_with"),
    [
        (None, QSize(1280, 820)),
        ((800, 600), QSize(800, 600)),
        ((3840, 2160), SCREEN),
        ((3000, 700), QSize(1920, 700)),
    ],
)
def test_the_window_is_as_large_as_it_was_but_no_larger_than_the_screen(
    view: ViewSettings,
    settings: SettingsFile,
    remembered: tuple[int, int] | None,
    opens_with: QSize,
) -> None:
    settings.change(window_size=remembered)

    assert view.size_for(SCREEN) == opens_with


def test_the_size_of_a_window_is_kept_and_that_of_one_that_fills_the_screen_is_not(
    view: ViewSettings, settings: SettingsFile
) -> None:
    window = QWidget()
    window.resize(700, 500)
    view.keep_size(window)
    window.showFullScreen()
    view.keep_size(window)
    window.showMaximized()
    view.keep_size(window)
    window.close()

    assert settings.current.window_size == (700, 500)


def test_the_panel_is_shown_as_it_was_and_a_change_is_kept(
    view: ViewSettings, settings: SettingsFile
) -> None:
    shown: list[bool] = []
    view.panel_shown.connect(shown.append)

    view.restore()
    assert not app_paths().settings.exists(), "nothing was chosen"
    view.show_panel(True)
    view.restore()

    assert shown == [False, True, True]
    assert SettingsFile(app_paths().settings).current.show_panel


def test_a_language_that_is_chosen_is_spoken_and_kept(
    view: ViewSettings, app: QApplication, settings: SettingsFile
) -> None:
    english = QApplication.translate("Menus", "&Quit")

    view.use_language("zh_CN")

    assert QApplication.translate("Menus", "&Quit") != english
    assert view.language == "zh_CN"
    assert SettingsFile(app_paths().settings).current.language == "zh_CN"


def test_the_list_of_conversations_is_shown_until_it_is_hidden_and_that_is_kept(
    view: ViewSettings, settings: SettingsFile
) -> None:
    shown: list[bool] = []
    view.sidebar_shown.connect(shown.append)

    view.restore()
    view.show_sidebar(False)
    view.restore()

    assert shown == [True, False, False]
    assert not SettingsFile(app_paths().settings).current.sidebar_shown


def test_theme_and_zoom_are_kept_and_come_back(view: ViewSettings, theme: Theme) -> None:
    view.use_theme("dark")
    view.zoom_in()
    view.zoom_in()
    theme.use("light")
    theme.set_zoom(1.0)

    view.restore()

    assert theme.colours is DARK
    assert theme.zoom == 1.25
    kept = SettingsFile(app_paths().settings).current
    assert (kept.theme, kept.zoom) == ("dark", 1.25)


def test_zoom_goes_by_steps_to_its_ends_and_back(view: ViewSettings, theme: Theme) -> None:
    heard: list[float] = []
    view.zoom_changed.connect(heard.append)

    for _ in range(20):
        view.zoom_out()
    assert theme.zoom == heard[-1] == 0.5
    for _ in range(20):
        view.zoom_in()
    assert theme.zoom == heard[-1] == 3.0
    view.zoom_reset()
    assert theme.zoom == heard[-1] == 1.0


def test_a_zoom_between_two_steps_goes_to_the_next_one(view: ViewSettings, theme: Theme) -> None:
    theme.set_zoom(1.3)
    view.zoom_in()
    assert theme.zoom == 1.5
    theme.set_zoom(1.3)
    view.zoom_out()
    assert theme.zoom == 1.25
