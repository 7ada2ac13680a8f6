"""PEFT on the bridge: adapters as it writes them are trained, loaded and merged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")
pytest.importorskip("peft")

from peft import AutoPeftModelForCausalLM, LoraConfig, get_peft_model

from backends.adapters.allowed import open_allowed_adapter
from backends.checkpoint.folder import Checkpoint
from backends.copying.folder_writer import write_copy
from backends.copying.merged_copy import merge_plan
from backends.errors import AdapterError
from backends.policy.site_policy import site_policy
from backends.precision import Precision
from tests.helpers import adapters
from tests.helpers.bridge import golden_folder, golden_model, load, logits

pytestmark = pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"  # which PEFT asks
)

CASES = [
    ("b1-13b", "w_pack_r1"), ("b1-7b", "all_r8"), ("b2-13b", "all_r8"), ("b2-7b", "rslora_r4"),
    ("b2-7b", "dora_r4"), ("b2-7b", "save_head_r2"),
]  # fmt: skip


def adapter_of(tmp_path: Path, name: str, case: str) -> Path:
    """A golden adapter whose base is the golden's folder."""
    out = tmp_path / f"{name}-{case}"
    shutil.copytree(adapters.folder(name, case), out)
    file = out / "adapter_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = str(golden_folder(name))
    file.write_text(json.dumps(config), encoding="utf-8")
    return out


def assert_golden(model: Any, name: str, case: str, tolerance: float = 3e-5) -> None:
    _, golden = adapters.logits(name, case)
    for length in (7, 130):
        expected = golden[f"logits_{length}"]
        found = logits(model, golden[f"ids_{length}"].tolist())[-len(expected) :]
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_adapters_have_their_golden_logits_on_and_off_and_merged(
    name: str, case: str, tmp_path: Path
) -> None:
    folder = adapter_of(tmp_path, name, case)
    model = AutoPeftModelForCausalLM.from_pretrained(
        str(folder), trust_remote_code=True, dtype=torch.float32
    )
    assert_golden(model, name, case)
    with model.disable_adapter():
        np.testing.assert_array_equal(logits(model), logits(golden_model(name)))

    model.merge_and_unload().save_pretrained(tmp_path / "merged")

    Checkpoint.open(tmp_path / "merged")
    assert_golden(load(tmp_path / "merged"), name, case, tolerance=5e-5)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_an_adapters_folder_stands_for_its_base_with_the_adapter(
    name: str, case: str, tmp_path: Path
) -> None:
    model = load(str(adapter_of(tmp_path, name, case)), dtype=torch.float32, trust_remote_code=True)

    assert_golden(model, name, case)


def test_a_copy_that_the_app_merged_opens_in_transformers(tmp_path: Path) -> None:
    name, case = "b1-7b", "all_r8"
    checkpoint = Checkpoint.open(golden_folder(name))
    folder = adapter_of(tmp_path, name, case)
    adapter, _ = open_allowed_adapter(folder, checkpoint, site_policy())
    for _ in write_copy(
        checkpoint, merge_plan(checkpoint, adapter, Precision.FP32), tmp_path / "m"
    ):
        pass

    assert_golden(load(tmp_path / "m", dtype="auto"), name, case, tolerance=5e-5)


def test_an_adapter_in_a_pickle_is_read_by_the_apps_own_reader(tmp_path: Path) -> None:
    """Which holds what the same adapter in safetensors does, so it has the same goldens."""
    folder = adapter_of(tmp_path, "b2-7b", "w_pack_r1_bin")

    assert_golden(load(str(folder), dtype=torch.float32), "b2-7b", "w_pack_r1")


def test_adapters_are_added_one_beside_the_other(tmp_path: Path) -> None:
    """By transformers alone, the magnitudes of DoRA would stay as they are initialised."""
    model = load(golden_folder("b2-7b"), dtype=torch.float32)
    folders = {case: adapter_of(tmp_path, "b2-7b", case) for case in ("all_r8", "dora_r4")}
    for case, folder in folders.items():
        model.load_adapter(folder, adapter_name=case)

    for case in reversed(folders):
        model.set_adapter(case)
        assert_golden(model, "b2-7b", case)
    with pytest.raises(ValueError, match="already"):
        model.load_adapter(folders["all_r8"], adapter_name="all_r8")
    with pytest.raises(AdapterError):
        load(golden_folder("b2-13b")).load_adapter(folders["all_r8"])


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = adapter_of(tmp_path, "b2-7b", "w_pack_r1")
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = str(golden_folder("b1-13b-h5"))
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")

    with pytest.raises(AdapterError):
        load(str(folder), dtype=torch.float32)


@pytest.mark.parametrize("bits", [None, 4])
@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_lora_is_trained_saved_and_loaded(name: str, bits: int | None, tmp_path: Path) -> None:
    """With layers that are computed twice, as fine-tuning does; on 4 bits too."""
    base = load(golden_folder(name), dtype=torch.float32)
    if bits is not None:
        base.quantize(bits)
    base.activation_checkpointing_enable()
    base.enable_input_require_grads()
    config = LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=32, target_modules=["W_pack"])
    model: Any = get_peft_model(base, config).train()
    trained = {key for key, value in model.named_parameters() if value.requires_grad}
    assert all(".W_pack.lora_" in key for key in trained)
    assert len(trained) == 2 * len(base.model.layers)
    optimizer = torch.optim.AdamW(
        [value for value in model.parameters() if value.requires_grad], lr=0.02
    )
    ids = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12]])
    losses = []
    for _ in range(4):
        loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.1

    model.eval().save_pretrained(tmp_path / "adapter")
    assert model.generate(input_ids=ids, max_new_tokens=2, do_sample=False).shape == (1, 10)
    stated = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert stated["base_model_name_or_path"] == str(golden_folder(name))
    if bits is None:
        again = load(str(tmp_path / "adapter"), dtype=torch.float32)
        np.testing.assert_allclose(logits(again), logits(model), atol=3e-5)
