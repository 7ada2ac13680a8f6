"""Which files an adapter has, and what is said of those that are missing, damaged or traps."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from backends.adapters.allowed import open_allowed_adapter
from backends.adapters.folder import open_adapter
from backends.errors import (
    DamagedAdapterError,
    NotAnAdapterError,
    UnreadableAdapterError,
)
from backends.policy.values import Policy
from tests.helpers import adapters
from tests.helpers.opened_files import watched
from tests.helpers.refused_adapters import (
    CHECKPOINT,
    A,
    refusal,
    with_options,
)


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
