"""The app's own icons: line drawings in whatever colour the theme asks for."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from baichuan_desktop.services.app_paths import resource

_SCALES = (1.0, 2.0, 3.0)  # a screen's pixels per point


def app_icon() -> QIcon:
    """The icon of the app."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        icon.addPixmap(_drawn("baichuan-desktop", size, 1.0, None))
    return icon


def line_icon(
    name: str, colour: QColor, *, disabled: QColor | None = None, size: int = 20
) -> QIcon:
    """A line drawing of `resources/icons`, in `colour`, sharp on every screen."""
    icon = QIcon()
    for scale in _SCALES:
        icon.addPixmap(_drawn(name, size, scale, colour))
        if disabled is not None:
            icon.addPixmap(_drawn(name, size, scale, disabled), QIcon.Mode.Disabled)
    return icon


def line_pixmap(name: str, colour: QColor, size: int, scale: float) -> QPixmap:
    """One drawing for a label or a painter."""
    return _drawn(name, size, scale, colour)


def _drawn(name: str, size: int, scale: float, colour: QColor | None) -> QPixmap:
    """A drawing, kept by Qt: the same buttons stand under every message."""
    key = f"{name} {size} {scale} {colour.name() if colour is not None else ''}"
    kept = QPixmap()
    if not QPixmapCache.find(key, kept):
        kept = _draw(name, size, scale, colour)
        QPixmapCache.insert(key, kept)
    return kept


def _draw(name: str, size: int, scale: float, colour: QColor | None) -> QPixmap:
    source = resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    if colour is not None:
        source = source.replace("currentColor", colour.name())
    pixmap = QPixmap(round(size * scale), round(size * scale))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
