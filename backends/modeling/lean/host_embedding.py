"""An embedding whose table stays in the machine's memory while the layers lie on a card.

A token reads one row of the table, 8 or 10 KB, and the table is as large as one to three layers.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class HostEmbedding(nn.Module):
    """Ids [...] on any device to rows [..., H] in `dtype` on `device`.

    The table [V, H] may be a mapping of its file, in the dtype of the file: converting the rows
    that are looked up gives what converting the table would.
    """

    def __init__(self, table: Tensor, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(table, requires_grad=False)
        self._device = device
        self._dtype = dtype

    def forward(self, ids: Tensor) -> Tensor:
        rows = F.embedding(ids.to(self.weight.device), self.weight)
        if self._device.type != "cuda":
            return rows.to(self._device, self._dtype)
        # A card reads in one go what the system may not move, and nothing waits for it: torch
        # keeps the memory until the copy is done.
        pinned = torch.empty(rows.shape, dtype=self._dtype, pin_memory=True)
        return pinned.copy_(rows).to(self._device, non_blocking=True)
