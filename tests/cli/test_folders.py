"""What people have in their folders, in every command that takes one."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.cli.main import main
from tests.helpers import goldens
from tests.helpers.weight_files import BOM

POINTER = "version https://git-lfs.github.com/spec/v1\nsize 20707\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / "model")
    return tmp_path / "model"


def change_json(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def commands(folder: Path, tmp_path: Path) -> Sequence[Sequence[str]]:
    out = str(tmp_path / "out")
    return (
        ["models", "add", str(folder)],
        ["models", "show", str(folder)],
        ["chat", str(folder)],
        ["complete", str(folder), "--prompt", "x"],
        ["quantize", str(folder), "--precision", "4bit", "--out", out],
        ["export-onnx", str(folder), "--precision", "fp32", "--out", out],
        ["models", "convert", str(folder), "--out", out],
        ["bench", str(folder)],
        ["quality", str(folder)],
    )


@pytest.mark.parametrize("number", range(9))
def test_every_command_says_what_a_folder_is_in_the_same_words(
    number: int, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tokenizer.model").write_text(POINTER)

    assert main(commands(folder, tmp_path)[number]) == 1

    first, second = capsys.readouterr().err.splitlines()[-2:]
    assert first == (
        "baichuan-desktop: “tokenizer.model” is a Git LFS pointer, the file itself was not "
        "downloaded (20,707 bytes)."
    )
    assert second.startswith("Run “git lfs pull”")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", [b"", b"no SentencePiece model", b"\x00" * 10])
def test_a_broken_tokenizer_is_refused_when_the_model_is_added(
    text: bytes, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tokenizer.model").write_bytes(text)

    assert main(["models", "add", str(folder)]) == 1

    assert "The tokenizer “tokenizer.model” cannot be used" in capsys.readouterr().err
    main(["models", "list", "--json"])
    assert [model["id"] for model in json.loads(capsys.readouterr().out)] == ["baichuan-guide"]


def test_a_model_whose_tokenizer_broke_later_is_not_added_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "add", str(folder)]) == 0
    (folder / "tokenizer.model").write_bytes(b"x")

    assert main(["models", "add", str(folder)]) == 1

    assert "tokenizer.model" in capsys.readouterr().err


@pytest.mark.parametrize("chosen", ["model.safetensors", "config.json"])
def test_a_file_in_the_current_folder_is_not_taken_for_an_id(
    chosen: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)

    assert main(["complete", chosen, "--prompt", "x"]) == 1

    assert f"is one file of a model, which is the folder “{folder}”" in capsys.readouterr().err


# --- notes -------------------------------------------------------------------------------

NOTE = "top_k in generation_config.json is -1, which cannot be used: 5 is taken instead"


def test_what_is_not_used_is_said_wherever_a_model_is_described(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_json(folder / "generation_config.json", top_k=-1)

    assert main(["models", "add", str(folder)]) == 0
    added = capsys.readouterr()
    assert added.err.startswith(f"Note: {NOTE}")
    assert added.out.startswith("model: ")

    assert main(["models", "show", "model"]) == 0
    assert f"notes: {NOTE}" in capsys.readouterr().out

    assert main(["models", "show", "model", "--json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)["notes"]
    assert said.startswith(NOTE)

    assert main(["doctor"]) == 0
    assert f"    Note: {NOTE}" in capsys.readouterr().out


def test_what_is_not_used_is_said_when_a_model_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change_json(folder / "generation_config.json", top_k=-1)
    monkeypatch.setattr("sys.stdin", io.StringIO("你好\n"))

    run = ["chat", str(folder), "--precision", "fp32", "--threads", "1", "--max-new-tokens", "2"]
    assert main(run) == 0

    said = capsys.readouterr()
    assert said.err.count("Note: ") == 1
    assert NOTE in said.err
    assert "Note" not in said.out


def test_a_model_of_which_all_is_used_has_no_notes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "add", str(folder), "--json"]) == 0

    said = capsys.readouterr()
    assert json.loads(said.out)["notes"] == []
    assert said.err == ""


# --- byte order marks --------------------------------------------------------------------

COMPLETE = ("--precision", "fp32", "--threads", "1", "--greedy", "--max-new-tokens", "3", "--echo")


def test_a_byte_order_mark_is_no_part_of_a_prompt(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "bom.txt"
    file.write_bytes(BOM + "你好".encode())

    assert main(["complete", str(folder), "--prompt", "你好", *COMPLETE]) == 0
    expected = capsys.readouterr().out
    assert main(["complete", str(folder), "--prompt-file", str(file), *COMPLETE]) == 0
    assert capsys.readouterr().out == expected
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert main(["complete", str(folder), "--prompt", "-", *COMPLETE]) == 0
    assert capsys.readouterr().out == expected


def test_a_byte_order_mark_is_no_part_of_a_piped_message(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["chat", str(folder), "--precision", "fp32", "--threads", "1", "--max-new-tokens", "3"]
    answers = []
    for text in ("你好\n", "\ufeff你好\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        assert main([*run, "--greedy"]) == 0
        answers.append(capsys.readouterr().out)

    assert answers[0] == answers[1]
