"""A desk without an engine: it answers what it is told to, one step at a time, as fast as it can.

What each request gives is a Script; a step is a chunk of the prompt, or a token. A desk that is
held makes a step each time a test allows one, and is otherwise as any desk: one request runs, the
others wait in order, and a cancelled one computes nothing more.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from backends.errors import QueueFullError, UserFacingError
from backends.events import (
    Finished,
    FinishReason,
    LoadProgress,
    ModelKind,
    ModelReady,
    PrefillProgress,
    PromptReady,
    ScoredToken,
    TextDelta,
    TokenScore,
    TokensScored,
)
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from baichuan_desktop.services.library.registry import UnknownModelError
from baichuan_desktop.services.serving.port import (
    Begun,
    DeskEvent,
    InLine,
    LoadedFacts,
    MakeRequest,
    Over,
)
from baichuan_desktop.services.serving.values import DeskState, DeskStatus, ServedModel
from tests.helpers.engine_of_models import ready
from tests.helpers.patience import PATIENCE_SECONDS

CHAT = ServedModel("scripted-chat", "Scripted Chat", True, 256, 1_700_000_000)
BASE = ServedModel("scripted-base", "Scripted Base", False, 256, 1_700_000_000)
#: Steps of a prompt, each a chunk that the engine reads without looking up.
CHUNK = 16  # tokens
READY = ready("/models/scripted", context_length=256)


@dataclass(frozen=True, slots=True)
class Script:
    """What comes of a request."""

    tokens: Sequence[str] = ("Hel", "lo", ", ", "you", ".")
    prompt_tokens: int = 5
    cached_tokens: int = 0
    dropped_messages: int = 0
    error: UserFacingError | None = None  #: in place of the token of this number, and of the rest
    error_at: int = 0


@dataclass(slots=True)
class ScriptedAsked:
    """A request that was taken in, and what was computed of it."""

    model: ServedModel
    make: MakeRequest
    deliver: Callable[[DeskEvent], object]
    cancelled: threading.Event = field(default_factory=threading.Event)
    request: ChatRequest | CompleteRequest | None = None  #: None: it never started
    chunks: int = 0  #: of its prompt, that were read
    computed: int = 0  #: tokens
    on_cancel: Callable[[], object] = lambda: None

    def cancel(self) -> None:
        """As of a request that was taken in."""
        self.cancelled.set()
        self.on_cancel()


class ScriptedDesk:
    """A ModelDesk; `close` it. What it was asked stands in `asked`, in order."""

    def __init__(
        self,
        *models: ServedModel,
        most_waiting: int = 8,
        is_loaded: bool = True,
        is_held: bool = False,
        script: Callable[[ChatRequest | CompleteRequest], Script] = lambda _: Script(),
    ) -> None:
        self._models = models or (CHAT, BASE)
        self.most_waiting = most_waiting
        self.script = script
        self.asked: list[ScriptedAsked] = []
        self._loaded = self._models[0] if is_loaded else None
        self._state = DeskState.READY if is_loaded else DeskState.EMPTY
        self._is_held = is_held
        self._allowed = 0
        self._is_closed = False
        self._queue: deque[ScriptedAsked] = deque()
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="scripted desk", daemon=True)
        self._thread.start()

    # --- what tests do ---------------------------------------------------------------------

    def allow(self, steps: int = 1) -> None:
        """Let a held desk go on by so many steps."""
        with self._change:
            self._allowed += steps
            self._change.notify_all()

    def release(self) -> None:
        """Hold nothing any more."""
        with self._change:
            self._is_held = False
            self._change.notify_all()

    def close(self) -> None:
        """End its thread; what was asked ends as if cancelled."""
        with self._change:
            self._is_closed = True
            for asked in self.asked:
                asked.cancelled.set()
            self._change.notify_all()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    # --- what a server does ----------------------------------------------------------------

    @property
    def status(self) -> DeskStatus:
        with self._change:
            return DeskStatus(
                self._state,
                model=self._loaded.id if self._loaded else None,
                ready=self._ready() if self._loaded else None,
                waiting=len(self._queue),
                load_share=0.5 if self._state is DeskState.LOADING else None,
            )

    def models(self) -> Sequence[ServedModel]:
        loaded = self._loaded
        return [replace(model, is_loaded=model is loaded) for model in self._models]

    def ask(
        self, model_id: str | None, make: MakeRequest, deliver: Callable[[DeskEvent], object]
    ) -> ScriptedAsked:
        known = {model.id: model for model in self._models}
        if model_id is not None and model_id not in known:
            raise UnknownModelError(model_id, list(known))
        with self._change:
            if len(self._queue) >= self.most_waiting:
                raise QueueFullError(len(self._queue))
            model = known[model_id] if model_id else self._loaded or self._models[0]
            asked = ScriptedAsked(model, make, deliver, on_cancel=self._wake)
            is_busy = self._state in (DeskState.ANSWERING, DeskState.LOADING)
            deliver(InLine(len(self._queue) + is_busy))
            self.asked.append(asked)
            self._queue.append(asked)
            self._change.notify_all()
        return asked

    # --- its thread ------------------------------------------------------------------------

    def _wake(self) -> None:
        with self._change:
            for asked in [asked for asked in self._queue if asked.cancelled.is_set()]:
                self._queue.remove(asked)
                asked.deliver(Over())
            self._change.notify_all()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._queue or self._is_closed, PATIENCE_SECONDS)
                if not self._queue:
                    return
                asked = self._queue.popleft()
                for before, other in enumerate(self._queue, start=1):
                    other.deliver(InLine(before))
                must_load = asked.model is not self._loaded
                self._state = DeskState.LOADING if must_load else DeskState.ANSWERING
            asked.deliver(self._answered(asked))
            with self._change:
                self._state = DeskState.READY if self._loaded else DeskState.EMPTY

    def _answered(self, asked: ScriptedAsked) -> Over:
        try:
            if asked.model is not self._loaded and not self._load(asked):
                return Over()
            asked.deliver(Begun(0.0))
            asked.request = asked.make(LoadedFacts(asked.model, self.status))
            for event in self._events(asked, asked.request):
                asked.deliver(event)
        except UserFacingError as error:
            return Over(error)
        return Over()

    def _load(self, asked: ScriptedAsked) -> bool:
        asked.deliver(LoadProgress(1, 2))
        if not self._step(asked):
            return False
        asked.deliver(LoadProgress(2, 2))
        with self._change:
            self._loaded, self._state = asked.model, DeskState.ANSWERING
        asked.deliver(self._ready())
        return True

    def _ready(self) -> ModelReady:
        assert self._loaded is not None
        kind = ModelKind.CHAT if self._loaded.is_chat else ModelKind.BASE
        return replace(READY, kind=kind, context_length=self._loaded.context_length)

    def _step(self, asked: ScriptedAsked) -> bool:
        """Whether the next step may be made: at once, or when it is allowed; not if cancelled."""
        with self._change:
            is_allowed = self._change.wait_for(
                lambda: not self._is_held or self._allowed or asked.cancelled.is_set(),
                PATIENCE_SECONDS,
            )
            assert is_allowed, "no test allowed the next step, or cancelled it"
            if asked.cancelled.is_set():
                return False
            if self._is_held:
                self._allowed -= 1
        return True

    def _events(
        self, asked: ScriptedAsked, request: ChatRequest | CompleteRequest
    ) -> Iterator[DeskEvent]:
        script = self.script(request)
        scores = request.terms.likeliest
        yield PromptReady(script.prompt_tokens, script.cached_tokens, script.dropped_messages)
        total, read = script.prompt_tokens - script.cached_tokens, 0
        while read < total:
            if not self._step(asked):
                yield self._finished(script, asked, FinishReason.CANCELLED)
                return
            asked.chunks += 1
            read = min(read + CHUNK, total)
            yield PrefillProgress(read, total)
        if isinstance(request, CompleteRequest) and request.scores_prompt:
            told = [scored(number, "p", scores or 0) for number in range(script.prompt_tokens)]
            told[0] = ScoredToken(replace(told[0].token, logprob=None), ())
            yield TokensScored(tuple(told), of_prompt=True)
        if isinstance(request, CompleteRequest) and not request.continues:
            yield self._finished(script, asked, FinishReason.LENGTH)
            return
        most = request.params.max_new_tokens
        for number, text in enumerate(script.tokens[:most]):
            if not self._step(asked):
                yield self._finished(script, asked, FinishReason.CANCELLED)
                return
            if script.error is not None and number == script.error_at:
                raise script.error
            asked.computed += 1
            if scores is not None:
                yield TokensScored((scored(number, text, scores),))
            if text:
                yield TextDelta(text)
        is_cut = len(script.tokens) > most
        yield self._finished(script, asked, FinishReason.LENGTH if is_cut else FinishReason.STOP)

    @staticmethod
    def _finished(script: Script, asked: ScriptedAsked, reason: FinishReason) -> Finished:
        return Finished(
            reason=reason,
            prompt_tokens=script.prompt_tokens,
            cached_tokens=script.cached_tokens,
            new_tokens=asked.computed,
            context_tokens=script.prompt_tokens + asked.computed,
            prefill_seconds=0.0,
            first_token_seconds=0.0,
            decode_seconds=0.0,
        )


def scored(number: int, text: str, likeliest: int) -> ScoredToken:
    """A token of a script as a model would score it: each twice as likely as the next."""
    token = TokenScore(number, tuple(text.encode()), -0.5 * (number + 1))
    others = [TokenScore(100 + place, (97 + place,), -1.0 - place) for place in range(likeliest)]
    return ScoredToken(token, tuple([token, *others][:likeliest]))
