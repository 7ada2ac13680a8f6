"""An adapter in a loaded model: what is computed with it, and what is left when it is gone."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from backends.adapters import values
from backends.adapters.folder import open_adapter
from backends.errors import DamagedAdapterError, UnsupportedAdapterError
from backends.modeling.adapters.layers import LowRankLinear
from backends.modeling.adapters.placing import Placer
from backends.modeling.adapters.switching import AdapterSwitch
from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.weights import load_model, map_tensor
from backends.precision import Precision
from backends.torch_backend import cpu
from backends.torch_backend.loaded_model import TorchModel
from tests.helpers import adapters, goldens, quantized
from tests.helpers.adapted import CASES, assert_golden, said, use
from tests.helpers.sentences import assert_one_sentence

NAMES = ("b1-7b", "b1-13b", "b2-7b", "b2-13b")
ALL = ("W_pack", "o_proj", "gate_proj", "up_proj", "down_proj")


def loaded(name: str, precision: Precision = Precision.FP32) -> TorchModel:
    model = quantized.load(goldens.folder(name, "safetensors"), precision, cpu)
    assert isinstance(model, TorchModel)
    return model


def plain(name: str) -> BaichuanForCausalLM:
    """A model of torch's own linear layers, which no other test has changed."""
    opened = goldens.checkpoint(name, "safetensors")
    return quantized.finish(load_model(opened, torch.float32, goldens.on_cpu(opened)))


def sums(model: nn.Module) -> dict[str, str]:
    """A hash of each tensor of a model; of one that is packed, of its values."""

    def of(tensor: torch.Tensor) -> str:
        dense = tensor.detach().to_dense() if tensor.is_mkldnn else tensor.detach()
        return hashlib.sha256(dense.contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()

    return {name: of(tensor) for name, tensor in model.named_parameters()}


def write(out: Path, name: str, **shape: object) -> Path:
    return adapters.write_adapter(out, goldens.checkpoint(name).config, **shape)  # type: ignore[arg-type]


# --- what is computed --------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 5, 64])
@pytest.mark.parametrize(("name", "case"), CASES)
def test_logits_are_the_golden_ones_however_a_prompt_is_cut(
    name: str, case: str, chunk: int
) -> None:
    model = loaded(name)
    use(model, adapters.folder(name, case))

    assert_golden(model, name, case, chunk)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_torchs_own_layers_compute_the_golden_logits_too(name: str, case: str) -> None:
    devices = goldens.on_cpu(goldens.checkpoint(name))
    model = TorchModel(plain(name), devices=devices, context_length=140, prefill_chunk=64)
    use(model, adapters.folder(name, case))

    assert_golden(model, name, case)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "shape",
    [
        {"targets": (*ALL, "lm_head"), "rank": 4, "ranks": {"o_proj": 8, "gate_proj": 2}},
        {"targets": ALL, "dora": True},
        {"saved": ("lm_head.weight", "model.embed_tokens.weight", "model.norm.weight")},
        {"saved": ("model.layers.0.input_layernorm.weight",)},
        {"saved": ("lm_head.weight", "model.embed_tokens.weight"), "dtype": np.float16},
        {"targets": ALL, "dtype": np.float16},
    ],
    ids=["all layers", "DoRA", "saved", "a norm", "saved in 16 bit", "in 16 bit"],
)
def test_each_layer_computes_what_the_merged_weights_compute(
    tmp_path: Path, name: str, shape: dict[str, object]
) -> None:
    folder = write(tmp_path / "adapter", name, **shape)
    ids = goldens.text_ids(name)[:20]
    model = loaded(name)
    base = said(model, ids, 10)
    use(model, folder)

    found = said(model, ids, 10)

    with torch.no_grad():
        expected = merged(plain(name), folder)(torch.tensor([ids]))[0, -10:].numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-5)
    assert np.abs(found - base).max() > 1e-3  # it does something


def merged(model: BaichuanForCausalLM, folder: Path) -> BaichuanForCausalLM:
    """The model with W + scale * up down in the places of its matrices, computed in fp64."""
    adapter = open_adapter(folder)
    state = {name: tensor.double() for name, tensor in model.state_dict().items()}
    uses_norm_head = model.config.family.uses_norm_head
    for name, record in adapter.saved.items():
        values = map_tensor(record).double()
        is_normalised = name == "lm_head.weight" and uses_norm_head
        state[name] = values / values.norm(dim=1, keepdim=True) if is_normalised else values
    for name, change in adapter.matrices.items():
        down, up = map_tensor(change.down).double(), map_tensor(change.up).double()
        total = state[f"{name}.weight"] + change.scale * up @ down
        if change.magnitude is not None:
            magnitude = map_tensor(change.magnitude).double()
            total *= (magnitude / total.norm(dim=1))[:, None]
        state[f"{name}.weight"] = total
    model.load_state_dict({name: tensor.float() for name, tensor in state.items()}, assign=True)
    return model


