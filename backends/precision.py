"""How weights are held in memory, and what computes with them: the names for a person."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from .errors import BackendUnavailableError

_Named = TypeVar("_Named")

_AUTO = "auto"  #: how a person leaves something to the app

#: Weights that share one scale in the 4-bit formats, and scales that share one of their own.
FOUR_BIT_BLOCK = 64
SCALE_BLOCK = 256

#: Weights that share a scale and a zero point in an export, unless it is made with other blocks:
#: docs/performance.md has the figures that decided it.
ONNX_BLOCK = 128
ONNX_BLOCK_SIZES = (16, 32, 64, 128, 256)


class Precision(StrEnum):
    """How weights are held in memory, as a person chooses it."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    INT8 = "8bit"  #: int8 rows; LLM.int8, or activations in 16 bit: see `weight_only_is_on`
    NF4 = "4bit"  #: NormalFloat 4, scales quantised again, as the 4-bit models were published
    FP4 = "fp4"  #: 4-bit floating point
    #: Of exports for ONNX Runtime. Blocks of weights share a scale; activations are fp32.
    ONNX_INT4 = "onnx-int4"
    ONNX_INT8 = "onnx-int8"
    ONNX_FP16 = "onnx-fp16"
    ONNX_FP32 = "onnx-fp32"

    @property
    def is_quantized(self) -> bool:
        """The matrices of the layers are held in fewer than 16 bits."""
        return self in _QUANTIZED

    @property
    def is_onnx(self) -> bool:
        """An export runs at it, and nothing else."""
        return self in _ONNX

    @property
    def bytes_per_weight(self) -> int:
        """Bytes of a weight that is not quantised: embeddings, head, norms; and of the KV cache."""
        return 4 if self in _FP32 else 2

    @property
    def label(self) -> str:
        """As a person reads it."""
        if self.is_onnx:
            return f"ONNX {self.export_name}"
        return _LABELS.get(self, self.value)

    @property
    def export_name(self) -> str:
        """That of an export, among exports."""
        return self.value.removeprefix("onnx-")


class BackendName(StrEnum):
    """What runs a model."""

    TORCH_CPU = "torch_cpu"
    TORCH_CUDA = "torch_cuda"
    #: On cards, and slowly on processors; files and reports have named it so from the start.
    BITSANDBYTES = "bnb_cuda"
    ONNX_RUNTIME = "onnx_runtime"


class DeviceKind(StrEnum):
    """Where a model lies, whichever card it is."""

    CPU = "cpu"
    CUDA = "cuda"  #: one card, or several
    SPREAD = "cuda+cpu"  #: layers on cards, and the rest in the machine's memory

    @classmethod
    def of(cls, device: str) -> DeviceKind:
        """That of a device as torch names it, such as “cuda:1”."""
        return cls(device.partition(":")[0])

    @property
    def uses_cards(self) -> bool:
        """A part of the model lies on a card at least."""
        return self is not DeviceKind.CPU

    @property
    def uses_processor(self) -> bool:
        """A part of the model is computed by the processor at least."""
        return self is not DeviceKind.CUDA


#: Set to 1, it turns on 8-bit weights with 16-bit activations, to be tried on a card.
WEIGHT_ONLY_VARIABLE: Final = "BAICHUAN_DESKTOP_WEIGHT_ONLY"


def weight_only_is_on() -> bool:
    """Whether 8 bits are weights alone, with activations in 16 bit, in the place of LLM.int8.

    Off unless it is asked for: it never ran on a card. Figures: docs/performance.md.
    """
    return os.environ.get(WEIGHT_ONLY_VARIABLE) == "1"


def is_as_wanted(wanted: str | None, kind: DeviceKind, device: str | None) -> bool:
    """Whether a way to run a model is on the device that a person named; None: they named none.

    `device` is the one that all of the model lies on; None where it is spread over several.
    """
    return wanted in (None, kind, device)


_LABELS = {Precision.INT8: "8-bit", Precision.NF4: "4-bit", Precision.FP4: "4-bit (FP4)"}
_ONNX = (Precision.ONNX_INT4, Precision.ONNX_INT8, Precision.ONNX_FP16, Precision.ONNX_FP32)
_QUANTIZED = (
    Precision.INT8, Precision.NF4, Precision.FP4, Precision.ONNX_INT4, Precision.ONNX_INT8
)  # fmt: skip
_FP32 = (Precision.FP32, Precision.ONNX_FP32, Precision.ONNX_INT8, Precision.ONNX_INT4)


#: Those of quantised copies, by the name that the command has for them.
COPY_PRECISIONS: Mapping[str, Precision] = {
    precision.value: precision
    for precision in Precision
    if precision.is_quantized and not precision.is_onnx
}

#: Those of copies that an adapter is merged into, likewise.
MERGE_PRECISIONS: Mapping[str, Precision] = {
    precision.value: precision for precision in (Precision.BF16, Precision.FP16, Precision.FP32)
}

#: Those of exports, by the name that the command has for them.
EXPORT_PRECISIONS: Mapping[str, Precision] = {
    precision.export_name: precision for precision in Precision if precision.is_onnx
}


def name_of(precision: Precision | None) -> str:
    """The name by which a precision is asked for; “auto” where that is left to the app."""
    return _AUTO if precision is None else precision.value


def parse_device(text: str) -> str | None:
    """A device by its name, which may be of one that is not there; None for “auto”."""
    return None if text == _AUTO else text


def device_or_auto(device: str | None) -> str:
    """The name by which a device is asked for; “auto” where that is left to the app."""
    return _AUTO if device is None else device


def parse_precision(text: str) -> Precision | None:
    """A precision by its name; None for “auto”. Raises BackendUnavailableError."""
    return parse_name(
        text, {_AUTO: None, **{precision.value: precision for precision in Precision}}
    )


def parse_name(text: str, known: Mapping[str, _Named]) -> _Named:
    """What a precision's name stands for. Raises BackendUnavailableError."""
    if text not in known:
        raise _no_precision(text, known)
    return known[text]


def require_one_of(precision: Precision, known: Mapping[str, Precision]) -> None:
    """Raise BackendUnavailableError for a precision that is not among the values of `known`."""
    if precision not in known.values():
        raise _no_precision(precision.value, [one.value for one in known.values()])


def _no_precision(name: str, known: Iterable[str]) -> BackendUnavailableError:
    return BackendUnavailableError(
        "There is no precision “{name}”; there are {known}.",
        hint="Choose one of these.",
        name=name,
        known=", ".join(known),
    )
