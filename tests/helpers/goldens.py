"""Where the goldens lie, and their models, loaded once for all tests."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch

from backends.checkpoint.folder import Checkpoint
from backends.interface import LayerDevices
from backends.modeling import onednn
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.weights import load_model
from backends.text.tokenizer import Tokenizer

ROOT = Path(__file__).parents[1] / "goldens"
NAMES = ("b1-7b", "b1-13b", "b1-13b-h5", "b2-7b", "b2-13b", "b2-13b-h5")
CHAT_NAMES = ("b1-13b", "b1-13b-h5", "b2-7b", "b2-13b", "b2-13b-h5")
NORM_HEAD_NAMES = ("b2-7b", "b2-13b", "b2-13b-h5")
#: Every golden checkpoint in every layout it has.
CHECKPOINTS = [
    (name, layout)
    for name in NAMES
    for layout in (("single",) if name.endswith("h5") else ("single", "sharded", "safetensors"))
]


@cache
def scratch() -> Path:
    """A folder that is deleted when this process ends."""
    made = tempfile.mkdtemp(prefix="goldens-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def folder(name: str, layout: str = "single") -> Path:
    """The checkpoint folder; not to be written to."""
    kept = ROOT / "checkpoints" / name / layout
    if kept.is_dir():
        return kept
    source = ROOT / "checkpoints" / name / "safetensors"
    made = scratch() / name / layout
    if made.is_dir():
        return made
    shutil.copytree(source, made, ignore=shutil.ignore_patterns("*.safetensors"))
    state = safetensors.torch.load_file(source / "model.safetensors")
    if layout == "single":
        torch.save(state, made / "pytorch_model.bin")
    else:
        _save_sharded(state, made)
    return made


def _save_sharded(state: dict[str, torch.Tensor], out: Path) -> None:
    """Three shards of about the same size and their index, as the released ones lie."""
    total = sum(tensor.nbytes for tensor in state.values())
    shards: list[dict[str, torch.Tensor]] = [{}, {}, {}]
    weight_map = {}
    begun = 0
    for name, tensor in state.items():
        number = begun * len(shards) // total
        begun += tensor.nbytes
        shards[number][name] = tensor
        weight_map[name] = f"pytorch_model-{number + 1:05}-of-{len(shards):05}.bin"
    for shard in shards:
        torch.save(shard, out / weight_map[next(iter(shard))])
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (out / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2))


@cache
def checkpoint(name: str, layout: str = "single") -> Checkpoint:
    return Checkpoint.open(folder(name, layout))


def on_cpu(opened: Checkpoint) -> LayerDevices:
    return LayerDevices.all_on("cpu", opened.config.num_layers)


@cache
def model(name: str, layout: str = "single", dtype: str = "float32") -> BaichuanForCausalLM:
    """The model itself, which has no state; a KV cache is the caller's."""
    loading = load_model(
        checkpoint(name, layout), getattr(torch, dtype), on_cpu(checkpoint(name, layout))
    )
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            loaded: BaichuanForCausalLM = finished.value
            # As the backend for the processor does. What it replaces, the bridge's tests see.
            onednn.use_for_the_rest(loaded)
            return loaded


@cache
def tokenizer(name: str) -> Tokenizer:
    return Tokenizer(checkpoint(name).tokenizer_file, vocab_size=checkpoint(name).config.vocab_size)


def arrays(name: str, file: str) -> dict[str, npt.NDArray[Any]]:
    with np.load(ROOT / "model" / name / file) as data:
        return dict(data)


def text_ids(name: str) -> list[int]:
    """The 130 ids of a text whose logits lie in “logits.npz”."""
    return [int(i) for i in arrays(name, "logits.npz")["ids_130"]]


def facts(*parts: str) -> Any:
    return json.loads(ROOT.joinpath(*parts).read_text(encoding="utf-8"))
