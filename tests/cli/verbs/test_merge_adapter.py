"""`merge-adapter`, and `export-onnx --adapter`, as a person and as a program use them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from baichuan_desktop.cli.main import main
from tests.helpers import adapters, goldens, quantized


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder, listed as “seven”, whose neighbours are this test's."""
    target = tmp_path / "models" / "seven"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), target)
    assert main(["models", "add", str(target)]) == 0
    return target


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """An adapter for it, whose base is not a name that anybody could check."""
    target = tmp_path / "adapters" / "mine"
    shutil.copytree(adapters.folder("b2-7b", "dora_r4"), target)
    return target


def facts(capsys: pytest.CaptureFixture[str]) -> Any:
    out = capsys.readouterr().out
    return json.loads(out[out.index("{") :])


def test_a_merged_copy_is_listed_by_the_names_of_both(
    folder: Path, adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["merge-adapter", "seven", str(adapter), "--precision", "fp32", "--json"]) == 0

    found = facts(capsys)
    assert found["path"] == str(folder.with_name("seven-mine-merged-fp32"))
    assert found["name"] == {"en": "seven + mine", "zh": "seven + mine"}
    copy = Checkpoint.open(Path(found["path"]))
    assert {record.dtype for record in copy.tensors.values()} == {"F32"}
    assert found["bytes_on_disk"] == copy.bytes_on_disk
    assert main(["models", "show", found["id"], "--json"]) == 0
    assert facts(capsys)["state"] == "present"


def test_an_adapter_of_the_list_is_merged_by_its_name_to_where_it_shall_be(
    folder: Path, adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del folder
    assert main(["models", "add", str(adapter), "--base", "seven"]) == 0
    out = tmp_path / "elsewhere" / "both"

    assert main(["merge-adapter", "seven", "mine", "--out", str(out)]) == 0

    assert f"at {out}" in capsys.readouterr().out
    assert {one.dtype for one in Checkpoint.open(out).tensors.values()} == {"BF16"}


def test_a_quantised_model_is_refused_in_a_sentence(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    four = quantized.published("b2-7b-4bits")

    assert main(["merge-adapter", str(four), str(adapter), "--out", str(tmp_path / "out")]) == 1

    said = capsys.readouterr().err
    assert "an adapter is merged only into weights of 16 or 32 bits" in said
    assert not (tmp_path / "out").exists()


def test_an_export_with_an_adapter_is_a_model_of_its_own_and_answers(
    folder: Path, adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a precision of the base it would answer in its place."""
    words = ["export-onnx", "seven", "--adapter", str(adapter), "--precision", "fp32", "--json"]
    assert main(words) == 0

    found = facts(capsys)
    assert found["path"] == str(folder.with_name("seven-mine-onnx-fp32"))
    assert found["export_of"] is None
    assert found["name"]["en"] == "seven + mine"
    assert main(["models", "show", "seven", "--json"]) == 0
    assert facts(capsys)["exports"] == []
    ask = ["--prompt", "abc", "--max-new-tokens", "12", "--greedy"]
    answers = []
    for model in ([found["id"]], ["seven", "--adapter", str(adapter)]):
        assert main(["complete", *model, *ask]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0].strip()
    assert answers[0] == answers[1]


def test_an_export_with_an_adapter_does_not_join_the_base_by_hand_either(
    folder: Path, adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del folder
    assert main(["export-onnx", "seven", "--adapter", str(adapter)]) == 0
    export = facts_of_path(capsys)
    assert main(["models", "remove", export.name]) == 0
    capsys.readouterr()

    assert main(["models", "add", str(export), "--export-of", "seven"]) == 1

    assert "is not an export of the weights of seven" in capsys.readouterr().err


def facts_of_path(capsys: pytest.CaptureFixture[str]) -> Path:
    return Path(capsys.readouterr().out.rpartition(" at ")[2].strip())
