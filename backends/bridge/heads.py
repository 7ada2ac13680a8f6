"""Baichuan 2's head in a model whose weights may change at any time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..model_config import ModelConfig
from ..modeling.baichuan import FOLDED_ROWS, NormHead, normalised


class LiveNormHead(NormHead):
    """A NormHead that never writes to its weight, which training, PEFT and merging change.

    Outside of training the products are multiplied by what the rows lack to the norm 1. That is
    computed once, and again when the weight is another one: the sums over the bits of each row
    tell, which reads it once more in each pass, while normalising would write it, too. (Counters of
    torch do not see what is done to `weight.data`, as PEFT does.) Only who asks for `fold` says
    that the weight stays, as a frozen one does in a training.
    """

    def __init__(self, hidden_size: int, vocab_size: int) -> None:
        super().__init__(hidden_size, vocab_size)
        self._kept: _Factors | None = None

    def forward(self, x: Tensor) -> Tensor:
        return self.of_a_pass()(x)

    def of_a_pass(self) -> Callable[[Tensor], Tensor]:
        """The head for all parts of one pass, for which its rows are normalised once."""
        if self.folded:
            return lambda x: F.linear(x, self.weight)
        if torch.is_grad_enabled():
            rows = F.normalize(self.weight, eps=1e-12)
            return lambda x: F.linear(x, rows)
        factors = self._factors()
        return lambda x: F.linear(x * factors.before, self.weight).mul_(factors.after)

    @torch.no_grad()
    def fold(self) -> None:
        """Take normalised rows in the place of the weight, for as long as nothing changes it.

        They are frozen. The weight itself stays as it is, which may be mapped from a file.
        """
        folded = torch.empty_like(self.weight)
        for rows, into in zip(
            self.weight.split(FOLDED_ROWS), folded.split(FOLDED_ROWS), strict=True
        ):
            into.copy_(normalised(rows))
        self.weight = nn.Parameter(folded, requires_grad=False)
        self.folded = True

    def _factors(self) -> _Factors:
        weight = self.weight.detach()
        sums = _bit_sums(weight)
        kept = self._kept
        if kept is None or kept.dtype is not weight.dtype or not _same(kept.sums, sums):
            self._kept = kept = _factors_of(weight, sums)
        return kept


@dataclass(frozen=True, slots=True)
class _Factors:
    """What is multiplied in place of dividing each row by its norm."""

    dtype: torch.dtype  #: of the weight that they are of
    sums: Tensor  #: of its bits
    before: float  #: the activations: a power of two that keeps the products in the range of fp16
    after: Tensor  #: the products, in fp32 [vocab_size]


def _bit_sums(weight: Tensor) -> Tensor:
    """A number for each row, so that rows which change places are seen too: [vocab_size]."""
    width = weight.shape[1] * weight.element_size()
    words = next(
        kind for kind in (torch.int64, torch.int32, torch.int16) if width % kind.itemsize == 0
    )
    return weight.contiguous().view(words).sum(dim=1, dtype=torch.int64)


def _same(kept: Tensor, now: Tensor) -> bool:
    return kept.device == now.device and torch.equal(kept, now)


def _factors_of(weight: Tensor, sums: Tensor) -> _Factors:
    norms = torch.cat([
        torch.linalg.vector_norm(rows.float(), dim=1) for rows in weight.split(FOLDED_ROWS)
    ]).clamp(min=1e-12)  # fmt: skip
    _, exponent = math.frexp(float(norms.max()))
    before = math.ldexp(1.0, -exponent)
    return _Factors(weight.dtype, sums, before, (norms * before).reciprocal())


def live_head(config: ModelConfig) -> nn.Linear:
    """The output head of a family: [vocab_size, hidden_size]."""
    if config.family.uses_norm_head:
        return LiveNormHead(config.hidden_size, config.vocab_size)
    return nn.Linear(config.hidden_size, config.vocab_size, bias=False)


def as_norm_head(head: nn.Linear) -> LiveNormHead:
    """The same weight, normalised in each pass."""
    rows, width = head.weight.shape
    with torch.device("meta"):
        made = LiveNormHead(width, rows)
    made.weight = head.weight
    return made
