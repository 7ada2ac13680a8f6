from __future__ import annotations

import pytest
from PySide6.QtGui import QFontDatabase, QRawFont

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.ui.look.fonts import ensure_chinese_font


@pytest.mark.usefixtures("app")
def test_the_shipped_font_has_the_hanzi_of_the_window() -> None:
    font = QRawFont(str(resource("fonts/DroidSansFallbackFull.ttf")), 12.0)

    assert [
        c for c in "百川向导打开模型文件夹词元鹳，。？：（）" if not font.supportsCharacter(ord(c))
    ] == []


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(("there", "loads"), [([], 1), (["Song"], 0)])
def test_the_shipped_font_is_loaded_only_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, there: list[str], loads: int
) -> None:
    loaded: list[str] = []

    def add(file: str) -> int:
        loaded.append(file)
        return 0

    monkeypatch.setattr(QFontDatabase, "families", lambda _system: there)
    monkeypatch.setattr(QFontDatabase, "addApplicationFont", add)

    assert ensure_chinese_font() is bool(loads)
    assert len(loaded) == loads


@pytest.mark.usefixtures("app")
def test_there_is_a_chinese_font_once_it_was_asked_for() -> None:
    ensure_chinese_font()

    assert QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    assert not ensure_chinese_font(), "a second one would be one too many"
