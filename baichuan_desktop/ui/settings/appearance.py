"""The settings of how the window looks and which language it speaks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.settings import USUAL_READING, SettingsFile
from baichuan_desktop.ui.look.theme import ZOOMS, Theme
from baichuan_desktop.ui.settings.controls import Choice
from baichuan_desktop.ui.settings.row import Setting
from baichuan_desktop.ui.settings.values import QT_TRANSLATE_NOOP, Section, View, Words

_READING_SIZES = (12, 13, 14, 15, 16, 17, 18, 20, 22, 24, 28)  # pixels

LANGUAGE = Words(
    QT_TRANSLATE_NOOP("Settings", "Language"),
    QT_TRANSLATE_NOOP("Settings", "Of the window. What models write is theirs."),
    "Chinese English 中文 英文 语言 界面 locale translation",
)
THEME = Words(
    QT_TRANSLATE_NOOP("Settings", "Theme"),
    QT_TRANSLATE_NOOP("Settings", "Light or dark, or as the system is."),
    "colour color dark mode night black white appearance 深色 浅色 夜间 黑暗 颜色 外观 皮肤",
)
ZOOM = Words(
    QT_TRANSLATE_NOOP("Settings", "Size of everything"),
    QT_TRANSLATE_NOOP("Settings", "Letters, buttons and spaces of the whole window."),
    "zoom scale font text larger smaller bigger accessibility 缩放 放大 缩小 字体 字号 大小",
)
READING = Words(
    QT_TRANSLATE_NOOP("Settings", "Size of messages"),
    QT_TRANSLATE_NOOP("Settings", "The text that you write and read, before the size above."),
    "font reading text letters larger bigger 字体 字号 阅读 正文 大小 放大",
)


def appearance(view: View, settings: SettingsFile, theme: Theme) -> Sequence[Setting]:
    """The settings, in their order; `view` shows each change at once and keeps it."""
    translate = QCoreApplication.translate

    def languages() -> Sequence[tuple[object, str]]:
        return (
            ("system", translate("Settings", "As the system")),
            ("en", "English"),
            ("zh_CN", "中文"),
        )

    def themes() -> Sequence[tuple[object, str]]:
        return (
            ("system", translate("Settings", "As the system")),
            ("light", translate("Settings", "Light")),
            ("dark", translate("Settings", "Dark")),
        )

    def zooms() -> Sequence[tuple[object, str]]:
        return [(zoom, _percent(zoom)) for zoom in ZOOMS]

    def sizes() -> Sequence[tuple[object, str]]:
        return [(size, _pixels(size)) for size in _READING_SIZES]

    now = settings
    language = Choice(theme, languages, lambda: view.language, view.use_language, "system")
    looks = Choice(theme, themes, lambda: view.theme, view.use_theme, "system")
    zoom = Choice(theme, zooms, lambda: now.current.zoom, view.use_zoom, 1.0, other=_percent)
    reading = Choice(
        theme,
        sizes,
        lambda: now.current.reading_size,
        view.use_reading_size,
        USUAL_READING,
        other=_pixels,
    )
    return (
        Setting("language", Section.LOOK, LANGUAGE, language),
        Setting("theme", Section.LOOK, THEME, looks),
        Setting("zoom", Section.LOOK, ZOOM, zoom),
        Setting("reading", Section.LOOK, READING, reading),
    )


def _percent(zoom: object) -> str:
    assert isinstance(zoom, float)
    text = QCoreApplication.translate("Settings", "{percent} %")
    return text.format(percent=round(100 * zoom))


def _pixels(size: object) -> str:
    return QCoreApplication.translate("Settings", "{count} pixels").format(count=size)
