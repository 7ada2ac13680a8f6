"""What is wrong with an adapter is said in a sentence, before anything of it is loaded."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backends.adapters.allowed import open_allowed_adapter
from backends.adapters.folder import open_adapter
from backends.errors import (
    AdapterError,
    DamagedAdapterError,
    NotAnAdapterError,
    UnreadableAdapterError,
    UnsupportedAdapterError,
    WrongBaseError,
)
from backends.policy.values import Policy
from tests.helpers import adapters, goldens
from tests.helpers.adapters import PREFIX, Array
from tests.helpers.opened_files import watched
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import change_header

CHECKPOINT = goldens.checkpoint("b2-7b")
CONFIG = CHECKPOINT.config
LAYER = f"{PREFIX}model.layers.0.self_attn.W_pack"
A, B = f"{LAYER}.lora_A.weight", f"{LAYER}.lora_B.weight"


def refusal(folder: Path, kind: type[AdapterError]) -> str:
    """The sentence with which a folder is refused; nothing outside of it is opened meanwhile."""
    with watched() as opened, pytest.raises(AdapterError) as caught:
        open_allowed_adapter(folder, CHECKPOINT, Policy())
    assert type(caught.value) is kind, caught.value.message
    assert_one_sentence(caught.value)
    assert caught.value.hint
    assert not opened.outside(folder, CHECKPOINT.folder)
    assert not opened.pickles
    return caught.value.message


def with_options(folder: Path, **changes: Any) -> Path:
    """An adapter on W_pack of rank 4 whose configuration says something else."""
    return adapters.write_adapter(folder, CONFIG, changes=changes)


def with_tensors(folder: Path, change: Callable[[dict[str, Array]], Any], **options: Any) -> Path:
    """The same one, with other tensors."""
    found = adapters.tensors(CONFIG)
    change(found)
    return adapters.write(folder, adapters.options(**options), found)


# --- what the configuration says ---------------------------------------------------------

UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"peft_type": "IA3"}, "is of the kind 'IA3', and this app runs LORA only."),
    ({"peft_type": "ADALORA"}, "is of the kind 'ADALORA'"),
    ({"task_type": "SEQ_CLS"}, "was made for the task 'SEQ_CLS', and not to write text."),
    ({"bias": "all"}, "sets “bias” to 'all', which this app does not compute."),
    ({"lora_bias": True}, "sets “lora_bias” to True"),
    ({"fan_in_fan_out": True}, "sets “fan_in_fan_out” to True"),
    ({"layer_replication": [[0, 1]]}, "sets “layer_replication” to [[0, 1]]"),
    ({"target_parameters": ["x"]}, "sets “target_parameters” to ['x']"),
    ({"trainable_token_indices": [5]}, "sets “trainable_token_indices” to [5]"),
    ({"alora_invocation_tokens": [5]}, "sets “alora_invocation_tokens”"),
    ({"use_qalora": True}, "sets “use_qalora” to True"),
    ({"enable_lora": [True, False]}, "sets “enable_lora” to [True, False]"),
    ({"megatron_config": {"a": 1}}, "sets “megatron_config”"),
    ({"future_option": 0.5}, "sets “future_option” to 0.5, which this app does not compute."),
    ({"x" * 500: True}, f"sets “{'x' * 100}” to True"),
    ({"init_lora_weights": "pissa_niter_4"}, "trained on a base that “init_lora_weights”"),
    ({"init_lora_weights": "OLoRA"}, "trained on a base that “init_lora_weights” 'OLoRA' had"),
    ({"init_lora_weights": "next"}, "sets “init_lora_weights” to 'next'"),
    ({"rank_pattern": {"(a+)+$": 4}}, "names layers in “rank_pattern” by the pattern “(a+)+$”"),
    ({"alpha_pattern": {"layers.[0-9]": 4}}, "names layers in “alpha_pattern” by the pattern"),
    ({"layers_to_transform": [0], "layers_pattern": "h"}, "sets “layers_pattern” to 'h'"),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"peft_type": None}, "“peft_type” is missing."),
    ({"r": 0}, "“r” is 0, which is not a whole number from 1 to 16,384."),
    ({"r": -4}, "“r” is -4, which"),
    ({"r": True}, "“r” is True, which"),
    ({"r": 2_500_000_000}, "“r” is 2500000000, which"),
    ({"r": 8}, ".lora_A.weight” is of rank 4, and adapter_config.json says 8."),
    ({"rank_pattern": {"W_pack": 0}}, "“rank_pattern of W_pack” is 0"),
    ({"rank_pattern": {"layers.1.self_attn.W_pack": 3}}, "is of rank 4, and adapter_config.json"),
    ({"rank_pattern": ["W_pack"]}, "“rank_pattern” is ['W_pack'], which is not a mapping of names"),
    ({"lora_alpha": "8"}, "“lora_alpha” is '8', which is not a number that can be computed with."),
    ({"lora_alpha": float("nan")}, "“lora_alpha” is nan"),
    ({"lora_alpha": 10**60}, "“lora_alpha” is 1000"),
    ({"use_rslora": 1}, "“use_rslora” is 1, which is not true or false."),
    ({"use_dora": True}, "it lacks “lora_magnitude_vector” of the layer “model.layers.0"),
    ({"target_modules": {"a": 1}}, "“target_modules” is {'a': 1}, which is not a list of names."),
    ({"target_modules": ["o_proj"]}, "a layer that adapter_config.json does not name."),
    ({"target_modules": ["W_pack", "o_proj"]}, "nothing for “model.layers.0.self_attn.o_proj"),
    ({"exclude_modules": ["W_pack"]}, "a layer that adapter_config.json does not name."),
    ({"layers_to_transform": [0]}, "layers.1.self_attn.W_pack.lora_A.weight”, a layer that"),
    ({"layers_to_transform": ["a"]}, "“layers_to_transform” is ['a'], which is not"),
    ({"modules_to_save": ["lm_head"]}, "it lacks the weights of “lm_head”, which it replaces."),
    ({"modules_to_save": [5]}, "“modules_to_save” is 5, which is not a name."),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), UNSUPPORTED)
def test_an_option_that_is_not_computed_is_refused_by_its_name(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    message = refusal(with_options(tmp_path / "a", **changes), UnsupportedAdapterError)

    assert sentence in message


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_a_value_that_cannot_be_is_said(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(with_options(tmp_path / "a", **changes), DamagedAdapterError)


@pytest.mark.parametrize(
    "changes",
    [
        {"future_option": None, "another": False, "third": [], "fourth": {}, "fifth": ""},
        {"init_lora_weights": "gaussian", "lora_dropout": 0.5, "inference_mode": False},
        {"merge_weights": True, "enable_lora": None},  # PEFT 0.2
        {"loftq_config": {"loftq_bits": 4}, "eva_config": {"rho": 2.0}},
        {"auto_mapping": {"base_model_class": "BaichuanForCausalLM", "parent_library": "x"}},
        {"task_type": None, "bias": "none", "revision": "v2.0"},
        {"target_modules": ".*W_pack"},  # which is not run
        {"target_modules": ["q_proj", "W_pack"], "layers_to_transform": [0, 1]},
        {"exclude_modules": "^nothing$"},
    ],
)
def test_an_option_without_effect_is_left_out(tmp_path: Path, changes: dict[str, Any]) -> None:
    adapter = open_adapter(with_options(tmp_path / "a", **changes))

    assert len(adapter.matrices) == CONFIG.num_layers


@pytest.mark.parametrize("missing", ["alpha_pattern", "rank_pattern", "use_rslora", "bias"])
def test_an_option_that_older_versions_did_not_write_is_at_its_default(
    tmp_path: Path, missing: str
) -> None:
    found = adapters.options()
    del found[missing]

    adapter = open_adapter(adapters.write(tmp_path / "a", found, adapters.tensors(CONFIG)))

    assert {matrix.scale for matrix in adapter.matrices.values()} == {2.0}


# --- what the file of tensors holds ------------------------------------------------------


def renamed(change: Callable[[str], str]) -> Callable[[dict[str, Array]], None]:
    def rename(found: dict[str, Array]) -> None:
        for name in list(found):
            found[change(name)] = found.pop(name)

    return rename


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.replace(".weight", ".default.weight"),
        lambda name: name.replace(".weight", ".mine.weight"),
        lambda name: name.removeprefix(PREFIX),
        lambda name: f"module.{name}",
    ],
    ids=["default", "another-name", "without-prefix", "of-many-cards"],
)
def test_a_name_may_have_what_training_programs_leave_in_it(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    adapter = open_adapter(with_tensors(tmp_path / "a", renamed(change)))

    assert list(adapter.matrices) == [
        f"model.layers.{number}.self_attn.W_pack" for number in range(CONFIG.num_layers)
    ]


@pytest.mark.parametrize("suffix", ["", ".weight", ".default", ".default.weight"])
def test_a_magnitude_has_one_of_four_names(tmp_path: Path, suffix: str) -> None:
    found = adapters.tensors(CONFIG, dora=True)
    for name in [name for name in found if name.endswith("vector")]:
        found[name + suffix] = found.pop(name)

    adapter = open_adapter(adapters.write(tmp_path / "a", adapters.options(use_dora=True), found))

    assert all(one.magnitude is not None for one in adapter.matrices.values())


@pytest.mark.parametrize(
    "name",
    ["lm_head.weight", "lm_head.modules_to_save.weight", "lm_head.modules_to_save.default.weight"],
)
def test_a_replaced_head_has_one_of_three_names(tmp_path: Path, name: str) -> None:
    folder = with_tensors(
        tmp_path / "a",
        lambda found: found.update(
            adapters.tensors(CONFIG, targets=(), saved=["lm_head.weight"]),
        ),
        modules_to_save=["lm_head"],
    )
    change_header(
        folder / "adapter_model.safetensors",
        lambda header: header.update({PREFIX + name: header.pop(f"{PREFIX}lm_head.weight")}),
    )

    assert set(open_adapter(folder).saved) == {"lm_head.weight"}


@pytest.mark.parametrize("shape", [(1,), (191,), (192, 1)])
def test_a_magnitude_has_a_number_for_each_row(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """One number alone would be taken for all rows, and no error would tell."""
    config = goldens.checkpoint("b2-7b").config
    found = adapters.tensors(config, dora=True)
    found[f"{LAYER}.lora_magnitude_vector"] = np.ones(shape, np.float32)
    folder = adapters.write(tmp_path / "a", adapters.options(use_dora=True), found)

    assert "and its layer 192 rows" in refusal(folder, DamagedAdapterError)


def nothing(rows: int = 4, columns: int = 64) -> Array:
    return np.ones((rows, columns), np.float32)


def spoilt(value: float) -> Callable[[dict[str, Array]], None]:
    def spoil(found: dict[str, Array]) -> None:
        found[B][100, 1] = value

    return spoil


def zeroed(found: dict[str, Array]) -> None:
    found[A][2:] = 0


def base_only(found: dict[str, Array]) -> None:
    found.clear()
    found[f"{LAYER}.base_layer.weight"] = nothing()


TENSORS: list[tuple[str, Callable[[dict[str, Array]], Any], type[AdapterError], str]] = [
    (
        "one factor",
        lambda t: t.pop(B),
        DamagedAdapterError,
        "it lacks “lora_B” of the layer “model.layers.0.self_attn.W_pack”.",
    ),
    (
        "twice",
        lambda t: t.update({A.replace(".weight", ".default.weight"): nothing()}),
        DamagedAdapterError,
        "twice, under two names.",
    ),
    (
        "two adapters",
        lambda t: t.update(
            {
                A.replace(".weight", ".a.weight"): t.pop(A),
                B.replace(".weight", ".b.weight"): t.pop(B),
            }
        ),
        UnsupportedAdapterError,
        "holds several adapters in one file, “a” and “b”.",
    ),
    (
        "no matrix",
        lambda t: t.update({A: np.ones(64, np.float32)}),
        DamagedAdapterError,
        "is no matrix: its shape is [64].",
    ),
    (
        "another rank",
        lambda t: t.update({B: np.ones((192, 3), np.float32)}),
        DamagedAdapterError,
        "lora_B.weight” is of rank 3, and adapter_config.json says 4.",
    ),
    (
        "ZeRO-3",
        lambda t: t.update({A: np.ones((0,), np.float32)}),
        UnsupportedAdapterError,
        "holds nothing of “",
    ),
    (
        "whole numbers",
        lambda t: t.update({A: np.ones((4, 64), np.int8)}),
        UnsupportedAdapterError,
        "in the type I8, and this app reads adapters in 16 and 32 bits.",
    ),
    (
        "64 bits",
        lambda t: t.update({A: np.ones((4, 64))}),
        UnsupportedAdapterError,
        "in the type F64",
    ),
    (
        "bias",
        lambda t: t.update({f"{LAYER}.lora_B.bias": nothing()}),
        UnsupportedAdapterError,
        "W_pack.lora_B.bias”, which this app does not compute.",
    ),
    (
        "embedding",
        lambda t: t.update({f"{PREFIX}model.embed_tokens.lora_embedding_A": nothing()}),
        UnsupportedAdapterError,
        "lora_embedding_A”, which",
    ),
    (
        "AdaLoRA",
        lambda t: t.update({f"{LAYER}.lora_E": nothing()}),
        UnsupportedAdapterError,
        "lora_E”, which this app",
    ),
    (
        "quantised base",
        lambda t: t.update({f"{LAYER}.base_layer.qweight": nothing()}),
        UnsupportedAdapterError,
        "base_layer.qweight”, which this app",
    ),
    (
        "magnitude",
        lambda t: t.update({f"{LAYER}.lora_magnitude_vector": np.ones(192, np.float32)}),
        DamagedAdapterError,
        "and “use_dora” is not set.",
    ),
    (
        "a whole matrix",
        lambda t: t.update({f"{PREFIX}model.layers.0.mlp.up_proj.weight": nothing()}),
        DamagedAdapterError,
        "adapter_config.json does not say what for.",
    ),
    (
        "nothing",
        base_only,
        DamagedAdapterError,
        "it holds no tensor of an adapter.",
    ),
    (
        "NaN",
        spoilt(np.nan),
        DamagedAdapterError,
        "W_pack.lora_B.weight” holds what is not a number.",
    ),
    ("infinity", spoilt(-np.inf), DamagedAdapterError, "holds what is not a number."),
    ("half zero", zeroed, DamagedAdapterError, "a half of “"),
    # Of other models:
    (
        "Llama",
        renamed(lambda n: n.replace("W_pack", "q_proj")),
        WrongBaseError,
        "“model.layers.0.self_attn.q_proj”, which no Baichuan model has.",
    ),
    (
        "vision",
        renamed(lambda n: n.replace("model.layers", "vision_tower.layers")),
        WrongBaseError,
        "vision_tower.layers.0.self_attn.W_pack”, which no Baichuan model has.",
    ),
    (
        "more layers",
        renamed(lambda n: n.replace("layers.1.", "layers.31.")),
        WrongBaseError,
        "it changes layer 31, and the model has 2 layers, counted from 0.",
    ),
    (
        "wider",
        lambda t: t.update({A: nothing(4, 80), B: np.ones((240, 4), np.float32)}),
        WrongBaseError,
        "W_pack” of the sizes 240 × 80, and the model's has 192 × 64.",
    ),
]


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [case[1:] for case in TENSORS],
    ids=[case[0] for case in TENSORS],
)
def test_tensors_that_are_no_adapter_of_this_model_are_refused(
    tmp_path: Path,
    change: Callable[[dict[str, Array]], Any],
    kind: type[AdapterError],
    sentence: str,
) -> None:
    folder = with_tensors(tmp_path / "a", change, target_modules=None)

    assert sentence in refusal(folder, kind)


def test_a_rank_above_that_of_the_matrix_is_refused_before_its_values_are_read(
    tmp_path: Path,
) -> None:
    folder = with_options(tmp_path / "a", r=16_000)
    file = folder / "adapter_model.safetensors"
    sizes = {A: [16_000, 64], B: [192, 16_000]}
    header: dict[str, Any] = {}
    for name, shape in sizes.items():
        begin = max((entry["data_offsets"][1] for entry in header.values()), default=0)
        end = begin + 4 * shape[0] * shape[1]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    raw = json.dumps(header).encode()
    file.write_bytes(len(raw).to_bytes(8, "little") + raw)
    os.truncate(file, 8 + len(raw) + end)

    assert "is of rank 16,000 at “model.layers.0.self_attn.W_pack”" in refusal(
        folder, UnsupportedAdapterError
    )


# --- which files are there ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("adapter_config.json", "it has no adapter_config.json."),
        ("adapter_model.safetensors", "it has no adapter_model.safetensors."),
    ],
)
def test_a_file_that_is_missing_is_named(tmp_path: Path, missing: str, sentence: str) -> None:
    folder = with_options(tmp_path / "a")
    (folder / missing).unlink()

    assert sentence in refusal(folder, NotAnAdapterError)


def test_an_adapter_in_a_folder_of_its_folder_is_named(tmp_path: Path) -> None:
    with_options(tmp_path / "output" / "checkpoint-500")

    assert "but “checkpoint-500” in it has one." in refusal(tmp_path / "output", NotAnAdapterError)


def spoil(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 99\n"


def test_what_was_not_downloaded_is_said(tmp_path: Path) -> None:
    folder = with_options(tmp_path / "a")
    whole = (folder / "adapter_model.safetensors").read_bytes()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        copy = shutil.copytree(folder, tmp_path / name)
        assert "is a Git LFS pointer" in refusal(spoil(copy, name, POINTER), UnreadableAdapterError)
    spoil(folder, "adapter_model.safetensors", whole[:-100])
    assert "100 of its" in refusal(folder, DamagedAdapterError)
    spoil(folder, "adapter_model.safetensors", bytes(len(whole)))
    assert "begins with zeros" in refusal(folder, UnreadableAdapterError)
    (folder / "adapter_model.safetensors").unlink()
    (folder / "adapter_model.safetensors.aria2").write_bytes(b"x")
    assert "is a half download" in refusal(folder, UnreadableAdapterError)


def test_one_of_several_files_is_no_adapter(tmp_path: Path) -> None:
    folder = with_options(tmp_path / "a")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model-00001-of-00002.bin")

    assert "its tensors lie in several files" in refusal(folder, NotAnAdapterError)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"peft_type": ', b"\xff" * 50])
def test_a_configuration_that_is_no_json_is_damaged(tmp_path: Path, content: bytes) -> None:
    folder = spoil(with_options(tmp_path / "a"), "adapter_config.json", content)

    assert "The file “adapter_config.json” of the adapter “a”" in refusal(
        folder, DamagedAdapterError
    )


def test_a_file_of_the_other_form_is_named(tmp_path: Path) -> None:
    folder = with_options(tmp_path / "a")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")

    assert "is a .safetensors file by its content" in refusal(folder, UnreadableAdapterError)


class Command:
    """A pickle of it would run a command wherever it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"{sys.executable} -c pass",)


