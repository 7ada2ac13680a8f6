"""Whether the window gets what an input method writes: some are not reached by the Qt of the app.

Input methods of Linux are reached through a plugin of Qt for each, which an environment variable
names. The Qt that is installed with the app has one for IBus and none for Fcitx.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from backends.phrases import Phrase

_NAMES = {"ibus": "IBus", "fcitx": "Fcitx", "fcitx5": "Fcitx 5", "uim": "uim", "hime": "HIME"}
_NONE = frozenset({"", "none", "simple", "compose", "wayland", "xim"})  # and dead keys, which work
_SUFFIX = "platforminputcontextplugin.so"


@dataclass(frozen=True, slots=True)
class Unreached:
    """An input method that the desktop has, and whose text does not come to the window."""

    sentence: Phrase
    hint: Phrase


def unreached(environment: Mapping[str, str], plugins: AbstractSet[str]) -> Unreached | None:
    """What is missing; None where the input method is reached, or there is none.

    `plugins` are the names under which the Qt at hand reaches input methods.
    """
    if not plugins:  # a system that needs none
        return None
    listed = environment.get("QT_IM_MODULES") or environment.get("QT_IM_MODULE") or ""
    asked = [name for name in listed.strip().lower().split(";") if name]
    if asked:
        if any(name in plugins or name in _NONE for name in asked):
            return None
        return _without_plugin(asked[0])
    if environment.get("WAYLAND_DISPLAY") and environment.get("QT_QPA_PLATFORM", "wayland") in (
        "wayland",
        "wayland-egl",
    ):
        return None  # the desktop itself hands the text on
    wanted = _of_other_programs(environment)
    if wanted in _NONE:
        return None
    return _not_named(wanted) if wanted in plugins else _without_plugin(wanted)


def _of_other_programs(environment: Mapping[str, str]) -> str:
    """The input method that other programs of the desktop use; "" if none is told."""
    _, _, of_x = environment.get("XMODIFIERS", "").lower().partition("@im=")
    of_gtk = environment.get("GTK_IM_MODULE", "").strip().lower()
    return of_x.strip() if of_gtk in _NONE else of_gtk


def _without_plugin(name: str) -> Unreached:
    hint = (
        Phrase(
            "Start the app with QT_IM_MODULE=ibus in its environment: Fcitx 5 answers to that name "
            "too."
        )
        if name.startswith("fcitx")
        else Phrase("Use IBus or Fcitx 5, and start the app with QT_IM_MODULE=ibus.")
    )
    return Unreached(
        Phrase(
            "What you write with the input method {name} does not reach this window: the Qt of "
            "this app has no plugin for it.",
            name=_NAMES.get(name, name),
        ),
        hint,
    )


def _not_named(name: str) -> Unreached:
    return Unreached(
        Phrase(
            "What you write with the input method {name} does not reach this window: the variable "
            "QT_IM_MODULE is not set.",
            name=_NAMES.get(name, name),
        ),
        Phrase("Start the app with QT_IM_MODULE={value} in its environment.", value=name),
    )


def installed_plugins() -> frozenset[str]:
    """The names under which the Qt that is installed reaches input methods; none where it is not.

    Qt is not loaded for that.
    """
    found = importlib.util.find_spec("PySide6")
    folders = list(found.submodule_search_locations or ()) if found is not None else []
    return frozenset(
        file.name.removeprefix("lib").removesuffix(_SUFFIX)
        for folder in folders
        for file in Path(folder, "Qt", "plugins", "platforminputcontexts").glob(f"lib*{_SUFFIX}")
    )
