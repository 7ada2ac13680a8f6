"""The base of a training in memory: in which numbers it is held, and where."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import nn
from transformers import BitsAndBytesConfig

from ..bridge.config import BaichuanConfig
from ..bridge.heads import LiveNormHead
from ..bridge.model import BaichuanForCausalLM
from ..checkpoint.folder import Checkpoint
from ..modeling.weights import map_tensor
from ..operating_system import trim_heap
from .values import Compute, Method

_ATTENTION = "sdpa"
DTYPES = {
    Compute.BF16: torch.bfloat16,
    Compute.FP16: torch.float16,
    Compute.FP32: torch.float32,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """In what a training computes, and where."""

    compute: Compute  #: not AUTO
    device: torch.device


def load_base(
    checkpoint: Checkpoint, method: Method, numbers: Numbers, *, is_spread: bool = False
) -> BaichuanForCausalLM:
    """The model of a folder, as its method needs it.

    Weights that are trained are held in fp32, whatever is computed in; those that are not, in what
    is computed in; with QLoRA the matrices of the layers in 4 bits. One that is then spread over
    several processes is mapped, as its files have it. Raises CheckpointError.
    """
    if is_spread and method is not Method.QLORA and checkpoint.stored is None:
        return _mapped(checkpoint, None if method is Method.FULL else DTYPES[numbers.compute])
    dtype = torch.float32 if method is Method.FULL else DTYPES[numbers.compute]
    # A config.json may name another attention, which is none of ours.
    arguments: dict[str, Any] = {"dtype": dtype, "attn_implementation": _ATTENTION}
    if method is Method.QLORA and checkpoint.stored is None:
        arguments["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
            llm_int8_skip_modules=["lm_head"],
        )
    if numbers.device.type != "cpu":
        arguments["device_map"] = {"": numbers.device.index or 0}
    elif method is Method.QLORA:
        arguments["device_map"] = {"": "cpu"}
    with _silently():
        model: BaichuanForCausalLM = BaichuanForCausalLM.from_pretrained(
            checkpoint.folder, **arguments
        )
    if method is Method.QLORA:
        _compute_in(model, dtype)
    trim_heap()  # what was converted lies between what stays
    return model


def _mapped(checkpoint: Checkpoint, dtype: torch.dtype | None) -> BaichuanForCausalLM:
    """The model on the host, which takes no memory of this process until it is written to.

    In another dtype than that of its files it does; an adapter begins with numbers of that dtype.
    """
    config = BaichuanConfig.from_pretrained(
        os.fspath(checkpoint.folder), local_files_only=True, attn_implementation=_ATTENTION
    )
    config.tell_family(checkpoint.config.family)
    with torch.device("meta"):
        model = BaichuanForCausalLM(config)
    for name, record in checkpoint.tensors.items():
        place, _, last = name.rpartition(".")
        setattr(model.get_submodule(place), last, nn.Parameter(map_tensor(record).to(dtype)))
    return model


def recompute_layers(model: BaichuanForCausalLM) -> None:
    """Have the layers forget what they computed, and compute it again on the way back."""
    how = {"use_reentrant": False}
    if hasattr(model, "activation_checkpointing_enable"):
        model.activation_checkpointing_enable(activation_checkpointing_kwargs=how)
    else:  # before transformers 5.20 or so, under its old name
        model.gradient_checkpointing_enable(how)  # type: ignore[no-untyped-call]


def fold_head(model: BaichuanForCausalLM) -> None:
    """Fold a head that is not trained once, for the whole training."""
    head = getattr(model.lm_head, "base_layer", model.lm_head)  # inside of an adapter's
    if isinstance(head, LiveNormHead) and not head.weight.requires_grad:
        head.fold()


def count_weights(model: nn.Module) -> tuple[int, int]:
    """How many weights are trained, and how many there are."""
    trained = sum(one.numel() for one in model.parameters() if one.requires_grad)
    return trained, sum(map(_count, model.parameters()))


def _count(parameter: torch.Tensor) -> int:
    """The weights of a parameter; bitsandbytes packs two of them into a byte."""
    shape = getattr(getattr(parameter, "quant_state", None), "shape", None)
    return parameter.numel() if shape is None else torch.Size(shape).numel()


def _compute_in(model: nn.Module, dtype: torch.dtype) -> None:
    """Multiply 4 bits in `dtype`, whatever a folder that was stored so says."""
    from bitsandbytes.nn import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.compute_dtype = dtype
            module.compute_type_is_set = True


@contextlib.contextmanager
def _silently() -> Iterator[None]:
    """Transformers without its bars of progress."""
    bars: Any = transformers.utils.logging
    was_on = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            bars.enable_progress_bar()
