"""An export is complete or absent, the same bytes each time, and small while it is written."""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from backends.adapters.merging import MergedTensor
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import DATA_FILE, GRAPH_FILE, MANIFEST
from backends.choice import memory
from backends.copying.folder_writer import write_copy
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import (
    BackendUnavailableError,
    DamagedCheckpointError,
    DiskFullError,
    JobError,
    SourceChangedError,
    UserFacingError,
)
from backends.events import CopyReady, JobProgress
from backends.licences.licence_files import CHANGES_FILE
from backends.onnx_backend import export
from backends.onnx_backend.export import export_plan
from backends.onnx_backend.graph import Scheme
from backends.precision import EXPORT_PRECISIONS, Precision, parse_name
from backends.protocol.engine_requests import CopyRequest, ExportRequest
from tests.helpers import exports, goldens, quantized
from tests.helpers.sentences import assert_one_sentence

ROOT = Path(__file__).parents[3]
INT4, INT8 = Precision.ONNX_INT4, Precision.ONNX_INT8
FP16, FP32 = Precision.ONNX_FP16, Precision.ONNX_FP32
SCHEMES = [
    Scheme(FP32),
    Scheme(FP16),
    Scheme(INT8),
    Scheme(INT4),
    Scheme(INT4, block_size=128, symmetric=False),
    exports.PORTABLE,
]

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, or forks")


