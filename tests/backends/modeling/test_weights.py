"""Tensors arrive in memory as they are stored, once, and the files stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from backends.checkpoint.folder import Checkpoint
from backends.errors import DamagedCheckpointError
from backends.events import LoadProgress
from backends.interface import LayerDevices
from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM, NormHead
from backends.modeling.kv_cache import KVCache
from backends.modeling.weights import load_model
from backends.precision import Precision
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import Card, fake_cards
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.tokenizer_models import change, filled_up

ROOT = Path(__file__).parents[3]


def load(
    checkpoint: Checkpoint, dtype: torch.dtype
) -> tuple[BaichuanForCausalLM, list[LoadProgress]]:
    events, loading = [], load_model(checkpoint, dtype, goldens.on_cpu(checkpoint))
    while True:
        try:
            events.append(next(loading))
        except StopIteration as finished:
            return finished.value, events


def stored(name: str) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(goldens.folder(name) / "pytorch_model.bin")
    return {key: tensor for key, tensor in state.items() if "inv_freq" not in key}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("name", "layout"), goldens.CHECKPOINTS)
def test_every_tensor_is_the_stored_one(name: str, layout: str, dtype: torch.dtype) -> None:
    model, events = load(goldens.checkpoint(name, layout), dtype)

    state = model.state_dict()
    expected = stored(name)
    assert state.keys() == expected.keys()
    for key, tensor in state.items():
        assert tensor.dtype == dtype
        assert not tensor.requires_grad
        if key == "lm_head.weight" and isinstance(model.lm_head, NormHead):
            continue  # folded; see test_modeling.py
        assert torch.equal(tensor, expected[key].to(dtype)), key
    total = goldens.checkpoint(name, layout).bytes_on_disk
    assert [event.total_bytes for event in events] == [total] * len(events)
    done = [event.done_bytes for event in events]
    assert done == sorted(done)
    assert done[-1] == total


def load_on(devices: tuple[str, ...], name: str = "b1-13b") -> BaichuanForCausalLM:
    checkpoint = goldens.checkpoint(name)
    return quantized.finish(load_model(checkpoint, torch.float32, LayerDevices(devices)))


def are_side_by_side(layer: nn.Module) -> bool:
    """Whether the rows of up begin where those of gate end."""
    gate, up = (layer.get_parameter(f"mlp.{name}_proj.weight") for name in ("gate", "up"))
    assert gate.storage_offset() == 0
    assert up.storage_offset() in (0, gate.numel())
    return up.storage_offset() == gate.numel()


@pytest.mark.parametrize("devices", [("cuda:1",) * 3, ("cuda:0", "cuda:1", "cuda:1")], ids=str)
def test_gate_and_up_are_joined_on_the_card_of_their_layer(devices: tuple[str, ...]) -> None:
    with fake_cards(Card(), Card()):
        model = load_on(devices)

        expected = stored("b1-13b")
        assert model.state_dict().keys() == expected.keys()
        for number, (layer, device) in enumerate(zip(model.model.layers, devices, strict=True)):
            assert are_side_by_side(layer)
            for name in ("gate", "up"):
                key = f"mlp.{name}_proj.weight"
                weight = layer.get_parameter(key)
                assert weight.device == torch.device(device)
                assert torch.equal(weight.cpu(), expected[f"model.layers.{number}.{key}"])


def test_layers_that_stay_on_the_processor_are_not_copied_to_be_joined() -> None:
    with fake_cards():
        model = load_on(("cuda:0", "cpu", "cpu"))
        joined = [are_side_by_side(layer) for layer in model.model.layers]

    assert joined == [True, False, False]
    assert not any(are_side_by_side(layer) for layer in load_on(("cpu",) * 3).model.layers)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_a_model_on_a_card_gives_the_golden_logits_chunk_by_chunk(name: str) -> None:
    """Later chunks too, whose mask is but a name there."""
    data = goldens.arrays(name, "logits.npz")
    ids = torch.from_numpy(data["ids_130"].astype("int64"))[None]
    layers = goldens.checkpoint(name).config.num_layers

    with fake_cards(Card(), Card()), torch.inference_mode():
        model = load_on(("cuda:1",) * layers, name)
        cache = KVCache(model.config, 130, dtype=torch.float32, devices=["cuda:1"] * layers)
        parts = [model(part.to("cuda:1"), cache)[0].cpu() for part in ids.split(50, dim=1)]

    rows = data.get("rows_130")
    actual = torch.cat(parts) if rows is None else torch.cat(parts)[rows.tolist()]
    torch.testing.assert_close(actual, torch.from_numpy(data["logits_130"]), rtol=0, atol=3e-5)


def test_the_head_is_folded_in_fp32_and_rounded_once() -> None:
    model, _ = load(goldens.checkpoint("b2-13b"), torch.bfloat16)
    exact = torch.nn.functional.normalize(stored("b2-13b")["lm_head.weight"].float())

    assert torch.equal(model.lm_head.weight, exact.bfloat16())


@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_folding_does_not_reach_the_files(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-7b", layout), folder)

    def digests() -> dict[str, str]:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = digests()
    model, _ = load(Checkpoint.open(folder), torch.bfloat16)
    assert isinstance(model.lm_head, NormHead)
    del model

    assert digests() == before


@pytest.mark.parametrize("left", [0, 10, 100_000])
def test_a_file_that_became_shorter_is_refused(tmp_path: Path, left: int) -> None:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b1-13b", "safetensors"), folder)
    checkpoint = Checkpoint.open(folder)
    os.truncate(folder / "model.safetensors", left)

    with pytest.raises(DamagedCheckpointError) as caught:
        load(checkpoint, torch.float32)

    assert_one_sentence(caught.value)


def test_a_file_that_went_away_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b1-13b", "sharded"), folder)
    checkpoint = Checkpoint.open(folder)
    (folder / "pytorch_model-00002-of-00003.bin").unlink()

    with pytest.raises(DamagedCheckpointError, match=r"00002-of-00003\.bin") as caught:
        load(checkpoint, torch.float32)

    assert_one_sentence(caught.value)


READ_ONLY = """
import mmap
import sys
import numpy as np
import torch
from backends.interface import LoadOptions
from backends.modeling import weights
from backends.modeling.positions import later_mask
from backends.precision import Precision
from backends.torch_backend import cpu, low_bits
from tests.helpers import goldens

