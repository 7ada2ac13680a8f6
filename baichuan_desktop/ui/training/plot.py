"""The curve of a training as a picture in a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QPainter

from backends.training.curve import Curve
from baichuan_desktop.services.atomic_file import replace_bytes
from baichuan_desktop.ui.look.colours import LIGHT
from baichuan_desktop.ui.look.fonts import load_fonts, text_font
from baichuan_desktop.ui.training.curves.painting import Look, Words, paint
from baichuan_desktop.ui.training.curves.thinned import ThinnedCurve

_WIDTH, _HEIGHT, _MARGIN, _TEXT, _SCALE = 1440, 900, 40, 22, 2.0  # pixels

#: In English: a picture goes to others, and into papers.
_WORDS = Words(
    loss="Loss",
    evaluation="Loss of evaluation",
    rate="Learning rate",
    step="Step",
    nothing="No step was computed",
)


def write_plot(curve: Curve, file: Path) -> None:
    """Draw loss, evaluations and learning rate by step into a PNG; what lies there is replaced.

    Needs no screen: where no application of Qt runs yet, one without a display is made meanwhile.
    Raises OSError.
    """
    made = None
    if QGuiApplication.instance() is None:
        made = QGuiApplication(["baichuan-desktop", "-platform", "offscreen"])
        load_fonts.__wrapped__()  # those of an application before are gone with it
    replace_bytes(file, _png(curve))
    if made is not None:
        made.shutdown()


def _png(curve: Curve) -> bytes:
    image = QImage(_WIDTH, _HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.page))
    painter = QPainter(image)
    area = QRectF(image.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
    painter.translate(area.topLeft())
    area.moveTo(0, 0)
    look = Look(LIGHT, text_font(_TEXT), _SCALE)
    paint(painter, area, ThinnedCurve.of(curve), _WORDS, look)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, QByteArray(b"PNG")).write(image):
        raise OSError("Qt wrote no PNG")
    return bytes(data.data())
