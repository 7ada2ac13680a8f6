"""What can be asked of an engine, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..choice.expected_speed import ReadBandwidth
from ..choice.memory import MeasuredPeak
from ..generation.sampling import SamplingParams
from ..generation.terms import AnswerTerms
from ..precision import ONNX_BLOCK, Precision
from ..text.chat_template import Message

#: No machine has so many cores that more were of use.
MOST_THREADS = 1024


@dataclass(frozen=True, slots=True)
class ExportStamp:
    """Which `weights_stamp` a model had when an export was made of it."""

    folder: str  #: of the export
    stamp: str


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """Load a checkpoint folder, in place of the model that is loaded now."""

    folder: str
    precision: Precision | None = None  #: None: the best that fits
    context_length: int | None = None  #: tokens; None: what the model was trained for
    threads: int | None = None  #: None: one a physical core, fewer while others keep them busy
    wanted_device: str | None = None  #: “cpu”, “cuda”, or one card such as “cuda:1”
    prefer_speed: bool = False  #: of the quantised precisions, 4-bit first
    measured: tuple[MeasuredPeak, ...] = ()  #: what loading this model took here before
    exports: tuple[str, ...] = ()  #: folders of its exports for ONNX Runtime
    export_stamps: tuple[ExportStamp, ...] = ()  #: of those of which it is known
    bandwidths: tuple[ReadBandwidth, ...] = ()  #: of this machine's devices, measured before
    scores_every_token: bool = False  #: of texts, and does not answer
    embedding_on_host: bool = False  #: also where all of it fits, to be compared
    head_in_8_bits: bool = False  #: likewise
    adapter: str | None = None  #: folder of the adapter that the model answers with, at first


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Answer the last of these messages."""

    messages: tuple[Message, ...]
    params: SamplingParams
    as_chat: bool = False  #: a base model too, which somebody fine-tuned on conversations
    older_messages: int = 0  #: that come before these, and are not given to it
    terms: AnswerTerms = field(default_factory=AnswerTerms)
    drops_oldest: bool = True  #: messages that do not fit; else ContextLengthExceededError


@dataclass(frozen=True, slots=True)
class CompleteRequest:
    """Continue this text."""

    prompt: str
    params: SamplingParams
    terms: AnswerTerms = field(default_factory=AnswerTerms)
    prompt_ids: tuple[int, ...] | None = None  #: continue these ids, and not the text
    scores_prompt: bool = False  #: tell how likely each token of the prompt was, as `terms` say
    continues: bool = True  #: False: the prompt alone is scored, and the answer is empty


@dataclass(frozen=True, slots=True)
class DescribePromptRequest:
    """Tell what the model would get for a request, of which there is one; nothing is computed."""

    chat: ChatRequest | None = None
    complete: CompleteRequest | None = None


@dataclass(frozen=True, slots=True)
class UnloadRequest:
    """Give the model's memory back."""


@dataclass(frozen=True, slots=True)
class AdapterRequest:
    """Have the loaded model answer with this adapter, in place of the one before."""

    folder: str | None  #: None: as it is, without any


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """Write a checkpoint anew as a complete folder of safetensors, quantised if asked."""

    folder: str
    out: str
    precision: Precision | None = None  #: of `COPY_PRECISIONS`; None keeps the weights as they are
    fold_head: bool = False  #: write a Baichuan 2 head normalised; the rest stays as it is
    licence: str = ""  #: what is known of it, carried where the folder has no licence file


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """Write a checkpoint anew with an adapter merged into its weights, in 16 or 32 bits."""

    folder: str
    adapter: str  #: its folder
    out: str
    precision: Precision | None = None  #: bf16, fp16 or fp32; None: as the model is stored
    licence: str = ""  #: see `CopyRequest`


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Write a checkpoint as a complete folder for ONNX Runtime."""

    folder: str
    out: str
    precision: Precision  #: of `EXPORT_PRECISIONS`
    block_size: int = ONNX_BLOCK  #: weights that share a scale, in int4 and int8
    symmetric: bool = False  #: without zero points
    portable: bool = False  #: operators of the standard only, for other programs
    licence: str = ""  #: see `CopyRequest`
    adapter: str | None = None  #: folder of an adapter that is merged into what is exported


@dataclass(frozen=True, slots=True)
class BenchmarkRequest:
    """Load a model, measure its speed, and unload it. What exceeds its context is left out."""

    load: LoadRequest  #: its context length is made as long as the benchmark needs
    prompts: tuple[int, ...] = (128, 512, 2048)  #: tokens to prefill
    contexts: tuple[int, ...] = (16, 512, 2048)  #: tokens before the first one that is decoded
    new_tokens: int = 32  #: to decode after each context


@dataclass(frozen=True, slots=True)
class QualityRequest:
    """Load a model and score texts with it, as the reference or against it; see `quality`."""

    load: LoadRequest  #: its context length is made as long as a window
    texts: tuple[str, ...]
    name: str  #: of all texts together, for the person
    max_tokens: int  #: of all texts together; each gives its share
    reference_file: str  #: written if `is_reference`, else read
    is_reference: bool


@dataclass(frozen=True, slots=True)
class ProductsRequest:
    """Try on small matrices how the processor multiplies in each precision."""


Request = (
    LoadRequest
    | ChatRequest
    | CompleteRequest
    | DescribePromptRequest
    | UnloadRequest
    | AdapterRequest
    | CopyRequest
    | MergeRequest
    | ExportRequest
    | BenchmarkRequest
    | QualityRequest
    | ProductsRequest
)
