"""Merging an adapter into a copy: a model that answers so wherever it runs, without the adapter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.phrases import Phrase
from backends.precision import MERGE_PRECISIONS, Precision
from backends.protocol.engine_requests import MergeRequest
from baichuan_desktop.services.jobs.copies import AdapterUse, CopyVariant, JobOffer
from baichuan_desktop.services.jobs.job import JobWords

_DTYPES = {"BF16": Precision.BF16, "F16": Precision.FP16, "F32": Precision.FP32}


def merged_copies(folder: Path) -> Sequence[CopyVariant]:
    """The copies of the model in `folder` with an adapter in it, see `copies.with_adapter`.

    Raises CheckpointError.
    """
    checkpoint = Checkpoint.open(folder)
    stored = {record.dtype for record in checkpoint.tensors.values()}
    own = Phrase("As the model is stored ({types})", types=_types(stored))
    variants = [
        CopyVariant(
            own, merged_suffix(None), checkpoint.bytes_on_disk, partial(_request, folder, None)
        )
    ]
    for precision in MERGE_PRECISIONS.values():
        if stored == {dtype for dtype, of in _DTYPES.items() if of is precision}:
            continue
        variants.append(
            CopyVariant(
                Phrase("In {precision}", precision=precision.label),
                merged_suffix(precision),
                merged_bytes(checkpoint, precision),
                partial(_request, folder, precision),
            )
        )
    return variants


def merged_suffix(precision: Precision | None) -> str:
    """What is added to a folder's name, after that of the adapter."""
    return "merged" if precision is None else f"merged-{precision.value}"


def merged_bytes(checkpoint: Checkpoint, precision: Precision) -> int:
    """What the weights take on the drive in one precision."""
    weights = sum(prod(record.shape) for record in checkpoint.tensors.values())
    return weights * precision.bytes_per_weight


def _types(stored: set[str]) -> str:
    """The types of the tensors by the names that a person knows."""
    return ", ".join(of.label for dtype, of in _DTYPES.items() if dtype in stored)


def _request(folder: Path, precision: Precision | None, out: Path) -> MergeRequest:
    return MergeRequest(str(folder), "", str(out), precision)


OFFER = JobOffer(
    JobWords(Phrase("Merge an adapter into a copy"), Phrase("Merging an adapter into a copy")),
    Phrase(
        "Writes a complete copy of the model that answers as the model does with the adapter, "
        "wherever it runs. The model and the adapter stay as they are."
    ),
    lambda files: not files.is_quantized and not files.is_export,
    merged_copies,
    AdapterUse.REQUIRED,
)
