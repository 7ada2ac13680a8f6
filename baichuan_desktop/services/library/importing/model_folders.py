"""The folders that imports go into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from baichuan_desktop.services.library.importing import targets
from baichuan_desktop.services.library.importing.values import ModelFolder


def model_folders(chosen: Sequence[Path], own: Path) -> Sequence[ModelFolder]:
    """Those that a person chose, the first of which is the default, and the app's own.

    What is free on their drives is looked up.
    """
    folders = list(dict.fromkeys((*chosen, own)))
    return [
        ModelFolder(folder, _free(folder, is_own=folder == own), is_default=number == 0)
        for number, folder in enumerate(folders)
    ]


def with_folder(chosen: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """The chosen folders with one more, or one of them, as the default."""
    return (folder, *(one for one in chosen if one != folder))


def _free(folder: Path, *, is_own: bool) -> int | None:
    """What is free; None where its drive is not here. The app's own is made when it is needed."""
    try:
        return targets.free_bytes(folder) if is_own or folder.is_dir() else None
    except OSError:
        return None
