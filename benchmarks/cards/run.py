"""A run of `cuda.py`: what it may use, what it found, and what became of its parts."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch

from backends.errors import BackendUnavailableError, GpuLostError, UserFacingError
from backends.interface import LayerDevices
from backends.precision import Precision
from backends.torch_backend.card_errors import translated_errors
from benchmarks.cards.sizes import Sizes

Result = TypeVar("Result")


class LeftOutError(Exception):
    """A part cannot be measured here; says why."""


@dataclass(slots=True)
class CardRun:
    """One run of this command: what it may use, and what it found so far."""

    device: str
    precisions: tuple[Precision, ...]
    sizes: Sizes
    new_tokens: int
    ends: float  #: `time.monotonic()`
    json_file: Path | None
    report: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def on_card(self) -> bool:
        """Whether the run measures a card; False in a dry run."""
        return self.device.startswith("cuda")

    def attempt(self, what: str, work: Callable[[], Result]) -> Result | None:
        """The result; or None, and the reason among the problems. Raises GpuLostError."""
        if time.monotonic() > self.ends:
            self.problems.append(f"{what}: left out, the minutes were used up")
            return None
        try:
            with translated_errors(LayerDevices.all_on(self.device, 1)):
                return work()
        except GpuLostError:
            raise
        except LeftOutError as error:
            self.problems.append(f"{what}: left out, {error}")
        except ModuleNotFoundError as error:
            self.problems.append(f"{what}: left out, {error.name} is not installed")
        except BackendUnavailableError as error:  # without bitsandbytes
            self.problems.append(f"{what}: left out, {error.message}")
        except UserFacingError as error:  # out of memory, above all
            self.problems.append(f"{what}: {error.message}")
        except Exception as error:  # noqa: BLE001  one broken part must not cost the others
            lines = str(error).strip().splitlines() or [""]
            self.problems.append(f"{what}: {type(error).__name__}: {lines[0][:300]}")
        self.free()
        return None

    def free(self) -> None:
        """Give memory that nothing refers to back to the card."""
        gc.collect()
        if self.on_card:
            torch.cuda.empty_cache()

    def save(self) -> None:
        """Write what there is; again and again, so that a killed run leaves something."""
        self.report["problems"] = self.problems
        if self.json_file is not None:
            self.json_file.write_text(json.dumps(self.report, indent=1) + "\n", encoding="utf-8")

    def show(self, text: str) -> None:
        """Print one table now, and save."""
        print(text, end="\n\n", flush=True)
        self.save()


def plain_precision(device: str) -> Precision:
    """The 16-bit precision that the device multiplies in."""
    if device.startswith("cuda") and torch.cuda.get_device_capability(device) < (8, 0):
        return Precision.FP16
    return Precision.BF16
