"""Models of the list, for what does not care how they came there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backends.events import ModelKind
from backends.model_config import Family
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names


def installed(folder: Path, exports: Sequence[Path] = ()) -> InstalledModel:
    """A Baichuan 2 chat model in a folder, with the folders of its exports."""
    return InstalledModel(
        id="model",
        name=Names(en="Model", zh="模型"),
        path=folder,
        variant=None,
        family=Family.BAICHUAN2_7B,
        kind=ModelKind.CHAT,
        context_length=4096,
        exports=tuple(exports),
    )
