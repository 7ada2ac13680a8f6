"""Exporting for ONNX Runtime: one more precision of the model, which runs well on processors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.phrases import Phrase
from backends.precision import ONNX_BLOCK, Precision
from backends.protocol.engine_requests import ExportRequest
from baichuan_desktop.services.jobs.copies import (
    AdapterUse,
    CopyVariant,
    JobOffer,
    export_suffix,
)
from baichuan_desktop.services.jobs.export_pace import ExportPace
from baichuan_desktop.services.jobs.job import JobWords

#: Precision and block size of the exports that are offered, and what is said of them; the terminal
#: knows more block sizes.
_EXPORTS = (
    (
        Precision.ONNX_INT4,
        ONNX_BLOCK,
        Phrase("int4, in blocks of {count} weights", count=ONNX_BLOCK),
    ),
    (Precision.ONNX_INT4, 32, Phrase("int4, in blocks of {count} weights", count=32)),
    (
        Precision.ONNX_INT8,
        ONNX_BLOCK,
        Phrase("int8, in blocks of {count} weights", count=ONNX_BLOCK),
    ),
    (Precision.ONNX_FP16, 0, Phrase("fp16, for NVIDIA cards")),
    (Precision.ONNX_FP32, 0, Phrase("fp32, for comparisons")),
)


def onnx_exports(folder: Path) -> Sequence[CopyVariant]:
    """The exports of the model in `folder` for ONNX Runtime; takes a second.

    Raises CheckpointError.
    """
    checkpoint = Checkpoint.open(folder)
    pace = ExportPace.measured()
    variants = []
    for precision, block, text in _EXPORTS:
        request = ExportRequest(str(folder), "", precision, block_size=block or ONNX_BLOCK)
        size = export_bytes(checkpoint, precision, request.block_size)
        variants.append(
            CopyVariant(
                text,
                export_suffix(request),
                size,
                partial(_request, request),
                pace.seconds(
                    checkpoint.bytes_on_disk,
                    checkpoint.config.parameters,
                    size,
                    is_quantized=block > 0,
                ),
            )
        )
    return variants


def export_bytes(checkpoint: Checkpoint, precision: Precision, block_size: int) -> int:
    """What the weights of an export take on the drive."""
    config = checkpoint.config
    embedding = checkpoint.tensors["model.embed_tokens.weight"].nbytes  # it stays as it is
    others = memory.weight_bytes(config, precision, onnx_block=block_size)
    return others - memory.embedding_bytes(config, precision) + embedding


def _request(request: ExportRequest, out: Path) -> ExportRequest:
    return replace(request, out=str(out))


OFFER = JobOffer(
    JobWords(Phrase("Export for ONNX Runtime"), Phrase("Exporting for ONNX Runtime")),
    Phrase(
        "Writes the model once more, for ONNX Runtime, which runs 4 and 8 bits well on a "
        "processor. It becomes one more precision of the model, which itself stays as it is; with "
        "an adapter in it, it is a model of its own."
    ),
    lambda files: not files.is_quantized and not files.is_export,
    onnx_exports,
    AdapterUse.OPTIONAL,
)
