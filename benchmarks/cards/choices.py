"""Each choice of the app on a card beside the other way: rows of `cuda.py`.

A part of a step is measured by itself, in the shapes of the model and recorded as the app records
it, so that the card's time counts and nothing else. Where the host takes part, a clock is read
while the card waits.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backends.checkpoint.quantized_layout import Layout
from backends.generation.sampling import Sampler, SamplingParams
from backends.interface import PREFILL_CHUNK
from backends.model_config import ModelConfig
from backends.modeling.baichuan import MLP, RMSNorm
from backends.modeling.lean.host_embedding import HostEmbedding
from backends.modeling.lean.int8_linear import Int8Linear
from backends.modeling.lean.int8_rows import quantize_rows
from backends.modeling.positions import later_mask, make_positions
from backends.precision import DeviceKind, Precision, weight_only_is_on
from backends.torch_backend.logits import CandidateChooser, to_numpy
from benchmarks.cards.sizes import Sizes
from benchmarks.cards.yardsticks import recorded, seconds
from benchmarks.random_checkpoint import SHAPES

_Module = TypeVar("_Module", bound=nn.Module)

#: Shapes of the other family, for a run that has one of them only.
_TWINS: Final = {"tiny": "tiny-alibi", "mid": "mid-alibi", "baichuan2-7b": "baichuan2-13b"}
_NEW_LENGTHS: Final = 12
_SEEN: Final = 3500


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose parts are measured, and where."""

    shape: str
    dtype: torch.dtype
    device: str
    sizes: Sizes

    @property
    def config(self) -> ModelConfig:
        """That of the shape."""
        return SHAPES[self.shape].config

    @property
    def chunk(self) -> int:
        """Tokens that the app reads at a time, where the context holds so many beside others."""
        return min(PREFILL_CHUNK[DeviceKind.of(self.device)], self.sizes.prefill_tokens // 2)

    @property
    def all_layers(self) -> float:
        """How many times the measured layers make the model."""
        return self.config.num_layers / self.sizes.layers

    def random(self, *shape: int) -> Tensor:
        """Values of a plausible scale, in the model's dtype on the device."""
        return torch.randn(shape, device=self.device).mul(0.02).to(self.dtype)


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of the two ways of a choice, a token or a chunk of all layers."""

    choice: str
    where: str
    taken: str  #: the way that the app goes
    ways: dict[str, float]
    saves_bytes: int = 0  #: of the card's memory, which is then why it goes that way


def of_run(shapes: Sequence[str]) -> tuple[str, str]:
    """A shape with rotated positions and one with linear biases, of a run or their twins."""
    plain = [name for name in shapes if not SHAPES[name].uses_alibi]
    alibi = [name for name in shapes if SHAPES[name].uses_alibi]
    others = {twin: name for name, twin in _TWINS.items()}
    return (
        plain[0] if plain else others[alibi[0]],
        alibi[0] if alibi else _TWINS.get(plain[0], "tiny-alibi"),
    )


# --- one token, recorded ---------------------------------------------------------------------


def norms(setting: Setting) -> list[Row]:
    """All norms of a step: one operation each, or the six that it stands for."""
    config = setting.config
    norm = _made(setting, lambda: RMSNorm(config.hidden_size, config.rms_norm_eps))
    x = setting.random(1, 1, config.hidden_size)
    count = range(2 * config.num_layers + 1)
    fused = _replayed(setting, lambda: [norm(x) for _ in count])
    composed = _replayed(setting, lambda: [composed_norm(x, norm.weight, norm.eps) for _ in count])
    return [Row("RMSNorm", _token(setting), "fused", {"fused": fused, "composed": composed})]


def composed_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """What `RMSNorm` computes, operation by operation."""
    wide = x.float()
    normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    return weight * normed.to(weight.dtype)


def gate_and_up(setting: Setting) -> list[Row]:
    """The MLP of all layers, with gate and up apart, and then as one product."""
    layers = [_made(setting, lambda: MLP(setting.config)) for _ in range(setting.sizes.layers)]
    for layer in layers:
        for parameter in layer.parameters():
            parameter.data.normal_(0, 0.02)
    x = setting.random(1, 1, setting.config.hidden_size)

    def step() -> None:
        for layer in layers:
            layer(x)

    apart = _replayed(setting, step) * setting.all_layers
    for layer in layers:
        layer.join()
    joined = _replayed(setting, step) * setting.all_layers
    return [Row("gate and up", _token(setting), "joined", {"joined": joined, "apart": apart})]


# --- a chunk of a prompt ---------------------------------------------------------------------


def alibi_blocks(setting: Setting) -> list[Row]:
    """Attention over a later chunk, its biases made once, or again for each layer."""
    qkv = _chunk(setting)
    start = qkv[1].shape[2] - setting.chunk
    device = torch.device(setting.device)

    def attend(*, keep: bool) -> None:
        positions = make_positions(setting.config, start, setting.chunk, device)
        for number in range(setting.sizes.layers):
            if number and not keep:
                positions = make_positions(setting.config, start, setting.chunk, device)
            positions.attend(*qkv)

    ways = {
        "kept": _timed(setting, lambda: attend(keep=True)),
        "rebuilt in every layer": _timed(setting, lambda: attend(keep=False)),
    }
    return [Row("ALiBi blocks", _later(setting), "kept", _scaled(ways, setting))]


def later_chunks(setting: Setting) -> list[Row]:
    """Attention over a later chunk, told where it stands, or by a mask of every pair."""
    q, k, v = _chunk(setting)
    queries, keys = q.shape[2], k.shape[2]
    corner = later_mask(queries, keys, q.device)
    mask = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)

    def attend(bias: Tensor) -> None:
        for _ in range(setting.sizes.layers):
            F.scaled_dot_product_attention(q, k, v, attn_mask=bias)

    ways = {
        "causal_lower_right": _timed(setting, lambda: attend(corner)),
        "mask": _timed(setting, lambda: attend(mask)),
    }
    taken = "causal_lower_right" if setting.device.startswith("cuda") else "mask"
    return [Row("later chunk of a prompt", _later(setting), taken, _scaled(ways, setting))]


def _chunk(setting: Setting) -> tuple[Tensor, Tensor, Tensor]:
    """Queries of a chunk at the end of the long context, and all keys and values."""
    config = setting.config
    keys = setting.sizes.contexts[1]
    shapes = (min(setting.chunk, keys // 2), keys, keys)
    q, k, v = (setting.random(1, config.num_heads, n, config.head_dim) for n in shapes)
    return q, k, v


# --- attention of one token ------------------------------------------------------------------


def cudnn_attention(setting: Setting) -> list[Row]:
    """The ordinary step's attention with cuDNN's kernels or without, at lengths it never saw."""
    config, first = setting.config, setting.sizes.contexts[0]
    shape = (1, config.num_heads, first + 2 * _NEW_LENGTHS, config.head_dim)
    k, v = setting.random(*shape), setting.random(*shape)
    q = setting.random(1, config.num_heads, 1, config.head_dim)
    bias = setting.random(1, config.num_heads, 1, shape[2])

    def attend(keys: int) -> None:
        F.scaled_dot_product_attention(
            q, k[:, :, :keys], v[:, :, :keys], attn_mask=bias[..., :keys]
        )

    new, again = {}, {}
    # A plan is kept as long as the process lives: the two have no length in common.
    for name, on, lengths in (
        ("off", False, range(first, first + _NEW_LENGTHS)),
        ("on", True, range(first + _NEW_LENGTHS, first + 2 * _NEW_LENGTHS)),
    ):
        with _cudnn(on=on):
            attend(first // 2)  # what any first call costs
            new[name] = statistics.mean(_once(setting, partial(attend, n)) for n in lengths)
            one_layer = _timed(setting, partial(attend, lengths[-1]))
            again[name] = one_layer * config.num_layers
    where = f"{setting.shape}, {first:,} keys"
    return [
        Row("cuDNN's attention", f"{where}, a new length, one layer", "off", new),
        Row("cuDNN's attention", f"{where}, all layers", "off", again),
    ]


@contextmanager
def _cudnn(*, on: bool) -> Iterator[None]:
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(on)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


# --- with the host ---------------------------------------------------------------------------


def candidates(setting: Setting) -> list[Row]:
    """Choosing a token with the chat defaults: among candidates, or in the whole row."""
    vocabulary = setting.config.vocab_size
    device = torch.device(setting.device)
    logits = torch.randn(vocabulary, device=device).mul(2)
    params = SamplingParams(temperature=0.3, top_k=5, top_p=0.85, repetition_penalty=1.05, seed=1)
    sampler = Sampler(params, vocabulary)
    sampler.see(torch.randint(vocabulary, (_SEEN,)).tolist())
    request = sampler.request()
    assert request is not None, "the chat defaults need a few logits only"
    chooser = CandidateChooser(request, vocabulary, device)

    def on_card() -> None:
        chooser.see(7)
        sampler.sample(chooser.choose(logits))

    ways = {
        "on the card": _by_the_clock(setting, on_card),
        "whole row": _by_the_clock(setting, lambda: sampler.sample(to_numpy(logits))),
    }
    return [Row("candidates", f"{vocabulary:,} logits", "on the card", ways)]


def embeddings(setting: Setting) -> list[Row]:
    """The row of a token, from the card's memory or from the machine's."""
    config = setting.config
    table = setting.random(config.vocab_size, config.hidden_size)
    device = torch.device(setting.device)
    host = HostEmbedding(table.cpu(), device, setting.dtype)
    card = nn.Embedding.from_pretrained(table)
    target = torch.empty(1, 1, config.hidden_size, dtype=setting.dtype, device=device)
    token = torch.tensor([[7]])

    def on_card() -> None:
        target.copy_(card(token.to(device)))

    ways = {
        "on the host": _by_the_clock(setting, lambda: target.copy_(host(token))),
        "on the card": _by_the_clock(setting, on_card),
    }
    return [Row("embedding", _token(setting), "on the card", ways, saves_bytes=table.nbytes)]


def heads(setting: Setting) -> list[Row]:
    """The head's product of a token, with int8 rows or 16-bit ones."""
    config = setting.config
    weight = setting.random(config.vocab_size, config.hidden_size)
    x = setting.random(1, 1, config.hidden_size)
    rows, magnitudes = quantize_rows(weight, weight.device)
    head = Int8Linear(rows, magnitudes)
    ways = {
        "8 bits": _replayed(setting, lambda: head(x)),
        "16 bits": _replayed(setting, lambda: F.linear(x, weight)),
    }
    saved = weight.nbytes - rows.nbytes - head.scale.nbytes
    return [Row("head", _token(setting), "16 bits", ways, saves_bytes=saved)]


def eight_bits_beside_16(setting: Setting) -> list[Row]:
    """All matrices of a token, as 8-bit weights with activations in 16 bit, or as they are."""
    weights = _matrices(setting)
    lean = [Int8Linear(*quantize_rows(weight, weight.device)) for weight in weights]
    inputs = _inputs(setting, weights, 1)

    def plain() -> None:
        for weight in weights:
            F.linear(inputs[weight.shape[1]], weight)

    ways = {
        "weights only": _replayed(setting, partial(_multiply, lean, inputs)),
        "16 bits": _replayed(setting, plain),
    }
    saved = sum(weight.nbytes for weight in weights) // 2 * setting.all_layers
    ways = _scaled(ways, setting)
    return [Row("8 bits beside 16", _token(setting), "16 bits", ways, saves_bytes=int(saved))]


def eight_bits(setting: Setting) -> list[Row]:
    """All matrices in 8 bits: LLM.int8, or weights only with activations in 16 bit.

    Raises ImportError where bitsandbytes is not installed.
    """
    from backends.modeling.quantized import make_linear  # needs bitsandbytes

    quantised = [quantize_rows(weight, weight.device) for weight in _matrices(setting)]
    lean = [Int8Linear(*parts) for parts in quantised]
    other = [
        make_linear(
            {"weight": rows, "SCB": magnitudes},
            Layout.BITSANDBYTES,
            Precision.INT8,
            (rows.shape[0], rows.shape[1]),
            torch.float16,
        )
        for rows, magnitudes in quantised
    ]
    found = []
    for where, count in ((_token(setting), 1), (f"{setting.shape}, a chunk", setting.chunk)):
        wide = _inputs(setting, [rows for rows, _ in quantised], count)
        half = {n: x.half() for n, x in wide.items()}  # as its kernels take it
        # Only a token of the one can be recorded: the other looks for outliers on the host.
        timed = _replayed if count == 1 else _timed
        ways = {
            "weights only": timed(setting, partial(_multiply, lean, wide)),
            "LLM.int8": _timed(setting, partial(_multiply, other, half)),
        }
        taken = "weights only" if weight_only_is_on() else "LLM.int8"
        found.append(Row("8 bits", where, taken, _scaled(ways, setting)))
    return found


def _matrices(setting: Setting) -> list[Tensor]:
    """Those of the measured layers."""
    shapes = setting.config.layer_matrices().values()
    return [setting.random(*shape) for _ in range(setting.sizes.layers) for shape in shapes]


def _inputs(setting: Setting, matrices: Sequence[Tensor], count: int) -> dict[int, Tensor]:
    """Activations of `count` tokens for matrices [out, in], by their columns."""
    columns = {matrix.shape[1] for matrix in matrices}
    return {width: setting.random(1, count, width) for width in columns}


def _multiply(layers: Sequence[nn.Module], inputs: Mapping[int, Tensor]) -> None:
    for layer in layers:
        layer(inputs[cast("Tensor", layer.weight).shape[1]])


# --- all of them -----------------------------------------------------------------------------

#: By name, with the positions that a choice is about; None: either, and one is enough.
CHOICES: Final[Mapping[str, tuple[bool | None, Callable[[Setting], list[Row]]]]] = {
    "RMSNorm": (None, norms),
    "gate and up": (None, gate_and_up),
    "candidates": (None, candidates),
    "cuDNN's attention": (None, cudnn_attention),
    "8 bits beside 16": (None, eight_bits_beside_16),
    "8 bits": (None, eight_bits),
    "head": (None, heads),
    "embedding": (None, embeddings),
    "ALiBi blocks": (True, alibi_blocks),
    "later chunk of a prompt": (False, later_chunks),
}


def settings(
    shapes: Sequence[str], dtype: torch.dtype, device: str, sizes: Sizes
) -> Iterator[tuple[str, Setting]]:
    """Each choice with what it is measured in, those of the first shape first."""
    pair = of_run(shapes)
    first = SHAPES[shapes[0]].uses_alibi
    for name, (alibi, _) in CHOICES.items():
        shape = pair[first if alibi is None else alibi]
        yield name, Setting(shape, dtype, device, sizes)


def measure(name: str, setting: Setting) -> list[Row]:
    """The rows of one choice."""
    with torch.inference_mode():
        return CHOICES[name][1](setting)


# --- clocks ----------------------------------------------------------------------------------


def _token(setting: Setting) -> str:
    return f"{setting.shape}, a token"


def _later(setting: Setting) -> str:
    return f"{setting.shape}, a chunk before {setting.sizes.contexts[1]:,}"


def _made(setting: Setting, make: Callable[[], _Module]) -> _Module:
    """A module of the model's dtype, made on the device: a processor draws its weights slowly."""
    with torch.device(setting.device):
        return make().to(setting.dtype).requires_grad_(False).eval()


def _scaled(ways: Mapping[str, float], setting: Setting) -> dict[str, float]:
    return {name: value * setting.all_layers for name, value in ways.items()}


def _replayed(setting: Setting, work: Callable[[], object]) -> float:
    """Seconds on the device of what is recorded once."""
    return _timed(setting, recorded(work, setting.device))


def _timed(setting: Setting, work: Callable[[], object]) -> float:
    """Seconds on the device, launches included."""
    return seconds(work, setting.device, setting.sizes.rounds)


def _by_the_clock(setting: Setting, work: Callable[[], object]) -> float:
    """Seconds until the device is done, as the host sees it: a median."""
    work()
    return statistics.median(_once(setting, work) for _ in range(5 * setting.sizes.rounds))


def _once(setting: Setting, work: Callable[[], object]) -> float:
    _wait(setting)
    started = time.perf_counter()
    work()
    _wait(setting)
    return time.perf_counter() - started


def _wait(setting: Setting) -> None:
    if setting.device.startswith("cuda"):
        torch.cuda.synchronize(setting.device)
