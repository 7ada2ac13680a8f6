"""8 and 4 bits, quantised while the weights stream in, or read as stored.

The five matrices of each layer are quantised; embedding, norms, head and KV cache stay in 16
bit. 4 bits and LLM.int8 are bitsandbytes', which has kernels for processors too, slow ones. 8-bit
weights with activations in 16 bit need nothing but torch, and bitsandbytes is not imported then.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

import torch
from torch import Tensor, nn

from ..checkpoint.folder import Checkpoint
from ..checkpoint.quantized_layout import Layout, QuantizedMatrix
from ..errors import BackendUnavailableError
from ..interface import LayerDevices, Loading, LoadOptions
from ..modeling.lean import int8_products
from ..modeling.lean.int8_linear import Int8Linear
from ..modeling.lean.int8_rows import as_fp16, quantize_rows, stored_rows
from ..modeling.weights import LayerBuilder, load_model
from ..operating_system import trim_heap
from ..phrases import Phrase
from ..precision import Precision, weight_only_is_on
from .card_errors import cards_of, translated_errors
from .card_memory import CardMemory
from .cuda import chunk_of, load_on_cards
from .loaded_model import TorchModel, translated_memory_errors
from .threads import PacedThreads


class BnbQuantizer:
    """Makes bitsandbytes' linear layers of 8 and 4 bits, as a `weights.LayerBuilder`.

    Raises BackendUnavailableError if bitsandbytes is not installed.
    """

    def __init__(self, precision: Precision, dtype: torch.dtype) -> None:
        self._layers = _bitsandbytes_layers(precision)
        self._precision = precision
        self._dtype = dtype

    def build(self, weight: Tensor, device: torch.device) -> nn.Module:
        """Quantise a matrix [out, in] on `device`."""
        parts = self._layers.quantize(weight.to(device), self._precision)
        shape = (weight.shape[0], weight.shape[1])
        linear = self._make(parts, Layout.BITSANDBYTES, self._precision, shape)
        if device.type == "cpu":
            # Below what stays of each matrix lies what its quantising took: in the end as much as
            # the unquantised model.
            trim_heap()
        return linear

    def build_stored(self, matrix: QuantizedMatrix, parts: dict[str, Tensor]) -> nn.Module:
        """Take over a matrix that is stored quantised."""
        return self._make(parts, matrix.layout, matrix.precision, matrix.shape)

    def _make(
        self, parts: dict[str, Tensor], layout: Layout, precision: Precision, shape: tuple[int, int]
    ) -> nn.Module:
        linear: nn.Module = self._layers.make_linear(parts, layout, precision, shape, self._dtype)
        return linear


class Int8Layers:
    """Makes layers of 8-bit weights with 16-bit activations, as a `weights.LayerBuilder`."""

    def build(self, weight: Tensor, device: torch.device) -> nn.Module:
        """Quantise a matrix [out, in] on `device`, to the rows that a quantised copy has."""
        linear = Int8Linear(*quantize_rows(weight, device, as_fp16))
        if device.type == "cpu":
            trim_heap()  # as for bitsandbytes' layers
        return linear

    def build_stored(self, matrix: QuantizedMatrix, parts: dict[str, Tensor]) -> nn.Module:
        """Take over a matrix that is stored in 8 bits, in any layout."""
        if matrix.precision is not Precision.INT8:
            raise ValueError(f"a matrix in {matrix.precision.value} has no rows in 8 bits")
        return Int8Linear(*stored_rows(parts, matrix.layout))


def is_llm_int8(precision: Precision, stored: Iterable[QuantizedMatrix] = ()) -> bool:
    """Whether a model runs by LLM.int8, which quantises activations too; in fp16, and in no graph.

    Where 8-bit weights with 16-bit activations are on, that is left to the published 8-bit files.
    `stored` are the matrices of the files, if those are quantised.
    """
    is_published = any(matrix.layout is Layout.PUBLISHED_INT8 for matrix in stored)
    return precision is Precision.INT8 and (is_published or not weight_only_is_on())


def layer_builder(
    precision: Precision, dtype: torch.dtype, stored: Iterable[QuantizedMatrix] = ()
) -> LayerBuilder:
    """What makes the layers of a model in a quantised precision, with activations in `dtype`.

    Raises BackendUnavailableError if that takes bitsandbytes and it is not installed.
    """
    if precision is Precision.INT8 and not is_llm_int8(precision, stored):
        return Int8Layers()
    return BnbQuantizer(precision, dtype)


def _bitsandbytes_layers(precision: Precision) -> ModuleType:
    try:
        from ..modeling import quantized  # which imports bitsandbytes: only where it is needed
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            "{precision} needs {library}, which is not installed.",
            precision=precision.label,
            library="bitsandbytes",
        ) from error
    return quantized


def way(precision: Precision) -> Phrase:
    """How matrices are multiplied on the processor, as was tried. See `Backend`."""
    if precision is Precision.INT8 and not is_llm_int8(precision):
        if not int8_products.is_right(int8_products.by_blocks, torch.device("cpu")):
            raise BackendUnavailableError(
                "The installed torch multiplies wrongly in {precision} on this processor.",
                precision=precision.value,
            )
        return Phrase("8-bit weights, 16-bit activations")
    layers = _bitsandbytes_layers(precision)
    if layers.packs(precision):
        return Phrase("bitsandbytes, packed")
    if not layers.is_right(precision):
        raise BackendUnavailableError(
            "The installed bitsandbytes multiplies wrongly in {precision} on this processor.",
            precision=precision.value,
        )
    return Phrase("bitsandbytes, unpacked for each product")


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Read the weights. See `Backend.load`."""
    with translated_memory_errors(), translated_errors(options.devices):
        if options.devices.kind.uses_cards:
            return (yield from _load_on_cards(checkpoint, options))
        return (yield from _load_on_processor(checkpoint, options))


def _load_on_cards(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    memory = CardMemory(cards_of(options.devices))
    stored = checkpoint.matrices.values()
    is_llm = is_llm_int8(options.precision, stored)
    dtype = activation_dtype(options.devices, is_llm=is_llm)
    return load_on_cards(
        checkpoint,
        options,
        dtype,
        memory,
        layer_builder(options.precision, dtype, stored),
        # LLM.int8 looks for outlier columns on the host in each step.
        use_graph=not is_llm,
    )


def _load_on_processor(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    paced = PacedThreads.begin(options)
    stored = checkpoint.matrices.values()
    dtype = activation_dtype(options.devices, is_llm=is_llm_int8(options.precision, stored))
    builder = layer_builder(options.precision, dtype, stored)
    model = yield from load_model(
        checkpoint, dtype, options.devices, builder, head_in_8_bits=options.head_in_8_bits
    )
    return TorchModel(
        model,
        devices=options.devices,
        context_length=options.context_length,
        prefill_chunk=chunk_of(options.devices),
        paced=paced,
    )


def activation_dtype(devices: LayerDevices, *, is_llm: bool) -> torch.dtype:
    """The dtype of the activations, and of the weights that are not quantised."""
    if is_llm:  # whose kernels take fp16 and would cast each time
        return torch.float16
    if any(torch.cuda.get_device_capability(card) < (8, 0) for card in cards_of(devices)):
        return torch.float16
    return torch.bfloat16
