"""A Chinese font ships with the app, and is loaded where the system has none."""

from __future__ import annotations

import logging

from PySide6.QtGui import QFontDatabase

from baichuan_desktop.services.app_paths import resource

log = logging.getLogger(__name__)

_SHIPPED = "fonts/DroidSansFallbackFull.ttf"


def ensure_chinese_font() -> bool:
    """Load the shipped font if the system has no Chinese one; whether it was loaded."""
    if QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese):
        return False
    if QFontDatabase.addApplicationFont(str(resource(_SHIPPED))) < 0:
        log.warning("The shipped Chinese font could not be loaded.")
        return False
    return True
