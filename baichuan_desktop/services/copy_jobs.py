"""What can be made of a model on this machine: copies, how large they get, where they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backends import memory
from backends.base import Precision
from backends.checkpoint import Checkpoint
from backends.requests import CopyRequest, Request

from .registry import InstalledModel

#: Best first: NF4 is what the 4-bit models were published in.
_QUANTISED = (Precision.NF4, Precision.INT8, Precision.FP4)


@dataclass(frozen=True, slots=True)
class JobChoice:
    """One thing that can be made of a model."""

    name: str  #: of the choice, for who words it: a precision, or what the format is called
    suffix: str  #: of the folder's name
    bytes_on_disk: int
    request: Callable[[Path], Request]  #: by the folder that is to be written


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What of a model's files decides which jobs there are."""

    is_quantized: bool
    has_bin: bool  #: a part of the weights lies in a .bin file


def model_files(folder: Path) -> ModelFiles:
    """Look at the model in `folder`; reads headers only. Raises CheckpointError."""
    checkpoint = Checkpoint.open(folder)
    has_bin = any(record.file.suffix == ".bin" for record in checkpoint.records)
    return ModelFiles(checkpoint.stored is not None, has_bin)


def quantised_copies(folder: Path) -> Sequence[JobChoice]:
    """The quantised copies of the model in `folder`. Raises CheckpointError."""
    checkpoint = Checkpoint.open(folder)
    return [
        JobChoice(
            precision.value,
            precision.value,
            copy_bytes(checkpoint, precision),
            partial(_copy, folder, precision.value),
        )
        for precision in _QUANTISED
    ]


def safetensors_copies(folder: Path) -> Sequence[JobChoice]:
    """The copy as safetensors, with the weights as they are. Raises CheckpointError."""
    size = copy_bytes(Checkpoint.open(folder), None)
    return [JobChoice("safetensors", "safetensors", size, partial(_copy, folder, None))]


def copy_bytes(checkpoint: Checkpoint, precision: Precision | None) -> int:
    """What the weights of a copy take on the drive; None leaves them as they are."""
    config = checkpoint.config
    matrices = {
        f"model.layers.{layer}.{name}.weight": shape
        for layer in range(config.num_layers)
        for name, shape in config.layer_matrices().items()
    }
    return sum(
        memory.matrix_bytes(*matrices[name], precision)
        if precision is not None and name in matrices
        else record.nbytes
        for name, record in checkpoint.tensors.items()
    )


def copy_folder(model: InstalledModel, suffix: str) -> Path:
    """A folder for a copy that nothing lies in yet: beside the model, named after it.

    The guide model lies inside of the app; its copies lie in the person's home.
    """
    beside = Path.home() if model.bundled else model.path.parent
    name = f"{model.path.name}-{suffix}"
    folder, number = beside / name, 2
    while folder.exists():
        folder, number = beside / f"{name}-{number}", number + 1
    return folder


def _copy(folder: Path, precision: str | None, out: Path) -> Request:
    return CopyRequest(str(folder), str(out), precision)