@pytest.mark.parametrize(("name", "case"), [("b2-7b", "all_r8"), ("b2-7b", "save_head_r2")])
def test_in_bf16_logits_are_as_near_to_the_golden_ones_as_those_of_the_model_alone(
    name: str, case: str
) -> None:
    _, arrays = adapters.logits(name, case)
    expected, ids = arrays["logits_130"], arrays["ids_130"]
    model = loaded(name, Precision.BF16)
    exact = said(loaded(name), ids, len(expected))
    alone = np.abs(said(model, ids, len(expected)) - exact).max()
    use(model, adapters.folder(name, case))

    found = said(model, ids, len(expected))

    assert np.abs(found - expected).max() < 2 * alone
    assert np.abs(found - exact).max() > 4 * alone  # a model without an adapter is far away


def test_the_norms_of_a_packed_matrix_are_those_of_its_file() -> None:
    name, dora = "b2-7b", adapters.folder("b2-7b", "dora_r4")
    packed = loaded(name, Precision.BF16)
    opened = goldens.checkpoint(name, "safetensors")
    dense = quantized.finish(load_model(opened, torch.bfloat16, goldens.on_cpu(opened)))
    plainly = AdapterSwitch(dense)
    list(plainly.attach(open_adapter(dora)))
    use(packed, dora)

    for layer, norms in packed._switch._norms.items():
        torch.testing.assert_close(norms, plainly._norms[layer], rtol=1e-6, atol=0)
    assert len(plainly._norms) == 2


# --- what is left ------------------------------------------------------------------------


@pytest.fixture(params=[Precision.FP32, Precision.BF16], ids=lambda p: p.value)
def switching(request: pytest.FixtureRequest) -> TorchModel:
    return loaded("b2-7b", request.param)


def test_switched_off_the_model_computes_the_same_bits_with_the_same_modules(
    switching: TorchModel,
) -> None:
    inner = quantized.inner(switching)
    before, modules, tensors = (
        said(switching, range(3, 90), 20),
        dict(inner.named_modules()),
        sums(inner),
    )

    for case in ("all_r8", "dora_r4", "save_head_r2", "rslora_r4"):
        use(switching, adapters.folder("b2-7b", case))
        assert not np.array_equal(said(switching, range(3, 90), 20), before)
    use(switching, None)

    assert np.array_equal(said(switching, range(3, 90), 20), before)
    after = dict(inner.named_modules())
    assert list(after) == list(modules)
    assert all(after[name] is modules[name] for name in modules)
    assert sums(inner) == tensors
    assert switching.adapter_bytes == 0


def test_no_tensor_of_the_model_is_changed_while_an_adapter_is_in_use(
    switching: TorchModel,
) -> None:
    inner = quantized.inner(switching)
    before = sums(inner)

    use(switching, adapters.folder("b2-7b", "all_r8"))
    said(switching, range(3, 40), 5)

    after = {name.replace(".base.", "."): value for name, value in sums(inner).items()}
    assert after == before


def test_an_adapter_after_another_one_is_as_if_it_were_the_first(switching: TorchModel) -> None:
    use(switching, adapters.folder("b2-7b", "all_r8"))
    first = said(switching, range(3, 40), 5)

    use(switching, adapters.folder("b2-7b", "save_head_r2"))
    use(switching, adapters.folder("b2-7b", "all_r8"))

    assert np.array_equal(said(switching, range(3, 40), 5), first)


def test_a_switch_that_is_broken_off_anywhere_leaves_the_model_without_an_adapter(
    switching: TorchModel,
) -> None:
    before = said(switching, range(3, 40), 5)
    adapter = open_adapter(adapters.folder("b2-7b", "all_r8"))
    steps = len(adapter.matrices)

    for step in range(1, steps + 1):
        going = iter(switching.use_adapter(adapter))
        for _ in range(step):
            next(going)
        going.close()  # type: ignore[attr-defined]  # it is a generator

        assert not any(isinstance(m, LowRankLinear) for m in quantized.inner(switching).modules())
        assert np.array_equal(said(switching, range(3, 40), 5), before)


