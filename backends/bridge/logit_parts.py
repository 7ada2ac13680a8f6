"""How many logits a loss computes at a time. Imports no torch: memory is counted with it, too."""

from __future__ import annotations

from typing import Final

#: Bytes of the logits of one part in fp32, of which a few copies are there while it is computed.
LOGITS_PART_BYTES: Final = 128 * 2**20
_FP32_BYTES = 4


def rows_of_part(vocab_size: int) -> int:
    """Positions whose logits are computed together.

    >>> rows_of_part(125_696)
    266
    """
    return max(LOGITS_PART_BYTES // (vocab_size * _FP32_BYTES), 1)
