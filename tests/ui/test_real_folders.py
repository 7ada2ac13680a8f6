"""What people have in their folders, opened in the window with a real engine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backends.precision import Precision
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import adapters, goldens
from tests.ui.harness import Harness

MakeWindow = Callable[[EnginePort], Harness]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def client() -> Iterator[EngineClient]:
    client = EngineClient(app_paths().engine_log)
    yield client
    client.close()


@pytest.fixture
def ui(make_window: MakeWindow, client: EngineClient) -> Iterator[Harness]:
    """A window in which no model is loaded yet."""
    window = make_window(client)
    yield window
    window.window.close()


def change_json(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def pointer(folder: Path) -> str:
    (folder / "tokenizer.model").write_text("version https://git-lfs.github.com/spec/v1\n")
    return "“tokenizer.model” is a Git LFS pointer, the file itself was not downloaded."


def broken_tokenizer(folder: Path) -> str:
    (folder / "tokenizer.model").write_bytes(b"x")
    return "The tokenizer “tokenizer.model” cannot be used"


def adapter(folder: Path) -> str:
    (folder / "model.safetensors").unlink()
    shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), folder, dirs_exist_ok=True)
    return "No listed model fits the adapter “model”, which was made for “baichuan-golden/b2-7b”."


def dangling(folder: Path) -> str:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("/nowhere/blob")
    return "“model.safetensors” is a link to “/nowhere/blob”, which is missing."


@pytest.mark.parametrize("spoil", [pointer, broken_tokenizer, adapter, dangling])
def test_what_is_no_model_is_named_when_it_is_opened_and_not_listed(
    ui: Harness, folder: Path, spoil: Callable[[Path], str]
) -> None:
    sentence = spoil(folder)

    ui.window.library.open_folder(folder)

    ui.until(lambda: ui.error is not None)
    assert ui.error is not None
    assert sentence in ui.error.message.text()
    assert [model.path for model in ui.store.models][1:] == []


def test_what_can_be_used_is_loaded_and_the_rest_is_said(ui: Harness, folder: Path) -> None:
    change_json(folder / "config.json", quantization_config={"load_in_4bit": True})
    change_json(folder / "generation_config.json", top_k=-1)
    ui.settings.keep_precision(folder, LoadWish(Precision.FP32, "cpu"))

    ui.window.library.open_folder(folder)
    ui.until(lambda: (now := ui.window.switcher.current) is not None and now.path == folder)

    assert ui.error is None
    assert "top_k" in ui.window.page.welcome.notes.text()
    assert ui.window.panel.top_k.value() == 5


def test_an_answer_ends_at_an_id_that_only_one_of_the_files_names(
    ui: Harness, folder: Path
) -> None:
    change_json(folder / "generation_config.json", eos_token_id=[2, 56])
    ui.settings.keep_precision(folder, LoadWish(Precision.FP32, "cpu"))
    ui.window.library.open_folder(folder)
    ui.until(lambda: (now := ui.window.switcher.current) is not None and now.path == folder)
    ui.window.panel.greedy.setChecked(True)

    ui.ask("你好")

    assert "\n3 tokens · " in ui.page_text