def digests(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its content."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture
def source() -> Iterator[Path]:
    """A golden model, which nothing may write to."""
    folder = goldens.folder("b2-7b", "safetensors")
    before = digests(folder)
    yield folder
    assert digests(folder) == before


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the export shall be: alone in a folder."""
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / "模型 onnx"


def job(source: Path, out: Path, scheme: Scheme) -> Iterator[JobProgress | CopyReady]:
    checkpoint = Checkpoint.open(source)
    return write_copy(checkpoint, export_plan(checkpoint, scheme), out)


def write(source: Path, out: Path, scheme: Scheme) -> Checkpoint:
    return exports.write(Checkpoint.open(source), scheme, out)


def refusal(run: Callable[[], object], kind: type[UserFacingError] = JobError) -> str:
    with pytest.raises(kind) as caught:
        run()
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


def assert_nothing(out: Path) -> None:
    assert list(out.parent.iterdir()) == []


# --- what an export holds ----------------------------------------------------------------


@pytest.mark.parametrize(("name", "layout"), goldens.CHECKPOINTS)
def test_every_layout_gives_the_same_weights(name: str, layout: str, out: Path) -> None:
    checkpoint = write(goldens.folder(name, layout), out, Scheme(INT4))

    reference = exports.of_golden(name, Scheme(INT4))
    assert checkpoint.config == reference.config
    assert checkpoint.chat_tokens == goldens.checkpoint(name).chat_tokens
    assert checkpoint.defaults == goldens.checkpoint(name).defaults
    for file in (GRAPH_FILE, DATA_FILE):
        assert (out / file).read_bytes() == (reference.folder / file).read_bytes()


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_two_exports_are_the_same_bytes(scheme: Scheme, source: Path, tmp_path: Path) -> None:
    write(source, tmp_path / "a", scheme)
    write(source, tmp_path / "b", scheme)

    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_an_export_has_the_files_of_a_model_and_no_others(source: Path, out: Path) -> None:
    write(source, out, Scheme(INT4))

    assert {file.name for file in out.iterdir()} == {
        "config.json", "generation_config.json", "genai_config.json", GRAPH_FILE, DATA_FILE,
        CHANGES_FILE, MANIFEST, "special_tokens_map.json", "tokenizer.model",
        "tokenizer_config.json",
    }  # fmt: skip
    assert [file.name for file in out.parent.iterdir()] == [out.name]


def test_the_manifest_says_what_it_is_and_where_it_comes_from(out: Path) -> None:
    source = goldens.folder("b2-7b", "sharded")
    write(source, out, Scheme(INT4, block_size=64, symmetric=False))

    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    contents = digests(out)
    del contents[MANIFEST]
    assert manifest["files"] == {
        name: {"size": (out / name).stat().st_size, "sha256": digest}
        for name, digest in contents.items()
    }
    assert manifest["onnx"] == {
        "graph_version": 1, "precision": "onnx-int4", "block_size": 64, "symmetric": False,
        "portable": False,
    }  # fmt: skip
    provenance = manifest["provenance"]
    weights = {name: d for name, d in digests(source).items() if name.endswith(".bin")}
    assert provenance["source"] == {"folder": source.name, "sha256": weights}
    assert provenance["options"]["accuracy_level"] == 4
    assert provenance["versions"]["onnx"] == importlib.metadata.version("onnx")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("scheme", SCHEMES[:3], ids=str)
def test_every_type_that_a_checkpoint_may_have(
    dtype: torch.dtype, scheme: Scheme, tmp_path: Path
) -> None:
    golden = goldens.checkpoint("b2-13b-h5")
    state = {name: tensor.to(dtype) for name, tensor in quantized.state_of(golden).items()}
    source = quantized.write_folder(tmp_path / "source", state, golden.folder)

    checkpoint = write(source, tmp_path / "export", scheme)

    with exports.load(checkpoint, 64) as model:
        logits = model.prefill([5, 6, 7])
    with exports.load(exports.of_golden("b2-13b-h5"), 64) as model:
        expected = model.prefill([5, 6, 7])
    assert np.abs(logits - expected).mean() < 0.02 * np.ptp(expected)


def test_the_embedding_is_not_made_larger(tmp_path: Path) -> None:
    """Kept as it is stored: a looked-up row is exact in any type, and half the bytes in 16 bits."""
    golden = goldens.checkpoint("b2-7b")
    state = {name: t.to(torch.bfloat16) for name, t in quantized.state_of(golden).items()}
    source = quantized.write_folder(tmp_path / "source", state, golden.folder)
    write(source, tmp_path / "export", Scheme(INT4))

    model = onnx.load(tmp_path / "export" / GRAPH_FILE, load_external_data=False)
    (table,) = [t for t in model.graph.initializer if t.name == "model.embed_tokens.weight"]
    places = {entry.key: int(entry.value) for entry in table.external_data if entry.value.isdigit()}
    data = (tmp_path / "export" / DATA_FILE).read_bytes()
    stored = data[places["offset"] : places["offset"] + places["length"]]
    assert stored == state["model.embed_tokens.weight"].view(torch.uint8).numpy().tobytes()


@pytest.mark.parametrize("scheme", [Scheme(INT4), Scheme(INT8)], ids=str)
def test_an_export_is_as_large_as_was_foretold(scheme: Scheme, tmp_path: Path) -> None:
    """On shapes that are multiples of a block, as all released ones are."""
    sizes = {"hidden_size": 128, "intermediate_size": 352, "num_attention_heads": 4}
    like = goldens.folder("b2-7b", "safetensors")
    source = quantized.random_folder(tmp_path / "source", like, sizes, shards=2)

    checkpoint = write(source, tmp_path / "export", scheme)

    foretold = memory.weight_bytes(checkpoint.config, scheme.precision)
    assert foretold <= checkpoint.bytes_on_disk <= foretold + 64 * 1024


@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.parametrize("precision", [FP32, FP16])
def test_a_portable_graph_is_of_the_standard_alone(
    name: str, precision: Precision, out: Path
) -> None:
    write(goldens.folder(name), out, Scheme(precision, portable=True))

    onnx.checker.check_model(out / GRAPH_FILE, full_check=True)
    model = onnx.load(out / GRAPH_FILE, load_external_data=False)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 23)]
    assert {node.domain for node in model.graph.node} == {""}


def test_others_find_the_names_that_they_know(source: Path, out: Path) -> None:
    checkpoint = write(source, out, Scheme(INT4))

    config = json.loads((out / "genai_config.json").read_text(encoding="utf-8"))
    model = onnx.load(out / GRAPH_FILE, load_external_data=False)
    names = {value.name for value in (*model.graph.input, *model.graph.output)}
    decoder = config["model"]["decoder"]
    assert decoder["filename"] == GRAPH_FILE
    layers = range(checkpoint.config.num_layers)
    for side in (decoder["inputs"], decoder["outputs"]):
        for pattern in side.values():
            assert {pattern % layer if "%d" in pattern else pattern for layer in layers} <= names
    assert decoder["num_hidden_layers"] == checkpoint.config.num_layers
    assert config["model"]["vocab_size"] == checkpoint.config.vocab_size


# --- cancelled, killed, no room ----------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES[2:4], ids=str)
def test_a_cancel_at_any_event_takes_everything_away(
    scheme: Scheme, source: Path, out: Path
) -> None:
    total = len(list(job(source, out, scheme)))
    shutil.rmtree(out)

    for events in range(1, total):  # the last event is `CopyReady`
        running = job(source, out, scheme)
        for _ in range(events):
            next(running)
        running.close()  # type: ignore[attr-defined]  # a generator

        assert_nothing(out)


def test_progress_reaches_its_end(source: Path, out: Path) -> None:
    *progress, ready = job(source, out, Scheme(INT4))

    steps = [event.step for event in progress if isinstance(event, JobProgress)]
    assert list(dict.fromkeys(steps)) == ["hash", "write", "check"]
    written = [e for e in progress if isinstance(e, JobProgress) and e.step == "write"]
    assert written[-1].done_bytes == written[-1].total_bytes
    assert ready == CopyReady(str(out), (out / DATA_FILE).stat().st_size)


def test_the_engine_exports(source: Path, out: Path) -> None:
    request = ExportRequest(str(source), str(out), Precision.ONNX_INT8, block_size=64)

    *_, last = run_request(Engine(), request, threading.Event())

    assert isinstance(last, CopyReady)
    export = Checkpoint.open(Path(last.folder)).export
    assert export is not None
    assert (export.precision, export.block_size) == (INT8, 64)


def child(module: str, *arguments: object) -> list[str]:
    """The lines that a helper prints."""
    result = subprocess.run(
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@linux
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_leaves_the_complete_export_or_nothing(
    source: Path, tmp_path: Path, step: int
) -> None:
    """Before every fourth of its operations on files and the last of them; before each (slow)."""
    helper = "tests.helpers.killed_copy"
    reference = tmp_path / "reference"
    (total,) = map(int, child(helper, source, reference, "onnx-int4", 0))
    expected = digests(reference)
    killed = tmp_path / "killed"
    killed.mkdir()

    points = sorted({*range(1, total, step), *range(total - 8, total + 1)})
    ends = child(helper, source, killed, "onnx-int4", 0, *points)

    assert total > 50
    assert ends == [f"{point} {-signal.SIGKILL}" for point in points]
    complete = 0
    for point in points:
        out = killed / str(point) / "copy"
        if out.exists():
            complete += 1
            assert digests(out) == expected
            continue
        assert {file.name for file in out.parent.iterdir()} <= {"copy.partial"}
        write(source, out, Scheme(INT4))  # begins anew, or goes on
        assert digests(out) == expected
        assert [file.name for file in out.parent.iterdir()] == ["copy"]
    assert 1 <= complete < 5


def test_a_drive_without_room_is_refused_before_a_byte_is_written(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(source)._replace(free=50 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    assert "GiB is free there" in refusal(lambda: write(source, out, Scheme(INT4)), DiskFullError)
    assert_nothing(out)


@linux
@pytest.mark.parametrize("limit", [4096, 150_000])
def test_a_drive_that_fills_up_meanwhile(limit: int, source: Path, out: Path) -> None:
    """Told by a limit on the size of files, which the system enforces in the middle of one."""
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from backends.checkpoint.folder import Checkpoint\n"
        "from backends.errors import JobError\n"
        "from backends.onnx_backend.graph import Scheme\n"
        "from backends.precision import Precision\n"
        "from tests.helpers import exports\n"
        "source, out, limit = sys.argv[1:]\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))\n"
        "try:\n"
        "    exports.write(Checkpoint.open(Path(source)), Scheme(Precision.ONNX_INT4), Path(out))\n"
        "except JobError as error:\n"
        "    print(error.message)\n"
    )

    result = subprocess.run(
        [sys.executable, "-P", "-c", code, str(source), str(out), str(limit)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )

    reason = os.strerror(errno.EFBIG)
    assert result.stdout.strip() == (f"The copy cannot be written to “{out.parent}”: {reason}.")
    assert_nothing(out)


@pytest.mark.parametrize("step", ["hash", "write", "check"])
def test_a_source_that_changes_meanwhile(step: str, tmp_path: Path, out: Path) -> None:
    golden = goldens.checkpoint("b2-7b", "safetensors")
    source = quantized.write_folder(
        tmp_path / "source", quantized.state_of(golden), golden.folder, shards=2
    )
    shard = source / "model-00002-of-00002.safetensors"

    def run() -> None:
        for event in job(source, out, Scheme(INT4)):
            if isinstance(event, JobProgress) and event.step == step:
                os.utime(shard, ns=(1, 1))

    assert shard.name in refusal(run, SourceChangedError)
    assert_nothing(out)


# --- bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
def test_a_source_that_is_quantised_already(name: str, out: Path) -> None:
    message = refusal(lambda: write(quantized.published(name), out, Scheme(INT4)))

    assert message.startswith(f"“{name}” is quantised")
    assert_nothing(out)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda source, out: ExportRequest(source, out, Precision.ONNX_INT4),
        lambda source, out: CopyRequest(source, out, Precision.NF4),
        lambda source, out: CopyRequest(source, out),
    ],
)
def test_a_source_that_is_an_export(
    request_of: Callable[[str, str], ExportRequest | CopyRequest], out: Path
) -> None:
    request = request_of(str(exports.of_golden("b2-7b").folder), str(out))

    message = refusal(lambda: list(run_request(Engine(), request, threading.Event())))

    assert "is an export for ONNX Runtime" in message
    assert_nothing(out)


@pytest.mark.parametrize("precision", [one for one in Precision if not one.is_onnx])
def test_a_precision_that_exports_do_not_have(
    precision: Precision, source: Path, out: Path
) -> None:
    request = ExportRequest(str(source), str(out), precision)

    message = refusal(
        lambda: list(run_request(Engine(), request, threading.Event())), BackendUnavailableError
    )

    known = "onnx-int4, onnx-int8, onnx-fp16, onnx-fp32"
    assert message == f"There is no precision “{precision.value}”; there are {known}."
    assert_nothing(out)


@pytest.mark.parametrize("precision", ["onnx-int4", "4bit", "bf16", "", "INT4"])
def test_a_name_of_a_precision_that_exports_do_not_have(precision: str) -> None:
    message = refusal(lambda: parse_name(precision, EXPORT_PRECISIONS), BackendUnavailableError)

    assert message == (f"There is no precision “{precision}”; there are int4, int8, fp16, fp32.")


@pytest.mark.parametrize("block_size", [0, -32, 31, 48, 512])
def test_a_block_size_that_onnx_runtime_does_not_have(
    block_size: int, source: Path, out: Path
) -> None:
    message = refusal(lambda: write(source, out, Scheme(INT4, block_size=block_size)))

    assert message == f"The block size must be one of 16, 32, 64, 128, 256, not {block_size}."


@pytest.mark.parametrize("precision", [INT4, INT8])
def test_a_portable_export_is_not_quantised(precision: Precision, source: Path, out: Path) -> None:
    message = refusal(lambda: write(source, out, Scheme(precision, portable=True)))

    assert message.startswith("A portable export is in fp32 or fp16")


def test_a_context_whose_tables_would_fill_the_graph(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_ROTARY_BYTES", 1000)
    rope, alibi = (goldens.folder(name, "safetensors") for name in ("b1-7b", "b1-13b"))

    message = refusal(lambda: write(rope, out, Scheme(INT4)))

    assert re.fullmatch(r"A context of \d+ tokens is too long for an export\.", message)
    assert_nothing(out)
    write(alibi, tmp_path / "alibi", Scheme(INT4))  # which has no tables


@pytest.mark.parametrize(
    "name",
    ["lm_head.weight", "model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight"],
)
def test_a_weight_that_is_not_a_number(name: str, tmp_path: Path, out: Path) -> None:
    """Quantised, it would be some number, and nobody would know."""
    golden = goldens.checkpoint("b2-7b")
    state = {key: tensor.clone() for key, tensor in quantized.state_of(golden).items()}
    state[name][3, 5] = torch.nan
    source = quantized.write_folder(tmp_path / "source", state, golden.folder)

    message = refusal(lambda: write(source, out, Scheme(INT4)), DamagedCheckpointError)

    assert f"“{name}” holds what is not a number" in message
    assert_nothing(out)


# --- memory ------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("precision", ["int4", "fp32"])
def test_the_peak_does_not_depend_on_the_model(precision: str, tmp_path: Path) -> None:
    """Two matrices of 105 MB, beside two of 8 MB."""
    rows, columns = 25_600, 2048
    sizes = {
        "hidden_size": columns, "intermediate_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 16, "vocab_size": rows,
    }  # fmt: skip
    like = goldens.folder("b2-7b", "safetensors")
    source = quantized.random_folder(tmp_path / "source", like, sizes, shards=2)
    config = Checkpoint.open(source).config
    state = tmp_path / "one"
    small = quantized.random_folder(state, like, {"vocab_size": 2000}, shards=1)

    peaks = []
    for folder in (small, source):
        line = child(
            "benchmarks.onnx_export",
            "--source", folder, "--out", folder.with_name(f"{folder.name}-out"),
            "--precision", precision,
        )[-1]  # fmt: skip
        peaks.append(json.loads(line)["peak_rss_bytes"])

    least, peak = peaks
    assert peak - least < 150 * 10**6 < memory.weight_bytes(config, Precision.BF16)


def test_a_weight_that_16_bits_cannot_hold_is_refused(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = MergedTensor.blocks

    def huge(self: MergedTensor) -> Iterator[Any]:
        for rows in blocks(self):
            yield rows * np.float32(1e6)

    monkeypatch.setattr(MergedTensor, "blocks", huge)

    message = refusal(lambda: write(source, out, Scheme(Precision.ONNX_FP16)))

    assert message.endswith("has values that fp16 cannot hold.")
    assert_nothing(out)
