"""8-bit weights with 16-bit activations, or LLM.int8: which it is, from which files, with what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from bitsandbytes.nn import Linear8bitLt
from torch import nn

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.quantized_layout import Layout, QuantizedMatrix
from backends.choice.sentences import library_refusal
from backends.copying.folder_writer import write_copy
from backends.copying.quantized_copy import quantize_plan
from backends.engine.heavy_modules import processor_way
from backends.errors import BackendUnavailableError
from backends.interface import LoadedModel
from backends.modeling.lean import int8_products
from backends.modeling.lean.int8_linear import Int8Linear
from backends.modeling.lean.int8_rows import as_fp16, quantize_rows
from backends.modeling.quantized import dequantize
from backends.modeling.weights import map_tensor
from backends.precision import WEIGHT_ONLY_VARIABLE, Precision, weight_only_is_on
from backends.torch_backend import cpu
from backends.torch_backend.low_bits import BnbQuantizer, Int8Layers, is_llm_int8, layer_builder
from tests.helpers import goldens, quantized
from tests.helpers.machines import card, machine
from tests.helpers.sentences import assert_one_sentence

HALF = torch.bfloat16


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, "1")


def matrices(precision: Precision, layout: Layout) -> list[QuantizedMatrix]:
    return [QuantizedMatrix(layout, precision, (8, 8), {})]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[Layout, Path]:
    """A golden model in 8 bits, in each layout there is."""
    root = tmp_path_factory.mktemp("copies")
    source = goldens.checkpoint("b1-13b", "safetensors")
    quantized.finish(write_copy(source, quantize_plan(source, Precision.INT8), root / "copy"))
    quantized.write_v1_int8(root / "published", source)
    return {Layout.BITSANDBYTES: root / "copy", Layout.PUBLISHED_INT8: root / "published"}


def kinds_of(loaded: LoadedModel) -> set[type[nn.Module]]:
    """The classes of the layers' matrices."""
    model = quantized.inner(loaded)
    return {type(model.get_submodule(name)) for name in quantized.matrix_names(model.config)}


