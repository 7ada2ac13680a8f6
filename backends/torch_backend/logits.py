"""Logits on a device, brought to the host: all of them, or the candidates of an answer.

A row of 125,696 logits is half a megabyte for each token, and with the released settings the five
best of them matter: those are found where the row lies, and copied alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..interface import CandidateRequest, Candidates, Logits


def to_numpy(logits: Tensor) -> Logits:
    """Logits [vocab_size] or [T, vocab_size] of any dtype on any device as fp32 in host memory."""
    values: Logits = logits.float().cpu().numpy()
    return values


class CandidateChooser:
    """Chooses the candidates of one answer on the device where its logits lie.

    Every call queues the same few operations, whose shapes are the same, and waits for one small
    copy. `Sampler` repeats the penalty on what it gets, so here it only decides what that is.
    """

    @torch.inference_mode()
    def __init__(
        self,
        request: CandidateRequest,
        vocab_size: int,
        device: torch.device,
        copy: Callable[[Tensor], Logits] = to_numpy,
    ) -> None:
        """`copy` brings a whole row to the host, where that is asked for."""
        self._copy = copy
        self._ids = request.token_ids
        rows = vocab_size if self._ids is None else self._ids.size
        self._rows = None if self._ids is None else torch.tensor(self._ids, device=device)
        self._count = min(request.count, rows)
        self._penalty = request.repetition_penalty
        self._divisors: Tensor | None = None
        if self._penalty != 1.0:
            # A tensor, of all rows: CUDA multiplies by the inverse of a number, which may differ
            # from the quotient in the last bit, and 1 changes nothing.
            self._divisors = torch.ones(vocab_size, device=device)
            seen = torch.tensor(request.seen, device=device)
            self._divisors.index_fill_(0, seen, self._penalty)
        self._host = torch.empty(
            2 + 2 * self._count, dtype=torch.int32, pin_memory=device.type == "cuda"
        )
        self._step = 0

    @torch.inference_mode()
    def see(self, token_id: int) -> None:
        """Count a token for the repetition penalty."""
        if self._divisors is not None:
            self._divisors[token_id].fill_(self._penalty)

    @torch.inference_mode()
    def choose(self, logits: Tensor) -> Candidates:
        """The candidates of logits [vocab_size], of any dtype, on the device."""
        rows, divisors = logits.float(), self._divisors
        if self._rows is not None:
            rows = rows.index_select(0, self._rows)
            divisors = None if divisors is None else divisors.index_select(0, self._rows)
        scores = rows
        if divisors is not None:
            scores = torch.where(rows < 0, rows * divisors, rows / divisors)
        places = scores.topk(self._count, sorted=False).indices
        least, greatest = rows.aminmax(dim=0, keepdim=True)
        found = torch.cat((least, greatest, rows.index_select(0, places)))
        self._host.copy_(torch.cat((found.view(torch.int32), places.to(torch.int32))))
        return self._candidates(logits)

    def _candidates(self, logits: Tensor) -> Candidates:
        self._step += 1
        step = self._step

        def whole() -> Logits:
            if step != self._step:
                raise ValueError("the model has read on, and its logits are others now")
            return self._copy(logits)

        packed = self._host.numpy()
        values = packed[: 2 + self._count].view(np.float32)
        places = packed[2 + self._count :].astype(np.intp)
        order = places.argsort()
        places = places[order]
        return Candidates(
            ids=places if self._ids is None else self._ids[places],
            logits=values[2:][order],
            least=float(values[0]),
            greatest=float(values[1]),
            whole=whole,
        )
