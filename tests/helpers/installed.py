"""Models of the list, for what does not care how they came there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names


def installed(folder: Path, exports: Sequence[Path] = ()) -> InstalledModel:
    """A Baichuan 2 chat model in a folder, with the folders of its exports."""
    return InstalledModel(
        id="model",
        name=Names(en="Model", zh="模型"),
        path=folder,
        variant=None,
        family="baichuan2-7b",
        kind="chat",
        context_length=4096,
        exports=tuple(exports),
    )