# --- which it is ---------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "", "0", "yes"])
def test_it_is_off_unless_it_is_asked_for(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never ran on a card."""
    monkeypatch.delenv(WEIGHT_ONLY_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, value)

    assert not weight_only_is_on()
    assert is_llm_int8(Precision.INT8)
    assert isinstance(layer_builder(Precision.INT8, HALF), BnbQuantizer)


@pytest.mark.usefixtures("on")
def test_where_it_is_on_llm_int8_is_left_to_published_8_bit_files() -> None:
    own = matrices(Precision.INT8, Layout.BITSANDBYTES)
    published = matrices(Precision.INT8, Layout.PUBLISHED_INT8)

    assert not is_llm_int8(Precision.INT8)
    assert not is_llm_int8(Precision.INT8, own)
    assert is_llm_int8(Precision.INT8, published)
    assert isinstance(layer_builder(Precision.INT8, HALF, own), Int8Layers)
    assert isinstance(layer_builder(Precision.INT8, HALF, published), BnbQuantizer)


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize("precision", [Precision.NF4, Precision.FP4])
def test_4_bits_are_bitsandbytes_in_any_case(precision: Precision) -> None:
    assert not is_llm_int8(precision)
    assert isinstance(layer_builder(precision, HALF), BnbQuantizer)


# --- from which files ----------------------------------------------------------------------


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize("name", goldens.NAMES)
def test_an_answer_is_that_of_the_dequantised_weights(name: str, tmp_path: Path) -> None:
    """The same values in fp32 arithmetic, up to what 16 bits cost: activations are not rounded."""
    source = goldens.checkpoint(name, "single")
    state = quantized.state_of(source)
    for key in quantized.matrix_names(source.config):
        rows, magnitudes = quantize_rows(state[f"{key}.weight"], torch.device("cpu"), as_fp16)
        state[f"{key}.weight"] = rows.float() * (magnitudes / 127)[:, None]
    plain = quantized.write_folder(
        tmp_path / "plain", {k: v.float() for k, v in state.items()}, source.folder
    )
    ids = goldens.text_ids(name)[:24]

    with quantized.load(source.folder, Precision.INT8) as loaded:
        assert kinds_of(loaded) == {Int8Linear}
        actual = [loaded.prefill(ids[:20]), *map(loaded.decode, ids[20:])]
    with quantized.load(plain, Precision.FP32, cpu) as exact:
        expected = [exact.prefill(ids[:20]), *map(exact.decode, ids[20:])]

    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=0.02 * float(np.ptp(theirs)))


@pytest.mark.parametrize("layout", [Layout.BITSANDBYTES, Layout.PUBLISHED_INT8])
def test_stored_8_bits_run_by_both_ways(layout: Layout, copies: dict[Layout, Path]) -> None:
    """And mean the same matrices."""
    checkpoint = Checkpoint.open(copies[layout])
    assert {matrix.layout for matrix in checkpoint.matrices.values()} == {layout}
    builders = (Int8Layers(), BnbQuantizer(Precision.INT8, torch.float16))
    for matrix in checkpoint.matrices.values():
        parts = {part: map_tensor(record) for part, record in matrix.parts.items()}
        exact = dequantize(parts, layout, Precision.INT8, matrix.shape, torch.float32)
        x = torch.randn(1, matrix.shape[1])
        expected = x @ exact.t()
        for builder in builders:
            with torch.inference_mode():
                found = builder.build_stored(matrix, dict(parts)).eval()(x.half()).float()
            error = float((found - expected).abs().max() / expected.abs().max())
            assert error <= (2e-3 if isinstance(builder, Int8Layers) else 0.03)


def test_a_copy_that_was_made_before_answers_by_llm_int8_and_then_by_weights_alone(
    copies: dict[Layout, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = goldens.text_ids("b1-13b")[:20]
    found = {}
    for value in ("0", "1"):
        monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, value)
        with quantized.load(copies[Layout.BITSANDBYTES], Precision.INT8) as loaded:
            (kind,) = kinds_of(loaded)
            assert (kind is Int8Linear) is (value == "1")
            found[value] = [loaded.prefill(ids), loaded.decode(7)]
    monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, "1")
    with quantized.load(goldens.folder("b1-13b", "safetensors"), Precision.INT8) as loaded:
        while_loading = [loaded.prefill(ids), loaded.decode(7)]

    for old, new, same in zip(found["0"], found["1"], while_loading, strict=True):
        np.testing.assert_allclose(new, old, rtol=0, atol=0.05 * float(np.ptp(old)))
        np.testing.assert_array_equal(new, same)  # quantised then or now


@pytest.mark.usefixtures("on")
def test_published_8_bits_still_run_by_llm_int8(copies: dict[Layout, Path]) -> None:
    with quantized.load(copies[Layout.PUBLISHED_INT8], Precision.INT8) as loaded:
        assert all(issubclass(kind, Linear8bitLt) for kind in kinds_of(loaded))
        assert np.isfinite(loaded.prefill([5, 6, 7])).all()


def test_4_bits_are_no_rows_of_bytes() -> None:
    (matrix,) = matrices(Precision.NF4, Layout.BITSANDBYTES)

    with pytest.raises(ValueError, match="no rows in 8 bits"):
        Int8Layers().build_stored(matrix, {})


# --- with what -----------------------------------------------------------------------------

WITHOUT_BITSANDBYTES = """
import sys
sys.modules["bitsandbytes"] = None  # as if it were not installed
from backends.checkpoint.folder import Checkpoint
from backends.errors import BackendUnavailableError
from backends.interface import LayerDevices, LoadOptions
from backends.precision import Precision
from backends.torch_backend import low_bits
from pathlib import Path
checkpoint = Checkpoint.open(Path(sys.argv[1]))
devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
for precision in (Precision.INT8, Precision.NF4):
    loading = low_bits.load(checkpoint, LoadOptions(precision, 64, 1, devices))
    try:
        while True:
            next(loading)
    except StopIteration as finished:
        print(precision, len(finished.value.prefill([5, 6, 7])))
    except BackendUnavailableError as error:
        print(precision, error.message)
"""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1", ["8bit 1120", "4bit 4-bit needs bitsandbytes, which is not installed."]),
        (
            "0",
            [
                "8bit 8-bit needs bitsandbytes, which is not installed.",
                "4bit 4-bit needs bitsandbytes, which is not installed.",
            ],
        ),
    ],
)
def test_bitsandbytes_is_needed_by_what_it_computes_and_by_nothing_else(
    value: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEIGHT_ONLY_VARIABLE, value)

    command = [sys.executable, "-c", WITHOUT_BITSANDBYTES, str(goldens.folder("b2-7b"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.splitlines() == said, done.stderr


@pytest.mark.usefixtures("on")
def test_8_bits_can_be_chosen_without_bitsandbytes_and_4_cannot() -> None:
    facts = machine(card(24), libraries={"torch": "2.13.0"})
    (gpu,) = facts.gpus

    assert library_refusal(facts, Precision.INT8, gpu) is None
    assert str(library_refusal(facts, Precision.NF4, gpu)).startswith("4-bit needs bitsandbytes")


@pytest.mark.usefixtures("on")
def test_the_processor_says_how_it_multiplies_or_that_it_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert str(processor_way(Precision.INT8)) == "8-bit weights, 16-bit activations"
    assert "bitsandbytes" in str(processor_way(Precision.NF4))

    monkeypatch.setattr(int8_products, "is_right", lambda *_: False)
    with pytest.raises(BackendUnavailableError) as caught:
        processor_way(Precision.INT8)
    assert_one_sentence(caught.value)
    assert "torch" in caught.value.message
