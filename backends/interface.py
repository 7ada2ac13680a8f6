"""What a backend is: ids in, logits out. Everything else about an answer exists once for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from .errors.adapters import adapter_on_export
from .events import LoadProgress
from .precision import DeviceKind, Precision

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .adapters.values import Adapter
    from .checkpoint.folder import Checkpoint

#: Scores of every token of the vocabulary: shape (vocab_size,), fp32.
Logits: TypeAlias = "npt.NDArray[np.float32]"

#: Tokens of one prefill chunk, by kind of device: a stop costs at most one.
PREFILL_CHUNK = {DeviceKind.CPU: 64, DeviceKind.CUDA: 512, DeviceKind.SPREAD: 64}


@dataclass(frozen=True, slots=True)
class LayerDevices:
    """Where each part of a model lies.

    One device for a model that fits one; else runs of layers, in order, each on a device.
    """

    layers: tuple[str, ...]  #: device of each layer, as torch names it
    #: The embedding stays in the machine's memory: a token reads one row of it.
    embedding_on_host: bool = False

    @classmethod
    def all_on(cls, device: str, num_layers: int) -> LayerDevices:
        """Put every part on one device."""
        return cls((device,) * num_layers)

    @property
    def first(self) -> str:
        """The device of the embedding."""
        return "cpu" if self.embedding_on_host else self.layers[0]

    @property
    def last(self) -> str:
        """The device of the final norm and the head."""
        return self.layers[-1]

    @property
    def single(self) -> bool:
        """Whether every layer is on one device; the embedding may lie on the host."""
        return len(set(self.layers)) == 1

    @property
    def kind(self) -> DeviceKind:
        """What kind of device, or of devices, that is."""
        kinds = {DeviceKind.of(device) for device in set(self.layers)}
        return kinds.pop() if len(kinds) == 1 else DeviceKind.SPREAD


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a checkpoint is to be loaded."""

    precision: Precision
    context_length: int  #: tokens, prompt and answer together; the KV cache is made for it
    threads: int  #: processor threads for the arithmetic
    devices: LayerDevices
    head_in_8_bits: bool = False  #: int8 rows with one scale each, and activations in 16 bit
    #: Fewer threads while other programs keep the processor busy, where the backend can
    may_take_fewer: bool = False


@dataclass(frozen=True, slots=True)
class CandidateRequest:
    """What an answer is chosen from at each step: the best few logits after the penalty."""

    count: int  #: logits wanted; all of them where there are no more
    repetition_penalty: float
    token_ids: npt.NDArray[np.intp] | None  #: rows that may be chosen, ascending; None: all
    seen: npt.NDArray[np.intp]  #: ids that are penalised from the first step on


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best few logits after a token: those not among them score no higher than any of them.

    Which of equal scores are among them is not said.
    """

    ids: npt.NDArray[np.intp]  #: ascending
    logits: Logits  #: of `ids`, as the model gave them
    least: float  #: of all rows that may be chosen; NaN if one of them is
    greatest: float  #: as `least`
    #: Copies the logits of the whole vocabulary. Raises ValueError once the model has read on.
    whole: Callable[[], Logits]


class LoadedModel(ABC):
    """A checkpoint in memory with one KV cache. Used from one thread; closed by its owner."""

    vocab_size: int
    context_length: int  #: tokens, prompt and answer together
    prefill_chunk: int  #: most tokens of one `prefill` call; a stop costs at most one chunk
    #: That compute the next step; None: as many as it was loaded with, whatever happens.
    threads: int | None = None

    @property
    @abstractmethod
    def cached_ids(self) -> Sequence[int]:
        """The token ids whose keys and values the KV cache holds, oldest first."""

    @abstractmethod
    def prefill(self, token_ids: Sequence[int]) -> Logits:
        """Append 1 to `prefill_chunk` tokens to the cache; the logits after the last one."""

    @abstractmethod
    def decode(self, token_id: int) -> Logits:
        """Append one token to the cache; the logits after it."""

    def decode_candidates(self, request: CandidateRequest) -> Callable[[int], Logits | Candidates]:
        """What decodes the tokens of one answer: as `decode`, and counts each token as seen.

        Where the logits lie on a card, only the candidates are copied from there. On the host all
        logits are at hand, and are given.
        """
        return self.decode

    def prefill_logits(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """As `prefill`, but the logits after each token: (len(token_ids), vocab_size), fp32.

        For scoring a text, not for answers. A backend that computes them in one pass overrides
        this, which decodes token by token.
        """
        import numpy as np  # not before: who only asks an engine does without

        rows = np.empty((len(token_ids), self.vocab_size), dtype=np.float32)
        for row, token_id in zip(rows, token_ids, strict=True):
            row[:] = self.decode(token_id)
        return rows

    @abstractmethod
    def truncate(self, length: int) -> None:
        """Keep only the first `length` cached tokens."""

    @property
    def adapter_bytes(self) -> int:
        """Bytes that the adapter in use takes beside the model; 0 without one."""
        return 0

    def use_adapter(self, adapter: Adapter | None) -> Iterator[tuple[int, int]]:
        """Answer with an adapter in place of the one before, or with none; the cache is emptied.

        Yields how much of how much is done. Closing the generator, or an error in it, leaves the
        model without an adapter. Raises AdapterError, BackendError, CheckpointError.
        """
        if adapter is not None:
            raise adapter_on_export(adapter.folder)
        self.truncate(0)
        yield from ()

    @abstractmethod
    def peak_bytes(self) -> int:
        """The most memory that this process has used so far, on the device of the model."""

    @abstractmethod
    def close(self) -> None:
        """Give the memory back. The model cannot be used afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


#: Loading, as a generator: progress while it runs, the model as its result. Closing it stops.
Loading = Generator[LoadProgress, None, LoadedModel]


class Backend(Protocol):
    """One way of running a checkpoint: a module of this package with a `load` function.

    One whose products depend on the processor has a second function, `way(precision)`: how they
    are computed there, a Phrase, as was tried on small matrices. It raises BackendUnavailableError
    if in no way that is right.
    """

    def load(self, checkpoint: Checkpoint, options: LoadOptions) -> Loading:
        """Read the weights. Raises `BackendError` or `CheckpointError`."""
        ...
