"""What happens while a model loads and answers, as plain values.

A long job is a generator of these. A failure is an exception, never an event; a person's stop
is an event (`Finished` with `CANCELLED`), never an exception.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, StrEnum

from typing_extensions import override

from .model_config import Family
from .phrases import Phrase
from .precision import BackendName, DeviceKind, Precision


class FinishReason(Enum):
    """Why an answer ended."""

    STOP = "stop"  #: the model produced its end-of-sequence token
    STOP_STRING = "stop_string"  #: a text that was asked to end the answer appeared
    LENGTH = "length"  #: `max_new_tokens` was reached
    CONTEXT = "context"  #: the context length was reached
    CANCELLED = "cancelled"  #: the person asked to stop; not an error


class ModelKind(StrEnum):
    """What a model was trained to do."""

    BASE = "base"  #: to continue text
    CHAT = "chat"


class JobStep(StrEnum):
    """What a job does with the files of a model."""

    HASH = "hash"
    WRITE = "write"
    CHECK = "check"


class BenchmarkStep(StrEnum):
    """What a benchmark does."""

    WARM = "warm"
    PREFILL = "prefill"
    FILL = "fill"  #: reading what decoding starts from
    DECODE = "decode"


class Progress(ABC):
    """How far something has come: of several events in a row only the last one counts.

    Whoever passes events on may leave out others of the row, whatever class they are of.
    """

    __slots__ = ()

    @property
    def row(self) -> object:
        """Equal for events of which a later one says all that the earlier one said."""
        return type(self)

    @property
    @abstractmethod
    def is_last(self) -> bool:
        """Whether it has come to its end; this one is not left out."""


@dataclass(frozen=True, slots=True)
class LoadProgress(Progress):
    """Bytes read so far: of the weights, and of all files of an export; then what is recorded."""

    done_bytes: int
    total_bytes: int
    done_graphs: int = 0  #: CUDA graphs that are recorded, once all is read
    total_graphs: int = 0
    #: What the model is loaded onto, in the first event of a load; it may be lost with its engine.
    device_name: str = ""

    @property
    @override
    def is_last(self) -> bool:
        return self.done_bytes >= self.total_bytes


@dataclass(frozen=True, slots=True)
class SamplingDefaults:
    """The sampling a checkpoint asks for in its generation_config.json."""

    greedy: bool
    temperature: float
    top_k: int
    top_p: float
    repetition_penalty: float
    max_new_tokens: int


@dataclass(frozen=True, slots=True)
class AdapterInUse:
    """The adapter that a loaded model answers with."""

    folder: str
    nbytes: int  #: that it takes in memory
    notes: tuple[Phrase, ...] = ()  #: what of it is not used, or could not be checked


@dataclass(frozen=True, slots=True)
class AdapterReady:
    """The loaded model answers with another adapter now, or without one; its cache is empty."""

    adapter: AdapterInUse | None
    seconds: float  #: that it took


@dataclass(frozen=True, slots=True)
class ModelReady:
    """A model is loaded: what runs, and how."""

    folder: str
    family: Family
    kind: ModelKind
    backend: BackendName
    precision: Precision
    device_name: str
    device_kind: DeviceKind
    reason: Phrase  #: why this precision was chosen
    threads: int
    context_length: int
    parameters: int
    weights_bytes: int  #: in memory
    needed_bytes: int  #: what was counted on, KV cache and libraries too
    peak_bytes: int  #: the most used while loading, the KV cache not counted
    load_seconds: float
    defaults: SamplingDefaults
    notes: tuple[Phrase, ...] = ()  #: see `Checkpoint.notes`
    longest_token: int | None = None  #: see `Tokenizer.longest_token`
    head_in_8_bits: bool = False
    host_weights_bytes: int = 0  #: of the weights, in the machine's memory beside those on cards
    adapter: AdapterInUse | None = None


@dataclass(frozen=True, slots=True)
class PromptReady:
    """The prompt is built. `dropped_messages` of the oldest did not fit and were left out."""

    prompt_tokens: int
    cached_tokens: int  #: of these, already in the KV cache from the turn before
    dropped_messages: int
    #: Tokens that the answer has room for, where messages were kept in place of more; else None.
    room_tokens: int | None = None


class PartKind(StrEnum):
    """What a part of a prompt is."""

    SYSTEM = "system"
    QUESTION = "question"
    ANSWER = "answer"
    OPENING = "opening"  #: the id behind which the answer is written
    TEXT = "text"  #: that a base model continues


@dataclass(frozen=True, slots=True)
class PromptPart:
    """Ids of a prompt that belong together, from `begin` to before `end`."""

    kind: PartKind
    message: int | None  #: its place among the messages that were asked about
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class PromptPieces:
    """A prompt exactly as the model gets it. The first three have an entry for each id."""

    ids: tuple[int, ...]
    pieces: tuple[str, ...]  #: of the tokenizer, see `Tokenizer.piece`
    #: The text that each id completes; joined, they are the texts of the messages. Empty for what
    #: begins a turn.
    texts: tuple[str, ...]
    parts: tuple[PromptPart, ...]  #: one behind the other, without a gap
    dropped_messages: int  #: see `PromptReady`
    room_tokens: int | None  #: likewise
    context_length: int


@dataclass(frozen=True, slots=True)
class PrefillProgress(Progress):
    """Prompt tokens read so far, of those that were not in the cache."""

    done_tokens: int
    total_tokens: int

    @property
    @override
    def is_last(self) -> bool:
        return self.done_tokens >= self.total_tokens


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text that follows all text sent before. Never empty, never half a character."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every answer that did not fail."""

    reason: FinishReason
    prompt_tokens: int
    cached_tokens: int  #: of the prompt, taken from the KV cache
    new_tokens: int
    context_tokens: int  #: prompt and answer, of the context length
    prefill_seconds: float
    first_token_seconds: float  #: from the request to the first token
    decode_seconds: float  #: from the first token to the last
    #: That compute now; None: as many as the model was loaded with, whatever other programs do
    threads: int | None = None

    @property
    def tokens_per_second(self) -> float:
        """Decoding speed, the first token left out; 0 for fewer than two tokens."""
        if self.new_tokens < 2 or self.decode_seconds <= 0:
            return 0.0
        return (self.new_tokens - 1) / self.decode_seconds


