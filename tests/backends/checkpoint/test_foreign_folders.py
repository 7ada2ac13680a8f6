"""What is no checkpoint of this app is called what it is, with what to take instead."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.quantized_layout import PLAIN_HINT
from backends.errors import (
    CheckpointError,
    DamagedCheckpointError,
    ForeignModelError,
    NotACheckpointError,
    NotDownloadedError,
)
from tests.helpers import goldens
from tests.helpers.quantized import matrix_names
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import read_safetensors, write_safetensors

SOURCE = goldens.folder("b2-7b", "safetensors")
CONFIG = goldens.checkpoint("b2-7b", "safetensors").config
SHAPES = {
    name: next(shape for suffix, shape in CONFIG.layer_matrices().items() if name.endswith(suffix))
    for name in matrix_names(CONFIG)
}


def refusal(folder: Path, kind: type[CheckpointError] = ForeignModelError) -> CheckpointError:
    with pytest.raises(CheckpointError) as caught:
        Checkpoint.open(folder)
    assert type(caught.value) is kind, caught.value.message
    assert_one_sentence(caught.value)
    assert caught.value.hint
    return caught.value


def copy_of(tmp_path: Path, *, weights: bool = True) -> Path:
    folder = tmp_path / "model"
    ignored = () if weights else ("*.safetensors",)
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns(*ignored))
    return folder


def set_quantization(folder: Path, quantization: object) -> None:
    data = json.loads((folder / "config.json").read_text())
    data["quantization_config"] = quantization
    (folder / "config.json").write_text(json.dumps(data))


# --- quantised by others -----------------------------------------------------------------

Parts = Callable[[int, int], Mapping[str, Tensor]]


def i32(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.int32)


def gptq(rows: int, columns: int) -> Mapping[str, Tensor]:
    return {
        "qweight": i32(columns // 8, rows),
        "qzeros": i32(1, rows // 8),
        "scales": torch.ones(1, rows).half(),
        "g_idx": i32(columns),
    }


def gptq_without_order(rows: int, columns: int) -> Mapping[str, Tensor]:
    return {name: part for name, part in gptq(rows, columns).items() if name != "g_idx"}


def awq(rows: int, columns: int) -> Mapping[str, Tensor]:
    return {
        "qweight": i32(columns, rows // 8),
        "qzeros": i32(1, rows // 8),
        "scales": torch.ones(1, rows).half(),
    }


def eetq(rows: int, columns: int) -> Mapping[str, Tensor]:
    weight = torch.ones(columns, rows, dtype=torch.int8)
    return {"weight": weight, "weight_scales": torch.ones(rows).half()}


def hqq(rows: int, columns: int) -> Mapping[str, Tensor]:
    packed = torch.ones(rows // 2, columns, dtype=torch.uint8)
    return {"W_q": packed, "scale": torch.ones(rows, 1), "zero": torch.ones(rows, 1)}


def aqlm(rows: int, columns: int) -> Mapping[str, Tensor]:
    codes = torch.ones(rows, columns // 8, 1, dtype=torch.int16)
    return {"codes": codes, "codebooks": torch.ones(1, 16, 1, 8), "scales": torch.ones(rows, 1)}


def compressed(rows: int, columns: int) -> Mapping[str, Tensor]:
    return {
        "weight_packed": i32(rows, columns // 8),
        "weight_scale": torch.ones(rows, 1),
        "weight_shape": torch.tensor([rows, columns]),
    }


def fp8(rows: int, columns: int) -> Mapping[str, Tensor]:
    weight = torch.ones(rows, columns).to(torch.float8_e4m3fn)
    return {"weight": weight, "weight_scale": torch.ones(())}


def int8_by_word(rows: int, columns: int) -> Mapping[str, Tensor]:
    weight = torch.ones(rows, columns, dtype=torch.int8)
    return {"weight": weight, "weight_scale": torch.ones(rows, 1)}


def mlx(rows: int, columns: int) -> Mapping[str, Tensor]:
    packed = torch.ones(rows, columns // 8, dtype=torch.uint32)
    return {"weight": packed, "scales": torch.ones(rows, 1), "biases": torch.ones(rows, 1)}


def own_4_bits(rows: int, columns: int) -> Mapping[str, Tensor]:
    return {"weight": i32(rows, columns // 8), "scale": torch.ones(rows)}


def quantised(tmp_path: Path, parts: Parts, quantization: object) -> Path:
    """A golden model whose matrices are stored in parts."""
    folder = copy_of(tmp_path)
    state = safetensors.torch.load_file(folder / "model.safetensors")
    for name, (rows, columns) in SHAPES.items():
        del state[f"{name}.weight"]
        state |= {f"{name}.{part}": tensor for part, tensor in parts(rows, columns).items()}
    safetensors.torch.save_file(state, folder / "model.safetensors")
    set_quantization(folder, quantization)
    return folder


@pytest.mark.parametrize(
    ("parts", "quantization", "method"),
    [
        (gptq, {"quant_method": "gptq"}, "GPTQ"),
        (gptq, None, "GPTQ"),
        (gptq, {"quant_method": "awq"}, "GPTQ"),
        (gptq, {"quant_method": "bitsandbytes", "load_in_4bit": True}, "GPTQ"),
        (gptq_without_order, {}, "GPTQ"),
        (gptq_without_order, {"quant_method": "gptq"}, "GPTQ"),
        (gptq_without_order, {"quant_method": "intel/auto-round"}, "AutoRound"),
        (awq, {"quant_method": "awq"}, "AWQ"),
        (awq, None, "AWQ"),
        (awq, {"quant_method": "AWQ", "version": "gemm"}, "AWQ"),
        (awq, {"load_in_4bit": True}, "AWQ"),
        (eetq, {"quant_method": "eetq"}, "EETQ"),
        (eetq, None, "EETQ"),
        (hqq, {"quant_method": "hqq"}, "HQQ"),
        (hqq, None, "HQQ"),
        (aqlm, {"quant_method": "aqlm"}, "AQLM"),
        (aqlm, None, "AQLM"),
        (compressed, {"quant_method": "compressed-tensors"}, "compressed-tensors"),
        (compressed, None, "compressed-tensors"),
        (int8_by_word, {"quant_method": "compressed-tensors"}, "compressed-tensors"),
        (int8_by_word, {"quant_method": "smooth-q"}, "smooth-q"),
        (fp8, {"quant_method": "fp8"}, "FP8"),
        (fp8, None, "FP8"),
        (fp8, {"quant_method": "modelopt"}, "ModelOpt"),
        (mlx, None, "MLX"),
        (own_4_bits, None, "Baichuan-13B's own 4 bits"),
    ],
)
def test_a_quantisation_of_others_is_named(
    tmp_path: Path, parts: Parts, quantization: object, method: str
) -> None:
    folder = quantised(tmp_path, parts, quantization)

    error = refusal(folder)

    assert error.message == f"“model” is quantised with {method}, which this app does not run."
    assert error.hint == PLAIN_HINT


@pytest.mark.parametrize("parts", [gptq, awq, fp8])
def test_a_layer_that_was_left_plain_changes_nothing(tmp_path: Path, parts: Parts) -> None:
    plain = next(iter(SHAPES))
    folder = quantised(tmp_path, parts, None)
    state = safetensors.torch.load_file(folder / "model.safetensors")
    for name in [name for name in state if name.startswith(plain)]:
        del state[name]
    state[f"{plain}.weight"] = torch.ones(SHAPES[plain], dtype=torch.bfloat16)
    safetensors.torch.save_file(state, folder / "model.safetensors")

    assert "is quantised with " in refusal(folder).message


def test_a_bin_is_recognised_as_well(tmp_path: Path) -> None:
    folder = quantised(tmp_path, gptq, {"quant_method": "gptq"})
    state = safetensors.torch.load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(state, folder / "pytorch_model.bin")

    assert "with GPTQ" in refusal(folder).message


@pytest.mark.parametrize(
    ("name", "method"), [("quantize_config.json", "GPTQ"), ("quant_config.json", "AWQ")]
)
def test_the_folders_of_older_quantisers_are_recognised(
    tmp_path: Path, name: str, method: str
) -> None:
    """Their weights have a name of their own."""
    folder = copy_of(tmp_path)
    (folder / "model.safetensors").rename(folder / "gptq_model-4bit-128g.safetensors")
    (folder / name).write_text("{}")

    assert f"quantised with {method}," in refusal(folder).message


def test_plain_weights_beside_the_file_of_a_quantiser_are_plain(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    (folder / "quantize_config.json").write_text("{}")

    assert Checkpoint.open(folder).stored is None


# --- adapters ----------------------------------------------------------------------------


def add_adapter(folder: Path, suffix: str = "safetensors", **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    config = {"base_model_name_or_path": "baichuan-inc/Baichuan2-7B-Chat", "peft_type": "LORA"}
    (folder / "adapter_config.json").write_text(json.dumps(config | changes))
    (folder / f"adapter_model.{suffix}").write_bytes(b"x")
    return folder


@pytest.mark.parametrize("suffix", ["safetensors", "bin"])
def test_an_adapter_is_named_with_its_base(tmp_path: Path, suffix: str) -> None:
    error = refusal(add_adapter(tmp_path / "lora", suffix))

    assert error.message == (
        "“lora” is a LoRA adapter for “baichuan-inc/Baichuan2-7B-Chat” and no model by itself."
    )
    assert "add the adapter to that one" in str(error.hint)


def test_an_adapter_with_config_and_tokenizer_beside_it_is_an_adapter(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, weights=False)

    assert "is a LoRA adapter" in refusal(add_adapter(folder)).message


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"base_model_name_or_path": None}, "is a LoRA adapter and no model by itself."),
        ({"base_model_name_or_path": 5}, "is a LoRA adapter and no model by itself."),
        ({"base_model_name_or_path": "/data/b\n2"}, "is a LoRA adapter for “/data/b\ufffd2” and"),
        ({"peft_type": "P_TUNING"}, "is an adapter for “baichuan-inc/Baichuan2-7B-Chat” and"),
        ({"peft_type": "IA3", "base_model_name_or_path": ""}, "is an adapter and no model"),
    ],
)
def test_what_an_adapter_does_not_say_is_not_made_up(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(add_adapter(tmp_path / "lora", **changes)).message


def test_an_adapter_without_its_configuration_is_one(tmp_path: Path) -> None:
    folder = add_adapter(tmp_path / "lora")
    (folder / "adapter_config.json").unlink()

    assert "is a LoRA adapter and no model by itself." in refusal(folder).message


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_file_of_an_adapter_that_is_chosen_is_one(tmp_path: Path, name: str) -> None:
    folder = add_adapter(tmp_path / "lora")

    assert "is a LoRA adapter for “baichuan-inc/" in refusal(folder / name).message


def test_an_adapter_that_is_a_pointer_was_not_downloaded(tmp_path: Path) -> None:
    folder = add_adapter(tmp_path / "lora")
    (folder / "adapter_model.safetensors").write_text("version https://git-lfs.github.com/spec/v1")

    assert "is a Git LFS pointer" in refusal(folder, NotDownloadedError).message


def test_weights_beside_an_adapter_are_the_model(tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(add_adapter(copy_of(tmp_path)))

    assert checkpoint.kind == "chat"
    assert [str(note) for note in checkpoint.notes] == [
        "The adapter that lies beside the weights is used only where it is chosen."
    ]


def test_an_adapter_inside_of_the_weights_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    file = folder / "model.safetensors"
    state = safetensors.torch.load_file(file)
    state["model.layers.0.self_attn.W_pack.lora_A.weight"] = torch.ones(8, 64)
    safetensors.torch.save_file(state, file)

    assert "holds a LoRA adapter that is not merged" in refusal(folder).message


# --- other programs ----------------------------------------------------------------------


@pytest.mark.parametrize("beside", [True, False], ids=["beside config.json", "alone"])
@pytest.mark.parametrize("name", ["baichuan2-7b.Q4_K_M.gguf", "ggml-model-q4_0.gguf"])
def test_a_folder_of_llama_cpp_is_named(tmp_path: Path, name: str, beside: bool) -> None:
    folder = copy_of(tmp_path, weights=False) if beside else tmp_path / "gguf"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"GGUF\x03\0\0\0" + bytes(100))

    error = refusal(folder)

    assert error.message == f"“{name}” is a GGUF file, for llama.cpp, which this app does not run."
    assert error.hint == PLAIN_HINT


def test_a_half_of_a_gguf_file_is_one_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "baichuan.Q4_K_M.gguf").write_bytes(bytes(100))

    assert "is a GGUF file, for llama.cpp" in refusal(tmp_path).message


def test_weights_beside_a_gguf_file_are_the_model(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    (folder / "x.gguf").write_bytes(b"GGUF" + bytes(100))

    assert Checkpoint.open(folder).kind == "chat"


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("tf_model.h5", "TensorFlow"),
        ("flax_model.msgpack", "Flax"),
        ("openvino_model.xml", "OpenVINO"),
        ("weights.npz", "MLX"),
    ],
)
def test_weights_for_another_library_are_named(tmp_path: Path, name: str, program: str) -> None:
    folder = copy_of(tmp_path, weights=False)
    (folder / name).write_bytes(b"x")

    message = refusal(folder).message
    assert message == f"“{name}” holds weights for {program}, which this app does not run."


def test_a_deepspeed_checkpoint_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, weights=False)
    (folder / "global_step500").mkdir()

    error = refusal(folder)
    assert "is a DeepSpeed checkpoint" in error.message
    assert "zero_to_fp32.py" in str(error.hint)


# --- a file, or a folder near the model --------------------------------------------------


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.model"])
def test_a_file_of_a_model_names_the_folder(tmp_path: Path, name: str) -> None:
    folder = copy_of(tmp_path)

    message = refusal(folder / name, NotACheckpointError).message

    assert message.endswith(f"it is one file of a model, which is the folder “{folder}”.")


@pytest.mark.parametrize(
    ("magic", "kind"), [(b"GGUF", "GGUF"), (b"tjgg", "GGML"), (b"lmgg", "GGML")]
)
def test_a_file_of_llama_cpp_is_named_whatever_it_is_called(
    tmp_path: Path, magic: bytes, kind: str
) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(magic + bytes(100))

    assert f"is a {kind} file, for llama.cpp" in refusal(file).message


@pytest.mark.parametrize("name", ["model.zip", "model.tar.gz", "MODEL.7Z"])
def test_an_archive_is_to_be_unpacked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")

    error = refusal(tmp_path / name)
    assert error.message == f"“{name}” is an archive and not a folder."
    assert str(error.hint).startswith("Unpack it")


def test_a_pointer_that_is_chosen_was_not_downloaded(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_text("version https://git-lfs.github.com/spec/v1\n")

    assert "is a Git LFS pointer" in refusal(file, NotDownloadedError).message


def test_any_other_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("x")

    assert "it is a file and not a folder" in refusal(file, NotACheckpointError).message


def test_a_folder_above_the_model_names_the_one_below(tmp_path: Path) -> None:
    copy_of(tmp_path)

    message = refusal(tmp_path, NotACheckpointError).message

    assert message.endswith("it has no config.json, but “model” in it has one.")


def test_a_folder_of_a_cache_names_its_snapshot(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "snapshots" / "abc123")
    (tmp_path / "blobs").mkdir()

    message = refusal(tmp_path, NotACheckpointError).message

    assert message.endswith("but “snapshots/abc123” in it has one.")


def test_of_several_folders_below_one_is_an_example(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(SOURCE, tmp_path / name)

    message = refusal(tmp_path, NotACheckpointError).message
    assert message.endswith("but folders in it have one, such as “a”.")


def test_a_folder_inside_of_the_model_names_the_one_above(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    (folder / "runs").mkdir()

    message = refusal(folder / "runs", NotACheckpointError).message
    assert message.endswith(f"but the folder above it, “{folder}”, has one.")


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    message = refusal(tmp_path / "empty", NotACheckpointError).message
    assert message.endswith("it has no config.json.")


def test_a_type_that_nobody_knows_is_still_damage(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    header, data = read_safetensors(folder / "model.safetensors")
    header["lm_head.weight"]["dtype"] = "Q3"
    write_safetensors(folder / "model.safetensors", header, data)

    assert "has the unknown type Q3" in refusal(folder, DamagedCheckpointError).message
