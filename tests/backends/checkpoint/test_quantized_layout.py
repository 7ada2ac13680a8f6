"""How quantised checkpoints lie in files: what is right is recognised, what is wrong is named."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.quantized_layout import Layout
from backends.copying.copy_plan import plain_plan
from backends.copying.folder_writer import write_copy
from backends.copying.quantized_copy import quantize_plan
from backends.errors import (
    CheckpointError,
    DamagedCheckpointError,
    ForeignModelError,
    UnsafeCheckpointError,
)
from backends.interface import Logits
from backends.precision import Precision
from backends.torch_backend import low_bits
from tests.helpers import goldens, quantized
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import read_pickle, replace_entry

W_PACK = "model.layers.0.self_attn.W_pack"
GATE = "model.layers.1.mlp.gate_proj"

SHAPED = quantized.matrix_names(goldens.checkpoint("b2-7b").config)

State = dict[str, Any]


def refusal(
    folder: Path, kind: type[CheckpointError] = DamagedCheckpointError, *, load: bool = False
) -> str:
    """The sentence with which a folder is refused; `load`: only when its weights are read."""
    with pytest.raises(CheckpointError) as caught:  # noqa: PT012  either may refuse
        checkpoint = Checkpoint.open(folder)
        if load:
            options = quantized.options(checkpoint, checkpoint.stored or Precision.BF16)
            quantized.finish(low_bits.load(checkpoint, options))
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


# --- what is right -----------------------------------------------------------------------


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
def test_the_published_4_bit_layout_is_recognised(name: str) -> None:
    checkpoint = Checkpoint.open(quantized.published(name))

    assert checkpoint.stored is Precision.NF4
    assert list(checkpoint.matrices) == quantized.matrix_names(checkpoint.config)
    for matrix in checkpoint.matrices.values():
        assert matrix.layout is Layout.PUBLISHED_4BIT
        assert matrix.parts.keys() == {
            "weight", "absmax", "offset", "nested_absmax", "nested_quant_map", "quant_map"
        }  # fmt: skip
    assert {record.dtype for record in checkpoint.tensors.values()} == {"F16"}
    assert checkpoint.kind == "chat"


@pytest.mark.parametrize("name", quantized.FOUR_BIT)
def test_every_byte_of_a_quantised_checkpoint_is_counted(name: str) -> None:
    checkpoint = Checkpoint.open(quantized.published(name))
    state = torch.load(quantized.published(name) / "pytorch_model.bin", weights_only=True)

    def bytes_of(value: object) -> int:
        if isinstance(value, Tensor):
            return value.nbytes
        return sum(map(bytes_of, value)) if isinstance(value, list | tuple) else 0

    assert checkpoint.bytes_on_disk == sum(map(bytes_of, state.values()))


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.NF4, Precision.FP4])
def test_bitsandbytes_own_layout_is_recognised(precision: Precision, tmp_path: Path) -> None:
    source = goldens.checkpoint("b2-7b", "safetensors")
    quantized.finish(write_copy(source, quantize_plan(source, precision), tmp_path / "copy"))

    checkpoint = Checkpoint.open(tmp_path / "copy")

    assert checkpoint.stored is precision
    assert {matrix.layout for matrix in checkpoint.matrices.values()} == {Layout.BITSANDBYTES}


def test_scales_need_not_be_quantised_again(tmp_path: Path) -> None:
    """What `bnb_4bit_use_double_quant=False` writes."""
    import bitsandbytes.functional as bnbf

    source = goldens.checkpoint("b2-7b", "safetensors")
    matrices = {f"{name}.weight" for name in quantized.matrix_names(source.config)}
    state: dict[str, Tensor] = {}
    expected: dict[str, Tensor] = {}
    for name, tensor in quantized.state_of(source).items():
        if name not in matrices:
            state[name] = tensor.clone()
            continue
        packed, described = bnbf.quantize_4bit(tensor, blocksize=64, quant_type="nf4")
        parts = described.as_dict(packed=True)
        state |= {name: packed, **{f"{name}.{part}": t for part, t in parts.items()}}
        flat = bnbf.quantize_4bit(tensor.reshape(1, -1), blocksize=64, quant_type="nf4")
        expected[name.removesuffix(".weight")] = bnbf.dequantize_4bit(*flat).view(tensor.shape)
    folder = quantized.write_folder(tmp_path / "4bit", state, source.folder)
    set_quantization(folder, {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"})

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.stored is Precision.NF4
    for name, matrix in checkpoint.matrices.items():
        assert "nested_absmax" not in matrix.parts
        actual = quantized.matrix_of(matrix, torch.bfloat16)
        if matrix.shape[1] % 64 == 0:
            assert torch.equal(actual, expected[name]), name
    assert quantized.load(folder, Precision.NF4).prefill([5]).shape == (1120,)


@pytest.mark.parametrize("storage", [torch.bfloat16, torch.float32, torch.int8])
def test_packed_values_may_have_the_type_of_the_other_weights(
    storage: torch.dtype, tmp_path: Path
) -> None:
    """What `bnb_4bit_quant_storage` writes, for FSDP."""
    folder = bnb_folder(tmp_path, Precision.NF4)
    expected = quantized.load(folder, Precision.NF4).prefill([5, 6])

    def edit(state: dict[str, Tensor]) -> None:
        for name in SHAPED:
            state[f"{name}.weight"] = state[f"{name}.weight"].view(-1).view(storage).view(-1, 1)

    change(folder, edit)

    assert Checkpoint.open(folder).stored is Precision.NF4
    assert (quantized.load(folder, Precision.NF4).prefill([5, 6]) == expected).all()


@pytest.mark.parametrize("precision", [Precision.NF4, Precision.INT8])
def test_a_matrix_that_was_left_plain_is_named(precision: Precision, tmp_path: Path) -> None:
    """As `llm_int8_skip_modules` leaves it."""
    plain = quantized.state_of(goldens.checkpoint("b2-7b", "safetensors"))[f"{GATE}.weight"]
    folder = bnb_folder(tmp_path, precision)

    def edit(state: dict[str, Tensor]) -> None:
        for key in [key for key in state if key.startswith(GATE)]:
            del state[key]
        state[f"{GATE}.weight"] = plain.clone()

    change(folder, edit)

    message = refusal(folder, ForeignModelError)
    assert message.endswith(f"which this app does not run: “{GATE}” is not.")


def test_a_head_that_is_quantised_too_is_named(tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, Precision.INT8)
    head = {"lm_head.weight": torch.ones(1120, 64).to(torch.int8), "lm_head.SCB": torch.ones(1120)}

    change(folder, lambda state: state.update(head))

    message = refusal(folder, ForeignModelError)
    assert message == "“copy” is quantised further than this app can run: “lm_head” is, too."


def test_8_bit_files_may_name_their_format(tmp_path: Path) -> None:
    """As older bitsandbytes wrote `weight_format`."""
    copy = bnb_folder(tmp_path, Precision.INT8)
    change(copy, lambda s: s.update({f"{W_PACK}.weight_format": torch.tensor(0).to(torch.uint8)}))

    assert Checkpoint.open(copy).stored is Precision.INT8


def test_the_v1_int8_layout_is_recognised_without_any_word_in_config_json(tmp_path: Path) -> None:
    source = goldens.checkpoint("b1-13b", "safetensors")

    checkpoint = Checkpoint.open(quantized.write_v1_int8(tmp_path / "int8", source))

    assert checkpoint.stored is Precision.INT8
    matrix = checkpoint.matrices[W_PACK]
    assert matrix.layout is Layout.PUBLISHED_INT8
    assert matrix.shape == (192, 64)
    assert matrix.parts["weight"].shape == (64, 192)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_plain_checkpoints_hold_no_matrices(name: str) -> None:
    checkpoint = goldens.checkpoint(name, "safetensors")

    assert checkpoint.stored is None
    assert not checkpoint.matrices


# --- the published 4-bit layout, damaged -------------------------------------------------


def four_bit(tmp_path: Path, edit: Callable[[State], object]) -> Path:
    """A published 4-bit checkpoint whose state dict was edited."""
    folder = tmp_path / "4bits"
    shutil.copytree(quantized.published("b2-7b-4bits"), folder)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    edit(state)
    torch.save(state, folder / "pytorch_model.bin")
    return folder


def test_the_published_layout_survives_being_written_again(tmp_path: Path) -> None:
    """So that what the tests below refuse is what they changed."""
    folder = four_bit(tmp_path, lambda state: None)

    assert Checkpoint.open(folder).stored is Precision.NF4


def quant_state(state: State, name: str = W_PACK) -> list[Any]:
    found = state[f"{name}.weight.quant_state"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("name", [W_PACK, GATE])
def test_a_matrix_that_is_missing(name: str, tmp_path: Path) -> None:
    def edit(state: State) -> None:
        del state[f"{name}.weight.data"], state[f"{name}.weight.quant_state"]

    assert f"it lacks the tensor “{name}.weight.data”" in refusal(four_bit(tmp_path, edit))


def test_a_list_of_scales_that_is_missing(tmp_path: Path) -> None:
    folder = four_bit(tmp_path, lambda s: s.pop(f"{W_PACK}.weight.quant_state"))

    assert f"it lacks the tensor “{W_PACK}.weight.quant_state.0”" in refusal(folder)


def at(*path: int, value: Any) -> Callable[[State], object]:
    """Change an item of the first matrix's list; a tuple on the way is remade."""

    def edit(state: State) -> None:
        def put(items: Any, rest: tuple[int, ...]) -> Any:
            kind, items = type(items), list(items)
            items[rest[0]] = value if len(rest) == 1 else put(items[rest[0]], rest[1:])
            return items if kind is list else tuple(items)

        key = f"{W_PACK}.weight.quant_state"
        state[key] = put(state[key], path)

    return edit


