"""The loss of a training without the logits of a whole batch.

Those of 16 x 512 positions over 125,696 tokens take 6.6 GB in fp32, and a loss makes copies. Only
positions with a label are computed, some at a time, and once more on the way back; so what is
there at any time is bounded by `LOGITS_PART_BYTES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .logit_parts import rows_of_part

#: The label of a position that is not learnt.
IGNORED = -100

#: Hidden states [N, H] to logits [N, V].
Head = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class LossTerms:
    """What the sums of a loss are divided by, and what is added to it.

    Where several batches make a step of the optimiser, both numbers are those of the step, so that
    the losses of its batches add up to the mean of all.
    """

    items: Tensor | int | None = None  #: labels that are learnt; None: those of this batch
    #: Positions of which the largest logit counts, pads among them; None: those of this batch.
    positions: Tensor | int | None = None
    z_weight: float = 0.0  #: of the mean square of the largest logits


def next_labels(labels: Tensor) -> Tensor:
    """The label that each position shall give, which is that of the next one: [B, T]."""
    return F.pad(labels[..., 1:], (0, 1), value=IGNORED)


def token_loss(
    hidden: Tensor, shifted: Tensor, head: Head, vocab_size: int, terms: LossTerms
) -> Tensor:
    """The mean cross entropy of hidden states [B, T, H] against `next_labels` [B, T], in fp32.

    Without any label it is 0, and its gradients are. `z_weight * mean(largest logit ** 2)` is
    added as published: over all positions that have a next one, whether they are learnt or not.
    """
    shifted = shifted.to(hidden.device)
    is_learnt = shifted.ne(IGNORED)
    items = is_learnt.sum() if terms.items is None else terms.items
    rows, targets = hidden[is_learnt], shifted[is_learnt]
    total = _summed(rows, targets, head, rows_of_part(vocab_size))
    loss = total / _at_least_one(items, total)
    if not terms.z_weight:
        return loss
    inner = hidden[:, :-1].flatten(0, 1)
    positions = len(inner) if terms.positions is None else terms.positions
    squares = _summed(inner, None, head, rows_of_part(vocab_size))
    return loss + terms.z_weight * squares / _at_least_one(positions, squares)


def _at_least_one(count: Tensor | int, like: Tensor) -> Tensor:
    return torch.as_tensor(count, device=like.device).clamp(min=1)


def _summed(rows: Tensor, targets: Tensor | None, head: Head, part: int) -> Tensor:
    """The sum over rows [N, H] of what `_of_part` gives, a part at a time."""
    # Where nothing is learnt, the head too has a gradient of zeros: several processes add theirs
    # up, which all have to have.
    total = rows[:0].sum().float() if len(rows) else head(rows).float().sum()
    for first in range(0, len(rows), part):
        some = slice(first, first + part)
        wanted = None if targets is None else targets[some]
        if torch.is_grad_enabled():
            found = checkpoint(_of_part, rows[some], wanted, head, use_reentrant=False)
        else:
            found = _of_part(rows[some], wanted, head)
        total = total + found
    return total


def _of_part(rows: Tensor, targets: Tensor | None, head: Head) -> Tensor:
    """The summed cross entropy of some rows; without targets, the squares of the largest logits."""
    logits = head(rows).float()
    if targets is None:
        return logits.amax(dim=-1).square().sum()
    return F.cross_entropy(logits, targets.to(logits.device), reduction="sum").to(rows.device)
