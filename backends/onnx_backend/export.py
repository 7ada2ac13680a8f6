"""A checkpoint written as a model folder for ONNX Runtime.

The graph is made from the shapes alone; weights stream from the checkpoint into one file beside
it, a few rows at a time. So the peak is a few rows of the widest matrix, whatever the size of the
model. `copying.folder_writer` writes the folder: complete or absent, the same bytes each time.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import helper

from ..adapters.merging import MergedTensor, merged_tensors
from ..adapters.values import Adapter
from ..checkpoint.folder import Checkpoint
from ..checkpoint.manifest import DATA_FILE, GRAPH_FILE, GRAPH_VERSION
from ..checkpoint.weight_rows import BLOCK_WEIGHTS, floats, require_finite
from ..copying.copy_plan import CopyPlan, Group, cannot_hold, require_unquantized
from ..copying.safetensors_writer import Block, TensorSpec
from ..errors import JobError
from ..files.hashing import read_bytes
from ..model_config import ModelConfig
from ..precision import ONNX_BLOCK_SIZES
from .fused_graph import FusedGraph
from .graph import MOST_ROTARY_BYTES, Initializer, Part, Scheme, rotary_bytes
from .portable_graph import PortableGraph
from .quantize import quantize_rows

_HEAD = "lm_head.weight"


def export_plan(checkpoint: Checkpoint, scheme: Scheme, adapter: Adapter | None = None) -> CopyPlan:
    """The plan of an export of `checkpoint`, with an adapter merged into it. Raises JobError.

    The adapter was checked to fit. What it adds to a head of Baichuan 2 is added to rows that were
    normalised, as it is where the model runs; no checkpoint could hold that, but a graph does.
    """
    _check(checkpoint, scheme)
    sources = dict(merged_tensors(checkpoint, adapter))
    if checkpoint.config.family.uses_norm_head:
        sources[_HEAD] = replace(sources[_HEAD], normalised=True)
    graph = (PortableGraph if scheme.portable else FusedGraph)(
        checkpoint.config,
        scheme,
        sources["model.embed_tokens.weight"].record.dtype,
        DATA_FILE,
    ).build()
    facts: dict[str, object] = {
        "precision": scheme.precision.value,
        "block_size": scheme.block_size if scheme.bits else None,
        "symmetric": scheme.symmetric,
        "portable": scheme.portable,
    }
    return CopyPlan(
        groups=list(_groups(sources, scheme, graph.initializers)),
        config_changes={},
        options=facts | {"accuracy_level": scheme.accuracy_level if scheme.bits else None},
        libraries=("numpy", "onnx"),
        data_file=DATA_FILE,
        files={
            GRAPH_FILE: graph.model.SerializeToString(deterministic=True),
            "genai_config.json": _genai_config(checkpoint, scheme),
        },
        facts={"onnx": {"graph_version": GRAPH_VERSION, **facts}},
        adapter=adapter,
    )


def _check(checkpoint: Checkpoint, scheme: Scheme) -> None:
    require_unquantized(checkpoint)
    if scheme.portable and scheme.bits:
        raise JobError(
            "A portable export is in fp32 or fp16: the products with {bits}-bit weights are ONNX "
            "Runtime's own.",
            hint="Leave out --portable, or choose another precision.",
            bits=scheme.bits,
        )
    if scheme.bits and scheme.block_size not in ONNX_BLOCK_SIZES:
        raise JobError(
            "The block size must be one of {known}, not {value}.",
            known=", ".join(map(str, ONNX_BLOCK_SIZES)),
            value=scheme.block_size,
        )
    config = checkpoint.config
    if rotary_bytes(config) > MOST_ROTARY_BYTES:
        raise JobError(
            "A context of {tokens} tokens is too long for an export.",
            hint="Write a shorter context into a copy of its config.json.",
            tokens=config.context_length,
        )


# --- weights -----------------------------------------------------------------------------


def _groups(
    sources: Mapping[str, MergedTensor], scheme: Scheme, initializers: Sequence[Initializer]
) -> Iterator[Group]:
    """The initializers by the tensor that they come from, with the gaps between them."""
    end = 0
    for name, group in itertools.groupby(initializers, key=lambda one: one.source):
        parts = tuple(group)
        source = sources[name]
        gaps = []
        for part in parts:
            gaps.append(part.offset - end)
            end = part.offset + part.nbytes
        specs = tuple(
            TensorSpec(part.name, "U8", (gap + part.nbytes,))
            for part, gap in zip(parts, gaps, strict=True)
        )
        yield Group(source.record, specs, _Parts(source, scheme, parts, tuple(gaps)))


@dataclass(frozen=True, slots=True)
class _Parts:
    """The initializers of one tensor: their bytes when called, each behind its gap."""

    source: MergedTensor
    scheme: Scheme
    parts: tuple[Initializer, ...]
    gaps: tuple[int, ...]

    def __call__(self) -> Iterator[Block]:
        first = self.parts[0]
        if first.part is Part.BLOCKS:
            yield from self._quantized(first.bits)
            return
        yield from _zeros(self.gaps[0])
        dtype = helper.tensor_dtype_to_np_dtype(first.data_type)
        match first.part:
            case Part.STORED:
                yield from self._stored()
            case Part.TRANSPOSED:
                whole = np.empty(first.shape, dtype)
                done = 0
                for rows in self.source.blocks():
                    whole[:, done : done + len(rows)] = rows.T
                    done += len(rows)
                yield _bytes(self._finite(whole))
            case _:
                for rows in self.source.blocks():
                    with np.errstate(over="ignore"):  # refused in the next step
                        cast = rows.astype(dtype)
                    yield _bytes(self._finite(cast))

    def _finite(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The values, unless one is no number, or none any more in 16 bits."""
        if not np.isfinite(values).all():
            raise cannot_hold(self.source.record.name, self.scheme.precision.export_name)
        return values

    def _stored(self) -> Iterator[Block]:
        record, step = self.source.record, BLOCK_WEIGHTS * 4
        assert self.source.change is None  # the embedding, which is no linear layer
        for begin in range(0, record.nbytes, step):
            raw = read_bytes(record, begin, min(step, record.nbytes - begin))
            require_finite(record, floats(raw, record.dtype))
            yield raw

    def _quantized(self, bits: int) -> Iterator[Block]:
        """The weights as they are made; scales and zero points, which are small, after them."""
        kept: list[list[npt.NDArray[np.generic]]] = [[] for _ in self.parts[1:]]
        yield from _zeros(self.gaps[0])
        for rows in self.source.blocks():
            quantized = quantize_rows(
                rows,
                bits=bits,
                block_size=self.scheme.block_size,
                symmetric=self.scheme.symmetric,
            )
            yield _bytes(quantized.blocks)
            kept[0].append(quantized.scales)
            if quantized.zero_points is not None:
                kept[1].append(quantized.zero_points)
        for gap, arrays in zip(self.gaps[1:], kept, strict=True):
            yield from _zeros(gap)
            for array in arrays:
                yield _bytes(array)


