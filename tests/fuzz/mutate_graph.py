"""Graphs of ONNX with a node, an attribute, a constant or a place changed."""

from __future__ import annotations

import random
import struct

import onnx
from onnx import AttributeProto, TensorProto

from backends.checkpoint.manifest import DATA_FILE
from tests.fuzz.mutate_protobuf import Field, parse, serialize

_ODD_NUMBERS = (0, 1, -1, 2, 3, 64, 2**31, 2**63 - 1, -(2**63))
_ODD_NAMES = ("", "x", "../x", "/etc/passwd", "a" * 5_000, "层", "a\0b", "\x1b[2J")
_OPERATORS = ("If", "Loop", "Scan", "Identity", "MatMul", "PyOp", "", "LayerNormalization")
_GRAPH, _NODES, _INITIALIZERS = 7, 1, 5


def mutate(data: bytes, chance: random.Random) -> bytes:
    """A graph that is another in one or two places, or the same in other bytes."""
    kind = chance.randrange(10)
    if kind < 4:
        return _same_graph(data, chance)
    if kind == 4:
        at = chance.randrange(len(data))
        flipped = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        return chance.choice((data[:at], flipped, data + data[at:]))
    model = onnx.load_from_string(data)
    for _ in range(chance.choice((1, 1, 2))):
        _change(model, chance)
    return bytes(model.SerializeToString())


def _same_graph(data: bytes, chance: random.Random) -> bytes:
    """Fields in another order, and the last bits of constants as another machine has them."""
    model = onnx.load_from_string(data)
    for tensor in model.graph.initializer:
        if tensor.raw_data and tensor.data_type == TensorProto.FLOAT and chance.random() < 0.5:
            count = len(tensor.raw_data) // 4
            values = list(struct.unpack(f"<{count}I", tensor.raw_data))
            at = chance.randrange(count)
            values[at] ^= 1 if values[at] else 0
            tensor.raw_data = struct.pack(f"<{count}I", *values)
    fields = parse(model.SerializeToString())
    chance.shuffle(fields)
    for field in fields:
        if field.number == _GRAPH and isinstance(field.value, bytes):
            field.value = _shuffled_graph(field.value, chance)
    return serialize(fields, chance)


def _shuffled_graph(data: bytes, chance: random.Random) -> bytes:
    """Lists of a message may lie in any order among each other; each one keeps its own."""
    fields = parse(data)
    lists: dict[int, list[Field]] = {}
    for field in fields:
        lists.setdefault(field.number, []).append(field)
    numbers = [field.number for field in fields]
    chance.shuffle(numbers)
    return serialize([lists[number].pop(0) for number in numbers], chance)


def _change(model: onnx.ModelProto, chance: random.Random) -> None:
    graph = model.graph
    nodes, constants = graph.node, graph.initializer
    node, constant = chance.choice(nodes), chance.choice(constants)
    match chance.randrange(14):
        case 0:
            node.op_type = chance.choice(_OPERATORS)
        case 1:
            node.domain = chance.choice(("", "com.microsoft", "evil"))
        case 2:
            del nodes[chance.randrange(len(nodes))]
        case 3:
            nodes.append(node)
        case 4:
            _change_attribute(node, chance)
        case 5:
            names = chance.choice((node.input, node.output))
            if names:
                names[chance.randrange(len(names))] = chance.choice((*_ODD_NAMES, nodes[0].name))
        case 6:
            for entry in constant.external_data:
                if chance.random() < 0.5:
                    entry.value = chance.choice((*_ODD_NAMES, DATA_FILE, "-1", "9" * 40, "1"))
        case 7:
            constant.dims.append(chance.choice(_ODD_NUMBERS))
        case 8:
            constant.name = chance.choice((*_ODD_NAMES, constants[0].name))
        case 9:
            constant.data_type = chance.randrange(25)
        case 10:
            constant.raw_data = bytes(chance.randrange(64))
        case 11:
            model.opset_import[0].version = chance.choice((0, 1, 13, 99, 2**40))
        case 12:
            model.metadata_props.add(key="x", value=chance.choice(_ODD_NAMES))
        case _:
            chance.choice((model, graph)).doc_string = chance.choice(_ODD_NAMES)


def _change_attribute(node: onnx.NodeProto, chance: random.Random) -> None:
    if not node.attribute or chance.random() < 0.3:
        node.attribute.add(name=chance.choice(("x", "axis", "value")), i=1, type=AttributeProto.INT)
        return
    attribute = chance.choice(node.attribute)
    match chance.randrange(5):
        case 0:
            attribute.i = chance.choice(_ODD_NUMBERS)
        case 1:
            attribute.f = chance.choice((0.0, -1.0, float("nan"), float("inf")))
        case 2:
            attribute.name = chance.choice(_ODD_NAMES)
        case 3:
            attribute.type = chance.choice((AttributeProto.GRAPH, AttributeProto.TENSOR))
        case _:
            attribute.t.external_data.add(key="location", value="/etc/passwd")
