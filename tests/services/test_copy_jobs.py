from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from backends.checkpoint import Checkpoint
from backends.engine import Engine
from backends.events import CopyReady
from backends.requests import CopyRequest
from baichuan_desktop.services import copy_jobs
from baichuan_desktop.services.registry import InstalledModel, Names
from tests.helpers import goldens, quantized


def installed(folder: Path, *, bundled: bool = False) -> InstalledModel:
    return InstalledModel(
        id="seven",
        name=Names(en="Seven", zh="七"),
        path=folder,
        variant=None,
        family="baichuan2-7b",
        kind="chat",
        context_length=256,
        bundled=bundled,
    )


@pytest.mark.parametrize("precision", ["8bit", "4bit", "fp4", "safetensors"])
def test_the_size_that_is_told_is_the_size_that_is_written(precision: str, tmp_path: Path) -> None:
    folder = goldens.folder("b1-7b", "sharded")
    choices = [*copy_jobs.quantised_copies(folder), *copy_jobs.safetensors_copies(folder)]
    (choice,) = [one for one in choices if one.name == precision]

    *_, ready = Engine().run(choice.request(tmp_path / "out"), threading.Event())

    assert isinstance(ready, CopyReady)
    # The description of each quantised matrix, 256 bytes, is not worth counting.
    matrices = 5 * Checkpoint.open(folder).config.num_layers
    assert 0 <= ready.bytes_on_disk - choice.bytes_on_disk <= 256 * matrices


def test_a_choice_asks_for_its_copy() -> None:
    folder = goldens.folder("b2-7b", "safetensors")

    nf4, int8, fp4 = copy_jobs.quantised_copies(folder)
    (plain,) = copy_jobs.safetensors_copies(folder)

    out = Path("/out")
    assert nf4.request(out) == CopyRequest(str(folder), str(out), "4bit")
    assert int8.request(out) == CopyRequest(str(folder), str(out), "8bit")
    assert fp4.request(out) == CopyRequest(str(folder), str(out), "fp4")
    assert plain.request(out) == CopyRequest(str(folder), str(out), None)


def test_which_jobs_there_are_is_read_from_the_files() -> None:
    plain = copy_jobs.model_files(goldens.folder("b2-7b", "safetensors"))
    shards = copy_jobs.model_files(goldens.folder("b2-7b", "sharded"))
    published = copy_jobs.model_files(quantized.published("b2-7b-4bits"))

    assert (plain.is_quantized, plain.has_bin) == (False, False)
    assert (shards.is_quantized, shards.has_bin) == (False, True)
    assert (published.is_quantized, published.has_bin) == (True, True)


def test_a_copy_lies_beside_its_model_under_a_name_that_is_free(tmp_path: Path) -> None:
    folder = tmp_path / "百川 7B"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)

    assert copy_jobs.copy_folder(installed(folder), "4bit") == tmp_path / "百川 7B-4bit"
    (tmp_path / "百川 7B-4bit").mkdir()
    (tmp_path / "百川 7B-4bit-2").mkdir()
    assert copy_jobs.copy_folder(installed(folder), "4bit") == tmp_path / "百川 7B-4bit-3"


def test_a_copy_of_the_guide_does_not_lie_inside_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    folder = copy_jobs.copy_folder(installed(Path("/app/guide_model"), bundled=True), "8bit")

    assert folder == tmp_path / "guide_model-8bit"
