"""One changed adapter, opened for its model and used as the app does it, and what came of it."""

from __future__ import annotations

import io
import json
import math
import tempfile
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from typing_extensions import override

from backends.adapters.allowed import open_allowed_adapter
from backends.adapters.fitting import linear_layers
from backends.adapters.values import Adapter
from backends.checkpoint.folder import Checkpoint
from backends.errors import UserFacingError
from backends.interface import LayerDevices, LoadedModel, LoadOptions
from backends.policy.values import Policy
from backends.precision import Precision
from backends.torch_backend import cpu
from tests.fuzz import mutate_archive, mutate_json, mutate_safetensors
from tests.fuzz.bases import Files
from tests.fuzz.cases import Cases
from tests.fuzz.formats import Format, one_of
from tests.fuzz.outcome import Outcome, Stage
from tests.helpers import adapters, goldens
from tests.helpers.opened_files import watched
from tests.helpers.sentences import assert_one_sentence

_MODEL = goldens.folder("b2-7b", "safetensors")


@cache
def _checkpoint() -> Checkpoint:
    return Checkpoint.open(_MODEL)


@cache
def _model() -> LoadedModel:
    """The model, loaded once for all cases, as the engine has it."""
    layers = LayerDevices.all_on("cpu", _checkpoint().config.num_layers)
    options = LoadOptions(Precision.FP32, 32, threads=1, devices=layers)
    loading = cpu.load(_checkpoint(), options)
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: LoadedModel = finished.value
            return model


@cache
def _safetensors() -> Files:
    """DoRA on two kinds of layers, with a rank and an alpha of their own, and a replaced norm."""
    with tempfile.TemporaryDirectory(prefix="fuzz-base-") as made:
        folder = adapters.write_adapter(
            Path(made),
            _checkpoint().config,
            base="baichuan-inc/Baichuan2-7B-Chat",
            targets=["W_pack", "o_proj"],
            ranks={"o_proj": 2},
            dora=True,
            saved=["model.norm.weight"],
            dtype=np.float16,
            changes={"alpha_pattern": {r"layers\.0\.self_attn\.W_pack": 5}},
        )
        provenance = {
            "base": {"id": "baichuan2-7b-chat", "sha256": "ab" * 32},
            "data": [{"name": "letters.json", "sha256": "cd" * 32}],
            "settings": {"learning_rate": 2e-5, "targets": ["W_pack", "o_proj"], "seed": 7},
        }
        (folder / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
        return {file.name: file.read_bytes() for file in folder.iterdir()}


@cache
def _bin() -> Files:
    """The same options in the form of PyTorch."""
    kept = {name: data for name, data in _safetensors().items() if name.endswith(".json")}
    found = adapters.tensors(
        _checkpoint().config,
        targets=["W_pack", "o_proj"],
        ranks={"o_proj": 2},
        dora=True,
        saved=["model.norm.weight"],
    )
    stream = io.BytesIO()
    torch.save({name: torch.from_numpy(array) for name, array in found.items()}, stream)
    return kept | {"adapter_model.bin": stream.getvalue()}


ADAPTERS: Mapping[str, Format] = {
    "adapter-config": Format(_safetensors, one_of("adapter_config.json", mutate_json.mutate)),
    "adapter-tensors": Format(_safetensors, one_of("*.safetensors", mutate_safetensors.mutate)),
    "adapter-bin": Format(_bin, one_of("*.bin", mutate_archive.mutate)),
    "adapter-provenance": Format(_safetensors, one_of("provenance.json", mutate_json.mutate)),
}


class AdapterCases(Cases):
    """The cases of a form of an adapter."""

    formats: ClassVar[Mapping[str, Format]] = ADAPTERS

    @override
    def open_and_run(self) -> Outcome:
        """What comes of the folder as it is now."""
        try:
            with watched() as opened:
                try:
                    adapter, notes = open_allowed_adapter(self._folder, _checkpoint(), Policy())
                except UserFacingError as error:
                    assert_one_sentence(error)
                    return Outcome(Stage.REFUSED)
                finally:
                    outside = opened.outside(self._folder, _MODEL)
                    assert not outside, outside
                    assert not opened.pickles
            _check(adapter)
            stage = _answer(adapter)
            for note in notes:
                assert str(note).endswith("."), str(note)
                assert str(note).isprintable(), ascii(str(note))
        except Exception:  # noqa: BLE001  which is what this looks for
            return Outcome(Stage.FAILED, traceback.format_exc())
        return Outcome(stage)


def _answer(adapter: Adapter) -> Stage:
    """Answer with it, and then without it as ever. Raises what must not come."""
    model, ids = _model(), [5, 6, 7]
    plain = _plain_logits()
    stage = Stage.ACCEPTED
    try:
        for _ in model.use_adapter(adapter):
            pass
        model.prefill(ids)
        stage = Stage.RAN
    except UserFacingError as error:
        assert_one_sentence(error)
    for _ in model.use_adapter(None):
        pass
    assert np.array_equal(model.prefill(ids), plain)
    return stage


@cache
def _plain_logits() -> npt.NDArray[np.float32]:
    """Of the model as it was loaded."""
    return np.array(_model().prefill([5, 6, 7]))


def _check(adapter: Adapter) -> None:
    """What a model that is changed by it takes for granted."""
    layers, shapes = linear_layers(_checkpoint()), _checkpoint().config.tensor_shapes()
    for layer, matrix in adapter.matrices.items():
        assert matrix.shape == layers[layer]
        assert matrix.down.shape[0] == matrix.up.shape[1] == matrix.rank >= 1
        assert matrix.magnitude is None or matrix.magnitude.shape == matrix.shape[:1]
        assert math.isfinite(matrix.scale)
    for name, record in adapter.saved.items():
        assert record.shape == shapes[name]
    for record in adapter.records:
        assert record.file == adapter.file
        assert record.offset + record.nbytes <= adapter.file.stat().st_size
