from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.shortcuts.sheet import ShortcutSheet
from baichuan_desktop.ui.shortcuts.table import SHORTCUTS, Command


@pytest.fixture
def window(theme: Theme) -> Iterator[QWidget]:
    shown = QWidget()
    shown.resize(960, 600)
    shown.show()
    yield shown
    shown.close()


def labels(sheet: ShortcutSheet) -> list[str]:
    return [label.text() for label in sheet.findChildren(QLabel)]


def test_it_lists_what_is_connected_and_nothing_else(window: QWidget) -> None:
    sheet = ShortcutSheet({Command.FIND, Command.STOP}, window)

    written = QKeySequence("Ctrl+F").toString(QKeySequence.SequenceFormat.NativeText)
    assert labels(sheet) == [
        "Reading",
        "Close what is open over the conversation, else stop the answer", "Esc",
        "Find in the conversation", written,
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_whole_table_fits_into_a_small_window(
    app: QApplication, window: QWidget, language: str
) -> None:
    translations = Translations(app)
    translations.use("zh_CN" if language == "zh_CN" else "en")
    try:
        sheet = ShortcutSheet(set(Command), window)
        sheet.show()
        app.processEvents()
        clipped = [
            label.text()
            for label in sheet.findChildren(QLabel)
            if label.width() < label.sizeHint().width()
        ]

        assert len(labels(sheet)) == 2 * len(SHORTCUTS) + 4
        assert clipped == []
        assert sheet.width() <= window.width()
        assert sheet.height() <= window.height()
        sheet.close()
    finally:
        translations.use("en")
