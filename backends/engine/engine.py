"""Loads a model and answers with it: plain generators of events, in whatever process.

    engine = Engine()
    for event in engine.run(LoadRequest("/models/Baichuan2-7B-Chat"), cancel):
        ...

The command line runs this in its own process; the window runs it behind `process`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..checkpoint.folder import Checkpoint, open_exports
from ..choice import memory, selection, sentences
from ..copying.folder_writer import write_copy
from ..errors import (
    BackendUnavailableError,
    CheckpointError,
    ExportRefusedError,
    InsufficientMemoryError,
    InvalidRequestError,
)
from ..events import (
    BenchmarkReady,
    EngineEvent,
    GenerationEvent,
    LoadProgress,
    ModelReady,
    ProductsTried,
)
from ..generation.sampling import SamplingParams
from ..generation.stream import PromptMemo, stream
from ..interface import LoadedModel, LoadOptions
from ..machine import hardware
from ..measuring import quality
from ..measuring.speed import decode_speed, measure, plan_of
from ..phrases import Phrase
from ..precision import Precision
from ..protocol.requests import (
    MOST_THREADS,
    BenchmarkRequest,
    ChatRequest,
    CompleteRequest,
    CopyRequest,
    ExportRequest,
    LoadRequest,
    ProductsRequest,
    QualityRequest,
    Request,
    UnloadRequest,
)
from ..text.chat_template import ChatPrompt, ChatTokens, build_app_prompt
from ..text.detokenizer import StreamingDetokenizer
from ..text.tokenizer import TURNS, Tokenizer
from ..text.vocabulary import read_tokenizer
from . import heavy_modules

#: Progress is worth telling this often; a model has hundreds of tensors.
_PROGRESS_SECONDS = 0.05


@dataclass(slots=True)
class _Loaded:
    checkpoint: Checkpoint
    weights: Checkpoint  #: the checkpoint itself, or its export that runs in its place
    tokenizer: Tokenizer
    model: LoadedModel
    options: LoadOptions
    memo: PromptMemo = field(default_factory=PromptMemo)


class Engine:
    """Holds at most one loaded model. Used from one thread."""

    def __init__(self, detect: Callable[[], hardware.Machine] = hardware.detect) -> None:
        self._detect = detect
        self._loaded: _Loaded | None = None

    def run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        """Do what is asked; raises UserFacingError. Setting `cancel` ends an answer early."""
        try:
            yield from self._run(request, cancel)
        except InsufficientMemoryError:
            raise
        except Exception as error:
            # Anything may be where it runs out, and be told as a file that cannot be read.
            if not hardware.ran_out_of_memory(error):
                raise
            raise hardware.out_of_memory() from error

    def _run(self, request: Request, cancel: threading.Event) -> Iterator[EngineEvent]:
        match request:
            case LoadRequest():
                yield from self._load(request)
            case ChatRequest(messages, params):
                loaded = self._require()
                tokens = _chat_tokens(loaded, as_chat=request.as_chat)
                prompt = build_app_prompt(
                    messages,
                    loaded.tokenizer.encode,
                    tokens,
                    context_length=loaded.model.context_length,
                    max_new_tokens=params.max_new_tokens,
                )
                # A model that begins the person's next turn has ended its own.
                eos_ids = loaded.checkpoint.eos_ids | {tokens.user}
                yield from self._stream(loaded, prompt, params, eos_ids, cancel)
            case CompleteRequest(text, params):
                loaded = self._require()
                prompt = ChatPrompt(loaded.tokenizer.encode(text), dropped_messages=0)
                yield from self._stream(loaded, prompt, params, loaded.checkpoint.eos_ids, cancel)
            case UnloadRequest():
                self.unload()
            case CopyRequest() | ExportRequest():
                yield from self._copy(request, cancel)
            case BenchmarkRequest():
                yield from self._benchmark(request, cancel)
            case QualityRequest():
                yield from self._quality(request, cancel)
            case ProductsRequest():
                yield from _try_products(self._detect())

    def unload(self) -> None:
        """Give the model's memory back."""
        if self._loaded is not None:
            self._loaded.model.close()
            self._loaded = None

    def _copy(
        self, request: CopyRequest | ExportRequest, cancel: threading.Event
    ) -> Iterator[EngineEvent]:
        checkpoint = Checkpoint.open(Path(request.folder))
        if isinstance(request, ExportRequest):
            plan = heavy_modules.export_plan(checkpoint, request)
        elif request.fold_head:
            plan = heavy_modules.folded_plan(checkpoint)
        else:
            plan = heavy_modules.copy_plan(checkpoint, request.precision)
        with contextlib.closing(write_copy(checkpoint, plan, Path(request.out))) as job:
            for event in job:
                yield event
                if cancel.is_set():
                    return

    def _benchmark(
        self, request: BenchmarkRequest, cancel: threading.Event
    ) -> Iterator[EngineEvent]:
        checkpoint = Checkpoint.open(Path(request.load.folder))
        asked = plan_of(request)
        plan = asked.within(checkpoint.config.context_length)
        load = replace(request.load, context_length=plan.context_length)
        yield from self._load_or_stop(load, cancel)
        if cancel.is_set():
            return
        loaded = self._require()
        speeds = yield from measure(loaded.model, plan, cancel, pieces=loaded.tokenizer.vocab_size)
        if speeds is None:
            return
        peak_bytes = loaded.model.peak_bytes()
        self.unload()  # the buffer that is read to measure the bandwidth needs room
        bandwidth = None
        options = loaded.options
        if options.devices.single:
            free = self._detect().free_memory_bytes
            bandwidth = heavy_modules.read_bandwidth(options.devices.first, options.threads, free)
        yield BenchmarkReady(
            prefill=speeds.prefill,
            decode=tuple(
                decode_speed(speed, plan, loaded.weights, options.precision, bandwidth)
                for speed in speeds.decode
            ),
            skipped_prompts=tuple(n for n in asked.prompts if n not in plan.prompts),
            skipped_contexts=tuple(n for n in asked.contexts if n not in plan.contexts),
            peak_bytes=peak_bytes,
            read_bytes_per_second=bandwidth,
        )

    def _quality(self, request: QualityRequest, cancel: threading.Event) -> Iterator[EngineEvent]:
        checkpoint = Checkpoint.open(Path(request.load.folder))
        config = checkpoint.config
        length = min(quality.WINDOW, config.context_length)
        tokenizer = read_tokenizer(checkpoint.tokenizer_file, config, checkpoint.steering_ids)
        windows = quality.cut_windows(  # before minutes of loading: it may be too short
            request.texts,
            tokenizer,
            length=length,
            max_tokens=request.max_tokens,
            name=request.name,
        )
        yield from self._load_or_stop(replace(request.load, context_length=length), cancel)
        if cancel.is_set():
            return
        result = yield from quality.score(
            self._require().model,
            windows,
            Path(request.reference_file),
            token_ids=tokenizer.token_ids(),
            is_reference=request.is_reference,
            cancel=cancel,
        )
        self.unload()
        if result is not None:
            yield result

    def _load_or_stop(self, request: LoadRequest, cancel: threading.Event) -> Iterator[EngineEvent]:
        """Load, but not to the end if cancelled."""
        with contextlib.closing(self._load(request)) as loading:
            for event in loading:
                yield event
                if cancel.is_set():
                    return

    def _require(self) -> _Loaded:
        if self._loaded is None:
            raise InvalidRequestError("No model is loaded.", hint="Choose a model first.")
        return self._loaded

    def _load(self, request: LoadRequest) -> Generator[EngineEvent, None, None]:
        started = time.perf_counter()
        checkpoint = Checkpoint.open(Path(request.folder))
        config = checkpoint.config
        context_length = request.context_length
        if context_length is None:
            context_length = config.context_length
        if not 1 <= context_length <= config.context_length:
            raise InvalidRequestError(
                "The context length must be from 1 to {most} for this model, not {value}.",
                most=config.context_length,
                value=context_length,
            )
        tokenizer = read_tokenizer(checkpoint.tokenizer_file, config, checkpoint.steering_ids)
        self.unload()  # before free memory is looked at
        machine = self._detect()
        threads = machine.physical_cores if request.threads is None else request.threads
        if not 1 <= threads <= MOST_THREADS:
            raise InvalidRequestError(
                "The number of threads must be from 1 to {most}, not {value}.",
                most=MOST_THREADS,
                value=threads,
            )
        exports = open_exports(checkpoint, request.exports)
        model_facts = selection.Model.of(
            checkpoint, exports.usable, context_length, request.measured
        )
        wishes = selection.Wishes(
            request.precision,
            selection.parse_device(request.wanted_device, machine),
            request.prefer_speed,
        )
        if (refusal := exports.refusal(wishes.precision)) is not None:
            raise refusal
        decision = _decide(model_facts, machine, wishes)
        choice = decision.chosen
        options = LoadOptions(
            choice.precision,
            context_length,
            threads,
            choice.devices,
            may_take_fewer=request.threads is None,
        )
        weights = exports.usable.get(choice.precision, checkpoint)
        weights_bytes = memory.weight_bytes(config, choice.precision)
        if weights.export is not None:
            weights_bytes = weights.bytes_on_disk
        yield LoadProgress(0, weights.bytes_on_disk)
        backend = heavy_modules.backend_module(choice.backend)
        try:
            model = yield from _thinned(backend.load(weights, options))
        except CheckpointError as error:
            if weights is checkpoint:
                raise
            raise ExportRefusedError(weights.folder, error) from error
        self._loaded = _Loaded(checkpoint, weights, tokenizer, model, options)
        yield ModelReady(
            folder=str(checkpoint.folder),
            family=config.family,
            kind=checkpoint.kind,
            backend=choice.backend,
            precision=choice.precision,
            device_name=choice.device_name,
            device_kind=choice.device_kind,
            reason=decision.reason,
            threads=threads,
            context_length=context_length,
            parameters=config.parameters,
            weights_bytes=weights_bytes,
            needed_bytes=choice.need.total if choice.need else weights_bytes,
            peak_bytes=model.peak_bytes(),
            load_seconds=time.perf_counter() - started,
            defaults=checkpoint.defaults,
            notes=checkpoint.notes,
        )

    def _stream(
        self,
        loaded: _Loaded,
        prompt: ChatPrompt,
        params: SamplingParams,
        eos_ids: frozenset[int],
        cancel: threading.Event,
    ) -> Iterator[GenerationEvent]:
        eos_ids |= loaded.tokenizer.eos_ids
        return stream(
            loaded.model,
            prompt.ids,
            params,
            eos_ids=eos_ids,
            detokenizer=StreamingDetokenizer(loaded.tokenizer),
            cancel=cancel,
            memo=loaded.memo,
            dropped_messages=prompt.dropped_messages,
            room_tokens=prompt.room_tokens,
            token_ids=loaded.tokenizer.token_ids(eos_ids),
        )


