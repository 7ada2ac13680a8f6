"""What the tensors of an adapter hold, and what of them is refused before it is loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.adapters.folder import open_adapter
from backends.errors import (
    AdapterError,
    DamagedAdapterError,
    UnsupportedAdapterError,
    WrongBaseError,
)
from tests.helpers import adapters, goldens
from tests.helpers.adapters import PREFIX, Array
from tests.helpers.refused_adapters import (
    CONFIG,
    LAYER,
    A,
    B,
    refusal,
    with_options,
    with_tensors,
)
from tests.helpers.weight_files import change_header


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