@pytest.mark.parametrize(
    ("edit", "names"),
    [
        (at(0, value=torch.zeros(191, dtype=torch.uint8)), "quant_state.0"),
        (at(0, value=torch.zeros(192, dtype=torch.float32)), "quant_state.0"),
        (at(0, value=7), "quant_state.0"),
        (at(1, value=torch.Size((64, 192))), "quant_state.1"),
        (at(1, value=[192, 64]), "quant_state.1"),
        (at(1, value=None), "quant_state.1"),
        (at(3, value=128), "quant_state.3"),
        (at(3, value="64"), "quant_state.3"),
        (at(4, 0, value=0.25), "quant_state.4.0"),
        (at(4, 0, value=torch.zeros(2)), "quant_state.4.0"),
        (at(4, 1, 0, value=torch.zeros(2)), "quant_state.4.1.0"),
        (at(4, 1, 1, value=torch.zeros(255)), "quant_state.4.1.1"),
        (at(4, 1, 1, value=torch.zeros(256, dtype=torch.float16)), "quant_state.4.1.1"),
        (at(4, 1, 2, value=128), "quant_state.4.1.2"),
        (at(4, value=None), "quant_state.4.0"),
        (at(5, value="fp4"), "quant_state.5"),
        (at(5, value=torch.tensor(1)), "quant_state.5"),
        (at(6, value=torch.zeros(15)), "quant_state.6"),
        (at(6, value="nf4"), "quant_state.6"),
    ],
    ids=range(19),
)
def test_a_list_of_scales_that_is_wrong(
    edit: Callable[[State], object], names: str, tmp_path: Path
) -> None:
    assert f"“{W_PACK}.weight.{names}" in refusal(four_bit(tmp_path, edit))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros((6143, 1), dtype=torch.uint8),
        torch.zeros((1, 6144), dtype=torch.uint8),
        torch.zeros((6144, 1), dtype=torch.int8),
        torch.zeros((192, 64), dtype=torch.float16),
    ],
)
def test_packed_values_of_another_shape(tensor: Tensor, tmp_path: Path) -> None:
    folder = four_bit(tmp_path, lambda s: s.update({f"{W_PACK}.weight.data": tensor}))

    message = refusal(folder)

    assert f"“{W_PACK}.weight.data” has the shape" in message
    assert message.endswith("but config.json implies U8 [6144, 1].")


