"""Adapters for tests: those of the goldens, and folders of any shape, written as PEFT does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from backends.model_config import ModelConfig
from tests.helpers import goldens

ROOT = goldens.ROOT / "lora"
#: Checkpoint and case of every golden adapter.
CASES = [
    ("b1-7b", "w_pack_r1"), ("b1-7b", "all_r8"), ("b1-13b", "w_pack_r1"), ("b2-13b", "all_r8"),
    ("b2-7b", "w_pack_r1"), ("b2-7b", "w_pack_r1_bin"), ("b2-7b", "all_r8"),
    ("b2-7b", "rslora_r4"), ("b2-7b", "dora_r4"), ("b2-7b", "save_head_r2"),
]  # fmt: skip
PREFIX = "base_model.model."
#: What PEFT 0.21.2 writes of a plain adapter, besides rank, alpha and the names of layers.
_OPTIONS: Mapping[str, Any] = {
    "alora_invocation_tokens": None, "alpha_pattern": {}, "arrow_config": None,
    "auto_mapping": None, "bias": "none", "corda_config": None, "ensure_weight_tying": False,
    "eva_config": None, "exclude_modules": None, "fan_in_fan_out": False, "inference_mode": True,
    "init_lora_weights": True, "layer_replication": None, "layers_pattern": None,
    "layers_to_transform": None, "loftq_config": {}, "lora_bias": False, "lora_dropout": 0.1,
    "megatron_config": None, "megatron_core": "megatron.core", "modules_to_save": None,
    "peft_type": "LORA", "peft_version": "0.21.2", "qalora_group_size": 16, "rank_pattern": {},
    "revision": None, "target_parameters": None, "task_type": "CAUSAL_LM",
    "trainable_token_indices": None, "use_bdlora": None, "use_dora": False, "use_qalora": False,
    "use_rslora": False,
}  # fmt: skip

Array = npt.NDArray[Any]


def folder(name: str, case: str) -> Path:
    """A golden adapter; not to be written to."""
    return ROOT / name / case


def logits(name: str, case: str) -> tuple[str, dict[str, Array]]:
    """Whose logits they are, “upstream” or “bridge”, and the arrays; {} where there are none."""
    for judge in ("upstream", "bridge"):
        file = folder(name, case) / f"logits_{judge}.npz"
        if file.is_file():
            with np.load(file) as data:
                return judge, dict(data)
    return "", {}


def options(**changes: Any) -> dict[str, Any]:
    """The content of an adapter_config.json."""
    return {**_OPTIONS, "r": 4, "lora_alpha": 8, "target_modules": ["W_pack"], **changes}


def tensors(
    config: ModelConfig,
    *,
    targets: Sequence[str] = ("W_pack",),
    rank: int = 4,
    ranks: Mapping[str, int] | None = None,
    dora: bool = False,
    saved: Sequence[str] = (),
    layers: Sequence[int] | None = None,
    seed: int = 0,
    dtype: npt.DTypeLike = np.float32,
    size: float = 0.05,
) -> dict[str, Array]:
    """Random tensors of an adapter for a model of these sizes, by PEFT's names.

    `targets` are ends of names of linear layers, “lm_head” among them; `rank` is that of every
    layer but those in `ranks`, by the ends of their names. `dora` adds a magnitude to each. `saved`
    are released names of tensors that are replaced, such as “lm_head.weight”; `layers` are numbers,
    None all. `size` is the standard deviation of lora_B and of what is saved.
    """
    chance = np.random.default_rng(seed)
    shapes = {
        f"model.layers.{number}.{name}": shape
        for number in (range(config.num_layers) if layers is None else layers)
        for name, shape in config.layer_matrices().items()
    } | {"lm_head": (config.vocab_size, config.hidden_size)}
    found: dict[str, Array] = {}
    for layer, (rows, columns) in shapes.items():
        if not any(layer == name or layer.endswith(f".{name}") for name in targets):
            continue
        own = next((n for end, n in (ranks or {}).items() if layer.endswith(end)), rank)
        down = chance.normal(0, columns**-0.5, (own, columns))
        found[f"{PREFIX}{layer}.lora_A.weight"] = down.astype(dtype)
        found[f"{PREFIX}{layer}.lora_B.weight"] = chance.normal(0, size, (rows, own)).astype(dtype)
        if dora:
            length = chance.uniform(0.9, 1.1, rows) * columns**0.5 * 0.02
            found[f"{PREFIX}{layer}.lora_magnitude_vector"] = length.astype(dtype)
    for name in saved:
        shape = config.tensor_shapes()[name]
        centre = 1.0 if len(shape) == 1 else 0.0
        found[PREFIX + name] = chance.normal(centre, size, shape).astype(dtype)
    return found


def write_adapter(
    out: Path,
    config: ModelConfig,
    *,
    base: str = "",
    alpha: float = 8,
    changes: Mapping[str, Any] | None = None,
    **shape: Any,
) -> Path:
    """Write an adapter as PEFT does: `tensors` of these arguments, and options that say so.

    `changes` are made to adapter_config.json last; None as a value is JSON's null.
    """
    saved = [name.removesuffix(".weight") for name in shape.get("saved", ())]
    found = options(
        base_model_name_or_path=base,
        r=shape.get("rank", 4),
        lora_alpha=alpha,
        target_modules=list(shape.get("targets", ("W_pack",))),
        rank_pattern=dict(shape.get("ranks") or {}),
        use_dora=shape.get("dora", False),
        layers_to_transform=None if shape.get("layers") is None else list(shape["layers"]),
        modules_to_save=saved or None,
    )
    return write(out, {**found, **(changes or {})}, tensors(config, **shape))


def write(out: Path, found: Mapping[str, Any], arrays: Mapping[str, Array]) -> Path:
    """Write a folder of just this."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "adapter_config.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
    safetensors.numpy.save_file(dict(arrays), out / "adapter_model.safetensors", {"format": "pt"})
    return out