def logits(name, layout, precision, access):
    weights.WEIGHTS_ACCESS = access
    opened = goldens.checkpoint(name, layout)
    backend = low_bits if precision in (Precision.INT8, Precision.NF4) else cpu
    options = LoadOptions(precision, 64, threads=1, devices=goldens.on_cpu(opened))
    loading = backend.load(opened, options)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            model = end.value
            break
    found = model.prefill([5, 9, 7]), model.decode(3)
    model.close()
    return found

for precision in (Precision.FP32, Precision.BF16, Precision.INT8, Precision.NF4):
    for name, layout in (("b1-7b", "single"), ("b2-7b", "safetensors"), ("b2-13b", "single")):
        expected = logits(name, layout, precision, mmap.ACCESS_COPY)
        found = logits(name, layout, precision, mmap.ACCESS_READ)  # a write ends the process
        assert np.array_equal(expected, found), (name, layout, precision)
    print(precision, "imported:", *sorted({"sympy", "torch._dynamo"} & sys.modules.keys()))
later_mask(3, 5, torch.device("cuda"))
print("mask imported:", *sorted({"sympy", "torch._dynamo"} & sys.modules.keys()))
print("done")
"""


@pytest.fixture(scope="module")
def read_only() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error:The given buffer is not writable", "-c", READ_ONLY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_weights_that_must_not_be_written_to_are_not(
    read_only: subprocess.CompletedProcess[str],
) -> None:
    """As they are mapped on Windows, where a mapping that may be written to is charged whole."""
    assert read_only.returncode == 0, read_only.stderr
    assert read_only.stdout.endswith("done\n")


def test_a_model_is_loaded_without_the_compiler_of_torch(
    read_only: subprocess.CompletedProcess[str],
) -> None:
    """It takes seconds to import, and nothing here is compiled: not by bitsandbytes either.

    Nor does the mask of a card's first long prompt load it.
    """
    *imported, _done = read_only.stdout.splitlines()
    steps = Precision.FP32, Precision.BF16, Precision.INT8, Precision.NF4, "mask"
    assert imported == [f"{step} imported:" for step in steps], read_only.stderr


# --- the peak of memory ------------------------------------------------------------------

MEASURE = """
import sys, torch
from pathlib import Path
from backends.torch_backend import cpu
from backends.interface import LayerDevices, LoadOptions
from backends.precision import Precision
from backends.checkpoint.folder import Checkpoint

def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

def load(folder):
    checkpoint = Checkpoint.open(Path(folder))
    devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
    options = LoadOptions(Precision(sys.argv[3]), 64, threads=1, devices=devices)
    loading = cpu.load(checkpoint, options)
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            return finished.value

load(sys.argv[1]).prefill([5])  # what torch sets up once
baseline = status("VmRSS")
model = load(sys.argv[2])
model.prefill([5])
print(status("VmHWM") - baseline)
"""


@pytest.fixture(scope="module")
def large() -> Iterator[tuple[Path, ModelConfig]]:
    """A Baichuan 2 checkpoint with about 300 MB in bf16, in both formats; removed at the end."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "safetensors"
        shutil.copytree(
            goldens.folder("b2-7b", "safetensors"),
            folder,
            ignore=shutil.ignore_patterns("*.safetensors"),
        )
        data = json.loads((folder / "config.json").read_text())
        data |= {"hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 2752}
        data |= {"num_hidden_layers": 6, "vocab_size": 38_000}
        (folder / "config.json").write_text(json.dumps(data))
        change(folder / "tokenizer.model", lambda model: filled_up(model, data["vocab_size"]))
        config = ModelConfig.from_json(data)
        state = {
            name: torch.full(shape, 0.01, dtype=torch.bfloat16)
            for name, shape in config.tensor_shapes().items()
        }
        shutil.copytree(folder, folder.with_name("single"))
        safetensors.torch.save_file(state, folder / "model.safetensors")
        torch.save(state, folder.with_name("single") / "pytorch_model.bin")
        yield folder.parent, config


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("layout", "precision"), [("safetensors", "fp32"), ("safetensors", "bf16"), ("single", "fp32")]
)
def test_loading_takes_little_more_than_the_weights(
    large: tuple[Path, ModelConfig], layout: str, precision: str
) -> None:
    folder, config = large
    weights = config.parameters * {"fp32": 4, "bf16": 2}[precision]
    assert config.parameters * 2 > 280e6
    small = goldens.folder("b2-7b")

    result = subprocess.run(
        [sys.executable, "-c", MEASURE, small, folder / layout, precision],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    increase = int(result.stdout)
    assert 0.9 * weights < increase < 1.3 * weights
