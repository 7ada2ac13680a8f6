"""Products of 16-bit activations and int8 rows with one scale each, by no 16-bit copy of a matrix.

One row of activations, a token, is multiplied in a way that reads each weight once, as the byte
that it is: by torch's own kernel on a processor, and by cuBLAS's product of integers on a card.
That way is tried once on a small matrix on each device. Where it is wrong or missing, and for the
many rows of a prompt, blocks of the matrix are brought into the dtype of the activations, one
after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from ..trial import multiplies_rightly, random_matrix
from .int8_rows import quantize_rows

#: Weights of a block: 16 MiB in 16 bit, which many cards hold in their cache.
BLOCK_WEIGHTS = 8 * 2**20

#: x [N, in], rows int8 [out, in], scales fp32 [out] to [N, out] in the dtype of x.
Product = Callable[[Tensor, Tensor, Tensor], Tensor]


def multiply(x: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    """X [..., in] times the rows int8 [out, in], each times its scale in fp32: [..., out]."""
    flat = x.reshape(-1, x.shape[-1])
    product = token_product(rows.device) if len(flat) == 1 else by_blocks
    return product(flat, rows, scales).view(*x.shape[:-1], rows.shape[0])


@cache
def token_product(device: torch.device) -> Product:
    """How one row is multiplied on a device, as it was tried there; by blocks if all else fails."""
    product = by_digits if device.type == "cuda" else by_kernel
    return product if is_right(product, device) else by_blocks


def is_right(product: Product, device: torch.device) -> bool:
    """Whether a product is right on a device, for one row of 16 bits: tried on a small matrix."""
    rows, magnitudes = quantize_rows(random_matrix(torch.float32), device)
    scales = magnitudes / 127.0
    matrix = (rows.float() * scales[:, None]).cpu()

    def multiply_each(x: Tensor) -> Tensor:
        each = [product(row[None].to(device), rows, scales) for row in x]
        return torch.cat(each).cpu()

    return multiplies_rightly(lambda: multiply_each, matrix, torch.bfloat16)


def by_blocks(x: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    """By blocks of rows in the dtype of `x`, at most `BLOCK_WEIGHTS` at a time.

    A scale is a power of two times a number from 1 to 2. The bytes times the power are exact in 16
    bits, and make sums no larger than they shall be: fp16 ends at 65,504. The number comes last,
    in fp32.
    """
    _, exponents = torch.frexp(scales)  # of numbers from a half to 1
    powers = torch.exp2((exponents - 1).clamp(-14, 8)).to(x.dtype)  # fp16 holds a byte times these
    rest = scales / powers
    out = x.new_empty(len(x), len(rows))
    count = max(BLOCK_WEIGHTS // rows.shape[1], 1)
    for begin in range(0, len(rows), count):
        some = slice(begin, begin + count)
        block = rows[some] * powers[some, None]
        torch.mul(torch.mm(x, block.t()), rest[some], out=out[:, some])
        del block  # before the next one is made
    return out


def by_kernel(x: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    """By torch's kernel of int8 weights, in fp32.

    Torch has one for cards too, from 2.9 on. By its source each thread reads a row of its own, byte
    by byte, which is not how a card reads fast; so it is not taken there.
    """
    products: Tensor = torch._weight_int8pack_mm(x.float(), rows, scales)
    return products.to(x.dtype)


#: Digits that an activation is split into, each an integer of 7 bits with its sign.
_DIGITS = 3
_BASE = 128.0
#: The product of integers wants more than 16 rows, and those of a tile take no longer than few.
_TILE = 32


def by_digits(x: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    """One row, split into digits of 7 bits, by the product of integers.

    Its values are told apart by 2**-21 of its largest one: more than 16 bits tell where they are
    near it, and enough where one activation is a thousand times the others. Sums are exact. Nothing
    is looked at on the host, so a graph can hold it.
    """
    if rows.shape[0] % 8 or rows.shape[1] % 8:  # which cuBLAS refuses; no released model has such
        return by_blocks(x, rows, scales)
    highest = torch.linalg.vector_norm(x, torch.inf, dim=1, keepdim=True, dtype=torch.float32)
    steps = _steps(x.device) / highest.clamp(min=1e-30)  # [2, tile, 1]
    # Digit i is what the first i + 1 digits say together, less what those before it said.
    together, before = (x * steps).round_()
    digits = torch.sub(together, before, alpha=_BASE).to(torch.int8)
    sums = torch._int_mm(digits, rows.t())  # [tile, out]
    total = (sums[:_DIGITS] / steps[0, :_DIGITS]).sum(0, keepdim=True)
    return torch.mul(total, scales, out=x.new_empty(total.shape))


@cache
def _steps(device: torch.device) -> Tensor:
    """By what the largest activation becomes the number of its first i + 1 digits, and i digits.

    [2, tile, 1]; zero for the rows that fill the tile.
    """
    steps = [64.0 * _BASE**digit for digit in range(_DIGITS)]
    fill = [0.0] * (_TILE - _DIGITS)
    with torch.inference_mode(False):
        table = torch.tensor([[*steps, *fill], [0.0, *steps[:-1], *fill]], device=device)
    return table[:, :, None]
