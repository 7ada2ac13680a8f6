"""What every benchmark says of the machine."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Final

from backends.machine import hardware

ROOT: Final = Path(__file__).resolve().parents[1]
_PACKAGES: Final = ("torch", "onnxruntime", "onnx", "numpy", "PySide6-Essentials")


def physical_cores() -> int:
    """The number of physical cores: threads that the app takes by default."""
    return hardware.detect().physical_cores


def facts() -> dict[str, str]:
    """Processor, memory, system and versions, in words."""
    machine = hardware.detect()
    return {
        "processor": f"{machine.processor}, {machine.physical_cores} cores",
        "features": " ".join(sorted(machine.features)),
        "memory": f"{machine.memory_bytes / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def child_environment() -> dict[str, str]:
    """The environment of the app's engine, in which the project can be imported."""
    inherited = os.environ.get("PYTHONPATH")
    paths = [str(ROOT), inherited] if inherited else [str(ROOT)]
    return {**hardware.with_huge_pages(os.environ), "PYTHONPATH": os.pathsep.join(paths)}
