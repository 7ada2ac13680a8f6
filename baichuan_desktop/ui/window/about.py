"""What the app is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop import __version__
from baichuan_desktop.services.admission.told import in_force
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import app_icon
from baichuan_desktop.ui.look.labels import plain_label

_WIDTH = 480  # pixels


class AboutDialog(QDialog):
    """Names the version and the licences, and says that nothing leaves the machine."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Baichuan Desktop"))
        texts = (
            self.tr(
                "Runs the open Baichuan language models on your own machine. It opens no network "
                "connection unless you serve other programs: no account, no telemetry, no updates "
                "by itself."
            ),
            self.tr("The app is free software under the Apache License 2.0."),
            self.tr(
                "It uses Qt and PySide6 (LGPL 3), PyTorch (BSD 3), SentencePiece (Apache 2.0), "
                "PDFium and pypdfium2 (Apache 2.0, BSD 3), openpyxl (MIT), Starlette and uvicorn "
                "(BSD 3), llguidance (MIT), the fonts Inter, JetBrains Mono and Noto Sans SC "
                "(OFL 1.1) and Droid Sans Fallback (Apache 2.0). The weights of a model come under "
                "a licence of their own: see Model licence in the menu."
            ),
            self.tr("It is not a product of Baichuan Inc."),
            error_texts.sentence(in_force()),
        )
        _lay_out(self, "Baichuan Desktop", self.tr("Version {v}").format(v=__version__), texts)


def _lay_out(dialog: QDialog, heading: str, subtitle: str, texts: tuple[str, ...]) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    icon = QLabel()
    icon.setPixmap(app_icon().pixmap(QSize(56, 56)))
    title = _label(heading)
    title.setObjectName("dialogHeading")
    below = _label(subtitle)
    below.setObjectName("muted")
    below.setVisible(bool(subtitle))
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(title)
    column.addWidget(below)
    column.addSpacing(8)
    for text in texts:
        column.addWidget(_label(text))
        column.addSpacing(6)
    row = QHBoxLayout()
    row.setSpacing(18)
    row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(column)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    outer = QVBoxLayout(dialog)
    outer.setContentsMargins(24, 24, 24, 18)
    outer.setSpacing(14)
    outer.addLayout(row)
    outer.addWidget(buttons)


def _label(text: str) -> QLabel:
    label = plain_label(text, wraps=True)
    label.setFixedWidth(_WIDTH)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
