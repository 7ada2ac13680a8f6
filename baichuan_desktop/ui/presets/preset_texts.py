"""How presets are called in the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.presets.values import Preset, PresetLanguage
from baichuan_desktop.ui.look.i18n import is_chinese


def language() -> PresetLanguage:
    """In which language the app's own presets are shown and used."""
    return "zh_CN" if is_chinese() else "en"


def name(preset: Preset | None) -> str:
    """The name of what is chosen; None: no preset."""
    return QCoreApplication.translate("Presets", "No preset") if preset is None else preset.name


def summary(preset: Preset) -> str:
    """A line that says what it does."""
    if preset.summary:
        return preset.summary
    if preset.sampling:
        return QCoreApplication.translate("Presets", "Sampling only")
    return QCoreApplication.translate("Presets", "Changes nothing yet")
