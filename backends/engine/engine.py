"""Holds a loaded model: loads it, answers with it, unloads it. Plain generators of events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from ..adapters.values import Adapter
from ..checkpoint.folder import Checkpoint
from ..errors import (
    CheckpointError,
    ExportRefusedError,
    InsufficientMemoryError,
    InvalidRequestError,
    UserFacingError,
    apart_in_gib,
)
from ..errors.adapters import adapter_on_export, without_adapter
from ..events import (
    AdapterReady,
    GenerationEvent,
    LoadProgress,
    ModelReady,
    PromptPieces,
)
from ..generation.prefill import PromptMemo
from ..interface import LoadedModel
from ..machine import hardware
from ..phrases import Phrase
from ..protocol.engine_requests import (
    ChatRequest,
    CompleteRequest,
    DescribePromptRequest,
    LoadRequest,
)
from . import heavy_modules
from .answering import chat, complete, describe_prompt
from .load_plan import LoadPlan, asked_context_length, plan_load
from .loaded import Loaded, OpenAdapter, OpenModel

#: Progress is worth telling this often; a model has hundreds of tensors.
_PROGRESS_SECONDS = 0.05


class Engine:
    """Holds at most one loaded model. Used from one thread."""

    def __init__(self, detect: Callable[[], hardware.Machine] = hardware.detect) -> None:
        """`detect` gives the facts of the machine, and is called for each load."""
        self.detect = detect
        self._loaded: Loaded | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether there is a model that can answer."""
        return self._loaded is not None

    @property
    def loaded(self) -> Loaded:
        """The loaded model. Raises InvalidRequestError if there is none."""
        if self._loaded is None:
            raise InvalidRequestError("No model is loaded.", hint="Choose a model first.")
        return self._loaded

    def load(
        self, request: LoadRequest, opened: OpenModel | None = None
    ) -> Generator[LoadProgress | ModelReady, None, None]:
        """Load a model in place of the one before; closing the generator stops.

        `opened` is what the folder holds, for who has opened it already. An adapter is compared
        with the model before any memory is taken. Raises PolicyError, CheckpointError,
        AdapterError, BackendError or InvalidRequestError.
        """
        started = time.perf_counter()
        opened = opened or OpenModel.of(request.folder)
        checkpoint = opened.checkpoint
        context_length = asked_context_length(request, checkpoint.config)
        adapter = None
        if request.adapter is not None:
            if request.precision is not None and request.precision.is_onnx:
                raise adapter_on_export(Path(request.adapter))
            adapter = OpenAdapter.of(request.adapter, checkpoint)
        self.unload()  # before free memory is looked at
        plan = plan_load(
            checkpoint,
            request,
            context_length,
            self.detect(),
            None if adapter is None else adapter.adapter,
        )
        name = plan.decision.chosen.device_name
        yield LoadProgress(0, plan.weights.bytes_on_disk, device_name=name)
        backend = heavy_modules.backend_module(plan.decision.chosen.backend)
        try:
            model = yield from _thinned(backend.load(plan.weights, plan.options))
        except CheckpointError as error:
            if plan.weights is checkpoint:
                raise
            raise ExportRefusedError(plan.weights.folder, error) from error
        loaded = Loaded(checkpoint, plan.weights, opened.tokenizer, model, plan.options)
        # Of the model alone: its next adapter is another one.
        ready = _ready(checkpoint, plan, model.peak_bytes(), time.perf_counter() - started)
        if adapter is not None:
            try:
                yield from _switched(loaded, adapter)
            except BaseException:  # also where nobody waits for it any more
                model.close()
                raise
        self._loaded = loaded
        longest_token = opened.tokenizer.longest_token
        yield replace(ready, longest_token=longest_token, adapter=loaded.in_use())

    def use_adapter(self, folder: str | None) -> Generator[LoadProgress | AdapterReady, None, None]:
        """Have the loaded model answer with an adapter in place of the one before, or without one.

        Its cache is emptied. An error, and closing the generator, leaves it without an adapter.
        Raises PolicyError, AdapterError, CheckpointError, BackendError, InvalidRequestError.
        """
        started = time.perf_counter()
        loaded = self.loaded
        try:
            adapter = None
            if folder is not None:
                adapter = OpenAdapter.of(folder, loaded.weights)
                self._require_room(adapter.adapter, loaded)
            yield from _switched(loaded, adapter)
        except BaseException as error:
            if loaded.adapter is not None:  # the one before, if this one was refused
                for _ in _switched(loaded, None):
                    pass
            if isinstance(error, UserFacingError):
                raise without_adapter(error) from error
            raise
        yield AdapterReady(loaded.in_use(), time.perf_counter() - started)

    def _require_room(self, adapter: Adapter, loaded: Loaded) -> None:
        """Raise InsufficientMemoryError for an adapter that the machine's memory does not hold.

        A card refuses what it has no room for; a system promises it, and ends who takes it.
        """
        if not loaded.options.devices.kind.uses_processor:
            return
        machine = self.detect()
        # That of the adapter in use comes back.
        free = machine.free_memory_bytes + loaded.model.adapter_bytes
        if adapter.most_bytes > free:
            needed, shown = apart_in_gib(adapter.most_bytes, free)
            raise InsufficientMemoryError.because(
                Phrase(
                    "The adapter needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is "
                    "free.",
                    need=needed,
                    device=machine.processor,
                    free=shown,
                ),
                hint="Close other programs, or choose a smaller precision or context length.",
            )

    def unload(self) -> None:
        """Give the model's memory back."""
        if self._loaded is not None:
            self._loaded.model.close()
            self._loaded = None

    def chat(self, request: ChatRequest, cancel: threading.Event) -> Iterator[GenerationEvent]:
        """Answer the last message. Raises InvalidRequestError, GenerationError."""
        return chat(self.loaded, request, cancel)

    def complete(
        self, request: CompleteRequest, cancel: threading.Event
    ) -> Iterator[GenerationEvent]:
        """Continue a text. Raises InvalidRequestError, GenerationError."""
        return complete(self.loaded, request, cancel)

    def describe_prompt(self, request: DescribePromptRequest) -> PromptPieces:
        """What the model would get, by the way that an answer takes; nothing is computed.

        Raises what the answer would raise before it begins.
        """
        return describe_prompt(self.loaded, request)


