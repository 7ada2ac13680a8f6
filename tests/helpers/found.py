"""What looking for models finds, made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backends.events import ModelKind
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.library.finding.values import Found, Place

GIB = 2**30


def found(folder: Path) -> Found:
    """A complete chat model that somebody put there."""
    return Found(
        folder,
        Place.FOLDER,
        folder,
        family=Family.BAICHUAN2_7B,
        kind=ModelKind.CHAT,
        stored=Precision.BF16,
        bytes_on_disk=14 * GIB,
    )


def half(folder: Path) -> Found:
    """A model of which weights are missing."""
    missing = Phrase("{name} is missing.", name="model-00002-of-00002.safetensors")
    return replace(found(folder), stored=None, missing=(missing,))


def listed(folder: Path, model_id: str) -> Found:
    """A model that is in the library already."""
    return replace(found(folder), listed_as=model_id)