def test_a_quantised_head_is_not_expected(tmp_path: Path) -> None:
    def edit(state: State) -> None:
        state["lm_head.weight.data"] = state.pop("lm_head.weight")

    with pytest.raises(CheckpointError, match="lm_head") as caught:
        Checkpoint.open(four_bit(tmp_path, edit))

    assert_one_sentence(caught.value)


def test_values_beside_the_tensors_that_nobody_asked_for(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"lm_head\.steps") as caught:
        Checkpoint.open(four_bit(tmp_path, lambda s: s.update({"lm_head.steps": 7})))

    assert_one_sentence(caught.value)


class Sentinel:
    """Pickles to a call of os.system."""

    def __init__(self, file: Path) -> None:
        self._command = f"touch '{file}'"

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (self._command,))


def test_code_in_a_list_of_scales_is_never_run(tmp_path: Path) -> None:
    folder = tmp_path / "4bits"
    shutil.copytree(quantized.published("b2-7b-4bits"), folder)
    file, sentinel = folder / "pytorch_model.bin", tmp_path / "was here"
    scales = {f"{W_PACK}.weight.quant_state": [None, (192, 64), Sentinel(sentinel)]}
    replace_entry(file, "/data.pkl", pickle.dumps(scales, protocol=2))
    assert b"system" in read_pickle(file)

    message = refusal(folder, UnsafeCheckpointError)

    assert not sentinel.exists()
    assert "it contains code (" in message
    assert "system)" in message


