"""What NVML, the library of NVIDIA's driver, tells of its cards; None where it does not.

Every function gets the module `pynvml` of nvidia-ml-py, or something with the same functions.
One fact that is not told, or one card that is lost, leaves the others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .values import Listed, Listing, Memory

log = logging.getLogger(__name__)


@contextmanager
def opened(nvml: Any) -> Iterator[None]:
    """Start NVML, and end it again. Raises NVMLError where there is no driver, or another's.

    Ended each time: while it is open, a laptop's card cannot go to sleep.
    """
    nvml.nvmlInit()
    try:
        yield
    finally:
        _told(nvml, "nvmlShutdown")


def listing(nvml: Any) -> Listing | None:
    """The driver and its cards; None where NVML does not start."""
    try:
        with opened(nvml):
            cards = tuple(_card(nvml, number) for number in range(nvml.nvmlDeviceGetCount()))
            driver = _told(nvml, "nvmlSystemGetDriverVersion") or ""
            return Listing(driver, _driver_cuda(nvml), cards)
    except nvml.NVMLError as error:
        log.info("NVML tells nothing: %s", error)
        return None


def held_bytes(nvml: Any, uuid: str, pid: int) -> int | None:
    """What a process holds of the memory of a card or an instance; None where it is not told.

    Windows does not tell; in a container processes have other numbers than the driver's.
    """
    try:
        with opened(nvml):
            handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
            processes = _told(nvml, "nvmlDeviceGetComputeRunningProcesses_v3", handle)
    except nvml.NVMLError as error:
        log.info("NVML does not tell who uses the card: %s", error)
        return None
    held = [process.usedGpuMemory for process in processes or () if process.pid == pid]
    return None if not held or None in held else sum(held)


# --- one fact --------------------------------------------------------------------------------


def _told(nvml: Any, question: str, *arguments: Any) -> Any:
    """What a function of NVML answers; None where it does not, or an old module has none such."""
    ask = getattr(nvml, question, None)
    try:
        return None if ask is None else ask(*arguments)
    except nvml.NVMLError:
        return None


def _driver_cuda(nvml: Any) -> tuple[int, int] | None:
    """The newest CUDA that the driver's library runs; a package of compatibility counts."""
    number = _told(nvml, "nvmlSystemGetCudaDriverVersion_v2")
    number = number or _told(nvml, "nvmlSystemGetCudaDriverVersion")  # without CUDA's own library
    return None if not number else (number // 1000, number % 1000 // 10)


def _card(nvml: Any, number: int) -> Listed:
    handle = _told(nvml, "nvmlDeviceGetHandleByIndex", number)
    if handle is None:  # lost, or another's in this container
        return Listed(number, "", "", None, None)
    name = _told(nvml, "nvmlDeviceGetName", handle) or ""
    capability = _told(nvml, "nvmlDeviceGetCudaComputeCapability", handle)
    capability = None if capability is None else (int(capability[0]), int(capability[1]))
    uuid = _told(nvml, "nvmlDeviceGetUUID", handle) or ""
    mode = _told(nvml, "nvmlDeviceGetMigMode", handle)
    if mode is not None and mode[0] == nvml.NVML_DEVICE_MIG_ENABLE:
        instances = tuple(_instances(nvml, handle, number, uuid, capability))
        return Listed(number, uuid, name, None, capability, is_divided=True, instances=instances)
    memory, has_none = _memory(nvml, handle)
    is_drawn = _told(nvml, "nvmlDeviceGetDisplayActive", handle) == nvml.NVML_FEATURE_ENABLED
    return Listed(number, uuid, name, memory, capability, is_unified=has_none, has_display=is_drawn)


def _instances(
    nvml: Any, card: Any, number: int, card_uuid: str, capability: tuple[int, int] | None
) -> Iterator[Listed]:
    for place in range(_told(nvml, "nvmlDeviceGetMaxMigDeviceCount", card) or 0):
        handle = _told(nvml, "nvmlDeviceGetMigDeviceHandleByIndex", card, place)
        if handle is None:  # no instance was made there, or it is another's
            continue
        memory, _ = _memory(nvml, handle)
        gpu = _told(nvml, "nvmlDeviceGetGpuInstanceId", handle)
        compute = _told(nvml, "nvmlDeviceGetComputeInstanceId", handle)
        yield Listed(
            number,
            _told(nvml, "nvmlDeviceGetUUID", handle) or "",
            _told(nvml, "nvmlDeviceGetName", handle) or "",
            memory,
            capability,
            former_id=f"MIG-{card_uuid}/{gpu}/{compute}",
        )


def _memory(nvml: Any, handle: Any) -> tuple[Memory | None, bool]:
    """The memory of a card, and whether it has none of its own.

    A chip that shares the machine's memory (GB10, Jetson) says that it does not support the
    question, or zero; a lost card says something else.
    """
    version = getattr(nvml, "nvmlMemory_v2", None)
    told = None
    if version is not None:  # a driver before R510 does not know it
        told = _told(nvml, "nvmlDeviceGetMemoryInfo", handle, version)
    try:
        told = told or nvml.nvmlDeviceGetMemoryInfo(handle)
    except nvml.NVMLError as error:
        return None, error.value == nvml.NVML_ERROR_NOT_SUPPORTED
    if not told.total:
        return None, True
    return Memory(int(told.total), int(told.free), int(getattr(told, "reserved", 0))), False
