"""A folder is a complete and consistent checkpoint, or it is refused with one sentence."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import torch

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.generation_config import BASE_DEFAULTS
from backends.errors import (
    CheckpointError,
    DamagedCheckpointError,
    ForeignModelError,
    NotACheckpointError,
    UnsafeCheckpointError,
    UnsupportedArchitectureError,
    UserFacingError,
)
from backends.events import SamplingDefaults
from backends.model_config import Family
from backends.text.chat_template import ChatTokens
from tests.helpers import goldens
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


def copy_of(tmp_path: Path, name: str = "b2-7b", layout: str = "safetensors") -> Path:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder(name, layout), folder)
    return folder


def change_json(file: Path, **changes: Any) -> None:
    """Set keys of a JSON file; None removes one."""
    data = json.loads(file.read_text())
    data.update(changes)
    file.write_text(json.dumps({k: v for k, v in data.items() if v is not None}))


def refusal(folder: Path, kind: type[UserFacingError]) -> str:
    with pytest.raises(kind) as caught:
        Checkpoint.open(folder)
    assert type(caught.value) is kind
    assert caught.value.hint
    assert_one_sentence(caught.value)
    return caught.value.message


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


def test_the_sampling_of_a_chat_model_is_its_generation_config() -> None:
    for name, penalty in (("b1-13b", 1.1), ("b2-7b", 1.05)):
        checkpoint = goldens.checkpoint(name)

        assert checkpoint.kind == "chat"
        assert checkpoint.chat_tokens == ChatTokens(195, 196)
        assert checkpoint.defaults == SamplingDefaults(
            greedy=False,
            temperature=0.3,
            top_k=5,
            top_p=0.85,
            repetition_penalty=penalty,
            max_new_tokens=64,
        )


def test_a_base_model_is_greedy_with_a_repetition_penalty() -> None:
    checkpoint = goldens.checkpoint("b1-7b")

    assert checkpoint.kind == "base"
    assert checkpoint.chat_tokens is None
    assert checkpoint.defaults == BASE_DEFAULTS


def test_a_folder_without_generation_config_is_a_base_model(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    (folder / "generation_config.json").unlink()

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.kind, checkpoint.defaults) == ("base", BASE_DEFAULTS)


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


def test_released_sizes_decide_against_the_fields(tmp_path: Path) -> None:
    """At 4096 and 5120 the width tells the positions; at 64,000 and 125,696 the vocabulary."""
    from backends.model_config import ModelConfig

    base = json.loads((goldens.folder("b2-7b") / "config.json").read_text())
    for hidden, vocab, family in (
        (4096, 64_000, Family.BAICHUAN_7B),
        (5120, 64_000, Family.BAICHUAN_13B),
        (4096, 125_696, Family.BAICHUAN2_7B),
        (5120, 125_696, Family.BAICHUAN2_13B),
    ):
        for drop in ((), ("max_position_embeddings",), ("tokenizer_class",)):
            data = {**base, "hidden_size": hidden, "vocab_size": vocab, "num_attention_heads": 40}
            data["num_attention_heads"] = hidden // 128
            data["model_max_length"] = 4096
            for name in drop:
                data.pop(name, None)
            assert ModelConfig.from_json(data).family is family


def test_what_config_json_leaves_out_is_what_was_released(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    names = ("rms_norm_eps", "hidden_act", "eos_token_id", "tie_word_embeddings")
    change_json(folder / "config.json", **dict.fromkeys(names))

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.config.rms_norm_eps, checkpoint.config.rope_base) == (1e-6, 10_000)
    assert checkpoint.eos_ids == {2}


@pytest.mark.parametrize(
    "changes",
    [
        {"model_max_length": None, "max_position_embeddings": 256},
        {"model_max_length": 256.0, "max_position_embeddings": None},
        {"hidden_size": 64.0, "vocab_size": 1120.0, "num_hidden_layers": 2.0},
        {"rope_scaling": None},
        {"rope_scaling": {"type": "default"}},
        {"rope_scaling": {"rope_type": "default", "factor": 8.0}},
        {"rope_scaling": {"type": "linear", "factor": 1.0}},
        {"rope_scaling": {}},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
        {"rope_theta": None, "rms_norm_eps": None, "hidden_act": None},
        {"hidden_act": "swish"},
        {"torch_dtype": None, "dtype": "float99"},
        {"torch_dtype": ["bfloat16"], "use_cache": "yes", "_from_model_config": 5},
    ],
    ids=str,
)
def test_what_says_the_same_in_another_way_is_the_same(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    folder = copy_of(tmp_path)
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.config == goldens.checkpoint("b2-7b").config
    assert checkpoint.notes == ()


def test_the_base_of_rotary_positions_may_stand_with_their_scaling(tmp_path: Path) -> None:
    """As transformers 5 writes it."""
    folder = copy_of(tmp_path)
    change_json(
        folder / "config.json", rope_parameters={"rope_type": "default", "rope_theta": 500_000}
    )

    assert Checkpoint.open(folder).config.rope_base == 500_000


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
    ("changes", "sentence"),
    [
        ({"model_type": "llama"}, "its architecture is 'llama', not baichuan"),
        ({"model_type": None}, "model_type is missing"),
        ({"model_type": "\ud800\n"}, "not baichuan"),
        ({"hidden_size": None}, "hidden_size is missing"),
        ({"hidden_size": "64"}, "hidden_size is '64', which is not a whole number"),
        ({"hidden_size": True}, "hidden_size is True"),
        ({"hidden_size": 64.5}, "hidden_size is 64.5"),
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"hidden_size": 66}, "no multiple of num_attention_heads"),
        ({"num_hidden_layers": -1}, "num_hidden_layers is -1"),
        ({"num_attention_heads": 64}, "odd width"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu', not silu"),
        ({"tie_word_embeddings": True}, "tie_word_embeddings is set"),
        ({"rope_scaling": {"factor": 2}}, "rope_scaling is set"),
        ({"rope_theta": 0.5}, "rope_theta is 0.5"),
        ({"rope_theta": float("nan")}, "rope_theta is nan"),
        ({"rms_norm_eps": -1}, "rms_norm_eps is -1"),
        ({"rms_norm_eps": float("inf")}, "rms_norm_eps is inf"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling is set"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "rope_scaling is set"),
        ({"rope_scaling": "linear"}, "rope_scaling is set"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 4}}, "rope_parameters is set"),
        (
            {"model_max_length": None, "max_position_embeddings": None},
            "model_max_length is missing",
        ),
        ({"model_max_length": "256"}, "model_max_length is '256'"),
        ({"model_max_length": 10**12}, "model_max_length is 1000000000000"),
        ({"hidden_size": "x" * 10_000}, "…"),
    ],
    ids=str,
)
def test_a_configuration_of_something_else_is_refused(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    folder = copy_of(tmp_path)
    change_json(folder / "config.json", **changes)

    assert sentence in refusal(folder, UnsupportedArchitectureError)


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


@pytest.mark.parametrize("size", [65_536, 10**9, 10**18, 10**300])
def test_absurd_sizes_cost_no_memory(tmp_path: Path, size: int) -> None:
    folder = copy_of(tmp_path)
    change_json(
        folder / "config.json",
        hidden_size=size,
        num_hidden_layers=min(size, 512),
        num_attention_heads=1,
        intermediate_size=size,
        vocab_size=size,
        model_max_length=min(size, 2**20),
    )
    tracemalloc.start()

    with pytest.raises(CheckpointError) as caught:
        Checkpoint.open(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert_one_sentence(caught.value)
    assert peak < 20_000_000


# --- weights -----------------------------------------------------------------------------

WEIGHT = "model.layers.1.mlp.up_proj.weight"


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


def change_index(folder: Path, shard: Any, name: str = WEIGHT) -> None:
    file = folder / "pytorch_model.bin.index.json"
    data = json.loads(file.read_text())
    data["weight_map"][name] = shard
    file.write_text(json.dumps(data))


@pytest.mark.parametrize(
    "shard",
    [
        "../outside.bin", "/etc/passwd", "/tmp/outside.bin", "sub/inside.bin", "..\\outside.bin",
        "C:outside.bin", "C:\\outside.bin", "\\\\server\\share.bin", "..", ".", "", "./x.bin",
        "a/../../outside.bin", "~/outside.bin" , "file:///x.bin", "../" * 500 + "x.bin",
    ],
)  # fmt: skip
def test_an_index_cannot_name_a_file_outside_of_its_folder(tmp_path: Path, shard: str) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    shutil.copy(folder / "pytorch_model-00001-of-00003.bin", tmp_path / "outside.bin")
    change_index(folder, shard)

    assert "outside of its folder" in refusal(folder, UnsafeCheckpointError)


@pytest.mark.parametrize(
    ("shard", "sentence"),
    [
        ("config.json", "“config.json”, which is no weight file"),
        (5, "names something that is no file"),
        (None, "names something that is no file"),
        (["x.bin"], "names something that is no file"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_index_that_names_no_shard_is_refused(
    tmp_path: Path, shard: object, sentence: str
) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    change_index(folder, shard)

    assert sentence in refusal(folder, DamagedCheckpointError)


@pytest.mark.parametrize(
    "shard",
    ["pytorch_model-00009-of-00003.bin", "x" * 300 + ".bin", "a\0b.bin", "\ud800.bin", "a\nb.bin"],
    ids=lambda value: ascii(value)[:20],
)
def test_an_index_of_files_that_are_not_there_gives_way_to_shards_that_are(
    tmp_path: Path, shard: str
) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    change_index(folder, shard)

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.tensors.keys() == goldens.checkpoint("b2-7b").tensors.keys()
    (note,) = map(str, checkpoint.notes)
    assert "“pytorch_model-00001-of-00003.bin”" in note
    assert "3 of the 4 files that it names are there, missing: “" in note
    assert note.isprintable()


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    (folder / "pytorch_model-00002-of-00003.bin").unlink()

    message = refusal(folder, DamagedCheckpointError)
    assert message.endswith(
        "2 of the 3 files that it names are there, missing: “pytorch_model-00002-of-00003.bin”."
    )


def test_a_tensor_in_another_shard_than_the_index_says_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    index = json.loads((folder / "pytorch_model.bin.index.json").read_text())["weight_map"]
    other = next(shard for shard in sorted(set(index.values())) if shard != index[WEIGHT])
    change_index(folder, other)

    message = refusal(folder, DamagedCheckpointError)
    assert f"it holds “{WEIGHT}”, which pytorch_model.bin.index.json does not place" in message or (
        f"it lacks the tensor “{WEIGHT}”" in message
    )


def test_a_tensor_in_two_shards_is_refused(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    index = json.loads((folder / "pytorch_model.bin.index.json").read_text())["weight_map"]
    name = next(k for k, v in index.items() if v.startswith("pytorch_model-00001"))
    second = folder / "pytorch_model-00002-of-00003.bin"
    first_state = torch.load(folder / "pytorch_model-00001-of-00003.bin")
    torch.save({**torch.load(second), name: first_state[name]}, second)

    assert f"it holds “{name}”" in refusal(folder, DamagedCheckpointError)


def test_a_tensor_that_the_index_promises_and_no_shard_holds_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    change_index(folder, "pytorch_model-00001-of-00003.bin", name="promised\n" + "x" * 5000)

    assert "it lacks the tensor “promised" in refusal(folder, DamagedCheckpointError)


@pytest.mark.parametrize("weight_map", [None, {}, [], "x", 5])
def test_an_index_without_a_map_is_refused(tmp_path: Path, weight_map: object) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))
    for shard in folder.glob("*.bin"):
        shard.unlink()

    assert "it has no weight_map" in refusal(folder, DamagedCheckpointError)


def test_a_link_to_a_shard_elsewhere_is_the_persons_own(tmp_path: Path) -> None:
    """A Hugging Face cache keeps every file behind a link."""
    folder = copy_of(tmp_path, layout="sharded")
    for shard in sorted(folder.glob("*.bin")):
        target = tmp_path / f"blob-{shard.name}"
        shard.rename(target)
        shard.symlink_to(target)

    assert Checkpoint.open(folder).kind == "chat"


def test_metadata_of_any_kind_is_ignored(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    change_header(
        folder / "model.safetensors",
        lambda header: header.update({"__metadata__": {"format": "pt", "n": "<script>"}}),
    )

    assert Checkpoint.open(folder).kind == "chat"
