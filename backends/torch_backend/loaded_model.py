"""A Baichuan model that torch runs, on whatever devices its weights are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor
from typing_extensions import override

from ..files.tensor_files import TensorRecord
from ..interface import LayerDevices, LoadedModel, Logits
from ..machine import hardware, memory_room
from ..modeling.adapters.switching import AdapterSwitch
from ..modeling.baichuan import BaichuanForCausalLM
from ..modeling.kv_cache import KVCache
from ..operating_system import resident_peak, trim_heap
from .logits import to_numpy
from .threads import PacedThreads

if TYPE_CHECKING:
    from ..adapters.values import Adapter

_Read = TypeVar("_Read")


class TorchModel(LoadedModel):
    """`LoadedModel` over a `BaichuanForCausalLM` and one KV cache of the same dtype."""

    def __init__(
        self,
        model: BaichuanForCausalLM,
        *,
        devices: LayerDevices,
        context_length: int,
        prefill_chunk: int,
        paced: PacedThreads | None = None,
        stored: Mapping[str, TensorRecord] | None = None,
    ) -> None:
        """`paced` sets the threads of each step; without it they stay as they are.

        `stored` are the matrices of the model's files, as far as it holds their values.
        """
        self._model: BaichuanForCausalLM | None = model
        self._switch = AdapterSwitch(model, stored)
        self._paced = paced
        self._device = torch.device(devices.first)
        self._cache = KVCache(
            model.config,
            context_length,
            dtype=model.model.norm.weight.dtype,
            devices=devices.layers,
        )
        self._ids: list[int] = []
        self.vocab_size = model.config.vocab_size
        self.context_length = context_length
        self.prefill_chunk = prefill_chunk
        if paced is not None:
            paced.loaded()

    @property
    @override
    def cached_ids(self) -> Sequence[int]:
        return self._ids

    @override
    def prefill(self, token_ids: Sequence[int]) -> Logits:
        return self._append(token_ids, to_numpy)

    @torch.inference_mode()
    def _append(self, token_ids: Sequence[int], read: Callable[[Tensor], _Read]) -> _Read:
        """Append tokens to the cache; what `read` takes from the logits [vocab_size] after them.

        They lie on a device, until the next pass.
        """
        if self._model is None:
            raise ValueError("the model is closed")
        with self._translated():
            ids = torch.tensor([token_ids], dtype=torch.long, device=self._device)
            with self._step():
                logits = self._model.last_logits(ids, self._cache)
            self._ids.extend(token_ids)
            return read(logits)

    @override
    @torch.inference_mode()
    def prefill_logits(self, token_ids: Sequence[int]) -> Logits:
        if self._model is None:
            raise ValueError("the model is closed")
        with self._translated():
            ids = torch.tensor([token_ids], dtype=torch.long, device=self._device)
            with self._step():
                logits = self._model(ids, self._cache)[0]
            self._ids.extend(token_ids)
            return to_numpy(logits)

    def _translated(self) -> AbstractContextManager[None]:
        """Raises what the devices of the model raise as errors for a person."""
        return translated_memory_errors()

    @contextlib.contextmanager
    def _step(self) -> Iterator[None]:
        if self._paced is None:
            yield
            return
        with self._paced.step():
            self.threads = self._paced.threads
            yield

    @override
    def decode(self, token_id: int) -> Logits:
        return self._decode(token_id, to_numpy)

    def _decode(self, token_id: int, read: Callable[[Tensor], _Read]) -> _Read:
        """As `_append`, of one token."""
        return self._append((token_id,), read)

    @override
    def truncate(self, length: int) -> None:
        with self._translated():
            self._cache.truncate(length)
        del self._ids[length:]

    @property
    @override
    def adapter_bytes(self) -> int:
        return self._switch.nbytes

    @override
    def use_adapter(self, adapter: Adapter | None) -> Iterator[tuple[int, int]]:
        if self._model is None:
            raise ValueError("the model is closed")
        self.truncate(0)
        with self._translated():
            try:
                self._switch.detach()
                if adapter is not None:
                    yield from self._switch.attach(adapter)
            except BaseException:  # also where nobody wants to have it any more
                self._switch.detach()
                raise
            finally:
                if self._device.type == "cpu":
                    trim_heap()  # what was taken out lies between what stays

    @override
    def peak_bytes(self) -> int:
        return resident_peak()

    @override
    def close(self) -> None:
        if self._model is not None:
            self._model = None
            del self._cache, self._switch


@contextlib.contextmanager
def translated_memory_errors() -> Iterator[None]:
    """Raise torch's failure to get host memory as InsufficientMemoryError, with the bytes.

    Linux promises more memory than there is and kills whoever takes it; this is for what it does
    not even promise, for limits, and for other systems.
    """
    try:
        yield
    except RuntimeError as error:
        asked = memory_room.asked_bytes(error)
        if asked is None:
            raise
        raise hardware.out_of_memory(asked) from error