def test_a_pickle_that_asks_for_code_is_refused_and_not_run(tmp_path: Path) -> None:
    folder = with_options(tmp_path / "a")
    (folder / "adapter_model.safetensors").unlink()
    torch.save({A: torch.ones(4, 64), "b": Command()}, folder / "adapter_model.bin")

    message = refusal(folder, UnreadableAdapterError)

    assert "was refused: it contains code (posix.system)." in message.replace("nt.", "posix.")


def test_what_a_training_left_is_not_opened(tmp_path: Path) -> None:
    folder = shutil.copytree(adapters.folder("b2-7b", "w_pack_r1_bin"), tmp_path / "a")
    for name in ("training_args.bin", "optimizer.pt", "trainer_state.json", "README.md"):
        (folder / name).write_bytes(b"x")

    with watched() as opened:
        open_allowed_adapter(folder, CHECKPOINT, Policy())

    own = {file.name for file in opened.files if file.parent == folder}
    assert own == {"adapter_config.json", "adapter_model.bin"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and a FIFO")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    folder = with_options(tmp_path / "a")
    file = folder / "adapter_model.safetensors"
    file.unlink()
    os.mkfifo(file)
    assert "it is not a file" in refusal(folder, UnreadableAdapterError)
    file.unlink()
    file.symlink_to(tmp_path / "gone")
    assert "which is missing" in refusal(folder, UnreadableAdapterError)
    file.unlink()
    file.symlink_to(file)
    assert "leads back to itself" in refusal(folder, UnreadableAdapterError)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("gone", "there is no such folder."),
        ("a/adapter_config.json", "it is one file of an adapter, which is the folder “"),
        ("a/README.md", "it is no folder."),
    ],
)
def test_what_is_no_folder_is_said(tmp_path: Path, path: str, sentence: str) -> None:
    spoil(with_options(tmp_path / "a"), "README.md", b"x")

    assert sentence in refusal(tmp_path / path, NotAnAdapterError)


def test_beside_safetensors_a_bin_is_not_used(tmp_path: Path) -> None:
    folder = spoil(with_options(tmp_path / "a"), "adapter_model.bin", b"x")

    notes: Mapping[str, Any] = {note.template: note for note in open_adapter(folder).notes}

    assert "“{unused}” is not used, because “{used}” is there, too." in notes