def test_a_dtype_that_is_none_is_code_too(tmp_path: Path) -> None:
    """Only names of dtypes that the published files hold are known."""
    folder = four_bit(tmp_path, at(2, value=torch.complex64))

    assert "it contains code (torch.complex64)" in refusal(folder, UnsafeCheckpointError)


# --- bitsandbytes' own layout, damaged ---------------------------------------------------


def bnb_folder(tmp_path: Path, precision: Precision) -> Path:
    source = goldens.checkpoint("b2-7b", "safetensors")
    out = tmp_path / "copy"
    quantized.finish(write_copy(source, quantize_plan(source, precision), out))
    return out


def change(folder: Path, edit: Callable[[dict[str, Tensor]], object]) -> Path:
    file = folder / "model.safetensors"
    state = safetensors.torch.load_file(file)
    edit(state)
    safetensors.torch.save_file(state, file)
    return folder


def set_quantization(folder: Path, quantization: object) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["quantization_config"] = quantization
    file.write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize("part", ["absmax", "quant_map", "nested_quant_map"])
@pytest.mark.parametrize("precision", [Precision.NF4, Precision.FP4])
def test_a_part_that_is_missing(part: str, precision: Precision, tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, precision)

    change(folder, lambda state: state.pop(f"{GATE}.weight.{part}"))

    assert f"it lacks the tensor “{GATE}.weight.{part}”" in refusal(folder)


def test_scales_of_scales_that_are_missing(tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, Precision.NF4)

    change(folder, lambda state: state.pop(f"{GATE}.weight.nested_absmax"))

    assert f"“{GATE}.weight.absmax” has the shape U8" in refusal(folder)


def test_scales_of_8_bits_that_are_missing(tmp_path: Path) -> None:
    folder = change(bnb_folder(tmp_path, Precision.INT8), lambda s: s.pop(f"{GATE}.SCB"))

    assert f"it lacks the tensor “{GATE}.SCB”" in refusal(folder)


