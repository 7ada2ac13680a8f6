"""What is set and tried once, before a model is loaded onto cards."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..interface import LayerDevices
from ..modeling.baichuan import BaichuanForCausalLM
from ..precision import DeviceKind

log = logging.getLogger(__name__)

#: Numbers of 8 bytes in the copy that is tried: 4 MiB, as the states of a prefill chunk.
_TRIED = 2**19
#: Odd, so that none of its first 2**64 multiples comes twice: a shifted copy is noticed too.
_ODD = 0x9E3779B97F4A7C1

#: Copies a tensor from the host to a card, to another card and back to the host.
Carry = Callable[[Tensor, str, str], Tensor]


def carried(bits: Tensor, source: str, target: str) -> Tensor:
    """What arrives of `bits` [N], integers on the host, over `source` and `target`.

    Where it arrives lies the opposite of every bit before: memory that is given out again may hold
    what was sent an hour ago.
    """
    sent = bits.to(source)
    arrived = bits.bitwise_not().to(target)
    arrived.copy_(sent)
    return arrived.cpu()


def prepare(devices: LayerDevices, dtype: torch.dtype, carry: Carry = carried) -> tuple[int, ...]:
    """Set torch up for the cards among `devices`; the layers that `through_host` is to be given.

    `dtype` is that of the activations. Where no card takes part, nothing is done.
    """
    cards = _cards(devices.layers)
    if not cards:
        return ()
    # From torch 2.11 on, with cuDNN 9.15.1, it comes first on cards of capability 9.0 and 10.0. It
    # makes a plan for each number of keys, of some 30 ms by the reports of others, and keeps them
    # all; and each token has another number. What is left, flash and memory-efficient attention,
    # takes all that it takes and plans nothing; so it is off everywhere, whatever order the next
    # version prefers.
    torch.backends.cuda.enable_cudnn_sdp(False)
    # Products that are split over their inner dimension may be summed up in fp16, which ends at
    # 65,504. Off, they are split as before and summed up in fp32. Newer cards use bf16, unless
    # somebody wants otherwise. Set either way: the process may have had another model before.
    old = any(torch.cuda.get_device_capability(card) < (8, 0) for card in cards)
    sums_in_fp16 = not (old and dtype == torch.float16)
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = sums_in_fp16
    return _detours(devices.layers, carry)


def through_host(model: BaichuanForCausalLM, layers: Sequence[int]) -> None:
    """Bring what these layers compute to the host, from where the next layer's device gets it."""
    for layer in layers:
        model.model.layers[layer].register_forward_hook(_to_host)


def _to_host(_layer: nn.Module, _inputs: tuple[object, ...], hidden: Tensor) -> Tensor:
    return hidden.cpu()


def _detours(layers: Sequence[str], carry: Carry) -> tuple[int, ...]:
    """The layers whose results do not reach the card of the next layer as they are.

    On boards whose IOMMU redirects what cards send each other, copies between them end without an
    error and bring zeros, or what was there before. Copies to and from the host are right there.
    """
    found: dict[tuple[str, str], bool] = {}
    detours = []
    for layer, (source, target) in enumerate(itertools.pairwise(layers)):
        if source == target or len(_cards((source, target))) < 2:
            continue
        if (source, target) not in found:
            found[source, target] = _arrives(source, target, carry)
        if not found[source, target]:
            detours.append(layer)
    return tuple(detours)


def _arrives(source: str, target: str, carry: Carry) -> bool:
    sent = torch.arange(1, _TRIED + 1) * _ODD
    if torch.equal(carry(sent, source, target), sent):
        return True
    log.warning("Copies from %s to %s arrive wrong: they go through the host.", source, target)
    return False


def _cards(devices: Sequence[str]) -> set[str]:
    return {device for device in devices if DeviceKind.of(device) is DeviceKind.CUDA}
