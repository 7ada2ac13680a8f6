"""A folded copy computes what its source computes, with the head as it is stored."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.torch
import torch

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import MANIFEST
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import JobError
from backends.events import CopyReady, JobProgress
from backends.interface import LoadedModel
from backends.modeling.weights import map_tensor
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest
from backends.torch_backend import cpu
from tests.helpers import goldens, quantized
from tests.helpers.sentences import assert_one_sentence

HEAD = "lm_head.weight"
BAICHUAN_2 = [(name, layout) for name, layout in goldens.CHECKPOINTS if name.startswith("b2")]
PROMPT = list(range(5, 45))


def fold(source: Path, out: Path) -> Checkpoint:
    *_, ready = run_request(
        Engine(), CopyRequest(str(source), str(out), fold_head=True), threading.Event()
    )
    assert isinstance(ready, CopyReady)
    return Checkpoint.open(out)


def logits(folder: Path) -> npt.NDArray[np.float32]:
    """Of a few prompts, in fp32: [prompts, vocab_size]."""
    model: LoadedModel
    with quantized.load(folder, Precision.FP32, cpu) as model:
        found = []
        for length in (1, 7, 40):
            model.truncate(0)
            found.append(model.prefill(PROMPT[:length]))
        return np.stack(found)


@pytest.mark.parametrize(("name", "layout"), BAICHUAN_2)
def test_logits_are_those_of_the_source(name: str, layout: str, tmp_path: Path) -> None:
    source = goldens.folder(name, layout)

    fold(source, tmp_path / "folded")

    np.testing.assert_allclose(logits(tmp_path / "folded"), logits(source), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", goldens.NORM_HEAD_NAMES)
def test_an_engine_for_baichuan_1_computes_the_same(name: str, tmp_path: Path) -> None:
    """It multiplies with the head as it is stored, in whatever type its model is."""
    fold(goldens.folder(name), tmp_path / "folded")

    stored = safetensors.torch.load_file(tmp_path / "folded" / "model.safetensors")[HEAD]
    model = goldens.model(name)
    with torch.inference_mode():
        hidden = model.model(torch.tensor([PROMPT]))[0]
        expected = model(torch.tensor([PROMPT]))[0]
    torch.testing.assert_close(hidden @ stored.T, expected, rtol=0, atol=1e-5)
    published = goldens.arrays(name, "normhead.npz")
    np.testing.assert_allclose(
        stored.numpy()[published["rows"]], published["normalised_rows"], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_everything_but_the_head_is_the_same_bits(layout: str, tmp_path: Path) -> None:
    original = Checkpoint.open(goldens.folder("b2-13b", layout))

    copy = fold(original.folder, tmp_path / "folded")

    assert copy.config == original.config
    assert copy.tensors.keys() == original.tensors.keys()
    for name, record in copy.tensors.items():
        ours, theirs = map_tensor(record), map_tensor(original.tensors[name])
        if name == HEAD:
            assert ours.dtype == torch.float32
            torch.testing.assert_close(ours.norm(dim=1), torch.ones(len(ours)))
        else:
            assert torch.equal(ours.view(torch.uint8), theirs.view(torch.uint8)), name


def test_config_json_stays_and_the_manifest_says_what_was_done(tmp_path: Path) -> None:
    source = goldens.folder("b2-7b", "sharded")

    fold(source, tmp_path / "folded")

    configs = [
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
        for folder in (source, tmp_path / "folded")
    ]
    assert configs[0] == configs[1]
    manifest = json.loads((tmp_path / "folded" / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["provenance"]["options"] == {"precision": None, "head": "folded"}


def test_a_folded_copy_can_be_folded_again(tmp_path: Path) -> None:
    fold(goldens.folder("b2-7b"), tmp_path / "once")

    fold(tmp_path / "once", tmp_path / "twice")

    np.testing.assert_allclose(
        logits(tmp_path / "twice"), logits(tmp_path / "once"), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("name", ["b1-7b", "b1-13b"])
def test_a_baichuan_1_model_has_nothing_to_fold(name: str, tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        fold(goldens.folder(name), tmp_path / "folded")

    assert "a Baichuan 1 model" in caught.value.message
    assert_one_sentence(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
def test_a_quantised_model_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        fold(quantized.published(name), tmp_path / "folded")

    assert "is quantised" in caught.value.message
    assert_one_sentence(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_cancel_takes_everything_away(tmp_path: Path) -> None:
    source, cancel = goldens.folder("b2-7b", "safetensors"), threading.Event()
    request = CopyRequest(str(source), str(tmp_path / "folded"), fold_head=True)
    events = []

    for event in run_request(Engine(), request, cancel):
        events.append(event)
        if isinstance(event, JobProgress) and event.step == "write":
            cancel.set()

    assert isinstance(events[-1], JobProgress)
    assert not list(tmp_path.iterdir())


def test_the_head_is_written_a_few_rows_at_a_time(tmp_path: Path) -> None:
    source = goldens.folder("b2-7b", "safetensors")
    request = CopyRequest(str(source), str(tmp_path / "folded"), fold_head=True)

    written = [0] + [
        event.done_bytes
        for event in run_request(Engine(), request, threading.Event())
        if isinstance(event, JobProgress) and event.step == "write"
    ]

    blocks = [b - a for a, b in itertools.pairwise(written)]
    row = 4 * 64
    assert [block for block in blocks if block % (512 * row) == 0]
    assert 1120 * row not in blocks
