"""Folders that transformers loads and saves: checked first, never executed, whole afterwards."""

from __future__ import annotations

import builtins
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from transformers import AutoConfig, AutoModel, BitsAndBytesConfig, pipeline

from backends.bridge.model import BaichuanForCausalLM
from backends.checkpoint.folder import Checkpoint
from backends.errors import (
    CheckpointError,
    DamagedCheckpointError,
    ForeignModelError,
    PolicyError,
    UnsafeCheckpointError,
)
from backends.licences.licence_files import CHANGES_FILE
from backends.modeling.weights import map_tensor
from tests.helpers.bridge import golden_folder, golden_model, load, logits
from tests.helpers.changed_folders import copy_of
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence

#: Of the published readers of a folder, each of which would run one.
CODE = (
    "configuration_baichuan.py", "modeling_baichuan.py", "tokenization_baichuan.py",
    "generation_utils.py", "quantizer.py", "custom_generate/generate.py", "__init__.py",
)  # fmt: skip


@pytest.fixture
def trapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder whose code would write a file, and that file; questions and networks fail."""
    folder, mark = copy_of(tmp_path), tmp_path / "executed"
    for name in CODE:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"open({str(mark)!r}, 'w').close()\nraise SystemExit\n", encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] |= {"AutoModel": "modeling_baichuan.BaichuanModel"}
    config["custom_pipelines"] = {
        "text-generation": {"impl": "quantizer.Pipeline", "pt": ["AutoModelForCausalLM"]}
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")

    def forbidden(*inputs: object) -> object:
        raise AssertionError(f"a question or a network: {inputs}")

    monkeypatch.setattr(builtins, "input", forbidden)
    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    return folder, mark


@pytest.mark.parametrize("trust", [{}, {"trust_remote_code": True}, {"trust_remote_code": False}])
def test_nothing_of_a_folder_is_executed_asked_or_fetched(
    trapped: tuple[Path, Path], trust: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mark = trapped
    monkeypatch.setattr(AutoModel, "_model_mapping", {})  # all of which its error would import
    config = AutoConfig.from_pretrained(folder, **trust)
    model = load(
        folder,
        revision="v2.0",
        code_revision="main",
        token="a token",
        force_download=True,
        use_safetensors=False,
        low_cpu_mem_usage=True,
        **trust,
    )
    with pytest.raises(ValueError, match="Unrecognized configuration class"):
        AutoModel.from_pretrained(folder, **trust)

    with pytest.raises(ValueError, match="are not run"):
        model.generate(torch.tensor([[5, 6]]), custom_generate=str(folder), **trust)
    writes: Any = pipeline  # whose types do not know such arguments
    assert writes("text-generation", model=str(folder), **trust)("Hello", max_new_tokens=2)

    assert type(model) is BaichuanForCausalLM
    assert not hasattr(config, "auto_map")
    model.generate(torch.tensor([[5, 6]]), max_new_tokens=2, do_sample=False)
    assert not mark.exists()
    assert not [name for name in sys.modules if name.startswith("transformers_modules")]


def _remove_a_tensor(folder: Path) -> None:
    file = folder / "model.safetensors"
    state = safetensors.torch.load_file(file)
    del state["model.layers.1.mlp.up_proj.weight"]
    safetensors.torch.save_file(state, file)


def _lead_outside(folder: Path) -> None:
    state = safetensors.torch.load_file(folder / "model.safetensors")
    (folder / "model.safetensors").rename(folder.parent / "secret.safetensors")
    index = {"weight_map": dict.fromkeys(state, "../secret.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


class _Program:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return Path.touch, (Path("executed"),)  # type: ignore[return-value]


def _pickle_a_program(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"lm_head.weight": _Program()}, folder / "pytorch_model.bin")


def _widen(folder: Path) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8")) | {"intermediate_size": 192}
    file.write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (_remove_a_tensor, CheckpointError, "up_proj"),
        (_lead_outside, UnsafeCheckpointError, "outside of its folder"),
        (_pickle_a_program, UnsafeCheckpointError, "refused"),
        (_widen, DamagedCheckpointError, "shape"),
    ],
)
def test_a_folder_that_the_app_refuses_is_refused(
    change: Callable[[Path], None],
    kind: type[CheckpointError],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where transformers would leave weights random, read a file outside, or run a program."""
    folder = copy_of(tmp_path)
    change(folder)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(kind, match=words) as caught:
        load(folder, trust_remote_code=True, weights_only=False, ignore_mismatched_sizes=True)

    assert_one_sentence(caught.value)
    assert not (tmp_path / "executed").exists()