@pytest.mark.parametrize("step", [0, 1, 3])
@pytest.mark.parametrize("case", ["all_r8", "save_head_r2"])
@pytest.mark.parametrize("change", ["shorter", "gone", "written anew"])
def test_files_that_change_before_all_of_them_is_read_leave_the_model_without_an_adapter(
    change: str, case: str, step: int, switching: TorchModel, tmp_path: Path
) -> None:
    before = said(switching, range(3, 40), 5)
    folder = Path(shutil.copytree(adapters.folder("b2-7b", case), tmp_path / "a"))
    adapter = open_adapter(folder)
    going = switching.use_adapter(adapter)
    for _ in range(step):
        next(going, None)

    if change == "shorter":
        os.truncate(adapter.file, 1000)
    elif change == "gone":
        adapter.file.unlink()
    else:  # by a training that goes on: of the same sizes
        os.utime(folder / "adapter_config.json", ns=(1, 1))

    with pytest.raises(DamagedAdapterError) as caught:
        list(going)
    assert_one_sentence(caught.value)
    assert switching.adapter_bytes == 0
    assert np.array_equal(said(switching, range(3, 40), 5), before)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("way", ["fp32", "bf16", "torch's own layers"])
@pytest.mark.parametrize("name", ["b1-7b", "b2-7b"])
def test_nothing_of_an_adapter_in_use_lies_in_its_file(
    name: str, way: str, dtype: type[np.floating[Any]], tmp_path: Path
) -> None:
    """A file that becomes shorter while it is mapped ends the process that reads from it."""
    saved = ("lm_head.weight", "model.embed_tokens.weight", "model.norm.weight")
    folder = write(tmp_path / "a", name, targets=ALL, dora=True, saved=saved, dtype=dtype)
    if way == "torch's own layers":
        devices = goldens.on_cpu(goldens.checkpoint(name))
        model = TorchModel(plain(name), devices=devices, context_length=140, prefill_chunk=64)
    else:
        model = loaded(name, Precision(way))
    use(model, folder)
    before = said(model, range(3, 20), 3)

    file = folder / "adapter_model.safetensors"
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.write(bytes(size))

    assert np.array_equal(said(model, range(3, 20), 3), before)


def test_the_cache_is_empty_after_each_switch() -> None:
    model = loaded("b2-7b")
    model.prefill([5, 6, 7])

    use(model, adapters.folder("b2-7b", "all_r8"))
    assert list(model.cached_ids) == []

    model.prefill([5, 6, 7])
    use(model, None)
    assert list(model.cached_ids) == []


def test_an_adapter_takes_the_bytes_of_its_file_and_no_more() -> None:
    model = loaded("b2-7b")

    for case in ("all_r8", "dora_r4", "rslora_r4", "save_head_r2"):
        folder = adapters.folder("b2-7b", case)
        use(model, folder)
        on_disk = open_adapter(folder).bytes_on_disk
        assert on_disk <= model.adapter_bytes <= 1.1 * on_disk


def test_a_hundred_switches_hold_no_more_tensors_than_two() -> None:
    model = loaded("b2-7b")

    def held() -> int:
        gc.collect()
        return sum(isinstance(one, torch.Tensor) for one in gc.get_objects())

    def turn() -> None:
        for case in ("all_r8", "dora_r4"):
            use(model, adapters.folder("b2-7b", case))
        use(model, None)

    turn()
    before = held()
    for _ in range(33):
        turn()

    assert held() == before


def test_factors_in_16_bit_take_their_bytes_if_they_are_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "a", "b1-7b", targets=ALL, dtype=np.float16)
    model, on_disk = loaded("b1-7b"), open_adapter(folder).bytes_on_disk
    use(model, folder)
    assert model.adapter_bytes == 2 * on_disk
    widened = said(model, range(3, 40), 5)

    monkeypatch.setattr(values, "_WIDENED_BYTES", on_disk - 1)
    use(model, folder)

    assert model.adapter_bytes == on_disk
    np.testing.assert_allclose(said(model, range(3, 40), 5), widened, rtol=0, atol=1e-5)


def test_values_beyond_fp16_are_refused_where_a_card_computes_in_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", "b1-7b", size=1e5)
    adapter = open_adapter(folder)
    up = next(iter(adapter.matrices.values())).up

    with pytest.raises(UnsupportedAdapterError, match="fp16 cannot hold"):
        Placer(adapter, torch.float16)._copied(up, torch.device("cpu"), torch.float16)
