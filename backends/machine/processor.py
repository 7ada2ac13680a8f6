"""What this processor can do, by the names that Linux lists, and what follows from it.

The one place that asks. Nothing of torch is imported, so the window may ask; what torch makes of
the answer is tried where torch is, see `modeling.onednn`. An empty set of features is that of a
processor of which nothing is known: nothing follows from it, and only the trial tells.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
from functools import cache
from typing import Final

from .. import operating_system

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


def name() -> str:
    """The name of this processor."""
    match = re.search(r"^model name\s*:\s*(.+)$", _cpuinfo(), re.MULTILINE)
    if match:
        return match.group(1).strip()
    return operating_system.processor_name() or platform.processor() or platform.machine()


def features() -> frozenset[str]:
    """The features of this processor, without those that `WITHOUT_VARIABLE` names."""
    left_out = without()
    return frozenset(feature for feature in _found() if not _chain(feature) & left_out)


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


# --- looking -----------------------------------------------------------------------------


@cache
def _cpuinfo() -> str:
    return operating_system.read(operating_system.PROCESSORS)


def _found() -> set[str]:
    """The features that Linux, Windows or macOS lists; each lists none on another's machine."""
    match = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", _cpuinfo(), re.MULTILINE)
    found = set(match.group(1).split()) if match else _windows_features() | _mac_features()
    if "avx2" in found and _has_ne_convert():
        found.add("avx_ne_convert")
    return found & _BASES.keys()


def _has_ne_convert() -> bool:
    """Whether the processor has AVX-NE-CONVERT: glibc 2.33 and later tell, Linux does not."""

    class Leaf(ctypes.Structure):  # struct cpuid_feature of <sys/platform/x86.h>
        _fields_ = (("eax", ctypes.c_uint), ("ebx", ctypes.c_uint),
                    ("ecx", ctypes.c_uint), ("edx", ctypes.c_uint))  # fmt: skip

    leaf_7_1, bit = 6, 5
    try:
        ask = ctypes.CDLL("libc.so.6")["__x86_get_cpuid_feature_leaf"]
    except (OSError, AttributeError):  # another C library, or an older one
        return False
    ask.restype = ctypes.POINTER(Leaf)
    return bool(ask(leaf_7_1).contents.edx >> bit & 1)


def _windows_features() -> set[str]:
    """The features that Windows lists; whoever has AVX512F there has BW, DQ and VL too."""
    known = {
        10: {"sse2"},
        37: {"sse4_1"},
        40: {"avx2"},
        41: {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
        19: {"asimd"},
        68: {"bf16"},
    }  # PF_… of winnt.h
    present = operating_system.has_feature
    return {each for number, found in known.items() if present(number) for each in found}


def _mac_features() -> set[str]:
    """The features that macOS lists, under the names that Linux has for them."""
    ask = operating_system.sysctl
    if platform.machine() == "arm64":
        return {"asimd"} | ({"bf16"} if ask("hw.optional.arm.FEAT_BF16") == "1" else set())
    words = f"{ask('machdep.cpu.features')} {ask('machdep.cpu.leaf7_features')}"
    return {"sse4_1" if word == "sse4.1" else word for word in words.lower().split()}
