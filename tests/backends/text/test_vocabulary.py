"""Tokenizer, rows and config.json of one model, and of two."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import TokenizerError
from backends.model_config import Family, ModelConfig
from backends.text.vocabulary import agreed_config, read_tokenizer
from tests.helpers import goldens
from tests.helpers.padded import change_json, padded
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.tokenizer_models import change, filled_up, renamed

RELEASED = {1: 64_000, 2: 125_696}
GOLDENS = {1: "b1-13b", 2: "b2-13b"}


def folder_of(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    shutil.copytree(goldens.folder(name, "safetensors"), folder)
    return folder


def tokenizer_of(name: str) -> Callable[[bytes], bytes]:
    return lambda _: (goldens.folder(name, "safetensors") / "tokenizer.model").read_bytes()


def refusal(folder: Path) -> str:
    with pytest.raises(TokenizerError) as caught:
        Checkpoint.open(folder)
    assert_one_sentence(caught.value)
    return caught.value.message


def config_of(name: str, **changes: object) -> ModelConfig:
    data = json.loads((goldens.folder(name) / "config.json").read_text())
    dropped = [key for key, value in changes.items() if value is None]
    data = {**data, **changes}
    for key in dropped:
        del data[key]
    return ModelConfig.from_json(data)


def agreed(
    tmp_path: Path,
    tokenizer: str,
    config: ModelConfig,
    *,
    pieces: int,
    names: Mapping[int, str] | None = None,
) -> ModelConfig:
    """What comes of a tokenizer with so many pieces beside config.json, without weights."""
    file = tmp_path / "tokenizer.model"
    shutil.copy(goldens.folder(tokenizer) / "tokenizer.model", file)
    change(file, lambda model: filled_up(renamed(model, names or {}), pieces))
    return agreed_config(config, read_tokenizer(file, config))


# --- the family --------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [4096, 5120])
@pytest.mark.parametrize(("version", "other"), [(1, 2), (2, 1)])
def test_the_tokenizer_of_the_other_family_is_refused_at_released_sizes(
    tmp_path: Path, hidden: int, version: int, other: int
) -> None:
    config = config_of(GOLDENS[version], hidden_size=hidden, vocab_size=RELEASED[version])
    pieces = min(RELEASED.values())

    with pytest.raises(TokenizerError, match="is the tokenizer of Baichuan") as caught:
        agreed(tmp_path, GOLDENS[other], config, pieces=pieces)

    names = {1: "Baichuan (version 1)", 2: "Baichuan 2"}
    assert caught.value.message.endswith(
        f"it is the tokenizer of {names[other]}, but the weights are of {names[version]}."
    )


def test_a_version_1_tokenizer_beside_small_version_2_weights_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "b2-7b")
    change(folder / "tokenizer.model", tokenizer_of("b1-7b"))

    assert "is the tokenizer of Baichuan (version 1), but the weights are of Baichuan 2" in refusal(
        folder
    )


def test_a_version_2_tokenizer_beside_the_classes_of_version_1_is_refused(tmp_path: Path) -> None:
    folder = padded(tmp_path, "b1-7b", fill=0.0)  # or it would have more pieces than rows
    change(folder / "tokenizer.model", tokenizer_of("b2-7b"))

    assert "is the tokenizer of Baichuan 2, but the weights are of Baichuan (version 1)" in refusal(
        folder
    )


@pytest.mark.parametrize("rows", [125_696, 125_697, 125_760, 125_952, 126_720, 131_072])
@pytest.mark.parametrize(
    ("hidden", "family"), [(4096, Family.BAICHUAN2_7B), (5120, Family.BAICHUAN2_13B)]
)
def test_a_resized_version_2_vocabulary_is_not_taken_for_version_1(
    tmp_path: Path, rows: int, hidden: int, family: Family
) -> None:
    config = config_of("b2-7b", hidden_size=hidden, vocab_size=rows, tokenizer_class=None)

    assert config.family is family
    assert agreed(tmp_path, "b2-7b", config, pieces=125_696).family is family


@pytest.mark.parametrize("rows", [64_000, 64_001, 64_064, 64_256, 65_024])
def test_a_resized_version_1_vocabulary_is_not_taken_for_version_2(
    tmp_path: Path, rows: int
) -> None:
    config = config_of("b2-7b", hidden_size=4096, vocab_size=rows)  # it names a tokenizer_class

    assert agreed(tmp_path, "b1-7b", config, pieces=64_000).family is Family.BAICHUAN_7B


@pytest.mark.parametrize("name", ["b2-7b", "b2-13b", "b2-13b-h5"])
def test_the_pieces_name_the_family_where_config_json_leaves_it_open(
    tmp_path: Path, name: str
) -> None:
    layout = "single" if name.endswith("h5") else "safetensors"
    folder = tmp_path / name
    shutil.copytree(goldens.folder(name, layout), folder)
    config = json.loads((folder / "config.json").read_text())
    del config["tokenizer_class"]
    (folder / "config.json").write_text(json.dumps(config))

    found = Checkpoint.open(folder).config

    assert ModelConfig.from_json(config).version is None
    assert found == goldens.checkpoint(name).config


@pytest.mark.parametrize("name", ["b1-13b", "b2-7b"])
def test_renamed_turn_pieces_are_not_held_against_a_model(tmp_path: Path, name: str) -> None:
    folder = folder_of(tmp_path, name)
    names = {195: "<|user|>", 196: "<|assistant|>"}
    change(folder / "tokenizer.model", lambda model: renamed(model, names))

    assert Checkpoint.open(folder).config == goldens.checkpoint(name).config


def test_one_turn_piece_is_enough_to_name_the_family(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "b2-7b")
    change(folder / "tokenizer.model", tokenizer_of("b1-7b"))
    change(folder / "tokenizer.model", lambda model: renamed(model, {195: "<|user|>"}))

    assert "the tokenizer of Baichuan (version 1)" in refusal(folder)


def test_names_in_the_side_files_do_not_change_the_family(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "b2-7b")
    entry = {"195": {"content": "<reserved_102>", "special": True}}
    change_json(folder / "tokenizer_config.json", added_tokens_decoder=entry)

    assert Checkpoint.open(folder).config.family is Family.BAICHUAN2_7B


# --- pieces and rows ---------------------------------------------------------------------


@pytest.mark.parametrize(("version", "missing"), [(1, 1), (1, 100), (2, 1), (2, 61_000)])
def test_the_released_number_of_pieces_is_asked_for_at_released_sizes(
    tmp_path: Path, version: int, missing: int
) -> None:
    config = config_of(GOLDENS[version], hidden_size=5120, vocab_size=RELEASED[version])

    with pytest.raises(TokenizerError) as caught:
        agreed(tmp_path, GOLDENS[version], config, pieces=RELEASED[version] - missing)

    assert_one_sentence(caught.value)
    assert f"{RELEASED[version] - missing:,} pieces, but Baichuan" in caught.value.message
    assert f" has {RELEASED[version]:,}." in caught.value.message


def test_pieces_that_a_fine_tune_added_to_a_released_vocabulary_are_taken(tmp_path: Path) -> None:
    config = config_of("b1-13b", hidden_size=5120, vocab_size=70_016)

    assert agreed(tmp_path, "b1-13b", config, pieces=70_000).family is Family.BAICHUAN_13B


@pytest.mark.parametrize("rows", [2, 64, 128, 170, 256, 512, 928])
def test_padding_by_a_few_rows_or_to_a_round_number_is_taken(tmp_path: Path, rows: int) -> None:
    """1120 + 928 is 2048."""
    folder = padded(tmp_path, "b2-7b", rows=rows, fill=0.0)

    assert Checkpoint.open(folder).config.vocab_size == 1120 + rows


@pytest.mark.parametrize("rows", [600, 1200, 2976])
def test_rows_that_nothing_explains_are_refused(tmp_path: Path, rows: int) -> None:
    folder = padded(tmp_path, "b2-7b", rows=rows, fill=0.0)

    assert refusal(folder).endswith(
        f"it has 1,120 pieces, but the model's vocabulary has {1120 + rows:,}, and no file says "
        "what the others are."
    )


def test_rows_that_added_tokens_explain_are_taken(tmp_path: Path) -> None:
    folder = padded(tmp_path, "b2-7b", rows=600, fill=0.0)
    names = {f"<extra_{n}>": 1120 + n for n in range(100)}  # and 500 rows of padding

    change_json(folder / "added_tokens.json", **names)

    assert Checkpoint.open(folder).config.vocab_size == 1720


def test_more_pieces_than_rows_are_refused_when_the_folder_is_opened(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "b2-7b")
    change(folder / "tokenizer.model", lambda model: filled_up(model, 1121))

    assert "it has 1,121 pieces, but the model's vocabulary has 1,120." in refusal(folder)


@pytest.mark.parametrize("data", [b"", b"a tale", b"\x01" * 100, b"{}"])
def test_a_tokenizer_that_is_none_is_refused_when_the_folder_is_opened(
    tmp_path: Path, data: bytes
) -> None:
    folder = folder_of(tmp_path, "b2-7b")
    change(folder / "tokenizer.model", lambda _: data)

    refusal(folder)


def test_the_guide_agrees() -> None:
    from baichuan_desktop.services.app_paths import resource

    assert Checkpoint.open(resource("guide_model")).config.family is Family.BAICHUAN2_7B
