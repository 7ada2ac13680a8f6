"""What a card can do at best: the yardsticks of `cuda.py`, measured in the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from backends.model_config import ModelConfig
from benchmarks.cards.clocks import recorded, seconds

_BUFFER_BYTES: Final = 4 * 2**30  # far more than any cache
_PRODUCT_SIZE: Final = 8192


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """Bytes and operations a second; medians."""

    copy: float  #: bytes read and written by a large copy
    read: float  #: bytes read by the sum of a large buffer
    matrix_vector: float  #: bytes of 16-bit matrices that one vector is multiplied with
    product: float  #: operations of a large square product in 16 bit
    product_size: int
    chunk_product: float  #: the same with as many rows as a prefill chunk has tokens


def measure(device: str, dtype: torch.dtype, chunk: int) -> Yardsticks:
    """Measure on a card; on a processor, for a dry run, with small sizes."""
    buffer_bytes, size = 2**22, 64
    if device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(device)
        buffer_bytes = min(_BUFFER_BYTES, free // 4 // 2**27 * 2**27)
        size = _PRODUCT_SIZE
    with torch.inference_mode():
        copy, read = _copy_and_read(buffer_bytes, device)
        matrix_vector = _matrix_vector(buffer_bytes, min(4096, size), dtype, device)
        product, chunk_product = (_product(rows, size, dtype, device) for rows in (size, chunk))
    return Yardsticks(copy, read, matrix_vector, product, size, chunk_product)


def _copy_and_read(nbytes: int, device: str) -> tuple[float, float]:
    source = torch.randn(nbytes // 4, device=device)
    target = torch.empty_like(source)
    copy = seconds(lambda: target.copy_(source), device)
    return 2 * nbytes / copy, nbytes / seconds(lambda: source.sum(), device)


def _matrix_vector(nbytes: int, width: int, dtype: torch.dtype, device: str) -> float:
    matrices = torch.randn(nbytes // (4 * width * width), 2 * width, width, device=device).to(dtype)
    vector = torch.randn(1, 1, width, device=device).to(dtype)

    def multiply() -> None:
        for matrix in matrices:
            F.linear(vector, matrix)

    return matrices.nbytes / seconds(multiply, device)


def _product(rows: int, size: int, dtype: torch.dtype, device: str) -> float:
    left = torch.randn(rows, size, device=device).to(dtype)
    right = torch.randn(size, size, device=device).to(dtype)
    return 2 * rows * size**2 / seconds(lambda: left @ right, device)


def attention(
    config: ModelConfig, dtype: torch.dtype, device: str, keys: int, layers: int
) -> dict[str, float]:
    """Bytes of keys and values a second, for one token's attention over them in several ways.

    “masked” is what the recorded step does, “plain” what the ordinary step of a 7B does.
    Recorded, so that only the card's time counts. The keys and values of `layers` layers do not fit
    a cache together.
    """
    shape = (layers, 1, config.num_heads, keys, config.head_dim)
    k = torch.randn(shape, device=device).to(dtype)
    v = torch.randn(shape, device=device).to(dtype)
    q = torch.randn(1, config.num_heads, 1, config.head_dim, device=device).to(dtype)
    heads = config.num_heads if config.family.uses_alibi else 1
    bias = torch.zeros(1, heads, 1, keys, device=device).to(dtype)
    ways: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "masked": lambda a, b: F.scaled_dot_product_attention(q, a, b, attn_mask=bias),
        "plain": lambda a, b: F.scaled_dot_product_attention(q, a, b),
        "two products": lambda a, b: _two_products(q, a, b, bias),
    }
    found: dict[str, float] = {}
    with torch.inference_mode():
        for name, way in ways.items():

            def all_layers(way: Callable[[Tensor, Tensor], Tensor] = way) -> None:
                for a, b in zip(k, v, strict=True):
                    way(a, b)

            found[name] = (k.nbytes + v.nbytes) / seconds(recorded(all_layers, device), device)
    return found


def _two_products(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    scores = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5 + bias
    return torch.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype) @ v
