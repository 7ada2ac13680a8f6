"""An export that is not what this app wrote is refused by name, before it can answer."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import DATA_FILE, GRAPH_FILE, MANIFEST
from backends.errors import (
    CheckpointError,
    DamagedCheckpointError,
    NewerFormatError,
    NotACheckpointError,
    UnsafeCheckpointError,
)
from backends.onnx_backend import check, session
from backends.protocol.frames import Failed, write_frame
from tests.helpers import exports, goldens
from tests.helpers.sentences import assert_one_sentence

ROOT = Path(__file__).parents[3]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export that a test may change."""
    folder = tmp_path / "export"
    shutil.copytree(exports.of_golden("b2-7b").folder, folder)
    return folder


def refusal(folder: Path, kind: type[CheckpointError]) -> str:
    """What is said where the export is loaded."""
    with pytest.raises(kind) as caught:
        exports.load(Checkpoint.open(folder))
    assert kind is CheckpointError or type(caught.value) is kind
    assert_one_sentence(caught.value)
    write_frame(io.BytesIO(), 1, Failed.of(caught.value))  # it reaches the window
    return caught.value.message


def test_a_copy_of_the_folder_loads(export: Path) -> None:
    with exports.load(Checkpoint.open(export)) as model:
        assert np.isfinite(model.prefill([5, 6])).all()


# --- files -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("file", [DATA_FILE, GRAPH_FILE])
def test_one_flipped_byte(file: str, place: float, export: Path) -> None:
    data = bytearray((export / file).read_bytes())
    data[int(place * len(data))] ^= 1
    (export / file).write_bytes(data)

    assert refusal(export, DamagedCheckpointError) == (
        f"“{file}” is damaged or incomplete: it is not what was written."
    )


def test_a_byte_more_or_less(export: Path) -> None:
    size = (export / DATA_FILE).stat().st_size
    for changed in (size - 1, size + 1):
        os.truncate(export / DATA_FILE, changed)

        assert f"it has {changed:,} bytes" in refusal(export, DamagedCheckpointError)


@pytest.mark.parametrize("name", [DATA_FILE, "genai_config.json"])
def test_a_file_that_is_missing(name: str, export: Path) -> None:
    (export / name).unlink()

    assert name in refusal(export, DamagedCheckpointError)


def test_a_graph_that_is_missing(export: Path) -> None:
    (export / GRAPH_FILE).unlink()

    assert "no weight file" in refusal(export, NotACheckpointError)


@pytest.mark.parametrize("name", ["tokenizer.model", "generation_config.json", "config.json"])
def test_one_flipped_bit_beside_the_weights(name: str, export: Path) -> None:
    data = bytearray((export / name).read_bytes())
    place = data.index(b"0") if name.endswith("json") else len(data) // 2
    data[place] ^= 1  # “0” becomes “1”
    (export / name).write_bytes(data)

    assert "is damaged or incomplete" in refusal(export, DamagedCheckpointError)


@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize("name", [DATA_FILE, GRAPH_FILE])
def test_a_link_to_another_place(
    link: Callable[[Path, Path], None], name: str, export: Path
) -> None:
    """What ONNX Runtime reads through; the same bytes, so that no hash tells it."""
    outside = export.with_name("outside")
    (export / name).rename(outside)
    link(outside, export / name)

    assert refusal(export, UnsafeCheckpointError) == (
        f"“{name}” was refused: it is a link to another place."
    )


