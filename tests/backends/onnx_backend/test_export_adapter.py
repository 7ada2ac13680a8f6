"""An export with an adapter answers as the model does with it, in every precision."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import DATA_FILE, GRAPH_FILE
from backends.copying.folder_writer import write_copy
from backends.copying.merged_copy import merge_plan
from backends.modeling.weights import map_tensor
from backends.onnx_backend.graph import Scheme
from backends.precision import EXPORT_PRECISIONS, Precision
from tests.helpers import adapted, adapters, exports, goldens
from tests.helpers.copies import digests


@pytest.mark.parametrize(("name", "case"), adapted.CASES)
def test_logits_are_those_of_the_model_with_the_adapter(
    name: str, case: str, tmp_path: Path
) -> None:
    adapter = open_adapter(adapters.folder(name, case))

    export = exports.write(goldens.checkpoint(name), exports.FP32, tmp_path / "out", adapter)

    adapted.assert_golden(exports.load(export), name, case)


@pytest.mark.parametrize("precision", EXPORT_PRECISIONS.values())
@pytest.mark.parametrize("case", ["all_r8", "dora_r4", "save_head_r2"])
def test_weights_are_merged_before_they_are_quantised(
    case: str, precision: Precision, in_fp32: Checkpoint, tmp_path: Path
) -> None:
    """So it is, byte by byte, the export of the merged model."""
    adapter = open_adapter(adapters.folder("b2-7b", case))
    list(write_copy(in_fp32, merge_plan(in_fp32, adapter), tmp_path / "merged"))

    exports.write(Checkpoint.open(tmp_path / "merged"), Scheme(precision), tmp_path / "of merged")
    exports.write(in_fp32, Scheme(precision), tmp_path / "at once", adapter)

    one, other = (digests(tmp_path / name) for name in ("of merged", "at once"))
    for file in (DATA_FILE, GRAPH_FILE):
        assert one[file] == other[file]


@pytest.fixture(scope="module")
def in_fp32(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A golden model with its weights in fp32, which hold a merged one exactly."""
    source, out = goldens.checkpoint("b2-7b"), tmp_path_factory.mktemp("fp32") / "model"
    shutil.copytree(source.folder, out, ignore=shutil.ignore_patterns("*.bin"))
    state = {name: map_tensor(record).float() for name, record in source.tensors.items()}
    safetensors.torch.save_file(state, out / "model.safetensors")
    return Checkpoint.open(out)


@pytest.mark.parametrize("name", ["b2-7b", "b1-7b"])
def test_what_is_added_to_a_head_is_added_behind_its_norm(name: str, tmp_path: Path) -> None:
    """No checkpoint can hold that for Baichuan 2, but a graph does."""
    checkpoint = goldens.checkpoint(name)
    folder = adapters.write_adapter(tmp_path / "head", checkpoint.config, targets=["lm_head"])
    ids = goldens.text_ids(name)[:7]

    export = exports.write(checkpoint, exports.FP32, tmp_path / "out", open_adapter(folder))

    before, after = (
        adapted.said(exports.load(one), ids, 6) for one in (exports.of_golden(name), export)
    )
    with torch.no_grad():
        hidden = goldens.model(name).model(torch.tensor([ids]))[0, 1:].numpy()
    change = open_adapter(folder).matrices["lm_head"]
    up, down = (map_tensor(one).numpy() for one in (change.up, change.down))
    added = change.scale * (hidden @ down.T) @ up.T
    np.testing.assert_allclose(after, before + added, atol=3e-5, rtol=0)
    assert np.abs(added).max() > 0.1
