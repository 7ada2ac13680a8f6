"""What a copy of a checkpoint will hold: its tensors, what each is made of, and its small files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..adapters.values import Adapter
from ..checkpoint.folder import Checkpoint
from ..checkpoint.weight_checks import check_finite
from ..errors import JobError
from ..files.hashing import read_bytes
from ..files.tensor_files import TensorRecord
from .safetensors_writer import Block, TensorSpec


@dataclass(frozen=True, slots=True)
class Group:
    """Tensors of the copy that are made from one tensor of the source."""

    source: TensorRecord
    specs: tuple[TensorSpec, ...]
    blocks: Callable[[], Iterable[Block]]  #: their bytes, made when they are written


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """What the copy will hold."""

    groups: Sequence[Group]
    config_changes: Mapping[str, object]  #: keys of config.json that are set
    options: Mapping[str, object]  #: of the conversion, for the manifest
    libraries: Sequence[str] = ("torch", "bitsandbytes")  #: whose versions the manifest names
    data_file: str | None = None  #: one file of all tensors without a header; None: safetensors
    files: Mapping[str, bytes] = field(default_factory=dict)  #: small ones that such a copy has
    facts: Mapping[str, object] = field(default_factory=dict)  #: that its manifest says
    licence: str = ""  #: what is known of it, carried where the source has no licence file
    adapter: Adapter | None = None  #: that is merged into the weights


def plain_plan(checkpoint: Checkpoint) -> CopyPlan:
    """The plan that copies every tensor unchanged, from .bin to safetensors. Raises JobError."""
    require_unquantized(checkpoint)
    groups = [plain_group(record) for record in checkpoint.tensors.values()]
    return CopyPlan(groups, {}, {"precision": None})


def require_unquantized(checkpoint: Checkpoint) -> None:
    """Raise JobError for an export, and for weights that are not stored in 16 or 32 bits."""
    require_tensors(checkpoint)
    if checkpoint.matrices:
        raise JobError(
            "“{name}” is quantised, and only 16- or 32-bit weights can be converted.",
            hint="Quantised models run as they are.",
            name=checkpoint.folder.name,
        )


def require_tensors(checkpoint: Checkpoint) -> None:
    """Raise JobError for an export, whose weights belong to a graph."""
    if checkpoint.export is not None:
        raise JobError(
            "“{name}” is an export for ONNX Runtime, which cannot be converted.",
            hint="Convert the model that it was made from.",
            name=checkpoint.folder.name,
        )


def cannot_hold(name: str, precision: str) -> JobError:
    """The error of a tensor with a value that is too large for a precision."""
    return JobError(
        "“{name}” has values that {precision} cannot hold.",
        hint="Choose another precision.",
        name=name,
        precision=precision,
    )


def plain_group(record: TensorRecord) -> Group:
    """The group that copies one tensor unchanged."""

    def blocks() -> Sequence[Block]:
        raw = read_bytes(record, 0, record.nbytes)
        check_finite(record, raw)
        return (raw,)

    return Group(record, (TensorSpec(record.name, record.dtype, record.shape),), blocks)
