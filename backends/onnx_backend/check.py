"""Is a graph one that this app wrote? Asked of its bytes, before ONNX Runtime sees them.

A graph may name any operator and any file, and compute anything. So the graph that belongs to
config.json and manifest is made once more, without weights, and the one in the folder has to be
the same. What is most dangerous in one that is not is told by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, TensorProto

from ..checkpoint.manifest import DATA_FILE, Export
from ..errors import DamagedCheckpointError, UnsafeCheckpointError
from ..files.small_files import read_file
from ..model_config import ModelConfig
from ..phrases import Phrase
from ..precision import ONNX_BLOCK
from .fused_graph import FusedGraph
from .graph import MOST_ROTARY_BYTES, Scheme, rotary_bytes

_OPSETS = {"": FusedGraph.opset, **dict.fromkeys(FusedGraph.domains, 1)}
#: By which graphs of one model differ, with other types and levels.
_SPARE_BYTES = 65_536
_SUBGRAPHS = (AttributeProto.GRAPH, AttributeProto.GRAPHS)
#: Rotary tables and ALiBi slopes, made on another machine, may differ in their last bits: by type,
#: how a number is read, and the share of it that it may be off.
_LAST_BITS = {TensorProto.FLOAT: ("<f4", 2.0**-22), TensorProto.FLOAT16: ("<f2", 2.0**-9)}
#: Those that graphs are made with; the first unless somebody asked for the other.
_ACCURACY_LEVELS = (4, 0)
_EMBEDDING = "model.embed_tokens.weight"
_EMBEDDING_DTYPES = {
    TensorProto.FLOAT: "F32", TensorProto.FLOAT16: "F16", TensorProto.BFLOAT16: "BF16"
}  # fmt: skip


class _LeftOpen(TypedDict):
    embedding_dtype: str
    accuracy_level: int


def checked_graph(export: Export, config: ModelConfig) -> bytes:
    """The graph, as bytes for ONNX Runtime. Raises CheckpointError or a subclass.

    They are written anew from what was compared: bytes that two readers could read differently
    do not get this far.
    """
    file = export.graph
    if rotary_bytes(config) > MOST_ROTARY_BYTES:
        raise _other_graph(file)
    # Parsed, a graph may take a hundred times its bytes.
    size = len(_serialized(_own_graph(export, config))) + _SPARE_BYTES
    raw = read_file(file, size, too_large=Phrase("it is too large for a graph"))
    if hashlib.sha256(raw).hexdigest() != export.files[file.name].sha256:
        raise DamagedCheckpointError(file, "it is not what was written")
    try:
        model = onnx.load_from_string(raw)
    except DecodeError as error:
        raise DamagedCheckpointError(file, "it is not readable as a graph") from error
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    if opsets != _OPSETS:
        raise DamagedCheckpointError(
            file,
            Phrase(
                "it is written for the operators {found}, not {expected}",
                found=_versions(opsets),
                expected=_versions(_OPSETS),
            ),
        )
    own = _own_graph(export, config, **_left_open(model))
    for name in _foreign_parts(model, own):
        raise UnsafeCheckpointError(
            file, Phrase("it holds “{name}”, which no export of this app has", name=name[:100])
        )
    for tensor in model.graph.initializer:
        _check_place(export, tensor)
    _adopt_last_bits(own, model)
    if model != own:
        raise _other_graph(file)
    return _serialized(own)


def _serialized(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))


def _other_graph(file: Path) -> DamagedCheckpointError:
    return DamagedCheckpointError(file, "it is not the graph that belongs to config.json")


def _own_graph(
    export: Export,
    config: ModelConfig,
    *,
    embedding_dtype: str = "F32",
    accuracy_level: int = _ACCURACY_LEVELS[0],
) -> onnx.ModelProto:
    """The graph that this app writes for such an export."""
    scheme = Scheme(
        export.precision,
        block_size=export.block_size or ONNX_BLOCK,
        symmetric=export.symmetric,
        accuracy_level=accuracy_level,
    )
    return FusedGraph(config, scheme, embedding_dtype, DATA_FILE).build().model


def _left_open(model: onnx.ModelProto) -> _LeftOpen:
    """What config.json and manifest leave open, as `model` has it."""
    dtypes = (one.data_type for one in model.graph.initializer if one.name == _EMBEDDING)
    levels = (
        attribute.i
        for node in model.graph.node
        for attribute in node.attribute
        if attribute.name == "accuracy_level" and attribute.i in _ACCURACY_LEVELS
    )
    return {
        "embedding_dtype": _EMBEDDING_DTYPES.get(next(dtypes, TensorProto.FLOAT), "F32"),
        "accuracy_level": next(levels, _ACCURACY_LEVELS[0]),
    }


def _adopt_last_bits(own: onnx.ModelProto, model: onnx.ModelProto) -> None:
    """Give `own` the constants of `model` that are the same but for their last bits."""
    theirs = {tensor.name: tensor for tensor in model.graph.initializer}
    for tensor in own.graph.initializer:
        found = theirs.get(tensor.name)
        if found is None or tensor.external_data or tensor.data_type not in _LAST_BITS:
            continue
        kinds = [(one.data_type, tuple(one.dims), len(one.raw_data)) for one in (tensor, found)]
        if kinds[0] != kinds[1]:
            continue
        dtype, tolerance = _LAST_BITS[tensor.data_type]
        # Of nothing but these bytes: whatever else `found` says is compared at the end.
        values, expected = (np.frombuffer(one.raw_data, dtype) for one in (found, tensor))
        if np.allclose(values, expected, rtol=tolerance, atol=0):
            tensor.raw_data = found.raw_data


def _versions(opsets: dict[str, int]) -> str:
    found = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in opsets.items())
    return found[:100]


def _foreign_parts(model: onnx.ModelProto, own: onnx.ModelProto) -> Iterator[str]:
    """Names of the parts of `model` that `own` has not: they could compute anything."""
    operators = {(node.domain, node.op_type) for node in own.graph.node}
    yield from (function.name for function in model.functions)
    if model.training_info:
        yield "training_info"
    for sparse in model.graph.sparse_initializer:
        yield sparse.values.name
    for node in model.graph.node:
        if (node.domain, node.op_type) not in operators:
            yield f"{node.domain}:{node.op_type}" if node.domain else node.op_type
        if any(attribute.type in _SUBGRAPHS for attribute in node.attribute):
            yield f"{node.op_type} with a graph of its own"
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR and attribute.t.external_data:
                yield f"{node.op_type} with a file of its own"


def _check_place(export: Export, tensor: TensorProto) -> None:
    """Raise CheckpointError unless a tensor's external data lies within the data file."""
    if tensor.data_location != TensorProto.EXTERNAL:
        if tensor.external_data:
            raise UnsafeCheckpointError(
                export.graph, Phrase("“{name}” is in two places", name=tensor.name[:100])
            )
        return
    facts = {entry.key: entry.value for entry in tensor.external_data}
    location = facts.get("location", "")
    if location != DATA_FILE or len(facts) != len(tensor.external_data):
        raise UnsafeCheckpointError(
            export.graph, Phrase("it names “{name}”, outside of its folder", name=location[:100])
        )
    try:
        offset, length = int(facts["offset"]), int(facts["length"])
    except (KeyError, ValueError):
        offset = length = -1
    if offset < 0 or length < 0 or offset + length > export.bytes_on_disk:
        raise DamagedCheckpointError(
            export.graph, Phrase("“{name}” has an impossible place", name=tensor.name[:100])
        )
