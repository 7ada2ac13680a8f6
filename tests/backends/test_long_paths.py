"""A model in a folder that only the long form of its path leads to is read as any other."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from backends import operating_system, windows_api
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.weights_stamp import weights_stamp
from backends.copying.side_files import read_own_file, read_side_files
from backends.errors import CheckpointError, ForeignModelError, NotDownloadedError
from backends.files.downloads import require_target
from backends.files.hashing import hash_weights
from backends.modeling.weights import map_tensor
from backends.text.added_tokens import read_added_tokens
from baichuan_desktop.services.library.registry_yaml import layer_text
from baichuan_desktop.services.measuring.text_files import read_texts
from tests.helpers import exports, goldens


class Place:
    """A folder, and the path under which nothing is found but in its long form."""

    def __init__(self, folder: Path) -> None:
        self.real = folder / "real"
        self.shown = folder / "shown"
        self.real.mkdir()

    def long_form(self, path: str) -> str:
        return path.replace(str(self.shown), str(self.real))

    def take(self, model: Path) -> Path:
        """A copy of `model` here; the path that is shown of it."""
        shutil.copytree(model, self.real / "model")
        return self.shown / "model"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(tmp_path)
    monkeypatch.setattr(windows_api, "long_form", place.long_form)
    monkeypatch.setattr(operating_system, "sys", SimpleNamespace(platform="win32"))
    return place


@pytest.mark.parametrize(("name", "layout"), goldens.CHECKPOINTS)
def test_every_layout_is_opened_and_its_weights_are_read(
    name: str, layout: str, place: Place
) -> None:
    folder = place.take(goldens.folder(name, layout))

    found, own = Checkpoint.open(folder), Checkpoint.open(place.real / "model")

    assert not folder.exists()  # that is, the other form alone leads there
    assert found.chat_tokens == own.chat_tokens
    assert found.notes == own.notes
    assert found.tensors.keys() == own.tensors.keys()
    for record, same in zip(found.records, own.records, strict=True):
        assert torch.equal(map_tensor(record), map_tensor(same))
    assert sum(1 for _ in hash_weights(found.weight_files)) > 0


def test_an_export_is_opened_and_its_files_are_checked(place: Place) -> None:
    folder = place.take(exports.of_golden("b2-7b").folder)

    export = Checkpoint.open(folder).export

    assert export is not None
    (place.real / "model" / "genai_config.json").unlink()
    with pytest.raises(CheckpointError, match=r"genai_config\.json” that it names is missing"):
        Checkpoint.open(folder)


def test_generation_settings_that_are_no_json_are_searched_for_turns(place: Place) -> None:
    folder = place.take(goldens.folder("b2-7b", "safetensors"))
    file = place.real / "model" / "generation_config.json"
    file.write_text(file.read_text(encoding="utf-8").rstrip().rstrip("}") + ",}", encoding="utf-8")

    assert Checkpoint.open(folder).chat_tokens is not None


def test_a_file_of_another_program_is_told_by_its_first_bytes(place: Place) -> None:
    (place.real / "model").mkdir()
    (place.real / "model" / "ggml-model.bin").write_bytes(b"GGUF" + bytes(60))

    with pytest.raises(ForeignModelError, match="GGUF"):
        Checkpoint.open(place.shown / "model")


def test_what_lies_beside_the_weights_is_read(place: Place) -> None:
    folder = place.take(goldens.folder("b2-7b", "safetensors"))
    added = place.real / "model" / "added_tokens.json"
    added.write_text('{"<extra>": 400}', encoding="utf-8")

    side_files = read_side_files(folder)

    assert side_files == read_side_files(place.real / "model")
    assert "added_tokens.json" in side_files
    assert read_own_file(folder / "config.json")
    assert read_added_tokens(folder) == read_added_tokens(place.real / "model")


def test_a_link_that_leads_somewhere_is_not_taken_for_a_dangling_one(place: Place) -> None:
    (place.real / "file").write_text("here")
    (place.real / "link").symlink_to(place.real / "file")

    require_target(place.shown / "link")
    (place.real / "file").unlink()
    with pytest.raises(NotDownloadedError, match="which is missing"):
        require_target(place.shown / "link")


def test_weights_have_the_stamp_of_what_they_are(place: Place) -> None:
    folder = place.take(goldens.folder("b2-7b", "safetensors"))

    assert weights_stamp(folder) is not None
    assert weights_stamp(folder) == weights_stamp(place.real / "model")


def test_texts_and_registry_layers_are_read(place: Place) -> None:
    (place.real / "texts").mkdir()
    for name in ("a.txt", "b.md"):
        (place.real / "texts" / name).write_text(f"words of {name}", encoding="utf-8")

    assert read_texts(place.shown / "texts", 1000).texts == ("words of a.txt", "words of b.md")
    assert read_texts(place.shown / "texts" / "b.md", 1000).texts == ("words of b.md",)
    assert layer_text(place.shown / "texts" / "a.txt") == "words of a.txt"
