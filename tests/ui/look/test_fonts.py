from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QImage, QPainter, QRawFont

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.ui.look import fonts

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "baichuan_desktop" / "resources" / "fonts"


def missing(file: str, text: str) -> list[str]:
    font = QRawFont(str(resource(f"fonts/{file}")), 12.0)
    return [one for one in sorted(set(text)) if not font.supportsCharacter(ord(one))]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_shipped_hanzi_are_those_of_the_window(weight: str) -> None:
    translations = "baichuan_desktop/resources/translations/baichuan_desktop_zh_CN.ts"
    texts = [ROOT / translations, ROOT / "models_registry.yaml"]
    written = "".join(file.read_text(encoding="utf-8") for file in texts)

    hanzi = "".join(re.findall("[\u4e00-\u9fff，。？：；（）“”《》—…]", written))
    assert missing(f"NotoSansSC-{weight}.otf", hanzi + "词元显存鹳雀楼") == []


@pytest.mark.usefixtures("app")
def test_a_hanzi_that_is_rare_is_in_the_fallback() -> None:
    rare = "龘彧龑"

    assert missing("NotoSansSC-Regular.otf", rare) == sorted(rare)
    assert missing("DroidSansFallbackFull.ttf", rare) == []


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("file", ["Inter-Medium.otf", "JetBrainsMono-Regular.ttf"])
def test_latin_letters_figures_and_arrows_are_shipped(file: str) -> None:
    assert missing(file, "Aaàßőż019 ·–—“”…→≥×€!=->|") == []


@pytest.mark.parametrize(
    ("families", "files"),
    [
        (["Noto Sans CJK SC", "Noto Sans CJK TC"], 0),
        (["PingFang SC"], 0),
        (["WenQuanYi Zen Hei"], 2),  # one weight: a heading would not be bold
        ([], 3),
    ],
)
def test_hanzi_are_loaded_as_far_as_the_system_lacks_them(families: list[str], files: int) -> None:
    assert len(fonts.shipped_for_hanzi(families)) == files


@pytest.mark.usefixtures("app")
def test_there_is_a_chinese_font_once_the_shipped_ones_are_loaded() -> None:
    fonts.load_fonts()

    assert QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)


@pytest.mark.usefixtures("app")
def test_every_weight_is_a_face_of_its_own() -> None:
    fonts.load_fonts()

    assert {QFontDatabase.weight("Inter", style) for style in QFontDatabase.styles("Inter")} == {
        QFont.Weight.Normal, QFont.Weight.Medium, QFont.Weight.DemiBold,
    }  # fmt: skip
    assert ink("Hamburg", QFont.Weight.DemiBold) > 1.2 * ink("Hamburg", QFont.Weight.Normal)


@pytest.mark.usefixtures("app")
def test_hanzi_have_a_bold_of_their_own() -> None:
    fonts.load_fonts()

    assert ink("重点后面", QFont.Weight.DemiBold) > 1.2 * ink("重点后面", QFont.Weight.Normal)


def ink(text: str, weight: QFont.Weight) -> int:
    """How dark a text is: the sum of what its pixels lack to white."""
    image = QImage(400, 60, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setFont(fonts.text_font(32, weight))
    painter.drawText(4, 44, text)
    painter.end()
    return sum(255 - value for value in bytes(image.constBits()))


@pytest.mark.usefixtures("app")
def test_code_shows_what_was_written() -> None:
    """No ligature takes two characters together, and all are as wide as another."""
    fonts.load_fonts()
    image = QImage(1, 1, QImage.Format.Format_Grayscale8)
    painter = QPainter(image)
    painter.setFont(fonts.code_font(20))
    metrics = painter.fontMetrics()
    widths = {metrics.horizontalAdvance(text) for text in ("!=", "->", "il", "WM", "00")}
    painter.end()

    assert len(widths) == 1


def test_each_shipped_family_has_its_licence_beside_it() -> None:
    families = {file.name.split("-")[0] for file in FOLDER.glob("*-*.[ot]tf")}

    assert families == {"Inter", "JetBrainsMono", "NotoSansSC"}
    for family in families:
        licence = (FOLDER / f"OFL-{family}.txt").read_text(encoding="utf-8")
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence
        assert licence.startswith("Copyright")
    assert "Apache License" in (FOLDER / "NOTICE.txt").read_text(encoding="utf-8")
