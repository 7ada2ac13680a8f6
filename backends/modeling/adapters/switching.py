"""Puts an adapter into a loaded model, and takes it out again.

Layers of the adapter stand in the places of the model's own, which they use, or which wait; taken
out, the very same modules are back. No tensor of the model is written to, or read from disk again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from ...adapters.folder import require_unchanged
from ...adapters.values import Adapter, LowRank
from ...files.tensor_files import TensorRecord
from ..baichuan import BaichuanForCausalLM, RMSNorm
from ..lean.host_embedding import HostEmbedding
from .heads import saved_head
from .layers import LowRankLinear
from .placing import Placer
from .row_norms import squared_norms, stretch

_EMBEDDING, _HEAD = "model.embed_tokens", "lm_head"


class AdapterSwitch:
    """The place of one adapter in one model. Used from one thread, between two passes."""

    def __init__(
        self, model: BaichuanForCausalLM, stored: Mapping[str, TensorRecord] | None = None
    ) -> None:
        """`stored` are the matrices of the model's files by name, where it holds their values."""
        self._model = model
        self._stored = stored or {}
        self._dtype = model.model.norm.weight.dtype
        self._own: dict[str, nn.Module] = {}  # modules that are not in their places now
        self._norms: dict[str, Tensor] = {}

    @property
    def nbytes(self) -> int:
        """Bytes that the adapter in use takes."""
        return sum(
            _bytes_of(self._model.get_submodule(name), own) for name, own in self._own.items()
        )

    def attach(self, adapter: Adapter) -> Iterator[tuple[int, int]]:
        """Put an adapter into a model that has none; yields bytes done, of how many.

        Closed, or after an error, it leaves some of its layers in the model: `detach` follows. The
        adapter fits the model, and none of its values is NaN. Raises AdapterError,
        DamagedCheckpointError, or what torch raises.
        """
        placer = Placer(adapter, self._dtype)
        done, total = 0, adapter.bytes_on_disk
        for name, change in adapter.matrices.items():
            self._replace(name, self._adapted(name, change, placer))
            records = (change.down, change.up, change.magnitude)
            done += sum(record.nbytes for record in records if record is not None)
            yield done, total
        for name, record in adapter.saved.items():
            module = name.removesuffix(".weight")
            self._replace(module, self._saved(module, record, placer))
            done += record.nbytes
            yield done, total
        require_unchanged(adapter)  # not one half of this state, and one of the next

    def detach(self) -> None:
        """Put the model's own modules back in their places."""
        for name, own in self._own.items():
            self._model.set_submodule(name, own)
        self._own.clear()

    def _replace(self, name: str, module: nn.Module) -> None:
        self._own.setdefault(name, self._model.get_submodule(name))
        self._model.set_submodule(name, module.eval())

    @torch.no_grad()
    def _adapted(self, name: str, change: LowRank, placer: Placer) -> LowRankLinear:
        base = self._model.get_submodule(name)
        device = next(base.parameters()).device
        down = placer.factor(change.down, device)
        up = placer.factor(change.up, device).t().contiguous()
        rows = None
        if change.magnitude is not None:
            if name not in self._norms:
                stored = self._stored.get(f"{name}.weight")
                self._norms[name] = squared_norms(base, self._dtype, stored)
            magnitude = placer.vector(change.magnitude, device)
            factors = (down, up, change.scale)
            rows = stretch(base, self._norms[name], factors, magnitude, self._dtype)
        return LowRankLinear(base, down, up, change.scale, rows)

    @torch.no_grad()
    def _saved(self, name: str, record: TensorRecord, placer: Placer) -> nn.Module:
        base = self._model.get_submodule(name)
        if name == _HEAD:
            is_normalised = self._model.config.family.uses_norm_head
            return saved_head(record, base, self._dtype, is_normalised=is_normalised)
        device = next(base.parameters()).device
        if name == _EMBEDDING:
            return self._embedding(base, record, placer)
        norm = RMSNorm(record.shape[0], self._model.config.rms_norm_eps)
        norm.weight = nn.Parameter(placer.weight(record, device), requires_grad=False)
        return norm

    def _embedding(self, base: nn.Module, record: TensorRecord, placer: Placer) -> nn.Module:
        device = next(base.parameters()).device
        if device.type == "cpu":  # as stored: rows are converted as they are looked up
            rows_go_to = next(self._model.model.layers[0].parameters()).device
            return HostEmbedding(placer.as_stored(record), rows_go_to, self._dtype)
        weight = placer.weight(record, device)
        embedding = nn.Embedding(record.shape[0], record.shape[1], device="meta")
        embedding.weight = nn.Parameter(weight, requires_grad=False)
        return embedding


def _bytes_of(module: nn.Module, own: nn.Module) -> int:
    """Bytes of a module that stands in the place of a model's own, which are not counted."""
    mine = {id(tensor) for tensor in (*own.parameters(), *own.buffers())}
    tensors = (*module.parameters(), *module.buffers())
    return sum(tensor.nbytes for tensor in tensors if id(tensor) not in mine)
