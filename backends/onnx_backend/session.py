"""Exports for ONNX Runtime, on a processor or on an NVIDIA card."""

from __future__ import annotations

import contextlib
import math
import re
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state
from onnxruntime.capi.onnxruntime_pybind11_state import (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    RuntimeException,
)
from onnxruntime.capi.onnxruntime_pybind11_state import (
    NotImplemented as NotImplementedByRuntime,
)
from typing_extensions import override

from ..checkpoint.folder import Checkpoint
from ..checkpoint.manifest import Export
from ..errors import (
    BackendUnavailableError,
    DamagedCheckpointError,
    GpuLostError,
    InsufficientMemoryError,
    PortableExportError,
)
from ..events import LoadProgress
from ..files.hashing import Sha256
from ..files.small_files import unreadable
from ..interface import PREFILL_CHUNK, LoadedModel, Loading, LoadOptions, Logits
from ..machine.hardware import detect, out_of_memory
from ..model_config import ModelConfig
from ..operating_system import resident_peak
from ..phrases import Phrase
from ..precision import DeviceKind, Precision
from .card_memory import CardMemory
from .check import checked_graph

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_ERRORS_ONLY = 3
_NO_MEMORY = re.compile(r"alloc|out of memory", re.IGNORECASE)
#: “CUDA failure 700: …”, “CUDNN failure 4: …”: the driver, the card, or a library of theirs.
_CUDA_FAILURE = re.compile(r"CU(DA|DNN|BLAS|FFT|RAND)\w* (failure|error)", re.IGNORECASE)
#: What ONNX Runtime raises; they have no common class.
_ERRORS = (
    EPFail, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile,
    NotImplementedByRuntime, RuntimeException,
)  # fmt: skip


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Make a session of the export. See `Backend.load`.

    All files are hashed each time, beside the thread that makes the session, which takes as long
    or longer: so a byte that flipped since the last time is found too, at little cost.
    """
    export = checkpoint.export
    assert export is not None, "selection gives exports to this backend, and nothing else"
    if export.portable:
        raise PortableExportError(export.folder)
    graph = checked_graph(export, checkpoint.config)
    memory = card_memory(checkpoint.config, options)
    maker = _SessionMaker(export, graph, options, memory)
    try:
        yield from _hashed(export)
    finally:
        maker.join()
    session = maker.session()
    with _translated_errors(export, options.devices.first):  # the KV cache is allocated
        return OnnxModel(session, export, checkpoint.config, options, memory)


def card_memory(config: ModelConfig, options: LoadOptions) -> CardMemory | None:
    """That of the card which the export is to run on; None on the processor."""
    device = options.devices.first
    if device == "cpu":
        return None
    _grow_by_need()
    shape, kind = _cache_slots(config, options)
    slots = 2 * config.num_layers * math.prod(shape)
    return CardMemory(_index(device), slots * np.dtype(kind).itemsize)


def _cache_slots(config: ModelConfig, options: LoadOptions) -> tuple[tuple[int, ...], type]:
    """Shape and type of the keys, or the values, of a layer."""
    shape = (1, config.num_heads, options.context_length, config.head_dim)
    return shape, np.float16 if options.precision is Precision.ONNX_FP16 else np.float32


def _grow_by_need() -> None:
    """Have the arena of the KV cache grow as the session's own does.

    It lies outside any session and has no options; builds for cards have this for it.
    """
    build = onnxruntime_pybind11_state
    if hasattr(build, "set_arena_extend_strategy"):
        build.set_arena_extend_strategy(build.ArenaExtendStrategy.kSameAsRequested)


def _hashed(export: Export) -> Iterator[LoadProgress]:
    """Compare every file with its hash; yields progress. Raises DamagedCheckpointError."""
    done, total = 0, sum(facts.size for facts in export.files.values())
    for name, facts in export.files.items():
        file = export.folder / name
        hashing = Sha256(file)
        try:
            for count in hashing:
                done += count
                yield LoadProgress(min(done, total), total)
        except OSError as error:
            raise unreadable(file, error) from error
        if hashing.hexdigest() != facts.sha256:
            raise DamagedCheckpointError(file, "it is not what was written")


class _SessionMaker:
    """Makes a session on a thread of its own, which cannot be interrupted."""

    def __init__(
        self, export: Export, graph: bytes, options: LoadOptions, memory: CardMemory | None
    ) -> None:
        self._export = export
        self._graph = graph
        self._options = options
        self._memory = memory
        self._session: onnxruntime.InferenceSession | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._make, name="onnx session")
        self._thread.start()

    def _make(self) -> None:
        try:
            self._session = make_session(self._export, self._graph, self._options, self._memory)
        except Exception as error:  # noqa: BLE001  raised again where it is waited for
            self._error = error

    def join(self) -> None:
        """Wait until the thread has ended, with a session or with an error."""
        self._thread.join()

    def session(self) -> onnxruntime.InferenceSession:
        """The session. Raises CheckpointError, BackendError."""
        if self._error is not None:
            raise self._error
        assert self._session is not None
        return self._session


def make_session(
    export: Export, graph: bytes, options: LoadOptions, memory: CardMemory | None = None
) -> onnxruntime.InferenceSession:
    """A session of a graph that was checked, on the device asked for and no other.

    `memory` is that of the card, where it is one.
    """
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = _ERRORS_ONLY
    # Threads that wait for the next product in a loop take the processor from everybody else.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A thread that is disturbed, or has a slower core, leaves the rest of its part to the others.
    settings.add_session_config_entry("session.dynamic_block_base", "4")
    # The graph is given as the bytes that were checked; only its weights are read from the folder.
    settings.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(export.folder)
    )
    device = options.devices.first
    providers: list[object] = [_CPU]
    if memory is not None:
        if _CUDA not in onnxruntime.get_available_providers():
            raise _no_cuda(device)
        onnxruntime.preload_dlls()
        providers.insert(0, (_CUDA, memory.provider_options))
    try:
        with _translated_errors(export, device):
            session = onnxruntime.InferenceSession(graph, settings, providers=providers)
    except GpuLostError as error:  # it never worked, as with a driver that is too old
        raise _no_cuda(device) from error
    if device != "cpu" and session.get_providers()[0] != _CUDA:
        raise _no_cuda(device)  # it took the processor instead, without a word
    return session


def _no_cuda(device: str) -> BackendUnavailableError:
    return BackendUnavailableError(
        "ONNX Runtime cannot use {device}: its CUDA provider does not start here.",
        hint="Install the libraries of CUDA that belong to it (the extra onnx-gpu), or choose "
        "the device “cpu”.",
        device=device,
    )


def _index(device: str) -> int:
    return int(device.partition(":")[2] or 0)


@contextlib.contextmanager
def _translated_errors(export: Export, device: str) -> Iterator[None]:
    """Raise ONNX Runtime's errors as CheckpointError or BackendError."""
    try:
        yield
    except (*_ERRORS, MemoryError, RuntimeError) as error:
        text = str(error)
        if isinstance(error, MemoryError) or _NO_MEMORY.search(text):
            raise _no_memory(export, device) from error
        if device != "cpu" and _CUDA_FAILURE.search(text):
            raise GpuLostError(Phrase("{text}", text=_reason(text))) from error
        raise DamagedCheckpointError(
            export.graph, Phrase("ONNX Runtime refuses it ({text})", text=_reason(text))
        ) from error


