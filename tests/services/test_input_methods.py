from __future__ import annotations

import pytest

from baichuan_desktop.services.input_methods import installed_plugins, unreached

PYSIDE = {"compose", "ibus"}
X11, WAYLAND = {"DISPLAY": ":0"}, {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}


@pytest.mark.parametrize(
    ("environment", "name", "reason"),
    [
        (X11 | {"QT_IM_MODULE": "fcitx"}, "Fcitx", "plugin"),
        (X11 | {"QT_IM_MODULE": "fcitx5", "XMODIFIERS": "@im=fcitx"}, "Fcitx 5", "plugin"),
        (X11 | {"QT_IM_MODULES": "wayland5;fcitx"}, "wayland5", "plugin"),
        (X11 | {"XMODIFIERS": "@im=fcitx"}, "Fcitx", "plugin"),
        (X11 | {"GTK_IM_MODULE": "fcitx"}, "Fcitx", "plugin"),
        (X11 | {"GTK_IM_MODULE": "hime"}, "HIME", "plugin"),
        (X11 | {"GTK_IM_MODULE": "ibus", "XMODIFIERS": "@im=ibus"}, "IBus", "QT_IM_MODULE"),
        (X11 | {"XMODIFIERS": "@im=ibus", "GTK_IM_MODULE": "simple"}, "IBus", "QT_IM_MODULE"),
        (X11 | {"QT_IM_MODULE": "", "XMODIFIERS": "@im=ibus"}, "IBus", "QT_IM_MODULE"),
        (WAYLAND | {"QT_IM_MODULE": "fcitx"}, "Fcitx", "plugin"),
        (WAYLAND | {"QT_QPA_PLATFORM": "xcb", "XMODIFIERS": "@im=ibus"}, "IBus", "QT_IM_MODULE"),
    ],
)
def test_an_input_method_that_is_not_reached_is_named_with_the_reason(
    environment: dict[str, str], name: str, reason: str
) -> None:
    found = unreached(environment, PYSIDE)

    assert found is not None
    assert f"input method {name} does not reach this window" in str(found.sentence)
    assert reason in str(found.sentence)
    assert "QT_IM_MODULE=ibus" in str(found.hint)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        X11,
        X11 | {"QT_IM_MODULE": "ibus", "GTK_IM_MODULE": "ibus", "XMODIFIERS": "@im=ibus"},
        X11 | {"QT_IM_MODULE": "IBus"},
        X11 | {"QT_IM_MODULES": "fcitx;ibus"},
        X11 | {"QT_IM_MODULE": "compose"},
        X11 | {"QT_IM_MODULE": "simple", "XMODIFIERS": "@im=none"},
        X11 | {"XMODIFIERS": "@im=none", "GTK_IM_MODULE": ""},
        X11 | {"XMODIFIERS": "nonsense"},
        WAYLAND | {"XMODIFIERS": "@im=fcitx"},
        WAYLAND | {"GTK_IM_MODULE": "ibus", "QT_QPA_PLATFORM": "wayland"},
    ],
)
def test_what_is_reached_or_is_not_there_is_not_spoken_of(environment: dict[str, str]) -> None:
    assert unreached(environment, PYSIDE) is None


def test_a_plugin_that_somebody_added_is_seen() -> None:
    assert unreached(X11 | {"QT_IM_MODULE": "fcitx"}, PYSIDE | {"fcitx"}) is None


def test_a_system_whose_qt_needs_no_plugins_lacks_none() -> None:
    assert unreached({"QT_IM_MODULE": "fcitx"}, frozenset()) is None


def test_the_plugins_of_the_installed_qt_are_found_by_their_names() -> None:
    assert installed_plugins() == frozenset() or installed_plugins() >= PYSIDE
