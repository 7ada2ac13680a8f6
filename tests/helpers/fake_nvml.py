"""NVML without a driver: the functions of `pynvml` that are used, with its errors.

What each of them answers, and where it refuses, is what NVIDIA's reference of NVML says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

_Fact = TypeVar("_Fact")

#: As in nvml.h.
NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND, NOT_LOADED = 3, 4, 6, 9
LIBRARY_NOT_FOUND, FUNCTION_NOT_FOUND, GPU_IS_LOST, MISMATCH = 12, 13, 15, 18


class NvmlError(Exception):
    """As `pynvml.NVMLError`: its number is its value."""

    def __init__(self, value: int) -> None:
        super().__init__(value)
        self.value = value


@dataclass
class FakeCard:
    """A card, or an instance of one. A number in place of a fact is the error that it gives."""

    uuid: str | int
    name: str | int = "NVIDIA GeForce RTX 3060"
    memory: tuple[int, int, int] | int = (12 * 2**30, 11 * 2**30, 2**28)  #: total, free, reserved
    capability: tuple[int, int] | int = (8, 6)
    mig: bool | int = NOT_SUPPORTED
    display: bool | int = False
    #: By place; None where there is no instance.
    instances: Sequence[FakeCard | None] = ()
    ids: tuple[int, int] = (0, 0)  #: of an instance
    #: Held by process; None: it is not told, as under Windows' own driver model.
    held: dict[int, int | None] = field(default_factory=dict)


@dataclass
class FakeNvml:
    """The module `pynvml`, as far as it is used."""

    cards: Sequence[FakeCard | int] = ()  #: a number: the error of the card's handle
    driver: str | int = "580.95.05"
    driver_cuda: int = 13000  #: as NVML counts; below 1000 it is the error
    own_cuda: int = 0  #: told where that of the driver is not; 0: not either
    start: int | None = None  #: the error of the start
    has_memory_v2: bool = True
    opened: int = 0  #: starts less ends

    NVMLError = NvmlError
    NVML_ERROR_NOT_SUPPORTED = NOT_SUPPORTED
    NVML_DEVICE_MIG_ENABLE = 1
    NVML_FEATURE_ENABLED = 1
    nvmlMemory_v2 = 0x02000028  # noqa: N815  NVML's

    def __getattribute__(self, name: str) -> object:
        if name.startswith("nvmlDevice") and not self.opened:
            raise AssertionError(f"{name} before nvmlInit")
        return object.__getattribute__(self, name)

    def nvmlInit(self) -> None:  # noqa: N802  NVML's name
        if self.start is not None:
            raise NvmlError(self.start)
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802  NVML's name
        self.opened -= 1

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802  NVML's name
        return _told(self.driver)

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:  # noqa: N802  NVML's name
        if self.driver_cuda < 1000:
            raise NvmlError(self.driver_cuda)
        return self.driver_cuda

    def nvmlSystemGetCudaDriverVersion(self) -> int:  # noqa: N802  NVML's name
        """What NVML itself was made with."""
        if not self.own_cuda:
            raise NvmlError(FUNCTION_NOT_FOUND)
        return self.own_cuda

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802  NVML's name
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:  # noqa: N802  NVML's name
        return _told(self.cards[index])

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> FakeCard:  # noqa: N802  NVML's name
        for card in self.cards:
            if isinstance(card, int):
                continue
            for each in (card, *card.instances):
                if each is not None and each.uuid == uuid:
                    return each
        raise NvmlError(NOT_FOUND)

    def nvmlDeviceGetUUID(self, handle: FakeCard) -> str:  # noqa: N802  NVML's name
        return _told(handle.uuid)

    def nvmlDeviceGetName(self, handle: FakeCard) -> str:  # noqa: N802  NVML's name
        return _told(handle.name)

    def nvmlDeviceGetCudaComputeCapability(self, handle: FakeCard) -> tuple[int, int]:  # noqa: N802  NVML's name
        return _told(handle.capability)

    def nvmlDeviceGetMemoryInfo(  # noqa: N802  NVML's name
        self, handle: FakeCard, version: int | None = None
    ) -> SimpleNamespace:
        if version is not None and not self.has_memory_v2:
            raise NvmlError(FUNCTION_NOT_FOUND)
        total, free, reserved = _told(handle.memory)
        if version is None:  # counts what is reserved as used
            return SimpleNamespace(total=total, free=free, used=total - free)
        used = total - free - reserved
        return SimpleNamespace(total=total, free=free, reserved=reserved, used=used)

    def nvmlDeviceGetDisplayActive(self, handle: FakeCard) -> int:  # noqa: N802  NVML's name
        if not isinstance(handle.display, bool):
            raise NvmlError(handle.display)
        return int(handle.display)

    def nvmlDeviceGetMigMode(self, handle: FakeCard) -> list[int]:  # noqa: N802  NVML's name
        if not isinstance(handle.mig, bool):
            raise NvmlError(handle.mig)
        return [int(handle.mig), int(handle.mig)]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: FakeCard) -> int:  # noqa: N802  NVML's name
        return len(handle.instances)

    def nvmlDeviceGetMigDeviceHandleByIndex(  # noqa: N802  NVML's name
        self, handle: FakeCard, index: int
    ) -> FakeCard:
        instance = handle.instances[index]
        if instance is None:
            raise NvmlError(NOT_FOUND)
        return instance

    def nvmlDeviceGetGpuInstanceId(self, handle: FakeCard) -> int:  # noqa: N802  NVML's name
        return handle.ids[0]

    def nvmlDeviceGetComputeInstanceId(self, handle: FakeCard) -> int:  # noqa: N802  NVML's name
        return handle.ids[1]

    def nvmlDeviceGetComputeRunningProcesses_v3(  # noqa: N802  NVML's name
        self, handle: FakeCard
    ) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in handle.held.items()]


def _told(fact: _Fact | int) -> _Fact:
    if isinstance(fact, int):
        raise NvmlError(fact)
    return fact
