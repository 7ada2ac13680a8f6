"""Is a graph one that this app wrote? Asked of its bytes, before ONNX Runtime sees them.

A graph may name any operator and any file. What is accepted is what `onnx_fused_graph` writes: its
operators, its versions of them, weights in the one data file, and inputs and outputs that fit
config.json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, TensorProto

from .errors import DamagedCheckpointError, Phrase, UnsafeCheckpointError
from .manifest import DATA_FILE, Export
from .modeling.config import ModelConfig
from .onnx_fused_graph import MICROSOFT, FusedGraph
from .onnx_graph import Scheme, interface

_OPERATORS = {
    ("", name)
    for name in (
        "Cast", "Gather", "Mul", "Range", "ReduceSum", "Shape", "Sigmoid",
        "SimplifiedLayerNormalization", "Slice", "Sub", "Unsqueeze",
    )
} | {
    (MICROSOFT, name)
    for name in (
        "FusedMatMul", "GroupQueryAttention", "MatMulNBits", "SkipSimplifiedLayerNormalization",
    )
}  # fmt: skip
_OPSETS = {"": FusedGraph.opset, **dict.fromkeys(FusedGraph.domains, 1)}
#: Of a graph, with the rotary tables of a context that is far longer than any released one.
_MOST_BYTES = 256 * 2**20
_SUBGRAPHS = (AttributeProto.GRAPH, AttributeProto.GRAPHS)


def checked_graph(export: Export, config: ModelConfig) -> bytes:
    """The bytes of the graph. Raises CheckpointError or a subclass."""
    file = export.graph
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DamagedCheckpointError(file, "it is too large for a graph")
        raw = file.read_bytes()
    except OSError as error:
        raise DamagedCheckpointError(
            file, Phrase("it cannot be read ({reason})", reason=error.strerror or str(error))
        ) from error
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
    for name in _foreign_parts(model):
        raise UnsafeCheckpointError(
            file, Phrase("it holds “{name}”, which no export of this app has", name=name[:100])
        )
    for tensor in model.graph.initializer:
        _check_place(export, tensor)
    if _interface(model) != _expected_interface(config, export):
        raise DamagedCheckpointError(file, "its inputs and outputs do not fit config.json")
    return raw


def _versions(opsets: dict[str, int]) -> str:
    found = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in opsets.items())
    return found[:100]


def _foreign_parts(model: onnx.ModelProto) -> Iterator[str]:
    """What could do something else than multiply and add."""
    yield from (function.name for function in model.functions)
    if model.training_info:
        yield "training_info"
    for sparse in model.graph.sparse_initializer:
        yield sparse.values.name
    for node in model.graph.node:
        if (node.domain, node.op_type) not in _OPERATORS:
            yield f"{node.domain}:{node.op_type}" if node.domain else node.op_type
        if any(attribute.type in _SUBGRAPHS for attribute in node.attribute):
            yield f"{node.op_type} with a graph of its own"
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR and attribute.t.external_data:
                yield f"{node.op_type} with a file of its own"


def _check_place(export: Export, tensor: TensorProto) -> None:
    """External data lies in the data file, within it."""
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


#: Element type and dimensions by name; 0 for a dimension that varies, whatever it is called.
_Values = dict[str, tuple[int, tuple[int, ...]]]


def _interface(model: onnx.ModelProto) -> list[_Values]:
    def described(value: onnx.ValueInfoProto) -> tuple[int, tuple[int, ...]]:
        tensor = value.type.tensor_type
        return tensor.elem_type, tuple(dim.dim_value for dim in tensor.shape.dim)

    sides = (model.graph.input, model.graph.output)
    return [{value.name: described(value) for value in side} for side in sides]


def _expected_interface(config: ModelConfig, export: Export) -> list[_Values]:
    return [
        {
            name: (data_type, tuple(0 if isinstance(dim, str) else dim for dim in dims))
            for name, (data_type, dims) in side.items()
        }
        for side in interface(config, Scheme(export.precision).activation_type)
    ]
