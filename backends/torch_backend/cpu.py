"""PyTorch on the processor: fp32, or bf16, each in the fastest way that is right there."""

from __future__ import annotations

import torch

from ..checkpoint.folder import Checkpoint
from ..errors import BackendUnavailableError
from ..interface import PREFILL_CHUNK, Loading, LoadOptions
from ..modeling import onednn
from ..modeling.weights import load_model
from ..phrases import Phrase
from ..precision import DeviceKind, Precision
from .loaded_model import TorchModel, translated_memory_errors
from .threads import PacedThreads

_DTYPES = {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16}


def way(precision: Precision) -> Phrase:
    """How matrices are multiplied in a precision, as was tried. See `Backend`."""
    dtype = _DTYPES[precision]
    if dtype == torch.float32 and onednn.multiplies_fp32():
        return Phrase("oneDNN")
    if dtype == torch.bfloat16 and onednn.packs_bf16():
        return Phrase("oneDNN, packed")
    if not onednn.linear_is_right(dtype):
        raise BackendUnavailableError(
            "The installed torch multiplies wrongly in {precision} on this processor.",
            precision=precision.value,
        )
    if dtype == torch.bfloat16:
        return Phrase("torch's ordinary product, slow at prompts")
    return Phrase("torch's ordinary product")


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Read the weights into memory. See `Backend.load`."""
    paced = PacedThreads.begin(options)
    dtype = _DTYPES[options.precision]
    packs = dtype == torch.bfloat16 and onednn.packs_bf16()
    builder = onednn.PackedLayers() if packs else None
    with translated_memory_errors():
        model = yield from load_model(
            checkpoint, dtype, options.devices, builder, head_in_8_bits=options.head_in_8_bits
        )
        onednn.use_for_the_rest(model)
        return TorchModel(
            model,
            devices=options.devices,
            context_length=options.context_length,
            prefill_chunk=PREFILL_CHUNK[DeviceKind.CPU],
            paced=paced,
            stored=checkpoint.tensors,
        )
