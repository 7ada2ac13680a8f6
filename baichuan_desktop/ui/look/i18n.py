"""The language of the window, switched while it is open."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.settings import Language

log = logging.getLogger(__name__)


def is_chinese() -> bool:
    """Whether the window speaks Chinese."""
    tag = QCoreApplication.translate("Language", "en", "translate as: zh")
    return tag == "zh"


def in_ui_language(names: Names) -> str:
    """A name in the language of the window."""
    return names.zh if is_chinese() else names.en


def system_language() -> Language:
    """The first of the system's languages that the app has."""
    for name in QLocale.system().uiLanguages():
        code = name.replace("_", "-").split("-")[0].lower()
        if code == "zh":
            return "zh_CN"
        if code == "en":
            return "en"
    return "en"


class Translations:
    """The translators that are installed now; every widget hears of a change from Qt."""

    def __init__(self, app: QCoreApplication) -> None:
        self._app = app
        self._installed: list[QTranslator] = []
        self.choice: Language = "en"

    def use(self, choice: Language) -> None:
        """Speak this language from now on."""
        self.choice = choice
        language = system_language() if choice == "system" else choice
        for translator in self._installed:
            self._app.removeTranslator(translator)
        self._installed.clear()
        if language == "zh_CN":
            qt = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
            self._install(qt / "qtbase_zh_CN.qm")
            self._install(resource("translations/baichuan_desktop_zh_CN.qm"))

    def _install(self, file: Path) -> None:
        translator = QTranslator(self._app)
        if not translator.load(str(file)):
            log.warning("The translation %s could not be loaded.", file)
            return
        self._app.installTranslator(translator)
        self._installed.append(translator)
