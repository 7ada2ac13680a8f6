"""8 and 4 bits by bitsandbytes, quantised while the weights stream in, or read as stored.

The five matrices of each layer are quantised; embedding, norms, head and KV cache stay in 16
bit. Works with bitsandbytes' own kernels for processors too, slowly.
"""

from __future__ import annotations

import os

import torch
from torch import Tensor, nn

from ..checkpoint.folder import Checkpoint
from ..checkpoint.quantized_layout import Layout, QuantizedMatrix
from ..errors import BackendUnavailableError
from ..interface import Loading, LoadOptions
from ..modeling import quantized
from ..modeling.quantized import make_linear, quantize
from ..modeling.weights import load_model
from ..operating_system import trim_heap
from ..phrases import Phrase
from ..precision import DeviceKind, Precision
from .cuda import CudaModel, chunk_of, translated_errors
from .loaded_model import TorchModel, translated_memory_errors
from .threads import PacedThreads


class BnbQuantizer:
    """Makes linear layers of 8 and 4 bits, as a `weights.LayerBuilder`."""

    def __init__(self, precision: Precision, dtype: torch.dtype) -> None:
        self._precision = precision
        self._dtype = dtype

    def build(self, weight: Tensor, device: torch.device) -> nn.Linear:
        """Quantise a matrix [out, in] on `device`."""
        parts = quantize(weight.to(device), self._precision)
        shape = (weight.shape[0], weight.shape[1])
        linear = make_linear(parts, Layout.BITSANDBYTES, self._precision, shape, self._dtype)
        if device.type == "cpu":
            # Below what stays of each matrix lies what its quantising took: in the end as much as
            # the unquantised model.
            trim_heap()
        return linear

    def build_stored(self, matrix: QuantizedMatrix, parts: dict[str, Tensor]) -> nn.Linear:
        """Take over a matrix that is stored quantised."""
        return make_linear(parts, matrix.layout, matrix.precision, matrix.shape, self._dtype)


def way(precision: Precision) -> Phrase:
    """How matrices are multiplied on the processor, as was tried. See `Backend`."""
    if quantized.packs(precision):
        return Phrase("bitsandbytes, packed")
    if not quantized.is_right(precision):
        raise BackendUnavailableError(
            "The installed bitsandbytes multiplies wrongly in {precision} on this processor.",
            precision=precision.value,
        )
    return Phrase("bitsandbytes, unpacked for each product")


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Read the weights. See `Backend.load`."""
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    on_card = options.devices.kind.uses_cards
    paced = None if on_card else PacedThreads.begin(options)
    if on_card:
        torch.set_num_threads(options.threads)
    dtype = _dtype(options.precision, options.devices.first)
    quantizer = BnbQuantizer(options.precision, dtype)
    with translated_memory_errors(), translated_errors():
        model = yield from load_model(checkpoint, dtype, options.devices, quantizer)
        if not on_card:
            return TorchModel(
                model,
                devices=options.devices,
                context_length=options.context_length,
                prefill_chunk=chunk_of(options.devices),
                paced=paced,
            )
        return CudaModel(
            model,
            devices=options.devices,
            context_length=options.context_length,
            prefill_chunk=chunk_of(options.devices),
            # LLM.int8 looks for outlier columns on the host in each step.
            use_graph=options.precision is not Precision.INT8,
        )


def _dtype(precision: Precision, device: str) -> torch.dtype:
    """The dtype of the activations, and of the weights that are not quantised."""
    if precision is Precision.INT8:  # whose kernels take fp16 and would cast each time
        return torch.float16
    if DeviceKind.of(device).uses_cards and torch.cuda.get_device_capability(device) < (8, 0):
        return torch.float16
    return torch.bfloat16
