"""Sizes of memory and files as a person reads them."""

from __future__ import annotations

import math
from typing import Final

_MIB: Final = 2**20
_GIB: Final = 2**30
_TIB: Final = 2**40


def size_text(count: int) -> str:
    """Bytes in GiB, in TiB where they are many, in whole MiB where few: “13.0 GiB”, “7 MiB”."""
    if count >= _TIB:
        return f"{count / _TIB:.1f} TiB"
    return f"{count / _GIB:.1f} GiB" if count >= _GIB / 10 else f"{math.ceil(count / _MIB)} MiB"
