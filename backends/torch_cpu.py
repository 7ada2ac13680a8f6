"""PyTorch on the processor: fp32, or bf16 where the processor multiplies it natively."""

from __future__ import annotations

import torch

from .base import PREFILL_CHUNK, Loading, LoadOptions, Precision
from .checkpoint import Checkpoint
from .modeling import onednn
from .modeling.weights import load_model
from .torch_model import TorchModel, translated_memory_errors
from .torch_threads import PacedThreads

_DTYPES = {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16}


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Read the weights into memory. See `Backend.load`."""
    paced = PacedThreads.begin(options)
    dtype = _DTYPES[options.precision]
    builder = onednn.PackedLayers() if dtype == torch.bfloat16 and onednn.available() else None
    with translated_memory_errors():
        model = yield from load_model(checkpoint, dtype, options.devices, builder)
        onednn.use_for_the_rest(model)
        return TorchModel(
            model,
            devices=options.devices,
            context_length=options.context_length,
            prefill_chunk=PREFILL_CHUNK["cpu"],
            paced=paced,
        )
