"""Tensors of an adapter on the device of a layer: copies, as its folder may be gone a moment later.

None takes more than it does in the file, but for small ones. On a processor products of one row
are slow in 16 bit, whatever their size; so what is small is widened to fp32 there.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...adapters.values import Adapter
from ...errors import DamagedAdapterError, DamagedCheckpointError, UnsupportedAdapterError
from ...files.tensor_files import TensorRecord
from ...phrases import Phrase
from ..weights import map_tensor


def adapter_tensor(record: TensorRecord) -> Tensor:
    """A tensor of an adapter, as `map_tensor` gives it. Raises DamagedAdapterError."""
    try:
        return map_tensor(record)
    except DamagedCheckpointError as error:
        what = error.facts["what"]
        assert isinstance(what, str | Phrase)
        raise DamagedAdapterError(record.file, what) from error


class Placer:
    """Copies tensors of one adapter to devices, for activations in `dtype`."""

    def __init__(self, adapter: Adapter, dtype: torch.dtype) -> None:
        self._adapter = adapter
        self._dtype = dtype

    def factor(self, record: TensorRecord, device: torch.device) -> Tensor:
        """A matrix of `LowRank` as a layer on `device` multiplies by it.

        Raises UnsupportedAdapterError, DamagedAdapterError.
        """
        if device.type != "cpu":
            return self._copied(record, device, self._dtype)
        stored = adapter_tensor(record)
        return stored.to(torch.float32 if self._adapter.may_be_widened else stored.dtype, copy=True)

    def vector(self, record: TensorRecord, device: torch.device) -> Tensor:
        """A tensor in fp32, for numbers that are no weights."""
        return adapter_tensor(record).to(device, torch.float32, copy=True)

    def as_stored(self, record: TensorRecord) -> Tensor:
        """A copy on the host, in the dtype of the file."""
        return adapter_tensor(record).clone()

    def weight(self, record: TensorRecord, device: torch.device) -> Tensor:
        """A tensor that takes the place of one of the model, in the dtype of that."""
        return self._copied(record, device, self._dtype)

    def _copied(self, record: TensorRecord, device: torch.device, dtype: torch.dtype) -> Tensor:
        held = adapter_tensor(record).to(device).to(dtype, copy=True)
        if dtype is torch.float16 and not bool(torch.isfinite(held).all()):
            raise UnsupportedAdapterError(
                self._adapter.folder,
                Phrase("has values in “{name}” that fp16 cannot hold", name=record.name[:100]),
                hint="Load the model in bf16 or fp32.",
            )
        return held
