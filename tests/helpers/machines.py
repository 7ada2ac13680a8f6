"""Machines and models by their numbers, for everything that decides by them."""

from __future__ import annotations

from backends.machine import processor
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.model_config import Family, ModelConfig
from backends.precision import Precision

GIB = 2**30

#: Shapes of the released models.
BAICHUAN_7B = ModelConfig(Family.BAICHUAN_7B, 64_000, 4096, 32, 32, 11_008, 4096)
BAICHUAN_13B = ModelConfig(Family.BAICHUAN_13B, 64_000, 5120, 40, 40, 13_696, 4096)
BAICHUAN2_7B = ModelConfig(Family.BAICHUAN2_7B, 125_696, 4096, 32, 32, 11_008, 4096)
BAICHUAN2_13B = ModelConfig(Family.BAICHUAN2_13B, 125_696, 5120, 40, 40, 13_696, 4096)

#: Features of a processor without AVX512, and of one that multiplies bf16.
AVX2 = frozenset({"sse2", "sse4_1", "avx2"})
AVX512_BF16 = AVX2 | {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16"}

#: A second precision beside fp32 that this very processor runs, and its label.
SECOND, SECOND_LABEL = (
    (Precision.INT8, "8-bit")
    if processor.lacks_bf16(processor.features())
    else (Precision.BF16, "bf16")
)

LIBRARIES = {"torch": "2.11.0", "bitsandbytes": "0.50.2"}
PYTHON = "/opt/app/.venv/bin/python"
PROCESSOR = "AMD Ryzen 7 5800X 8-Core Processor"


def card(
    gib: float,
    *,
    free_gib: float | None = None,
    capability: tuple[int, int] = (8, 6),
    name: str = "NVIDIA GeForce RTX 3060",
    index: int = 0,
) -> Gpu:
    """A card; with a little in use, as where a desktop runs, unless `free_gib` says more."""
    free = gib * 0.97 if free_gib is None else free_gib
    return Gpu(index, name, int(gib * GIB), int(free * GIB), capability, "580.95.05")


def machine(
    *cards: Gpu,
    free_gib: float = 56.0,
    bf16: bool = False,
    libraries: dict[str, str] | None = None,
    torch_cuda: str | None = "13.0",
) -> Machine:
    """A machine with 64 GiB, or as much as `free_gib` needs."""
    return Machine(
        processor=PROCESSOR,
        physical_cores=8,
        features=AVX512_BF16 if bf16 else AVX2,
        memory_bytes=int(max(64.0, free_gib) * GIB),
        free_memory_bytes=int(free_gib * GIB),
        gpus=cards,
        libraries=LIBRARIES if libraries is None else libraries,
        torch_cuda=torch_cuda,
        interpreter=PYTHON,
    )