def _ready(
    checkpoint: Checkpoint, plan: LoadPlan, peak_bytes: int, load_seconds: float
) -> ModelReady:
    choice, options = plan.decision.chosen, plan.options
    return ModelReady(
        folder=str(checkpoint.folder),
        family=checkpoint.config.family,
        kind=checkpoint.kind,
        backend=choice.backend,
        precision=choice.precision,
        device_name=choice.device_name,
        device_kind=choice.device_kind,
        reason=plan.decision.reason,
        threads=options.threads,
        context_length=options.context_length,
        parameters=checkpoint.config.parameters,
        weights_bytes=plan.weights_bytes,
        head_in_8_bits=options.head_in_8_bits,
        host_weights_bytes=plan.host_weights_bytes,
        needed_bytes=choice.need.total if choice.need else plan.weights_bytes,
        peak_bytes=peak_bytes,
        load_seconds=load_seconds,
        defaults=checkpoint.defaults,
        notes=checkpoint.notes,
    )


def _switched(loaded: Loaded, adapter: OpenAdapter | None) -> Generator[LoadProgress, None, None]:
    """Have a model answer with an adapter, or without; yields what is done if that takes long."""
    loaded.memo = PromptMemo()  # its logits are those of another model now
    loaded.adapter = None
    last = time.monotonic()
    for done, total in loaded.model.use_adapter(None if adapter is None else adapter.adapter):
        now = time.monotonic()
        if now - last >= _PROGRESS_SECONDS:
            last = now
            yield LoadProgress(done, total)
    loaded.adapter = adapter


def _thinned(
    loading: Generator[LoadProgress, None, LoadedModel],
) -> Generator[LoadProgress, None, LoadedModel]:
    """Pass progress on at most every `_PROGRESS_SECONDS`, and the last of it."""
    last = 0.0
    while True:
        try:
            event = next(loading)
        except StopIteration as finished:
            model: LoadedModel = finished.value
            return model
        now = time.monotonic()
        if now - last >= _PROGRESS_SECONDS or event.done_bytes == event.total_bytes:
            last = now
            yield event
