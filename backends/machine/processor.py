"""What this processor can do, by the names that Linux lists, and what follows from it.

Nothing of torch is imported, so the window may ask; what torch makes of
the answer is tried where torch is, see `modeling.onednn`. An empty set of features is that of a
processor of which nothing is known: nothing follows from it, and only the trial tells.
"""

from __future__ import annotations

import os
from typing import Final

from ..operating_system import processor_features

#: Names features, separated by commas, that are taken for missing, with all that is built on
#: them: for tests, and to find out what is at fault.
WITHOUT_VARIABLE: Final = "BAICHUAN_DESKTOP_WITHOUT"

#: Features that matter here, and what each is built on.
_BASES: Final[dict[str, str | None]] = {
    "sse2": None,
    "sse4_1": "sse2",
    "avx2": "sse4_1",
    "avx_ne_convert": "avx2",
    "avx512f": "avx2",
    "avx512bw": "avx512f",
    "avx512dq": "avx512f",
    "avx512vl": "avx512f",
    "avx512_vnni": "avx512bw",
    "avx512_bf16": "avx512bw",
    "amx_bf16": "avx512bw",
    "asimd": None,
    "bf16": "asimd",
}


def features() -> frozenset[str]:
    """The features of this processor, without those that `WITHOUT_VARIABLE` names."""
    left_out = without()
    found = processor_features() & _BASES.keys()
    return frozenset(feature for feature in found if not _chain(feature) & left_out)


def without() -> frozenset[str]:
    """The features that `WITHOUT_VARIABLE` tells the app to take for missing."""
    named = os.environ.get(WITHOUT_VARIABLE, "").lower().split(",")
    return frozenset(feature.strip() for feature in named) & _BASES.keys()


def _chain(feature: str) -> set[str]:
    """A feature and what it is built on."""
    base = _BASES[feature]
    return {feature} | (_chain(base) if base is not None else set())


# --- what follows ------------------------------------------------------------------------


def lacks_onednn(found: frozenset[str]) -> bool:
    """Whether the processor lacks features that oneDNN needs."""
    return bool(found) and not found & {"sse4_1", "asimd"}


def lacks_packed_bf16(found: frozenset[str]) -> bool:
    """Whether the processor lacks features that oneDNN's packed bf16 products need.

    Source: what torch itself refuses.
    """
    wide = found >= {"avx512bw", "avx512vl", "avx512dq"}
    return bool(found) and not (wide or found & {"avx_ne_convert", "bf16"})


def lacks_bf16(found: frozenset[str]) -> bool:
    """Whether the processor lacks features without which torch's bf16 products are too slow.

    With AVX2 it reads prompts ten times slower than in fp32; without, thirty times.
    """
    return "sse2" in found and "avx2" not in found


def lacks_avx512_bf16(found: frozenset[str]) -> bool:
    """Whether the processor lacks the instruction that bitsandbytes' packed 4 bits are for."""
    return bool(found) and "avx512_bf16" not in found


def multiplies_bf16(found: frozenset[str]) -> bool:
    """Whether the processor has an instruction that multiplies bf16, and not only reads it."""
    has_instruction = bool(found & {"avx512_bf16", "amx_bf16", "bf16"})
    return has_instruction and not lacks_packed_bf16(found)
