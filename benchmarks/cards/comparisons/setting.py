"""What a choice is measured in, the clocks for it, and the row that comes of it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from backends.interface import PREFILL_CHUNK
from backends.model_config import ModelConfig
from backends.precision import DeviceKind
from benchmarks.cards import clocks
from benchmarks.cards.sizes import Sizes
from benchmarks.random_checkpoint import SHAPES

_Module = TypeVar("_Module", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose parts are measured, and where."""

    shape: str
    dtype: torch.dtype
    device: str
    sizes: Sizes

    @property
    def config(self) -> ModelConfig:
        """That of the shape."""
        return SHAPES[self.shape].config

    @property
    def chunk(self) -> int:
        """Tokens that the app reads at a time, where the context holds so many beside others."""
        return min(PREFILL_CHUNK[DeviceKind.of(self.device)], self.sizes.prefill_tokens // 2)

    @property
    def all_layers(self) -> float:
        """How many times the measured layers make the model."""
        return self.config.num_layers / self.sizes.layers

    def random(self, *shape: int) -> Tensor:
        """Values of a plausible scale, in the model's dtype on the device."""
        return torch.randn(shape, device=self.device).mul(0.02).to(self.dtype)

    def made(self, make: Callable[[], _Module]) -> _Module:
        """A module of the model's dtype, made on the device: a processor draws weights slowly."""
        with torch.device(self.device):
            return make().to(self.dtype).requires_grad_(False).eval()

    def scaled(self, ways: Mapping[str, float]) -> dict[str, float]:
        """Seconds of all layers, from those of the measured ones."""
        return {name: value * self.all_layers for name, value in ways.items()}

    @property
    def token(self) -> str:
        """Where a row is about one token of the shape."""
        return f"{self.shape}, a token"

    @property
    def later_chunk(self) -> str:
        """Where a row is about a chunk at the end of the long context."""
        return f"{self.shape}, a chunk before {self.sizes.contexts[1]:,}"

    def replayed(self, work: Callable[[], object]) -> float:
        """Seconds on the device of what is recorded once."""
        return self.timed(clocks.recorded(work, self.device))

    def timed(self, work: Callable[[], object]) -> float:
        """Seconds on the device, launches included."""
        return clocks.seconds(work, self.device, self.sizes.rounds)

    def by_the_clock(self, work: Callable[[], object]) -> float:
        """Seconds until the device is done, as the host sees it: a median."""
        work()
        rounds = range(5 * self.sizes.rounds)
        return statistics.median(clocks.once(work, self.device) for _ in rounds)


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of the two ways of a choice, a token or a chunk of all layers."""

    choice: str
    where: str
    taken: str  #: the way that the app goes
    ways: dict[str, float]
    saves_bytes: int = 0  #: of the card's memory, which is then why it goes that way