def test_what_the_policy_forbids_is_not_loaded(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    write_policy(tmp_path, f"folders: [{json.dumps(str(tmp_path / 'models'))}]\n")
    with pytest.raises(PolicyError):
        load(folder)


def test_an_export_for_onnx_runtime_is_refused() -> None:
    pytest.importorskip("onnxruntime")
    from tests.helpers import exports

    with pytest.raises(ForeignModelError, match="export for ONNX Runtime") as caught:
        load(exports.of_golden("b1-7b").folder)
    assert_one_sentence(caught.value)


def test_arguments_that_describe_another_model_are_refused(tmp_path: Path) -> None:
    folder = golden_folder("b1-7b")
    with pytest.raises(ValueError, match="other sizes"):
        BaichuanForCausalLM.from_pretrained(folder, num_hidden_layers=1)
    with pytest.raises(ValueError, match="variant"):
        load(folder, variant="fp16")
    with pytest.raises(ValueError, match="dtype is int8"):
        load(folder, dtype="int8")
    with pytest.raises(ValueError, match="give one of them"):
        load(folder, load_in_8bit=True, quantization_config=BitsAndBytesConfig(load_in_4bit=True))
    with pytest.raises(CheckpointError):
        BaichuanForCausalLM.from_pretrained(tmp_path / "nowhere")


def test_attention_is_torchs_whatever_a_configuration_names(tmp_path: Path) -> None:
    """Such a name may stand for code on the hub, which transformers would fetch and run."""
    folder = copy_of(tmp_path)
    assert load(folder, attn_implementation="eager").config._attn_implementation == "sdpa"
    with pytest.raises(ValueError, match="flash_attention_2"):
        load(folder, attn_implementation="flash_attention_2")
    config = json.loads((folder / "config.json").read_bytes())
    for field in ("attn_implementation", "_attn_implementation"):
        changed = config | {field: "somebody/attention"}
        (folder / "config.json").write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(ValueError, match="Attention is computed by torch"):
            load(folder)


def test_whether_a_cache_is_kept_is_told_and_saved(tmp_path: Path) -> None:
    model = load(golden_folder("b2-7b"), use_cache=False)
    model.save_pretrained(tmp_path)

    assert model(torch.tensor([[5, 6]])).past_key_values is None
    assert json.loads((tmp_path / "config.json").read_bytes())["use_cache"] is False
    assert load(golden_folder("b2-7b"))(torch.tensor([[5, 6]])).past_key_values is not None


def test_a_folder_is_not_loaded_with_weights_of_the_caller() -> None:
    folder = golden_folder("b2-7b")
    with pytest.raises(ValueError, match="state_dict"):
        load(folder, state_dict=golden_model("b2-7b").state_dict())

    assert type(load(folder, state_dict=None)) is BaichuanForCausalLM


def test_weights_come_in_the_dtype_that_is_asked_for_else_in_that_of_the_configuration() -> None:
    folder = golden_folder("b2-7b")

    assert load(folder).dtype is torch.bfloat16
    assert load(folder, torch_dtype="auto").dtype is torch.bfloat16
    assert load(folder, torch_dtype=torch.float16).dtype is torch.float16
    assert load(folder, dtype=torch.float32).dtype is torch.float32
    assert load(folder, torch_dtype="float32").config.dtype is torch.float32


@pytest.mark.parametrize(
    "device_map",
    [
        "auto",
        "cpu",
        {"": "cpu"},
        {"model.embed_tokens": "cpu", "model.layers": "cpu", "model.norm": "cpu", "lm_head": "cpu"},
        {
            "model.embed_tokens": "cpu",
            "model.layers.0": "cpu",
            "model.layers.1": "disk",
            "model.norm": "cpu",
            "lm_head": "cpu",
        },
        {
            "model.embed_tokens": "cpu",
            "model.layers": "disk",
            "model.norm": "cpu",
            "lm_head": "cpu",
        },
    ],
)
def test_a_device_map_places_the_layers_and_changes_no_logits(
    device_map: Any, tmp_path: Path
) -> None:
    model = load(
        golden_folder("b1-7b"), device_map=device_map, dtype="float32", offload_folder=str(tmp_path)
    )

    np.testing.assert_array_equal(logits(model), logits(golden_model("b1-7b")))
    with pytest.raises(ValueError, match="loaded with a device_map"):
        model.quantize(8)


def test_where_the_configuration_leaves_the_version_open_the_tokenizer_tells_it(
    tmp_path: Path,
) -> None:
    """As in the app: with another head, all logits would be others."""
    folder = copy_of(tmp_path, "b2-7b")
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    del config["tokenizer_class"]
    file.write_text(json.dumps(config), encoding="utf-8")
    model = load(folder, dtype="float32")
    model.save_pretrained(tmp_path / "out")

    np.testing.assert_array_equal(logits(model), logits(golden_model("b2-7b")))
    np.testing.assert_array_equal(logits(load(tmp_path / "out")), logits(model))


def test_a_stale_quantization_config_is_passed_over(tmp_path: Path) -> None:
    """The tensors decide, as in the app."""
    folder = copy_of(tmp_path, "b1-7b")
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["quantization_config"] = {"quant_method": "gptq", "bits": 4}
    file.write_text(json.dumps(config), encoding="utf-8")

    np.testing.assert_array_equal(
        logits(load(folder, dtype="float32")), logits(golden_model("b1-7b"))
    )


@pytest.mark.parametrize("name", ["b1-7b", "b1-13b", "b2-13b"])
@pytest.mark.parametrize("shards", [False, True])
def test_a_saved_folder_is_as_it_was_released(name: str, shards: bool, tmp_path: Path) -> None:
    source, out = copy_of(tmp_path, name), tmp_path / "out"
    (source / "Model License.txt").write_text("Some rights.", encoding="utf-8")
    model = load(source)

    model.save_pretrained(out, max_shard_size="200KB" if shards else "5GB")

    saved, original = Checkpoint.open(out), Checkpoint.open(source)
    assert len(saved.weight_files) > 1 if shards else len(saved.weight_files) == 1
    assert (saved.config, saved.defaults) == (original.config, original.defaults)
    assert saved.chat_tokens == original.chat_tokens
    for key, record in original.tensors.items():
        assert torch.equal(map_tensor(record), map_tensor(saved.tensors[key])), key
    before, after = (
        json.loads((folder / "config.json").read_text(encoding="utf-8")) for folder in (source, out)
    )
    for key in ("architectures", "auto_map", "model_type"):
        assert after[key] == before[key]
    for file in ("tokenizer.model", "tokenizer_config.json", "Model License.txt"):
        assert (out / file).read_bytes() == (source / file).read_bytes()
    note = (out / CHANGES_FILE).read_text(encoding="utf-8")
    assert source.name in note
    assert "transformers" in note
    np.testing.assert_array_equal(logits(load(out)), logits(model))


def test_a_tokenizer_that_was_saved_first_stays(tmp_path: Path) -> None:
    model, out = load(golden_folder("b1-7b")), tmp_path / "out"
    out.mkdir()
    (out / "tokenizer_config.json").write_text("{}", encoding="utf-8")

    model.save_pretrained(out)

    assert (out / "tokenizer_config.json").read_text(encoding="utf-8") == "{}"


def test_a_model_is_saved_over_the_folder_that_it_came_from(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, "b2-7b")
    model = load(folder)
    before = logits(model)
    with torch.no_grad():
        model.model.norm.weight.mul_(2)

    model.save_pretrained(folder)

    np.testing.assert_array_equal(logits(load(folder)), logits(model))
    assert not np.array_equal(logits(model), before)