@dataclass(frozen=True, slots=True)
class TokenScore:
    """A token, and how likely the model found it: before temperature, penalties and the like."""

    token_id: int
    octets: tuple[int, ...]  #: of its text; a part of a character where it is one
    logprob: float | None  #: natural logarithm; None for the first token of a text


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """A token that was chosen, or stands in a prompt, and what was likeliest in its place."""

    token: TokenScore
    likeliest: tuple[TokenScore, ...]  #: the likeliest first


@dataclass(frozen=True, slots=True)
class TokensScored:
    """Tokens, in order: of the prompt, or those that the next text of the answer comes from."""

    tokens: tuple[ScoredToken, ...]
    of_prompt: bool = False


@dataclass(frozen=True, slots=True)
class JobProgress(Progress):
    """A long job: what it does now, and how far it is."""

    step: JobStep
    done_bytes: int
    total_bytes: int

    @property
    @override
    def row(self) -> object:
        return self.step

    @property
    @override
    def is_last(self) -> bool:
        return self.done_bytes >= self.total_bytes


@dataclass(frozen=True, slots=True)
class CopyReady:
    """A converted checkpoint is complete, in `folder`."""

    folder: str
    bytes_on_disk: int
    notes: tuple[Phrase, ...] = ()  #: on the adapter that was merged into it


@dataclass(frozen=True, slots=True)
class BenchmarkProgress(Progress):
    """A benchmark goes on: tokens of this step that are done."""

    step: BenchmarkStep
    tokens: int  #: of the prompt, or of the context, that is being measured
    done_tokens: int
    total_tokens: int

    @property
    @override
    def row(self) -> object:
        return (self.step, self.tokens)

    @property
    @override
    def is_last(self) -> bool:
        return self.done_tokens >= self.total_tokens


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second, and what disturbed them."""

    tokens: int  #: of the prompt; or in the context when the first token was decoded
    tokens_per_second: float  #: median
    best_tokens_per_second: float
    neighbour_cores: float  #: that others kept busy meanwhile, on average


@dataclass(frozen=True, slots=True)
class DecodeSpeed:
    """Decoding, and the memory it reads."""

    speed: Speed
    bytes_per_token: int  #: weights without the embedding table, and keys and values
    bandwidth_share: float | None  #: of the device's measured read bandwidth; None: not measured


@dataclass(frozen=True, slots=True)
class BenchmarkReady:
    """The model that `ModelReady` named is measured, and is not loaded any more."""

    prefill: tuple[Speed, ...]
    decode: tuple[DecodeSpeed, ...]
    skipped_prompts: tuple[int, ...]  #: longer than the model's context
    skipped_contexts: tuple[int, ...]
    peak_bytes: int  #: the most that was used, on the device of the model
    read_bytes_per_second: float | None  #: of the device; None where it could not be measured


@dataclass(frozen=True, slots=True)
class QualityProgress(Progress):
    """Tokens of the text that were read so far."""

    done_tokens: int
    total_tokens: int

    @property
    @override
    def is_last(self) -> bool:
        return self.done_tokens >= self.total_tokens


@dataclass(frozen=True, slots=True)
class QualityReady:
    """The text is read to its end. What the figures are: `quality`."""

    scored_tokens: int
    is_cut: bool  #: the text is longer than the most tokens that were asked for
    perplexity: float
    kl_divergence: float | None  #: nats; None for the reference itself
    top1_agreement: float | None  #: 0 to 1; None for the reference itself


GenerationEvent = PromptReady | PrefillProgress | TokensScored | TextDelta | Finished


@dataclass(frozen=True, slots=True)
class ProductsTried:
    """How the processor multiplies in one precision."""

    precision: Precision
    way: Phrase  #: or why not
    is_right: bool


EngineEvent = (
    LoadProgress
    | ModelReady
    | AdapterReady
    | JobProgress
    | CopyReady
    | BenchmarkProgress
    | BenchmarkReady
    | QualityProgress
    | QualityReady
    | ProductsTried
    | PromptPieces
    | GenerationEvent
)