def _zeros(count: int) -> Iterator[Block]:
    if count:
        yield bytes(count)


def _bytes(array: npt.NDArray[np.generic]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


# --- for others --------------------------------------------------------------------------


def _genai_config(checkpoint: Checkpoint, scheme: Scheme) -> bytes:
    """genai_config.json, with which onnxruntime-genai runs the folder."""
    config: ModelConfig = checkpoint.config
    defaults = checkpoint.defaults
    eos_ids = sorted(checkpoint.eos_ids)
    content = {
        "model": {
            "bos_token_id": 1,
            "eos_token_id": eos_ids[0] if len(eos_ids) == 1 else eos_ids,
            "pad_token_id": 0,
            "context_length": config.context_length,
            "vocab_size": config.vocab_size,
            "type": "llama",
            "decoder": {
                "filename": GRAPH_FILE,
                "session_options": {"provider_options": []},
                "hidden_size": config.hidden_size,
                "head_size": config.head_dim,
                "num_attention_heads": config.num_heads,
                "num_key_value_heads": config.num_heads,
                "num_hidden_layers": config.num_layers,
                "inputs": {
                    "input_ids": "input_ids",
                    "attention_mask": "attention_mask",
                    "past_key_names": "past_key_values.%d.key",
                    "past_value_names": "past_key_values.%d.value",
                },
                "outputs": {
                    "logits": "logits",
                    "present_key_names": "present.%d.key",
                    "present_value_names": "present.%d.value",
                },
            },
        },
        "search": {
            "do_sample": not defaults.greedy,
            "max_length": config.context_length,
            "past_present_share_buffer": not scheme.portable,
            "repetition_penalty": defaults.repetition_penalty,
            "temperature": defaults.temperature,
            "top_k": defaults.top_k,
            "top_p": defaults.top_p,
        },
    }
    return (json.dumps(content, indent=2) + "\n").encode()
