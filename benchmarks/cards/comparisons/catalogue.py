"""Each choice of the app on a card beside the other way: rows of `cuda.py`.

A part of a step is measured by itself, in the shapes of the model and recorded as the app records
it, so that the card's time counts and nothing else. Where the host takes part, a clock is read
while the card waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import torch

from benchmarks.cards.comparisons import attention, matrices, step
from benchmarks.cards.comparisons.setting import Row, Setting
from benchmarks.cards.sizes import Sizes
from benchmarks.random_checkpoint import SHAPES

#: Shapes of the other family, for a run that has one of them only.
_TWINS: Final = {"tiny": "tiny-alibi", "mid": "mid-alibi", "baichuan2-7b": "baichuan2-13b"}

#: By name, with the positions that a choice is about; None: either, and one is enough.
CHOICES: Final[Mapping[str, tuple[bool | None, Callable[[Setting], list[Row]]]]] = {
    "RMSNorm": (None, step.norms),
    "gate and up": (None, step.gate_and_up),
    "candidates": (None, step.candidates),
    "cuDNN's attention": (None, attention.cudnn_attention),
    "8 bits beside 16": (None, matrices.eight_bits_beside_16),
    "8 bits": (None, matrices.eight_bits),
    "head": (None, matrices.heads),
    "embedding": (None, step.embeddings),
    "ALiBi blocks": (True, attention.alibi_blocks),
    "later chunk of a prompt": (False, attention.later_chunks),
}


def of_run(shapes: Sequence[str]) -> tuple[str, str]:
    """A shape with rotated positions and one with linear biases, of a run or their twins."""
    plain = [name for name in shapes if not SHAPES[name].uses_alibi]
    alibi = [name for name in shapes if SHAPES[name].uses_alibi]
    others = {twin: name for name, twin in _TWINS.items()}
    return (
        plain[0] if plain else others[alibi[0]],
        alibi[0] if alibi else _TWINS.get(plain[0], "tiny-alibi"),
    )


def settings(
    shapes: Sequence[str], dtype: torch.dtype, device: str, sizes: Sizes
) -> Iterator[tuple[str, Setting]]:
    """Each choice with what it is measured in, those of the first shape first."""
    pair = of_run(shapes)
    first = SHAPES[shapes[0]].uses_alibi
    for name, (alibi, _) in CHOICES.items():
        shape = pair[first if alibi is None else alibi]
        yield name, Setting(shape, dtype, device, sizes)


def measure(name: str, setting: Setting) -> list[Row]:
    """The rows of one choice."""
    with torch.inference_mode():
        return CHOICES[name][1](setting)
