"""How much of everything `cuda.py` measures: on a card, and in a dry run on a processor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sizes:
    """Tokens, unless said otherwise."""

    context_length: int
    contexts: tuple[int, int]  #: where decoding is timed: a question, and a long conversation
    prefill_tokens: int
    parity_prompt: int
    parity_steps: int
    attention_keys: tuple[int, int]
    boundaries: tuple[int, ...]  #: lengths at which decoding goes on with another graph
    layers: int  #: of those that stand for all: too large together for any cache
    rounds: int  #: of which a median is taken


CARD: Final = Sizes(
    context_length=4096,
    contexts=(512, 3500),
    prefill_tokens=2048,
    parity_prompt=480,  # 64 more tokens pass 512 keys, where another graph begins
    parity_steps=64,
    attention_keys=(1024, 4096),
    boundaries=(513, 1025, 2049),
    layers=8,
    rounds=10,
)

#: Everything is gone through, and nothing of it is a figure of anything.
DRY: Final = Sizes(
    context_length=2112,
    contexts=(40, 96),
    prefill_tokens=128,
    parity_prompt=24,
    parity_steps=4,
    attention_keys=(32, 96),
    boundaries=(513, 1025, 2049),
    layers=2,
    rounds=3,
)
