"""Whether a way to multiply is right on this machine: tried on a small matrix."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from ..errors import BackendUnavailableError
from ..machine import hardware

log = logging.getLogger(__name__)

#: [out, in] of the matrix that a trial is given: rows by 64, and whole blocks of 4 bits.
SHAPE: Final = (64, 128)

#: By which share of the largest product 16 bits, or activations in 8, may err; and fp32.
_TOLERANCE, _FP32_TOLERANCE = 0.02, 1e-5


def random_matrix(dtype: torch.dtype) -> Tensor:
    """The matrix of a trial, the same each time."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(SHAPE, generator=generator).to(dtype)


def multiplies_rightly(
    make: Callable[[], Callable[[Tensor], Tensor]], matrix: Tensor, dtype: torch.dtype
) -> bool:
    """Whether what `make` makes multiplies rows in `dtype` by the rows of `matrix`.

    One row and several are tried. A kernel or an operator that is not there is an answer too;
    memory that is not there is none. Raises what the library raises then.
    """
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(5, matrix.shape[1], generator=generator).to(dtype)
    expected = rows.double() @ matrix.double().t()
    share = _FP32_TOLERANCE if dtype == torch.float32 else _TOLERANCE
    try:
        with torch.inference_mode():
            multiply = make()
            found = [multiply(rows), torch.cat([multiply(row[None]) for row in rows])]
    except torch.OutOfMemoryError:  # of a card
        raise
    except (RuntimeError, AttributeError, BackendUnavailableError) as error:
        if hardware.ran_out_of_memory(error):
            raise
        log.info("A product in %s cannot be computed here: %s", dtype, error)
        return False
    tolerance = share * float(expected.abs().max())
    # What is not a number is not close either.
    return all(bool((each.double() - expected).abs().max() <= tolerance) for each in found)
