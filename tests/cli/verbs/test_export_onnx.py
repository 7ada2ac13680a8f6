"""`export-onnx`, as a person and as a program use it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from baichuan_desktop.cli.main import main
from tests.helpers import goldens


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder whose neighbours are this test's."""
    target = tmp_path / "models" / "chat"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), target)
    return target


def test_a_model_is_exported_and_answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "add", str(folder)]) == 0

    assert main(["export-onnx", "chat", "--json"]) == 0

    out = capsys.readouterr().out
    facts = json.loads(out[out.index("{") :])
    assert facts["path"] == str(folder.with_name("chat-onnx-int4"))
    assert facts["export_of"] == "chat"
    assert facts["bytes_on_disk"] == (Path(facts["path"]) / "model.onnx.data").stat().st_size
    words = ["complete", "chat", "--prompt", "abc", "--max-new-tokens", "3", "--greedy"]
    assert main([*words, "--precision", "onnx-int4"]) == 0
    assert capsys.readouterr().out.strip()


def test_options_tell_exports_apart(folder: Path) -> None:
    common = ["export-onnx", str(folder)]
    for options in (
        ["--precision", "int8"],
        ["--precision", "int8", "--block-size", "64", "--symmetric"],
        ["--portable"],
    ):
        assert main([*common, *options]) == 0

    names = {path.name for path in folder.parent.iterdir()}
    assert names == {
        "chat", "chat-onnx-int8", "chat-onnx-int8-block64-symmetric", "chat-onnx-fp32-portable",
    }  # fmt: skip
    export = Checkpoint.open(folder.with_name("chat-onnx-int8-block64-symmetric")).export
    assert export is not None
    assert (export.block_size, export.symmetric) == (64, True)


def test_a_portable_export_is_not_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "add", str(folder)])
    main(["export-onnx", "chat", "--precision", "fp32", "--portable"])
    capsys.readouterr()

    assert main(["models", "show", "chat", "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["exports"] == []


def test_an_export_of_a_folder_that_was_not_listed_joins_its_model(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export-onnx", str(folder)]) == 0
    export = folder.with_name("chat-onnx-int4")
    assert main(["models", "add", str(folder)]) == 0

    assert main(["models", "add", str(export), "--export-of", "chat"]) == 0

    capsys.readouterr()
    assert main(["models", "show", "chat", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exports"] == [str(export)]


def test_an_export_of_the_guide_does_not_lie_inside_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    assert main(["export-onnx", "baichuan-guide"]) == 0

    assert [folder.name for folder in tmp_path.glob("*onnx*")] == ["guide_model-onnx-int4"]


def test_a_refusal_is_one_sentence_and_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["export-onnx", str(folder), "--precision", "int3"])

    captured = capsys.readouterr()
    assert code == 1
    assert captured.out == ""
    assert "There is no precision “int3”; there are int4, int8, fp16, fp32." in captured.err
    assert [path.name for path in folder.parent.iterdir()] == ["chat"]


def test_exports_of_a_model_that_is_removed_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "add", str(folder)])
    main(["export-onnx", "chat"])
    capsys.readouterr()

    assert main(["models", "remove", "chat"]) == 0

    assert "its export chat-onnx-int4 is a model of its own now" in capsys.readouterr().out
