"""Folders in 8 and 4 bits, and heads that were folded, in transformers and in the app."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from transformers import BitsAndBytesConfig

from backends.checkpoint.folder import Checkpoint
from backends.copying.folder_writer import write_copy
from backends.engine import heavy_modules
from backends.precision import Precision
from tests.helpers import goldens, quantized
from tests.helpers.bridge import golden_folder, golden_model, load, logits


@pytest.mark.parametrize("by_configuration", [False, True])
@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_8_bits_that_transformers_quantises_are_saved_and_loaded(
    name: str, by_configuration: bool, tmp_path: Path
) -> None:
    arguments: dict[str, Any] = {"load_in_8bit": True}
    if by_configuration:
        arguments = {"quantization_config": BitsAndBytesConfig(**arguments)}
    model = load(golden_folder(name), device_map="auto", torch_dtype=torch.float16, **arguments)
    out = tmp_path / "out"
    model.save_pretrained(out)

    assert Checkpoint.open(out).stored is Precision.INT8
    near(model, name, 0.02)
    np.testing.assert_array_equal(logits(load(out, device_map="auto")), logits(model))


@pytest.mark.parametrize("is_double", [True, False])
def test_4_bits_by_configuration_are_saved_and_loaded(is_double: bool, tmp_path: Path) -> None:
    model = load(
        golden_folder("b2-13b"),
        device_map="auto",
        trust_remote_code=True,
        quantization_config=BitsAndBytesConfig(
            load_in_8bit=False,
            load_in_4bit=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=is_double,
        ),
    )
    out = tmp_path / "out"
    model.save_pretrained(out)
    again = load(out)
    again.save_pretrained(tmp_path / "again")

    assert Checkpoint.open(tmp_path / "again").stored is Precision.NF4
    near(model, "b2-13b", 0.2)
    np.testing.assert_array_equal(logits(again), logits(model))


@pytest.mark.parametrize(("bits", "share"), [(8, 0.02), (4, 0.2)])
@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_online_quantisation_as_it_was_published(
    name: str, bits: int, share: float, tmp_path: Path
) -> None:
    model = load(golden_folder(name), torch_dtype=torch.float16, trust_remote_code=True)

    model = model.quantize(bits)

    near(model, name, share)
    with pytest.raises(ValueError, match="quantised already"):
        model.quantize(bits)
    model.save_pretrained(tmp_path / "out")
    stored = Precision.INT8 if bits == 8 else Precision.NF4
    assert Checkpoint.open(tmp_path / "out").stored is stored
    np.testing.assert_array_equal(logits(load(tmp_path / "out")), logits(model))
    with pytest.raises(ValueError, match="8 or 4 bits, not 3"):
        golden_model(name).quantize(3)


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
def test_the_published_4_bit_folders_are_loaded(name: str, tmp_path: Path) -> None:
    """Multiplied in fp16, as their config.json says; the goldens are of fp32."""
    model = load(quantized.published(name), device_map="auto", torch_dtype=torch.float32)
    golden = quantized.quant_golden(name)
    found = logits(model, golden["ids"].tolist())
    np.testing.assert_allclose(found, golden["logits_fp32math"], atol=0.01)

    model.save_pretrained(tmp_path / "out")
    again = load(tmp_path / "out", torch_dtype=torch.float32)
    np.testing.assert_array_equal(logits(again, golden["ids"].tolist()), found)


def test_the_published_int8_folder_is_loaded(tmp_path: Path) -> None:
    folder = quantized.write_v1_int8(tmp_path / "int8", goldens.checkpoint("b1-13b", "safetensors"))
    model = load(folder, device_map="auto", torch_dtype=torch.float16)

    assert {parameter.dtype for parameter in model.parameters()} == {torch.int8, torch.float16}
    near(model, "b1-13b", 0.02)


@pytest.mark.parametrize("name", ["b2-7b", "b2-13b"])
def test_a_folded_copy_computes_the_same(name: str, tmp_path: Path) -> None:
    source = Checkpoint.open(golden_folder(name))
    for _ in write_copy(source, heavy_modules.folded_plan(source), tmp_path / "folded"):
        pass

    folded = load(tmp_path / "folded", dtype="float32")
    np.testing.assert_allclose(logits(folded), logits(golden_model(name)), atol=3e-5)


def test_a_migrated_head_opens_in_the_app_and_computes_the_same(tmp_path: Path) -> None:
    """As published for engines made for Baichuan 1: rows normalised once, saved elsewhere."""
    source, out = goldens.folder("b2-7b", "single"), tmp_path / "migrated"
    shutil.copytree(source, out)
    state = torch.load(source / "pytorch_model.bin", weights_only=True)
    state["lm_head.weight"] = torch.nn.functional.normalize(state["lm_head.weight"].float())
    torch.save(state, out / "pytorch_model.bin")

    Checkpoint.open(out)
    np.testing.assert_allclose(
        logits(load(out, dtype="float32")), logits(golden_model("b2-7b")), atol=3e-5
    )


def near(model: Any, name: str, share: float) -> None:
    """Assert that the logits of a golden's model differ by a share of their range at most."""
    expected = logits(golden_model(name))
    np.testing.assert_allclose(
        logits(model), expected, rtol=0, atol=share * float(np.ptp(expected))
    )
