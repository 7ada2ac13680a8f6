"""All that is wrong with a folder, each once, and nothing that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.checkpoint.faults import opened_or_faults
from backends.checkpoint.folder import Checkpoint
from tests.fuzz import bases
from tests.helpers.changed_folders import copy_of

TOKENIZER = "it has no tokenizer.model."
WEIGHTS = "it has no weight file (model.safetensors, pytorch_model.bin)."
CONFIG = "it has no config.json."


def ends(folder: Path) -> list[str]:
    """How the sentences on a folder end."""
    found = opened_or_faults(folder)
    assert not isinstance(found, Checkpoint)
    return [error.message.partition("folder: ")[2] or error.message for error in found]


def test_a_model_without_a_fault_is_opened(tmp_path: Path) -> None:
    assert isinstance(opened_or_faults(copy_of(tmp_path)), Checkpoint)


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (["config.json"], [CONFIG]),
        (["tokenizer.model"], [TOKENIZER]),
        (["model.safetensors"], [WEIGHTS]),
        (["tokenizer.model", "model.safetensors"], [TOKENIZER, WEIGHTS]),
        (["config.json", "tokenizer.model", "model.safetensors"], [CONFIG, TOKENIZER, WEIGHTS]),
    ],
)
def test_each_file_that_is_missing_is_said_once(
    gone: list[str], said: list[str], tmp_path: Path
) -> None:
    folder = copy_of(tmp_path)
    for name in gone:
        (folder / name).unlink()

    assert ends(folder) == said


def test_weights_that_do_not_belong_to_the_config_are_said_beside_a_missing_tokenizer(
    tmp_path: Path,
) -> None:
    folder = copy_of(tmp_path)
    (folder / "tokenizer.model").unlink()
    (folder / "model.safetensors").write_bytes(b"x" * 2_000)

    missing, damaged = ends(folder)

    assert missing == TOKENIZER
    assert damaged.startswith("“model.safetensors” is damaged")


def test_a_folder_with_a_trap_in_it_is_looked_at_no_further(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    (folder / "tokenizer.model").unlink()
    (folder / "pytorch_model.bin.index.json").write_text('{"weight_map": {"x": "../x.bin"}}')
    (folder / "tokenizer.model").mkdir()

    found = opened_or_faults(folder)

    assert not isinstance(found, Checkpoint)
    assert len(found) == 1


def test_of_an_export_no_weight_files_are_missed(tmp_path: Path) -> None:
    bases.write(tmp_path, bases.export_folder())
    (tmp_path / "tokenizer.model").unlink()

    assert ends(tmp_path) == [TOKENIZER]


def test_what_is_no_folder_is_said_once(tmp_path: Path) -> None:
    found = opened_or_faults(tmp_path / "nowhere")

    assert not isinstance(found, Checkpoint)
    assert len(found) == 1
    assert "there is no such folder" in found[0].message
