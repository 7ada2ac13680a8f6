"""The plan of a copy of a checkpoint with an adapter merged into its weights.

Each changed tensor is computed in fp32 and rounded once; the others are taken as they are, or in
the precision that is asked for. Names are the released ones, so that the copy runs wherever the
model does, without the adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..adapters.merging import MergedTensor, merged_tensors
from ..adapters.values import Adapter
from ..checkpoint.folder import Checkpoint, read_config
from ..checkpoint.weight_rows import rounded
from ..errors import JobError
from ..phrases import Phrase
from ..policy.released import released_ids
from ..precision import MERGE_PRECISIONS, Precision, require_one_of
from .copy_plan import CopyPlan, Group, cannot_hold, plain_group, require_tensors
from .safetensors_writer import Block, TensorSpec

_DTYPES = {Precision.BF16: "BF16", Precision.FP16: "F16", Precision.FP32: "F32"}
_LABELS = {dtype: precision.label for precision, dtype in _DTYPES.items()}
_TORCH_NAMES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_HEAD = "lm_head"


def merge_plan(
    checkpoint: Checkpoint, adapter: Adapter, precision: Precision | None = None
) -> CopyPlan:
    """The plan of a copy with `adapter`, which was checked to fit; None keeps each tensor's type.

    Raises JobError, CheckpointError, BackendUnavailableError.
    """
    if precision is not None:
        require_one_of(precision, MERGE_PRECISIONS)
    require_mergeable(checkpoint, adapter)
    tensors = merged_tensors(checkpoint, adapter)
    wanted = None if precision is None else _DTYPES[precision]
    dtypes = {name: wanted or record.dtype for name, record in checkpoint.tensors.items()}
    torch_dtype = _TORCH_NAMES[_most(dtypes, checkpoint)]
    stated = read_config(checkpoint.folder)
    return CopyPlan(
        [_group(name, tensor, dtypes[name]) for name, tensor in tensors.items()],
        # The second is what transformers 5 writes, and goes by where both are there.
        {"torch_dtype": torch_dtype, **({"dtype": torch_dtype} if "dtype" in stated else {})},
        {"precision": None if precision is None else precision.value, "adapter": "merged"},
        libraries=("numpy",),
        adapter=adapter,
    )


def require_mergeable(checkpoint: Checkpoint, adapter: Adapter) -> None:
    """Raise JobError where no checkpoint could hold the weights as they are with an adapter."""
    require_tensors(checkpoint)
    if checkpoint.stored is not None:
        raise JobError(
            "“{name}” is quantised ({precision}), and an adapter is merged only into weights of 16 "
            "or 32 bits.",
            hint=Phrase(
                "Merge it into {model}, and quantise what this writes. With the quantised model, "
                "the adapter can be used without merging it.",
                model=_source_of(checkpoint, adapter),
            ),
            name=checkpoint.folder.name,
            precision=checkpoint.stored.label,
        )
    if checkpoint.config.family.uses_norm_head and _HEAD in adapter.matrices:
        raise JobError(
            "The adapter “{adapter}” adds to the output head, whose rows a Baichuan 2 model "
            "normalises as it loads: merged, it would answer differently.",
            hint="Use the adapter with the model, without merging it, or export the model with it "
            "for ONNX Runtime.",
            adapter=adapter.folder.name,
        )


def _source_of(checkpoint: Checkpoint, adapter: Adapter) -> str | Phrase:
    """What the 16-bit model of a quantised one is called."""
    ids = released_ids(checkpoint.config, checkpoint.kind, None)
    if ids:
        return Phrase("the 16-bit model ({names})", names=", ".join(sorted(ids)))
    if adapter.provenance.base_name:
        return Phrase("the 16-bit model (“{names}”)", names=adapter.provenance.base_name)
    return Phrase("the 16-bit model that it was made from")


def _most(dtypes: Mapping[str, str], checkpoint: Checkpoint) -> str:
    """The type that most of the weights have, by their bytes."""
    sizes: dict[str, int] = {}
    for name, dtype in dtypes.items():
        sizes[dtype] = sizes.get(dtype, 0) + checkpoint.tensors[name].nbytes
    return max(sizes, key=lambda dtype: sizes[dtype])


def _group(name: str, tensor: MergedTensor, dtype: str) -> Group:
    record = tensor.record
    if tensor.change is None and record.dtype == dtype and record.name == name:
        return plain_group(record)

    def blocks() -> Iterator[Block]:
        for rows in tensor.blocks():
            raw = rounded(rows, dtype)
            if raw is None:
                raise cannot_hold(name, _LABELS[dtype])
            yield raw

    return Group(record, (TensorSpec(name, dtype, record.shape),), blocks)
