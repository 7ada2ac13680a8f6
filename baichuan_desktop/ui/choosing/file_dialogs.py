"""The dialogs in which a person chooses a folder or a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from baichuan_desktop.ui.choosing import portal


def choose_folder(parent: QWidget, title: str, begin: str = "") -> Path | None:
    """A folder; None if the person chose none."""
    options = QFileDialog.Option.ShowDirsOnly | _which_dialog()
    name = QFileDialog.getExistingDirectory(parent, title, begin, options)
    return Path(name) if name else None


def choose_file(parent: QWidget, title: str, kinds: str, begin: str = "") -> Path | None:
    """A file of these kinds, as Qt writes them; None if the person chose none."""
    name, _ = QFileDialog.getOpenFileName(parent, title, begin, kinds, options=_which_dialog())
    return Path(name) if name else None


def _which_dialog() -> QFileDialog.Option:
    """The desktop's dialog; Qt's own where the portal is used for it and does not answer."""
    if portal.is_used() and not portal.answers():
        return QFileDialog.Option.DontUseNativeDialog
    return QFileDialog.Option(0)
