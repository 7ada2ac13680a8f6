"""The four Baichuan families and what their config.json says. Imports no torch.

There is no family flag in config.json, so a family is recognised from the facts that differ:
vocabulary (64,000 is Baichuan, 125,696 is Baichuan 2, and a few more where somebody added rows)
and width (4096 is RoPE, 5120 is ALiBi). For sizes that were never released, the fields decide: only
RoPE models have `max_position_embeddings`, only Baichuan-7B writes its classes “BaiChuan”, and only
Baichuan 2 names its `tokenizer_class`. Where nothing tells the version, the tokenizer's pieces do
(`backends.text.vocabulary`).
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .phrases import Phrase


class ConfigError(ValueError):
    """A phrase on what is wrong in config.json; `Checkpoint.open` names the folder."""

    def __init__(self, template: str, **facts: int | str) -> None:
        self.what = Phrase(template, **facts)
        super().__init__(str(self.what))


class Family(StrEnum):
    """An architecture that was released; the values are the registry's."""

    BAICHUAN_7B = "baichuan-7b"
    BAICHUAN_13B = "baichuan-13b"
    BAICHUAN2_7B = "baichuan2-7b"
    BAICHUAN2_13B = "baichuan2-13b"

    @property
    def uses_alibi(self) -> bool:
        """Positions are a linear bias on attention scores (13B); else they rotate q and k (7B)."""
        return self in (Family.BAICHUAN_13B, Family.BAICHUAN2_13B)

    @property
    def uses_norm_head(self) -> bool:
        """The rows of the output head are normalised (Baichuan 2)."""
        return self in (Family.BAICHUAN2_7B, Family.BAICHUAN2_13B)

    def of_version(self, version: int) -> Family:
        """The family of the same positions in version 1 or 2."""
        if version == 2:
            return Family.BAICHUAN2_13B if self.uses_alibi else Family.BAICHUAN2_7B
        return Family.BAICHUAN_13B if self.uses_alibi else Family.BAICHUAN_7B


RELEASED_HIDDEN_SIZES = (4096, 5120)
RELEASED_VOCABULARIES = {1: 64_000, 2: 125_696}  #: tokens, by version
#: Rows that may have been added to a released vocabulary.
_MOST_ADDED_ROWS = 8_192

# Far above every released model, far below what would exhaust memory in a list of names.
_LIMITS = {
    "hidden_size": 65_536,
    "num_hidden_layers": 512,
    "num_attention_heads": 1_024,
    "intermediate_size": 524_288,
    "vocab_size": 4_194_304,
}
_MAX_CONTEXT_LENGTH = 1_048_576
_ACTIVATIONS = ("silu", "swish")  # two names of one function


