"""Modules of heavy libraries are found by name, and one that is missing is said."""

from __future__ import annotations

import gc
import sys
from types import ModuleType, SimpleNamespace

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.choice.options import options
from backends.choice.values import Model
from backends.engine import heavy_modules
from backends.errors import BackendUnavailableError, JobError
from backends.precision import BackendName, Precision
from backends.protocol.engine_requests import ExportRequest
from tests.helpers import goldens, quantized
from tests.helpers.machines import BAICHUAN2_7B, card, machine
from tests.helpers.sentences import assert_one_sentence

NF4, INT8 = Precision.NF4, Precision.INT8
SEVEN = Model(BAICHUAN2_7B, 4096)


def test_every_backend_can_be_loaded_by_its_name() -> None:
    names = {o.backend for o in options(SEVEN, machine(card(24)))}

    for name in names:
        assert callable(heavy_modules.backend_module(name).load)


@pytest.mark.parametrize("searched", [True, False])
@pytest.mark.parametrize("brings_torch", [True, False])
def test_no_search_for_garbage_looks_at_what_an_import_brings(
    searched: bool, brings_torch: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = sys.modules["torch"]
    done: list[str] = []

    def import_module(_name: str, _package: str) -> ModuleType:
        done.append("searched" if gc.isenabled() else "imported")
        sys.modules["torch"] = torch
        return ModuleType("a backend")

    monkeypatch.setattr(heavy_modules, "importlib", SimpleNamespace(import_module=import_module))
    monkeypatch.setattr(gc, "freeze", lambda: done.append("frozen"))
    if brings_torch:
        monkeypatch.delitem(sys.modules, "torch")
    if not searched:
        gc.disable()
    try:
        heavy_modules.backend_module(BackendName.TORCH_CPU)
        searched_after = gc.isenabled()
    finally:
        gc.enable()

    assert done == (["imported", "frozen"] if brings_torch else ["imported"])
    assert searched_after is searched


def test_a_copy_at_a_precision_needs_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-7b", "safetensors"))
    monkeypatch.delitem(sys.modules, "backends.copying.quantized_copy", raising=False)
    monkeypatch.delitem(sys.modules, "backends.modeling.quantized", raising=False)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setitem(sys.modules, "bitsandbytes.functional", None)

    with pytest.raises(BackendUnavailableError) as caught:
        heavy_modules.copy_plan(checkpoint, NF4)

    assert_one_sentence(caught.value)
    assert "bitsandbytes" in caught.value.message
    assert heavy_modules.copy_plan(checkpoint, None).groups


def test_a_precision_that_is_none_of_the_jobs_is_refused_before_a_library_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-7b", "safetensors"))
    monkeypatch.setattr(heavy_modules, "_module", lambda *_: pytest.fail("it was imported"))

    with pytest.raises(BackendUnavailableError, match="There is no precision “bf16”"):
        heavy_modules.copy_plan(checkpoint, Precision.BF16)
    with pytest.raises(BackendUnavailableError, match="There is no precision “4bit”"):
        heavy_modules.export_plan(checkpoint, ExportRequest("/source", "/out", NF4))


@pytest.mark.parametrize("precision", [None, NF4, INT8])
def test_a_copy_of_what_is_quantised_already(precision: Precision | None) -> None:
    checkpoint = Checkpoint.open(quantized.published("b2-7b-4bits"))

    with pytest.raises(JobError, match="is quantised") as caught:
        heavy_modules.copy_plan(checkpoint, precision)

    assert_one_sentence(caught.value)