def _no_memory(export: Export, device: str) -> InsufficientMemoryError:
    if device == "cpu":
        return out_of_memory()
    cards = {card.device: card for card in detect().gpus}
    card = cards.get(f"cuda:{_index(device)}")
    return InsufficientMemoryError(
        device=card.name if card else device,
        needed_bytes=export.bytes_on_disk,
        free_bytes=card.free_memory_bytes if card else 0,
    )


def _reason(text: str) -> str:
    """The first line of a message, as a part of a sentence, without its code in front."""
    line = next(iter(text.splitlines()), "")
    line = line.rpartition(" : ")[2].strip().rstrip(".")
    return line.replace(". ", "; ")[:200]


class OnnxModel(LoadedModel):
    """`LoadedModel` over a session, whose attention writes into one KV cache in place."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        export: Export,
        config: ModelConfig,
        options: LoadOptions,
        memory: CardMemory | None,
    ) -> None:
        self._export = export
        self._memory = memory
        self._device = device = options.devices.first
        self.vocab_size = config.vocab_size
        self.context_length = options.context_length
        kind = DeviceKind.of(device)
        self.prefill_chunk = PREFILL_CHUNK[kind]
        self._session: onnxruntime.InferenceSession | None = session
        self._ids: list[int] = []
        self._mask = np.ones((1, options.context_length), np.int64)
        self._first, self._last = (
            onnxruntime.OrtValue.ortvalue_from_numpy(np.array([position], np.int64))
            for position in (0, -1)
        )
        self._logits = np.empty((1, config.vocab_size), np.float32)
        shape, slot_type = _cache_slots(config, options)
        self._binding = session.io_binding()
        self._cache = []
        for layer in range(config.num_layers):
            for part in ("key", "value"):
                slots = onnxruntime.OrtValue.ortvalue_from_shape_and_type(
                    shape, slot_type, kind, _index(device)
                )
                # The same memory as past and as present: attention adds the new tokens to it.
                self._binding.bind_ortvalue_input(f"past_key_values.{layer}.{part}", slots)
                self._binding.bind_ortvalue_output(f"present.{layer}.{part}", slots)
                self._cache.append(slots)

    @property
    @override
    def cached_ids(self) -> Sequence[int]:
        return self._ids

    @override
    def prefill(self, token_ids: Sequence[int]) -> Logits:
        return np.array(self._run(token_ids, self._last, self._logits)[0])

    @override
    def prefill_logits(self, token_ids: Sequence[int]) -> Logits:
        logits = np.empty((len(token_ids), self.vocab_size), np.float32)
        return self._run(token_ids, self._first, logits)

    def _run(
        self, token_ids: Sequence[int], logits_from: onnxruntime.OrtValue, logits: Logits
    ) -> Logits:
        """Append tokens; fills `logits` [rows, vocab_size] with those from `logits_from` on."""
        if self._session is None:
            raise ValueError("the model is closed")
        total = len(self._ids) + len(token_ids)
        if total > self.context_length:
            raise ValueError(f"{total} tokens in a KV cache of {self.context_length}")
        ids = np.array([token_ids], np.int64)
        # How many tokens there are, attention counts by the mask; the slots after them are not
        # read. So keeping a prefix is forgetting the rest of the ids.
        self._binding.bind_cpu_input("input_ids", ids)
        self._binding.bind_cpu_input("attention_mask", self._mask[:, :total])
        self._binding.bind_ortvalue_input("logits_from", logits_from)
        shape = (1, *logits.shape)
        self._binding.bind_output("logits", "cpu", 0, np.float32, shape, logits.ctypes.data)
        with _translated_errors(self._export, self._device):
            self._session.run_with_iobinding(self._binding)
        self._ids.extend(token_ids)
        return logits

    @override
    def decode(self, token_id: int) -> Logits:
        return self.prefill((token_id,))

    @override
    def truncate(self, length: int) -> None:
        if not 0 <= length <= len(self._ids):
            raise ValueError(f"cannot keep {length} of {len(self._ids)} tokens")
        del self._ids[length:]

    @override
    def peak_bytes(self) -> int:
        return resident_peak() if self._memory is None else self._memory.peak_bytes()

    @override
    def close(self) -> None:
        if self._session is not None:
            self._session = None
            del self._binding, self._cache
