"""The name that an adapter states of its base, held against the names that models were released by.

It is a name of a repository, or a path on the machine of whoever trained the adapter. A released
name says which family a model is of, and whether it is a base model or a chat model: two models of
the same sizes, to which an adapter of the other gives answers that look right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..events import ModelKind
from ..model_config import Family
from ..policy.released import RELEASED
from ..precision import Precision

_SEPARATORS = re.compile(r"[/\\]+")
_OF_CACHE: Final = "models--"  #: of a folder in Hugging Face's cache: models--owner--name
#: Published under a name that is no id of a model: many checkpoints of one training.
_INTERMEDIATE: Final = "baichuan2-7b-intermediate-checkpoints"


@dataclass(frozen=True, slots=True)
class ReleasedBase:
    """A released model that an adapter says it was made for."""

    name: str  #: as the adapter writes it
    family: Family
    kind: ModelKind
    stored: Precision | None = None  #: the quantised precision that it was published in


def released_base(name: str) -> ReleasedBase | None:
    """The released model in what an adapter states; None if there is none."""
    for part in _parts(name):
        model_id = part.casefold()
        if model_id in RELEASED and model_id != "baichuan-guide":
            return ReleasedBase(part, *RELEASED[model_id])
        if model_id == _INTERMEDIATE:
            return ReleasedBase(part, Family.BAICHUAN2_7B, ModelKind.BASE)
    return None


def model_name(folder: Path) -> str:
    """What a model's folder is called; in a cache, the name that the model was published under."""
    return next(_parts(str(folder)), folder.name)


def is_same_folder(name: str, folder: Path) -> bool:
    """Whether a stated name is that of a model's folder, its own or of the way to it."""
    wanted = {part.casefold() for part in _parts(name)}
    return any(part.casefold() in wanted for part in _parts(str(folder)))


def _parts(name: str) -> Iterator[str]:
    """The last part of a path; of a cache, that of the model."""
    parts = [part for part in _SEPARATORS.split(name.strip()) if part not in ("", ".", "..")]
    for place, part in enumerate(parts):
        if part.startswith(_OF_CACHE):
            yield part.rpartition("--")[2]
            return
        if part == "snapshots" and place and place + 2 == len(parts):
            yield parts[place - 1].replace("___", ".")  # ModelScope: owner/name/snapshots/revision
            return
    if parts:
        yield parts[-1].replace("___", ".")