def test_a_graph_that_is_larger_than_this_models_is_not_read(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read, it would take a hundred times its bytes: two of them are a node."""
    monkeypatch.setattr(onnx, "load_from_string", None)
    exports.replace_file(export, GRAPH_FILE, b"\x0a\x00" * 200_000)

    assert "too large for a graph" in refusal(export, DamagedCheckpointError)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes")
def test_a_pipe_in_place_of_a_file(export: Path) -> None:
    """It would never come to its end."""
    os.mkfifo(export / "notes")
    add_to_manifest(export, "notes")

    assert "“notes” was refused: it is not a file" in refusal(export, UnsafeCheckpointError)


def test_a_folder_in_place_of_a_file(export: Path) -> None:
    (export / "notes").mkdir()
    add_to_manifest(export, "notes")

    assert "“notes” was refused: it is not a file" in refusal(export, UnsafeCheckpointError)


def add_to_manifest(folder: Path, name: str) -> None:
    facts = {"size": 0, "sha256": hashlib.sha256().hexdigest()}
    exports.change_manifest(folder, lambda manifest: manifest["files"].update({name: facts}))


# --- the manifest ------------------------------------------------------------------------


def test_a_graph_without_a_manifest(export: Path) -> None:
    (export / MANIFEST).unlink()

    assert "its model.onnx was not written by this app" in refusal(export, NotACheckpointError)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema_version": true}', "[" * 100_000])
def test_a_manifest_that_is_none(text: str, export: Path) -> None:
    (export / MANIFEST).write_text(text, encoding="utf-8")

    assert MANIFEST in refusal(export, DamagedCheckpointError)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "n" * 5000])
def test_a_manifest_that_names_what_can_be_no_file(name: str, export: Path) -> None:
    exports.change_manifest(
        export, lambda manifest: manifest["files"].update({name: manifest["files"][DATA_FILE]})
    )

    with pytest.raises(CheckpointError):
        Checkpoint.open(export)


def test_a_manifest_of_another_kind_of_copy(export: Path) -> None:
    exports.change_manifest(export, lambda manifest: manifest.pop("onnx"))

    assert "graph_version" in refusal(export, DamagedCheckpointError)


def test_a_newer_version_of_either_format(export: Path) -> None:
    exports.change_manifest(export, lambda manifest: manifest["onnx"].update(graph_version=2))
    assert "format 2, this version reads 1" in refusal(export, NewerFormatError)

    exports.change_manifest(export, lambda manifest: manifest.update(schema_version=7))
    assert "format 7, this version reads 1" in refusal(export, NewerFormatError)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("precision", "onnx-int2"), ("precision", "bf16"), ("precision", None),
        ("block_size", "32"), ("block_size", 32), ("block_size", True), ("symmetric", 1),
        ("portable", "no"),
    ],
)  # fmt: skip
def test_a_manifest_that_makes_no_sense(key: str, value: object, export: Path) -> None:
    exports.change_manifest(export, lambda manifest: manifest["onnx"].update({key: value}))

    assert "does not describe an export" in refusal(export, DamagedCheckpointError)


@pytest.mark.parametrize("size", [0, -128, 48, 2**40, True, None])
def test_a_block_size_that_no_export_has(size: object, export: Path) -> None:
    """Of the size of a scale depends how much is made ready for the graph."""
    exports.change_manifest(
        export,
        lambda manifest: manifest["onnx"].update(precision="onnx-int4", block_size=size),
    )

    assert "does not describe an export" in refusal(export, DamagedCheckpointError)


@pytest.mark.parametrize("entry", [None, {}, {"size": -1, "sha256": "0" * 64}, {"size": 1}])
def test_a_manifest_that_does_not_describe_the_weights(entry: object, export: Path) -> None:
    exports.change_manifest(export, lambda manifest: manifest["files"].update({DATA_FILE: entry}))

    assert f"does not describe “{DATA_FILE}”" in refusal(export, DamagedCheckpointError)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a\\b", "C:x", "..", ""])
def test_a_manifest_that_names_a_file_elsewhere(name: str, export: Path) -> None:
    facts = {"size": 1, "sha256": "0" * 64}
    exports.change_manifest(export, lambda manifest: manifest["files"].update({name: facts}))

    assert "outside of its folder" in refusal(export, UnsafeCheckpointError)


def test_a_huge_manifest(export: Path) -> None:
    with (export / MANIFEST).open("ab") as file:
        file.truncate(20_000_000)

    assert "implausibly large" in refusal(export, DamagedCheckpointError)


# --- the graph, with a manifest that vouches for it --------------------------------------


def test_a_graph_that_is_not_one(export: Path) -> None:
    for data in (b"\xff" * 1000, b"not a graph", b""):
        exports.replace_file(export, GRAPH_FILE, data)
        refusal(export, DamagedCheckpointError)


def weight(model: onnx.ModelProto) -> TensorProto:
    found: TensorProto = next(t for t in model.graph.initializer if t.external_data)
    return found


def set_place(key: str, value: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        (entry,) = [entry for entry in weight(model).external_data if entry.key == key]
        entry.value = value

    return change


@pytest.mark.parametrize("name", [b"Gather", b"const", b"model.onnx.data", b"logits"])
def test_a_name_that_is_no_text(name: bytes, export: Path) -> None:
    """Readers of protobuf give such a name as bytes."""
    data = (export / GRAPH_FILE).read_bytes()
    assert name in data
    exports.replace_file(export, GRAPH_FILE, data.replace(name, b"\xff" * len(name)))

    refusal(export, CheckpointError)


@pytest.mark.parametrize(
    "location", ["../secret", "/etc/passwd", "tokenizer.model", "./model.onnx.data", ""]
)
def test_weights_in_another_file(location: str, export: Path) -> None:
    (export.parent / "secret").write_bytes(bytes(10_000_000))
    exports.change_graph(export, set_place("location", location))

    assert refusal(export, UnsafeCheckpointError) == (
        f"“{GRAPH_FILE}” was refused: it names “{location}”, outside of its folder."
    )


def test_a_place_that_is_given_twice(export: Path) -> None:
    """The last of them counts for one reader, the first for another."""
    exports.change_graph(
        export, lambda model: weight(model).external_data.add(key="location", value="../secret")
    )

    refusal(export, UnsafeCheckpointError)


@pytest.mark.parametrize(
    ("key", "value"), [("offset", "-64"), ("offset", "1e3"), ("length", "99999999999")]
)
def test_a_place_outside_of_the_data(key: str, value: str, export: Path) -> None:
    exports.change_graph(export, set_place(key, value))

    assert "has an impossible place" in refusal(export, DamagedCheckpointError)


@pytest.mark.parametrize(
    ("domain", "version"), [("", 20), ("", 25), ("com.microsoft", 2), ("ai.onnx.ml", 3)]
)
def test_another_version_of_the_operators(domain: str, version: int, export: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        kept = [opset for opset in model.opset_import if opset.domain != domain]
        del model.opset_import[:]
        model.opset_import.extend([*kept, helper.make_opsetid(domain, version)])

    exports.change_graph(export, change)

    assert "it is written for the operators" in refusal(export, DamagedCheckpointError)


def add_node(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("RandomNormal", [], ["x"], shape=[1]))


def change_domain(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "evil.example"


def add_subgraph(model: onnx.ModelProto) -> None:
    graph = helper.make_graph([], "inner", [], [])
    model.graph.node[0].attribute.append(helper.make_attribute("body", graph))


def add_function(model: onnx.ModelProto) -> None:
    model.functions.append(
        helper.make_function("evil", "Mul", ["a"], ["b"], [], [helper.make_opsetid("", 21)])
    )


def add_training(model: onnx.ModelProto) -> None:
    model.training_info.add()


def add_sparse(model: onnx.ModelProto) -> None:
    values = numpy_helper.from_array(np.ones(1, np.float32), "sparse")
    indices = numpy_helper.from_array(np.zeros(1, np.int64), "indices")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4]))


def add_file_to_a_node(model: onnx.ModelProto) -> None:
    tensor = TensorProto(name="x", data_type=TensorProto.FLOAT, dims=[1])
    tensor.external_data.add(key="location", value="../secret")
    model.graph.node[0].attribute.append(helper.make_attribute("value", tensor))


@pytest.mark.parametrize(
    "change",
    [
        add_node, change_domain, add_subgraph, add_function, add_training, add_sparse,
        add_file_to_a_node,
    ],
)  # fmt: skip
def test_what_no_export_holds(change: Callable[[onnx.ModelProto], None], export: Path) -> None:
    exports.change_graph(export, change)

    assert "which no export of this app has" in refusal(export, UnsafeCheckpointError)


def drop_output(model: onnx.ModelProto) -> None:
    del model.graph.output[-1]


def change_heads(model: onnx.ModelProto) -> None:
    model.graph.input[2].type.tensor_type.shape.dim[1].dim_value = 2


def rename_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].name = "tokens"


def rewire(model: onnx.ModelProto) -> None:
    """Gate and up-projection change places: our operators, and another network."""
    gate, up = (
        next(node for node in model.graph.node if node.name.endswith(name))
        for name in ("mlp.gate_proj", "mlp.up_proj")
    )
    gate.input[1], up.input[1] = up.input[1], gate.input[1]


def change_scale(model: onnx.ModelProto) -> None:
    attention = next(n for n in model.graph.node if n.op_type == "GroupQueryAttention")
    next(a for a in attention.attribute if a.name == "scale").f *= 2


def change_norm(model: onnx.ModelProto) -> None:
    model.graph.node[-3].name = "other"


def table(model: onnx.ModelProto) -> TensorProto:
    found: TensorProto = next(t for t in model.graph.initializer if t.name == "sin_cache")
    return found


def change_angles(model: onnx.ModelProto) -> None:
    values = numpy_helper.to_array(table(model)) * np.float32(1.001)
    table(model).raw_data = values.tobytes()


def overfill_table(model: onnx.ModelProto) -> None:
    table(model).raw_data += bytes(4)


def change_small_numbers(model: onnx.ModelProto) -> None:
    """By less than a millionth, which is much of a number that is near nothing."""
    values = numpy_helper.to_array(table(model)).copy()
    values[0] = 5e-7  # the sines of position 0
    table(model).raw_data = values.tobytes()


def fill_with_no_number(model: onnx.ModelProto) -> None:
    size = len(table(model).raw_data) // 4
    table(model).raw_data = np.full(size, np.nan, np.float32).tobytes()


def cut_table(model: onnx.ModelProto) -> None:
    """As if it were a part of a larger tensor, which no reader puts together."""
    table(model).segment.begin = 1
    table(model).segment.end = 2


def put_table_into_a_file(model: onnx.ModelProto) -> None:
    table(model).data_location = TensorProto.EXTERNAL
    table(model).external_data.add(key="location", value=DATA_FILE)
    table(model).external_data.add(key="offset", value="0")
    table(model).external_data.add(key="length", value="64")


def describe_table(model: onnx.ModelProto) -> None:
    table(model).data_location = TensorProto.DEFAULT
    table(model).doc_string = "here"


@pytest.mark.parametrize(
    "change",
    [
        drop_output, change_heads, rename_input, rewire, change_scale, change_norm, change_angles,
        overfill_table, change_small_numbers, fill_with_no_number, cut_table,
        put_table_into_a_file, describe_table,
    ],
)  # fmt: skip
def test_a_graph_of_our_operators_that_is_not_ours(
    change: Callable[[onnx.ModelProto], None], export: Path
) -> None:
    exports.change_graph(export, change)

    assert "it is not the graph that belongs to config" in refusal(export, DamagedCheckpointError)


def test_last_bits_of_the_rotary_tables_may_be_those_of_another_machine(export: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        values = numpy_helper.to_array(table(model))
        nudged = np.where(values == 0, values, np.nextafter(values, np.float32(2)))
        table(model).raw_data = nudged.tobytes()

    exports.change_graph(export, change)

    exports.load(Checkpoint.open(export)).close()


def test_a_context_whose_tables_would_fill_the_memory(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No export has one, so nothing is made of it."""
    monkeypatch.setattr(check, "MOST_ROTARY_BYTES", 1000)
    monkeypatch.setattr(check, "FusedGraph", None)

    assert "it is not the graph that belongs to config" in refusal(export, DamagedCheckpointError)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numpy's names of x86's features")
def test_a_model_exported_on_an_older_processor_is_the_same(tmp_path: Path) -> None:
    """Powers and cosines in fp32 have other last bits there, which positions multiply."""
    config = replace(goldens.checkpoint("b2-7b").config, hidden_size=512, context_length=4096)
    program = """
import hashlib, pickle, sys
from backends.precision import Precision
from backends.onnx_backend.fused_graph import FusedGraph
from backends.onnx_backend.graph import Scheme
config = pickle.loads(sys.stdin.buffer.read())
graph = FusedGraph(config, Scheme(Precision.ONNX_FP32), "F32", "data").build().model
print(hashlib.sha256(graph.SerializeToString(deterministic=True)).hexdigest())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=pickle.dumps(config),
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "NPY_DISABLE_CPU_FEATURES": features},
        ).stdout
        for features in ("", _wide_features())
    }

    assert len(found) == 1


def _wide_features() -> str:
    """Those of this processor that numpy can do without."""
    return " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", ()))


def test_a_graph_that_onnx_runtime_refuses(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a version that lacks one of the operators would: its own reason is told."""
    model = onnx.load(export / GRAPH_FILE, load_external_data=False)
    model.graph.node[0].input[0] = "nowhere"
    monkeypatch.setattr(
        session, "checked_graph", lambda _export, _config: model.SerializeToString()
    )

    assert "ONNX Runtime refuses it (" in refusal(export, DamagedCheckpointError)