@pytest.mark.parametrize(
    ("key", "tensor"),
    [
        ("weight.absmax", torch.zeros(171, dtype=torch.uint8)),
        ("weight.absmax", torch.zeros(172)),
        ("weight.nested_absmax", torch.zeros(2)),
        ("weight.nested_quant_map", torch.zeros(16)),
        ("weight.quant_map", torch.zeros(17)),
        ("weight.quant_map", torch.zeros(16, dtype=torch.bfloat16)),
        ("weight.quant_state.bitsandbytes__nf4", torch.zeros(256, dtype=torch.int8)),
        ("weight", torch.zeros((5505, 1), dtype=torch.uint8)),
        ("weight", torch.zeros((172, 64), dtype=torch.bfloat16)),
    ],
)
def test_a_part_of_another_shape(key: str, tensor: Tensor, tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, Precision.NF4)

    change(folder, lambda state: state.update({f"{GATE}.{key}": tensor}))

    assert f"“{GATE}.{key}” has the shape" in refusal(folder)


@pytest.mark.parametrize(
    ("key", "tensor"),
    [
        ("SCB", torch.zeros(171)),
        ("SCB", torch.zeros(172, dtype=torch.float16)),
        ("weight", torch.zeros((64, 172), dtype=torch.int8)),
        ("weight", torch.zeros((172, 64), dtype=torch.uint8)),
    ],
)
def test_a_part_of_8_bits_of_another_shape(key: str, tensor: Tensor, tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, Precision.INT8)

    change(folder, lambda state: state.update({f"{GATE}.{key}": tensor}))

    assert f"“{GATE}.{key}” has the shape" in refusal(folder)


DESCRIPTION = {
    "quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [172, 64],
    "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.01,
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DESCRIPTION | {"shape": [64, 172]}),
        json.dumps(DESCRIPTION | {"shape": None}),
        json.dumps(DESCRIPTION | {"blocksize": 128}),
        json.dumps(DESCRIPTION | {"quant_type": "fp4"}),
        json.dumps(DESCRIPTION | {"dtype": "nonsense"}),
        json.dumps(DESCRIPTION | {"nested_blocksize": 64}),
        json.dumps(DESCRIPTION | {"nested_offset": None}),
        json.dumps(DESCRIPTION | {"code": "import os"}),
        json.dumps([1]),
        "\0" * 256,
        "no JSON",
        "",
    ],
    ids=range(12),
)
def test_a_description_that_is_wrong_names_its_matrix(text: str, tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, Precision.NF4)
    blob = torch.tensor(list(text.encode()), dtype=torch.uint8)
    key = f"{GATE}.weight.quant_state.bitsandbytes__nf4"
    change(folder, lambda state: state.update({key: blob}))

    assert f"“{GATE}”" in refusal(folder, load=True)


def test_the_description_that_these_tests_change_is_right(tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, Precision.NF4)
    blob = torch.tensor(list(json.dumps(DESCRIPTION).encode()), dtype=torch.uint8)
    key = f"{GATE}.weight.quant_state.bitsandbytes__nf4"
    change(folder, lambda state: state.update({key: blob}))

    assert quantized.load(folder, Precision.NF4).prefill([5]).shape == (1120,)


@pytest.mark.parametrize("change_of", [{"blocksize": 64.0}, {"nested_blocksize": 256.0}])
def test_a_description_may_write_its_blocks_as_a_number_with_a_point(
    change_of: dict[str, float], tmp_path: Path
) -> None:
    folder = bnb_folder(tmp_path, Precision.NF4)
    key = f"{GATE}.weight.quant_state.bitsandbytes__nf4"

    def logits(description: object) -> Logits:
        blob = torch.tensor(list(json.dumps(description).encode()), dtype=torch.uint8)
        change(folder, lambda state: state.update({key: blob}))
        return quantized.load(folder, Precision.NF4).prefill([5, 6, 7])

    assert np.array_equal(logits(DESCRIPTION | change_of), logits(DESCRIPTION))


