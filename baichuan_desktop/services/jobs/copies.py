"""What can be made of a model on this machine: copies and exports, their sizes, where they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.precision import ONNX_BLOCK, Precision
from backends.protocol.requests import CopyRequest, ExportRequest, Request
from baichuan_desktop.services.jobs.export_pace import ExportPace
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.wish import LoadWish

#: Best first: NF4 is what the 4-bit models were published in.
_QUANTISED = (Precision.NF4, Precision.INT8, Precision.FP4)

#: Precision and block size of the exports that are offered; the terminal knows more block sizes.
_EXPORTS = (
    (Precision.ONNX_INT4, ONNX_BLOCK), (Precision.ONNX_INT4, 32),
    (Precision.ONNX_INT8, ONNX_BLOCK), (Precision.ONNX_FP16, 0), (Precision.ONNX_FP32, 0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class JobChoice:
    """One thing that can be made of a model."""

    name: str  #: of the choice, for who words it: a precision, or what the format is called
    suffix: str  #: of the folder's name
    bytes_on_disk: int
    request: Callable[[Path], Request]  #: by the folder that is to be written
    block_size: int = 0  #: weights that share a scale, where that is for the person to choose
    computing_seconds: float | None = None  #: estimated, without what the drive takes


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What of a model's files decides which jobs there are."""

    is_quantized: bool
    is_export: bool  #: for ONNX Runtime; it holds no tensors
    has_bin: bool  #: a part of the weights lies in a .bin file


def model_files(folder: Path) -> ModelFiles:
    """Look at the model in `folder`; reads headers only. Raises CheckpointError."""
    checkpoint = Checkpoint.open(folder)
    has_bin = any(record.file.suffix == ".bin" for record in checkpoint.records)
    return ModelFiles(checkpoint.stored is not None, checkpoint.export is not None, has_bin)


def quantised_copies(folder: Path) -> Sequence[JobChoice]:
    """The quantised copies of the model in `folder`. Raises CheckpointError."""
    checkpoint = Checkpoint.open(folder)
    return [
        JobChoice(
            precision.value,
            precision.value,
            copy_bytes(checkpoint, precision),
            partial(_copy, folder, precision),
        )
        for precision in _QUANTISED
    ]


def safetensors_copies(folder: Path) -> Sequence[JobChoice]:
    """The copy as safetensors, with the weights as they are. Raises CheckpointError."""
    size = copy_bytes(Checkpoint.open(folder), None)
    return [JobChoice("safetensors", "safetensors", size, partial(_copy, folder, None))]


def onnx_exports(folder: Path) -> Sequence[JobChoice]:
    """The exports of the model in `folder` for ONNX Runtime; takes a second.

    Raises CheckpointError.
    """
    checkpoint = Checkpoint.open(folder)
    pace = ExportPace.measured()
    choices = []
    for precision, block in _EXPORTS:
        request = ExportRequest(str(folder), "", precision, block_size=block or ONNX_BLOCK)
        size = export_bytes(checkpoint, precision, request.block_size)
        choices.append(
            JobChoice(
                precision.export_name,
                export_suffix(request),
                size,
                partial(_export, request),
                block,
                pace.seconds(
                    checkpoint.bytes_on_disk,
                    checkpoint.config.parameters,
                    size,
                    is_quantized=block > 0,
                ),
            )
        )
    return choices


def export_bytes(checkpoint: Checkpoint, precision: Precision, block_size: int) -> int:
    """What the weights of an export take on the drive."""
    config = checkpoint.config
    embedding = checkpoint.tensors["model.embed_tokens.weight"].nbytes  # it stays as it is
    others = memory.weight_bytes(config, precision, onnx_block=block_size)
    return others - memory.embedding_bytes(config, precision) + embedding


def export_suffix(request: ExportRequest) -> str:
    """What is added to a folder's name: all that tells one export of a model from another."""
    parts = ["onnx", request.precision.export_name]
    if request.precision.is_quantized and request.block_size != ONNX_BLOCK:
        parts.append(f"block{request.block_size}")
    parts += ["symmetric"] if request.symmetric else []
    parts += ["portable"] if request.portable else []
    return "-".join(parts)


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
    """Where a copy lies if nobody says where: beside the model, named after it.

    The guide model lies inside of the app; its copies lie in the person's home.
    """
    beside = Path.home() if model.bundled else model.path.parent
    return beside / f"{model.path.name}-{suffix}"


def free_copy_folder(model: InstalledModel, suffix: str) -> Path:
    """The same, with a number where something lies there already."""
    folder, number = copy_folder(model, suffix), 2
    while folder.exists():
        folder, number = copy_folder(model, f"{suffix}-{number}"), number + 1
    return folder


def _copy(folder: Path, precision: Precision | None, out: Path) -> Request:
    return CopyRequest(str(folder), str(out), precision)


def _export(request: ExportRequest, out: Path) -> Request:
    return replace(request, out=str(out))


# --- what came of it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MadeCopy:
    """A copy that is listed, and how it is loaded."""

    listed: InstalledModel
    model: InstalledModel  #: which is loaded for it: an export is a precision of its source
    wish: LoadWish


def list_copy(
    store: ModelStore, source: InstalledModel, request: Request, folder: Path
) -> MadeCopy:
    """List what a job made of `source` in `folder`. Raises CheckpointError, RegistryError."""
    if not isinstance(request, ExportRequest):
        copy = store.add(folder)
        return MadeCopy(copy, copy, LoadWish())
    export = store.add_export(source, folder)
    owner = next((model for model in store.models if model.id == export.export_of), export)
    return MadeCopy(export, owner, LoadWish(request.precision))
