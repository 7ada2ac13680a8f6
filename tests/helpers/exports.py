"""Exports of the golden models for ONNX Runtime, and sessions of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from backends.adapters.values import Adapter
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import GRAPH_FILE, MANIFEST
from backends.copying.folder_writer import write_copy
from backends.events import CopyReady
from backends.interface import LayerDevices, LoadOptions
from backends.model_config import Family
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.weights import map_tensor
from backends.onnx_backend import session
from backends.onnx_backend.export import export_plan
from backends.onnx_backend.graph import Scheme
from backends.onnx_backend.quantize import QuantizedRows, quantize_rows
from backends.onnx_backend.session import OnnxModel
from backends.precision import Precision
from tests.helpers import goldens
from tests.helpers.quantized import finish, matrix_names

Array = npt.NDArray[np.float32]

FP32 = Scheme(Precision.ONNX_FP32)
PORTABLE = Scheme(Precision.ONNX_FP32, portable=True)


def write(
    source: Checkpoint, scheme: Scheme, out: Path, adapter: Adapter | None = None
) -> Checkpoint:
    """Export `source`, with an adapter merged into it, as the folder `out`."""
    *_, last = write_copy(source, export_plan(source, scheme, adapter), out)
    assert isinstance(last, CopyReady)
    return Checkpoint.open(out)


def of_golden(name: str, scheme: Scheme = FP32) -> Checkpoint:
    """An export of a golden model; not to be written to."""
    return _of_golden(name, scheme)


@cache
def _of_golden(name: str, scheme: Scheme) -> Checkpoint:
    facts = (scheme.precision.value, scheme.block_size, scheme.symmetric, scheme.accuracy_level)
    out = goldens.scratch() / "exports" / name / f"{facts}{'portable' * scheme.portable}"
    return write(goldens.checkpoint(name), scheme, out)


def load(checkpoint: Checkpoint, context_length: int | None = None) -> OnnxModel:
    """A session of an export on the processor, with one thread."""
    assert checkpoint.export is not None
    options = LoadOptions(
        checkpoint.export.precision,
        context_length or checkpoint.config.context_length,
        threads=1,
        devices=LayerDevices.all_on("cpu", checkpoint.config.num_layers),
    )
    model = finish(session.load(checkpoint, options))
    assert isinstance(model, OnnxModel)
    return model


class PlainSession:
    """A graph as other programs run it: all logits, and a cache that is handed back and forth."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        assert checkpoint.export is not None
        self._session = onnxruntime.InferenceSession(
            checkpoint.export.graph, providers=["CPUExecutionProvider"]
        )
        config = checkpoint.config
        self._empty = np.zeros((1, config.num_heads, 0, config.head_dim), np.float32)
        names = [value.name for value in self._session.get_outputs()]
        assert names[0] == "logits"
        self._presents = names[1:]
        self._past: dict[str, Array] = {}
        self.forget()

    def forget(self) -> None:
        """Begin with an empty cache."""
        self._past = {
            name.replace("present.", "past_key_values."): self._empty for name in self._presents
        }

    def __call__(self, ids: Sequence[int]) -> Array:
        """Append tokens; the logits after each, [n, vocab_size]."""
        cached = next(iter(self._past.values())).shape[2]
        logits, *presents = self._session.run(
            ["logits", *self._presents],
            {
                "input_ids": np.array([ids], np.int64),
                "attention_mask": np.ones((1, cached + len(ids)), np.int64),
                **self._past,
            },
        )
        self._past = dict(zip(self._past, presents, strict=True))
        found: Array = logits[0]
        return found


def dequantized_model(name: str, scheme: Scheme) -> BaichuanForCausalLM:
    """A golden model with the weights that its quantised export stands for, in torch and fp32."""
    checkpoint = goldens.checkpoint(name)
    state = {key: map_tensor(record).float() for key, record in checkpoint.tensors.items()}
    if checkpoint.config.family.uses_norm_head:
        head = state["lm_head.weight"]
        # To the bit: a weight that is a step further off is a step further off in the logits.
        state["lm_head.weight"] = head / head.double().norm(dim=1, keepdim=True).float()
    bits = dict.fromkeys((f"{matrix}.weight" for matrix in matrix_names(checkpoint.config)), 4)
    if scheme.precision is Precision.ONNX_INT8:
        bits = dict.fromkeys(bits, 8)
    for key, count in {**bits, "lm_head.weight": 8}.items():
        weight = state[key].numpy()
        quantized = quantize_rows(
            weight, bits=count, block_size=scheme.block_size, symmetric=scheme.symmetric
        )
        state[key] = torch.from_numpy(
            dequantize_rows(quantized, bits=count, columns=weight.shape[1])
        )
    alibi = checkpoint.config.family.uses_alibi
    # Of the first generation, whose head is not normalised again.
    family = Family.BAICHUAN_13B if alibi else Family.BAICHUAN_7B
    model = BaichuanForCausalLM(replace(checkpoint.config, family=family))
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def dequantize_rows(quantized: QuantizedRows, *, bits: int, columns: int) -> Array:
    """The weights [rows, columns] that the bytes stand for."""
    rows, blocks = quantized.scales.shape
    levels = _unpacked(quantized.blocks, bits).astype(np.float32)
    if quantized.zero_points is None:
        zero_points = np.full((rows, blocks), 2 ** (bits - 1), np.float32)
    else:
        zero_points = _unpacked(quantized.zero_points, bits)[:, :blocks].astype(np.float32)
    weight = (levels - zero_points[..., None]) * quantized.scales[..., None]
    return np.ascontiguousarray(weight.reshape(rows, -1)[:, :columns])


def _unpacked(packed: npt.NDArray[np.uint8], bits: int) -> npt.NDArray[np.uint8]:
    if bits == 8:
        return packed
    halves: npt.NDArray[np.uint8] = np.stack(
        (packed & np.uint8(15), packed >> np.uint8(4)), axis=-1
    )
    return halves.reshape(*packed.shape[:-1], -1)


# --- what somebody may have done to one --------------------------------------------------


def change_graph(folder: Path, change: Callable[[onnx.ModelProto], object]) -> None:
    """Change a graph and have the manifest say that it belongs there."""
    model = onnx.load(folder / GRAPH_FILE, load_external_data=False)
    change(model)
    replace_file(folder, GRAPH_FILE, model.SerializeToString())


def replace_file(folder: Path, name: str, data: bytes) -> None:
    """Write a file of an export anew, with its size and hash in the manifest."""
    (folder / name).write_bytes(data)
    facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    change_manifest(folder, lambda manifest: manifest["files"].update({name: facts}))


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite the manifest."""
    file = folder / MANIFEST
    manifest = json.loads(file.read_text(encoding="utf-8"))
    change(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")