def _decide(
    model: selection.Model, machine: hardware.Machine, wishes: selection.Wishes
) -> selection.Decision:
    """As `selection.choose`, without what the processor is found to compute wrongly.

    A device that is no processor is not tried: its libraries do not choose by the processor.
    """
    while True:
        decision = selection.choose(model, machine, wishes)
        if decision.chosen.device_kind != "cpu":
            return decision
        precision = decision.chosen.precision
        try:
            heavy_modules.processor_way(precision)
        except BackendUnavailableError as error:
            reason = Phrase(error.template, **error.facts)
            machine = replace(machine, refused={**machine.refused, precision.value: reason})
        else:
            return decision


def _try_products(machine: hardware.Machine) -> Iterator[ProductsTried]:
    for precision in Precision:
        way = sentences.processor_refusal(machine, precision)
        is_right = way is None
        try:
            way = way or heavy_modules.processor_way(precision)
        except BackendUnavailableError as error:
            way, is_right = Phrase(error.template, **error.facts), False
        if way is not None:
            yield ProductsTried(precision, way, is_right)


def _chat_tokens(loaded: _Loaded, *, as_chat: bool) -> ChatTokens:
    """The ids that begin a turn. Raises InvalidRequestError for a model that does not chat."""
    if (tokens := loaded.checkpoint.chat_tokens) is not None:
        return tokens
    if not as_chat:
        raise InvalidRequestError(
            "A base model continues text and does not chat.",
            hint="If it was fine-tuned on conversations, use it as a chat model.",
        )
    if loaded.tokenizer.vocab_size <= max(TURNS):
        raise InvalidRequestError(
            "This model has no tokens that begin a turn, so it cannot be used as a chat model."
        )
    return ChatTokens(*TURNS)


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