def count_parameters(
    *, vocab_size: int, hidden_size: int, num_layers: int, intermediate_size: int
) -> int:
    """Number of weights: no biases, an untied head, two norms a layer and a final one."""
    matrices = 4 * hidden_size * hidden_size + 3 * hidden_size * intermediate_size
    layer = matrices + 2 * hidden_size
    return 2 * vocab_size * hidden_size + num_layers * layer + hidden_size


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The shapes of one model; names follow the field, not config.json."""

    family: Family
    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int
    context_length: int  #: tokens the model was trained for
    rms_norm_eps: float = 1e-6
    rope_base: float = 10_000.0
    #: 1 or 2, as the family's; None if config.json leaves it open, and 1 is assumed.
    version: int | None = field(default=None, compare=False)

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_heads

    def layer_matrices(self) -> dict[str, tuple[int, int]]:
        """The linear weights of a layer, the ones that are quantised: name to [out, in]."""
        h, ffn = self.hidden_size, self.intermediate_size
        return {
            "self_attn.W_pack": (3 * h, h),
            "self_attn.o_proj": (h, h),
            "mlp.gate_proj": (ffn, h),
            "mlp.up_proj": (ffn, h),
            "mlp.down_proj": (h, ffn),
        }

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of a checkpoint: released name to shape. Linear weights are [out, in]."""
        h = self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (self.vocab_size, h)}
        for layer in range(self.num_layers):
            prefix = f"model.layers.{layer}."
            for name, shape in self.layer_matrices().items():
                shapes[f"{prefix}{name}.weight"] = shape
            shapes[prefix + "input_layernorm.weight"] = (h,)
            shapes[prefix + "post_attention_layernorm.weight"] = (h,)
        shapes["model.norm.weight"] = (h,)
        shapes["lm_head.weight"] = (self.vocab_size, h)
        return shapes

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return count_parameters(
            vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            num_layers=self.num_layers,
            intermediate_size=self.intermediate_size,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> ModelConfig:
        """Read config.json's content strictly. Raises ConfigError."""
        if data.get("model_type") is None:
            raise ConfigError("{name} is missing", name="model_type")
        if data.get("model_type") != "baichuan":
            raise ConfigError(
                "its architecture is {value}, not baichuan", value=shown(data.get("model_type"))
            )
        sizes = {name: _integer(data, name, 1, limit) for name, limit in _LIMITS.items()}
        if sizes["hidden_size"] % sizes["num_attention_heads"]:
            raise ConfigError(
                "hidden_size {hidden} is no multiple of num_attention_heads {heads}",
                hidden=sizes["hidden_size"],
                heads=sizes["num_attention_heads"],
            )
        if (activation := _given(data, "hidden_act", "silu")) not in _ACTIVATIONS:
            raise ConfigError("hidden_act is {value}, not silu", value=shown(activation))
        if data.get("tie_word_embeddings") not in (None, False):
            raise ConfigError("tie_word_embeddings is set, which no Baichuan model has")
        version = _version(data, sizes["vocab_size"])
        family = _positions(data, sizes["hidden_size"]).of_version(version or 1)
        if not family.uses_alibi and sizes["hidden_size"] // sizes["num_attention_heads"] % 2:
            raise ConfigError("its heads have an odd width, which rotary positions cannot have")
        return cls(
            family=family,
            vocab_size=sizes["vocab_size"],
            hidden_size=sizes["hidden_size"],
            num_layers=sizes["num_hidden_layers"],
            num_heads=sizes["num_attention_heads"],
            intermediate_size=sizes["intermediate_size"],
            context_length=_context_length(data),
            rms_norm_eps=_epsilon(data),
            rope_base=_rope_base(data),
            version=version,
        )


def released_family(vocab_size: int, hidden_size: int) -> Family | None:
    """The family whose released models have these sizes; None if none has."""
    version = _version({}, vocab_size)
    if version is None or hidden_size not in RELEASED_HIDDEN_SIZES:
        return None
    return _positions({}, hidden_size).of_version(version)


def _positions(data: Mapping[str, object], hidden_size: int) -> Family:
    """A family with the positions of this model, of whatever version."""
    match hidden_size:
        case 4096:
            alibi = False
        case 5120:
            alibi = True
        case _:
            alibi = "max_position_embeddings" not in data
    return Family.BAICHUAN_13B if alibi else Family.BAICHUAN_7B


def _version(data: Mapping[str, object], vocab_size: int) -> int | None:
    for version, released in RELEASED_VOCABULARIES.items():
        if released <= vocab_size <= released + _MOST_ADDED_ROWS:
            return version
    if any("BaiChuan" in name for name in _class_names(data)):
        return 1
    return None if data.get("tokenizer_class") is None else 2


def _class_names(data: Mapping[str, object]) -> Iterator[str]:
    architectures, auto_map = data.get("architectures"), data.get("auto_map")
    if isinstance(architectures, list):
        yield from (name for name in architectures if isinstance(name, str))
    if isinstance(auto_map, dict):
        yield from (name for name in auto_map.values() if isinstance(name, str))


def _context_length(data: Mapping[str, object]) -> int:
    name = "model_max_length"
    if data.get(name) is None and data.get("max_position_embeddings") is not None:
        name = "max_position_embeddings"
    return _integer(data, name, 1, _MAX_CONTEXT_LENGTH)


def _given(data: Mapping[str, object], name: str, default: object) -> object:
    """What is said, null being nothing."""
    value = data.get(name)
    return default if value is None else value


def _integer(data: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = data.get(name)
    if value is None:
        raise ConfigError("{name} is missing", name=name)
    number = whole_number(value)
    if number is None or not low <= number <= high:
        raise ConfigError(
            "{name} is {value}, which is not a whole number from {low} to {high}",
            name=name,
            value=shown(value),
            low=low,
            high=high,
        )
    return number


def whole_number(value: object) -> int | None:
    """The whole number that a JSON value is, 4096.0 among them; None if it is none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _epsilon(data: Mapping[str, object]) -> float:
    value = _given(data, "rms_norm_eps", 1e-6)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise ConfigError(
            "rms_norm_eps is {value}, which is not between 0 and 1", value=shown(value)
        )
    return float(value)


def _rope_base(data: Mapping[str, object]) -> float:
    theta = data.get("rope_theta")
    # transformers 5 writes base and scaling together.
    for name in ("rope_scaling", "rope_parameters"):
        entry = data.get(name)
        if not _scales_nothing(entry):
            raise ConfigError("{name} is set, which no Baichuan model has", name=name)
        if theta is None and isinstance(entry, dict):
            theta = entry.get("rope_theta")
    value = 10_000.0 if theta is None else theta
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 < value < 1e12:
        raise ConfigError(
            "rope_theta is {value}, which is no base of rotary positions", value=shown(value)
        )
    return float(value)


def _scales_nothing(scaling: object) -> bool:
    """Positions stay as they are: no scaling is given, the default one, or one by a factor of 1."""
    if not isinstance(scaling, dict):
        return scaling is None
    kind = scaling.get("rope_type", scaling.get("type"))
    factor = scaling.get("factor")
    if kind is None:
        return factor is None
    return kind == "default" or (kind == "linear" and factor == 1)


_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 40
_short.fillvalue = "…"


def shown(value: object) -> str:
    """A JSON value as a part of a sentence, however large it is."""
    try:
        text = _short.repr(value)
    except ValueError:  # more digits than Python prints
        text = "…"
    return text if len(text) <= 60 else text[:59] + "…"
