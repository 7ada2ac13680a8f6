"""What `from_pretrained` gives to transformers, once the folder is checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import BitsAndBytesConfig, GenerationConfig, PretrainedConfig

from ...checkpoint.allowed import open_allowed
from ...checkpoint.folder import Checkpoint
from ...errors import ForeignModelError
from ...modeling.weights import DTYPES
from ...policy.site_policy import site_policy
from ..config import BaichuanConfig
from .stored import StoredTensor, quantization_of, stored_tensors

#: Arguments that say where a model is fetched from, or how its files are read. Nothing is fetched
#: here, each file is read in one way, and nothing of the folder is executed.
_WITHOUT_EFFECT = frozenset({
    "cache_dir", "code_revision", "disable_mmap", "force_download", "from_flax", "from_tf",
    "ignore_mismatched_sizes", "local_files_only", "low_cpu_mem_usage", "mirror",
    "offload_state_dict", "proxies", "resume_download", "revision", "token", "trust_remote_code",
    "use_auth_token", "use_safetensors", "weights_only", "_commit_hash", "_fast_init", "_from_auto",
    "_from_pipeline",
})  # fmt: skip
#: Arguments of loading; all others are fields of the configuration.
_OF_LOADING = frozenset({
    "attn_implementation", "device_map", "device_mesh", "distributed_config", "dtype",
    "experts_implementation", "generation_config", "kernel_config", "key_mapping", "max_memory",
    "offload_buffers", "offload_folder", "quantization_config", "tp_plan", "tp_size", "tqdm_class",
    "use_kernels",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A checked folder, and what transformers makes a model of."""

    checkpoint: Checkpoint
    config: BaichuanConfig
    state: Mapping[str, StoredTensor]
    arguments: Mapping[str, Any]
    generation: GenerationConfig | None  #: of the folder; None: the caller gives one


def plan_load(
    name: str | os.PathLike[str],
    config: PretrainedConfig | str | os.PathLike[str] | None,
    arguments: Mapping[str, Any],
) -> LoadPlan:
    """What a folder is loaded with, the arguments being those of `from_pretrained`.

    Raises CheckpointError, PolicyError, ValueError.
    """
    given = {key: value for key, value in arguments.items() if key not in _WITHOUT_EFFECT}
    for key in ("variant", "gguf_file"):
        if given.pop(key, None) is not None:
            raise ValueError(f"“{key}” names other weight files than those that were released.")
    folder = Path(name) / (given.pop("subfolder", None) or "")
    checkpoint, _ = open_allowed(folder, site_policy())
    if checkpoint.export is not None:
        raise ForeignModelError(
            folder,
            "is an export for ONNX Runtime, which transformers does not run",
            hint="Give the folder of the model that was exported.",
        )
    loading = _loading_arguments(given)
    if isinstance(config, BaichuanConfig):
        read, rest = config, given
    else:
        place = folder if config is None or isinstance(config, PretrainedConfig) else config
        read, rest = BaichuanConfig.from_pretrained(
            os.fspath(place), return_unused_kwargs=True, local_files_only=True, **given
        )
    read = _agreed(read, checkpoint)
    stated = getattr(read, "quantization_config", None)
    if (quantization := quantization_of(checkpoint, stated)) is not None:
        read.quantization_config = quantization
    elif stated is not None:
        del read.quantization_config  # of another copy of the model
    loading["dtype"] = dtype = _dtype(loading.get("dtype"), read, checkpoint)
    generation = None
    if loading.get("generation_config") is None:
        generation = _generation_config(folder, checkpoint)
    state = stored_tensors(checkpoint, dtype)
    return LoadPlan(checkpoint, read, state, {**rest, **loading}, generation)


def _loading_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take the arguments that are no fields of a configuration out of `given`."""
    loading = {key: given.pop(key) for key in sorted(_OF_LOADING & given.keys())}
    old_name = given.pop("torch_dtype", None)
    if loading.get("dtype") is None:
        loading["dtype"] = old_name
    bits = {key: given.pop(key) for key in ("load_in_8bit", "load_in_4bit") if key in given}
    if any(bits.values()):
        if loading.get("quantization_config") is not None:
            raise ValueError(
                f"{' and '.join(bits)} and quantization_config say the same: give one of them."
            )
        loading["quantization_config"] = BitsAndBytesConfig(**bits)  # type: ignore[no-untyped-call]
    return loading


def _agreed(config: BaichuanConfig, checkpoint: Checkpoint) -> BaichuanConfig:
    """The configuration, which has the sizes of the files, and their family."""
    shapes = config.shapes
    if shapes.version is None:
        config.tell_family(checkpoint.config.family)
        shapes = config.shapes
    wanted = shapes.tensor_shapes()
    if wanted != checkpoint.config.tensor_shapes():
        raise ValueError(
            f"The configuration describes a model of other sizes than “{checkpoint.folder}” holds."
        )
    return config


def _dtype(wanted: object, config: BaichuanConfig, checkpoint: Checkpoint) -> torch.dtype:
    """The dtype that is asked for, else that of config.json, else that of the files."""
    if wanted in (None, "auto"):
        wanted = config.dtype or DTYPES[checkpoint.tensors["model.norm.weight"].dtype]
    found = getattr(torch, wanted, None) if isinstance(wanted, str) else wanted
    if found not in (torch.float32, torch.float16, torch.bfloat16):
        raise ValueError(f"The dtype is {wanted}, and not float32, float16 or bfloat16.")
    return found


def _generation_config(folder: Path, checkpoint: Checkpoint) -> GenerationConfig | None:
    """What generation_config.json says; None without one."""
    if not (checkpoint.folder / "generation_config.json").is_file():
        return None
    return GenerationConfig.from_pretrained(os.fspath(folder), local_files_only=True)
