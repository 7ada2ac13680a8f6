"""A folder is a complete and consistent checkpoint, or it is refused with one sentence."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from backends.checkpoint.folder import Checkpoint
from backends.errors import (
    CheckpointError,
    DamagedCheckpointError,
    ForeignModelError,
    NotACheckpointError,
)
from backends.model_config import Family
from tests.helpers import goldens
from tests.helpers.changed_folders import WEIGHT, copy_of, refusal
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import change_header, read_safetensors, write_safetensors

FAMILIES = {
    "b1-7b": Family.BAICHUAN_7B,
    "b1-13b": Family.BAICHUAN_13B,
    "b1-13b-h5": Family.BAICHUAN_13B,
    "b2-7b": Family.BAICHUAN2_7B,
    "b2-13b": Family.BAICHUAN2_13B,
    "b2-13b-h5": Family.BAICHUAN2_13B,
}


# --- what is right -----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "layout"), goldens.CHECKPOINTS)
def test_a_golden_checkpoint_is_recognised(name: str, layout: str) -> None:
    checkpoint = Checkpoint.open(goldens.folder(name, layout))
    meta = goldens.facts("checkpoints", name, "meta.json")

    config = checkpoint.config
    assert config.family is FAMILIES[name]
    assert (config.hidden_size, config.num_heads) == (meta["hidden"], meta["heads"])
    assert (config.num_layers, config.intermediate_size) == (meta["layers"], meta["intermediate"])
    assert (config.vocab_size, config.context_length) == (meta["vocab"], meta["ctx"])
    assert checkpoint.eos_ids == {2}
    assert checkpoint.notes == ()
    shapes = {k: tuple(v[1]) for k, v in meta["keys"].items() if "inv_freq" not in k}
    assert {k: r.shape for k, r in checkpoint.tensors.items()} == shapes
    assert config.parameters == sum(torch.Size(shape).numel() for shape in shapes.values())
    assert checkpoint.bytes_on_disk == 2 * config.parameters


@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_spaces_and_hanzi_in_the_folder_do_no_harm(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "百川 模型 (copy) ’x’ {0} %s"
    shutil.copytree(goldens.folder("b2-13b", layout), folder)

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.folder == folder
    (folder / "config.json").unlink()
    assert str(folder) in refusal(folder, NotACheckpointError)


def test_what_is_not_needed_is_not_looked_at(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).write_text("not JSON")
    (folder / "modeling_baichuan.py").write_text("raise SystemExit('executed')")
    (folder / "configuration_baichuan.py").write_text("raise SystemExit('executed')")

    assert Checkpoint.open(folder).kind == "chat"


# --- the folder --------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "gone", NotACheckpointError)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "\ud800", "x\ny"], ids=ascii)
def test_a_path_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotACheckpointError) as caught:
        Checkpoint.open(tmp_path / name)

    assert all(char.isprintable() for char in caught.value.message)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is Unicode")
def test_a_path_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    """Registry, manifest and protocol could not hold it."""
    folder = tmp_path / os.fsdecode(b"m\xff")
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)

    with pytest.raises(NotACheckpointError, match="its path is not UTF-8") as caught:
        Checkpoint.open(folder)

    assert caught.value.message.isprintable()


def test_the_home_of_nobody_is_refused() -> None:
    refusal(Path("~nobody-of-this-name/model"), NotACheckpointError)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.touch()

    refusal(file, NotACheckpointError)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("config.json", "it has no config.json"),
        ("tokenizer.model", "it has no tokenizer.model"),
        ("model.safetensors", "it has no weight file"),
    ],
)
def test_a_folder_without_one_of_its_files_is_refused(
    tmp_path: Path, file: str, sentence: str
) -> None:
    folder = copy_of(tmp_path)
    (folder / file).unlink()

    assert sentence in refusal(folder, NotACheckpointError)


# --- config.json -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        "\xff\xfe",
        '{"a": ' * 50_000,
        "[" * 50_000,
        '{"a": 1' + "0" * 9999,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_a_config_json_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    folder = copy_of(tmp_path)
    (folder / "config.json").write_bytes(text.encode("latin-1"))

    assert "config.json" in refusal(folder, DamagedCheckpointError)


def test_deeply_nested_values_are_refused_at_any_depth(tmp_path: Path) -> None:
    """Near the limit of recursion reading may succeed where printing does not."""
    folder = copy_of(tmp_path)
    file = folder / "config.json"
    data = json.loads(file.read_text())
    for depth in range(700, 1000):
        data["hidden_size"] = 0
        text = json.dumps(data).replace(
            '"hidden_size": 0', f'"hidden_size": {"[" * depth + "]" * depth}'
        )
        file.write_text(text)
        with pytest.raises(CheckpointError) as caught:
            Checkpoint.open(folder)
        assert_one_sentence(caught.value)


# --- weights -----------------------------------------------------------------------------


def rewrite(folder: Path, layout: str, change: Any) -> None:
    """Change the tensors of a folder, whatever its layout."""
    if layout == "safetensors":
        import safetensors.torch

        file = folder / "model.safetensors"
        tensors = safetensors.torch.load_file(file)
        change(tensors)
        safetensors.torch.save_file(tensors, file)
        return
    file = folder / "pytorch_model.bin"
    state = torch.load(file)
    change(state)
    torch.save(state, file)


@pytest.mark.parametrize("layout", ["single", "safetensors"])
def test_a_missing_tensor_is_named(tmp_path: Path, layout: str) -> None:
    folder = copy_of(tmp_path, layout=layout)
    rewrite(folder, layout, lambda tensors: tensors.pop(WEIGHT))

    assert f"lack the tensor “{WEIGHT}”" in refusal(folder, NotACheckpointError)


@pytest.mark.parametrize("layout", ["single", "safetensors"])
def test_an_extra_tensor_is_named(tmp_path: Path, layout: str) -> None:
    folder = copy_of(tmp_path, layout=layout)
    rewrite(folder, layout, lambda tensors: tensors.update({"adapter.weight": torch.ones(2)}))

    message = refusal(folder, DamagedCheckpointError)
    assert "it holds “adapter.weight”, which this model does not have" in message


@pytest.mark.parametrize("layout", ["single", "safetensors"])
@pytest.mark.parametrize("shape", [(64, 172), (172, 65), (172,), (172, 64, 1), ()])
def test_a_tensor_of_another_shape_is_named(
    tmp_path: Path, layout: str, shape: tuple[int, ...]
) -> None:
    folder = copy_of(tmp_path, layout=layout)
    rewrite(folder, layout, lambda tensors: tensors.update({WEIGHT: torch.ones(shape)}))

    assert refusal(folder, DamagedCheckpointError).endswith(
        f"“{WEIGHT}” has the shape {list(shape)}, but config.json implies [172, 64]."
    )


@pytest.mark.parametrize("dtype", [torch.int8, torch.int64, torch.float64, torch.bool])
def test_a_tensor_that_is_no_weight_is_named(tmp_path: Path, dtype: torch.dtype) -> None:
    folder = copy_of(tmp_path, layout="single")
    rewrite(folder, "single", lambda state: state.update({WEIGHT: state[WEIGHT].to(dtype)}))

    assert f"holds “{WEIGHT}” in the type " in refusal(folder, ForeignModelError)


@pytest.mark.parametrize("layout", ["single", "safetensors"])
def test_weights_that_a_training_left_elsewhere_are_said(tmp_path: Path, layout: str) -> None:
    """DeepSpeed ZeRO-3 leaves names with nothing in them."""
    folder = copy_of(tmp_path, layout=layout)
    rewrite(folder, layout, lambda state: state.update({n: torch.ones(0) for n in state}))

    message = refusal(folder, ForeignModelError)
    assert message.endswith("holds nothing of “model.embed_tokens.weight” but its name.")


@pytest.mark.parametrize("layout", ["single", "safetensors"])
@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "base_model.model.", "x" * 200 + "."])
def test_names_with_something_before_them_are_said(
    tmp_path: Path, layout: str, prefix: str
) -> None:
    folder = copy_of(tmp_path, layout=layout)

    def rename(state: dict[str, torch.Tensor]) -> None:
        for name in list(state):
            state[prefix + name] = state.pop(name)

    rewrite(folder, layout, rename)

    message = refusal(folder, ForeignModelError)
    assert message.endswith(f"its tensors have “{prefix[:100]}” before their names.")


def test_a_value_with_a_long_name_is_named_by_its_beginning(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="single")
    rewrite(folder, "single", lambda state: state.update({"x" * 4_000: 3}))

    assert f"hold “{'x' * 100}”, which is no tensor" in refusal(folder, NotACheckpointError)


@pytest.mark.parametrize(
    "extra",
    [
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.layers.0.self_attn.rotary_emb.cos_cached",
        "model.rotary_emb.inv_freq",
        "model.alibi_mask",
        "model.future_mask",
    ],
)
def test_what_positions_are_computed_from_is_ignored(tmp_path: Path, extra: str) -> None:
    folder = copy_of(tmp_path)
    rewrite(folder, "safetensors", lambda tensors: tensors.update({extra: torch.ones(8)}))

    assert extra not in Checkpoint.open(folder).tensors


def test_a_duplicate_key_is_refused(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    file = folder / "model.safetensors"
    header, data = read_safetensors(file)
    text = json.dumps(header)
    write_safetensors(file, f'{text[:-1]}, "{WEIGHT}": {json.dumps(header[WEIGHT])}}}', data)

    assert f"its header names “{WEIGHT}” twice" in refusal(folder, DamagedCheckpointError)


@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_a_truncated_weight_file_is_refused(tmp_path: Path, layout: str) -> None:
    folder = copy_of(tmp_path, layout=layout)
    file = sorted([*folder.glob("*.bin"), *folder.glob("*.safetensors")])[-1]
    data = file.read_bytes()
    cuts = [0, 1, 7, 8, 9, 100, *range(1000, len(data), len(data) // 40), len(data) - 1]
    for cut in cuts:
        file.write_bytes(data[:cut])

        assert f"“{file.name}”" in refusal(folder, DamagedCheckpointError)


def test_nothing_may_follow_the_tensors(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    with (folder / "model.safetensors").open("ab") as stream:
        stream.write(b"x")

    assert "but its header describes" in refusal(folder, DamagedCheckpointError)


# --- the index of shards -----------------------------------------------------------------


def test_metadata_of_any_kind_is_ignored(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    change_header(
        folder / "model.safetensors",
        lambda header: header.update({"__metadata__": {"format": "pt", "n": "<script>"}}),
    )

    assert Checkpoint.open(folder).kind == "chat"
