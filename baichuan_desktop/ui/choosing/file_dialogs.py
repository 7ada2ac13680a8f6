"""The dialogs in which a person chooses a folder or a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def choose_files(parent: QWidget, title: str, kinds: str, begin: str = "") -> Sequence[Path]:
    """Files of these kinds, as Qt writes them; none if the person chose none."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, begin, kinds, options=_which_dialog())
    return [Path(name) for name in names]


def choose_target(parent: QWidget, title: str, name: str, kinds: str) -> Path | None:
    """Where a file is written, under this name if the person changes nothing; None: nowhere.

    The dialog asks before a file that is there is taken. A name without an ending gets the first
    that `kinds` names.
    """
    chosen, kind = QFileDialog.getSaveFileName(parent, title, name, kinds, options=_which_dialog())
    if not chosen:
        return None
    path, ending = Path(chosen), re.search(r"\*(\.\w+)", kind or kinds)
    if path.suffix or ending is None:
        return path
    ended = path.with_name(path.name + ending[1])
    return path if ended.exists() else ended  # of which the dialog did not ask


def _which_dialog() -> QFileDialog.Option:
    """The desktop's dialog; Qt's own where the portal is used for it and does not answer."""
    if portal.is_used() and not portal.answers():
        return QFileDialog.Option.DontUseNativeDialog
    return QFileDialog.Option(0)