@pytest.mark.parametrize("text", ["[" * 5_000, " " * 5_000, json.dumps(DESCRIPTION).ljust(4_097)])
def test_a_description_that_is_large_is_not_read(text: str, tmp_path: Path) -> None:
    folder = bnb_folder(tmp_path, Precision.NF4)
    key = f"{GATE}.weight.quant_state.bitsandbytes__nf4"
    blob = torch.tensor(list(text.encode()), dtype=torch.uint8)
    change(folder, lambda state: state.update({key: blob}))

    assert f"“{key}” is implausibly large" in refusal(folder)


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.NF4, Precision.FP4])
@pytest.mark.parametrize(
    "quantization",
    [
        {"load_in_4bit": True, "bnb_4bit_quant_type": "fp4", "quant_method": "bitsandbytes"},
        {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
        {"load_in_8bit": True},
        {"load_in_8bit": False, "load_in_4bit": False},
        {"quant_method": "gptq", "bits": 4},
        {},
        [4],
        None,
    ],
    ids=str,
)
def test_tensors_decide_against_config_json(
    quantization: object, precision: Precision, tmp_path: Path
) -> None:
    folder = bnb_folder(tmp_path, precision)

    set_quantization(folder, quantization)

    assert Checkpoint.open(folder).stored is precision


@pytest.mark.parametrize(
    "quantization",
    [
        {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "quant_method": "bitsandbytes"},
        {"load_in_8bit": True, "quant_method": "bitsandbytes"},
        {"load_in_8bit": False, "load_in_4bit": False},
        {"quant_method": "gptq", "bits": 4},
        {"quant_method": "awq"},
        {},
        "4bit",
    ],
    ids=str,
)
def test_plain_weights_are_plain_whatever_config_json_says(
    quantization: object, tmp_path: Path
) -> None:
    """As a fine-tune is that was merged, and saved with the configuration that it began with."""
    folder = tmp_path / "plain"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    set_quantization(folder, quantization)

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.stored, checkpoint.matrices) == (None, {})
    assert checkpoint.tensors.keys() == goldens.checkpoint("b2-7b").tensors.keys()


def test_a_copy_of_plain_weights_does_not_say_that_they_are_quantised(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    set_quantization(folder, {"load_in_8bit": True})
    source = Checkpoint.open(folder)

    quantized.finish(write_copy(source, plain_plan(source), tmp_path / "copy"))
    quantized.finish(write_copy(source, quantize_plan(source, Precision.NF4), tmp_path / "4bit"))

    def said(copy: str) -> Any:
        config = json.loads((tmp_path / copy / "config.json").read_text(encoding="utf-8"))
        return config.get("quantization_config")

    assert said("copy") is None
    assert said("4bit")["load_in_4bit"] is True
    assert said("4bit")["load_in_8bit"] is False


# --- Baichuan-13B's own layout, damaged --------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "names"),
    [
        (lambda s: s.pop(f"{GATE}.scale"), f"“{GATE}.scale”"),
        (lambda s: s.update({f"{GATE}.scale": torch.zeros(64)}), f"“{GATE}.scale”"),
        (
            lambda s: s.update({f"{GATE}.scale": torch.zeros(172, dtype=torch.int8)}),
            f"“{GATE}.scale”",
        ),
        (
            lambda s: s.update({f"{GATE}.weight": s[f"{GATE}.weight"].t().contiguous()}),
            f"“{GATE}.weight”",
        ),
        (
            lambda s: s.update({f"{GATE}.weight": torch.zeros((64, 172)).bfloat16()}),
            f"“{GATE}.weight”",
        ),
        (lambda s: s.update({"lm_head.scale": torch.zeros(1072)}), "“lm_head.scale”"),
    ],
    ids=range(6),
)
def test_v1_int8_that_is_wrong(
    edit: Callable[[dict[str, Tensor]], object], names: str, tmp_path: Path
) -> None:
    source = goldens.checkpoint("b1-13b", "safetensors")
    folder = quantized.write_v1_int8(tmp_path / "int8", source)

    change(folder, edit)

    assert names in refusal(folder)
