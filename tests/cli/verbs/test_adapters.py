"""Adapters in the terminal: listed like models, and used with `--adapter` and `/adapter`."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs import bench, quality
from baichuan_desktop.services.admission.engines import own_engine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.precisions.measurements import Measurements
from tests.helpers import adapters, goldens

Out = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path, capsys: Out) -> Path:
    """A listed model, and beside it the folder of an adapter that is not listed."""
    folder = tmp_path / "b2-7b"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    shutil.copytree(adapters.folder("b2-7b", "all_r8"), tmp_path / "legal")
    (tmp_path / "legal" / "provenance.json").write_text('{"seed": 7}', encoding="utf-8")
    assert main(["models", "add", str(folder)]) == 0
    capsys.readouterr()
    return folder


@pytest.fixture
def adapter(model: Path, capsys: Out) -> Path:
    """The adapter, listed."""
    folder = model.parent / "legal"
    assert main(["models", "add", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out == f"legal: legal (LoRA · r 8) at {folder}, an adapter for b2-7b\n"
    return folder


def as_json(capsys: Out, *command: str, code: int = 0) -> Any:
    assert main([*command, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_an_adapter_is_listed_below_its_model(adapter: Path, capsys: Out) -> None:
    rows = as_json(capsys, "models", "list", "--state")
    assert [(row["id"], row["kind"]) for row in rows[1:]] == [
        ("b2-7b", "chat"),
        ("legal", "adapter"),
    ]
    assert (rows[2]["adapter_for"], rows[2]["state"]) == ("b2-7b", "present")

    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("b2-7b ")
    assert lines[3].startswith("  legal ")

    assert main(["models", "remove", "b2-7b"]) == 0
    assert "its adapter legal stays listed" in capsys.readouterr().out
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("legal ")


def test_who_adds_an_adapter_hears_what_could_not_be_checked(model: Path, capsys: Out) -> None:
    file = model.parent / "legal" / "adapter_config.json"
    stated = file.read_text(encoding="utf-8").replace("baichuan-golden/b2-7b", "our/own")
    file.write_text(stated, encoding="utf-8")

    (note,) = as_json(capsys, "models", "add", str(file.parent))["notes"]

    assert "made for “our/own”" in note


def test_du_tells_what_an_adapter_takes(adapter: Path, capsys: Out) -> None:
    (adapter / "checkpoint-1").mkdir()
    (adapter / "checkpoint-1" / "optimizer.pt").write_bytes(b"x" * 10_000)

    (row,) = as_json(capsys, "models", "du", "legal")["models"]

    own = sum(file.stat().st_size for file in adapter.iterdir() if file.is_file())
    assert (row["id"], row["export_of"], row["bytes"]) == ("legal", None, own)


def test_show_tells_what_an_adapter_is_and_what_made_it(adapter: Path, capsys: Out) -> None:
    facts = as_json(capsys, "models", "show", "legal")
    assert (facts["method"], facts["ranks"], facts["models"]) == ("LoRA", [8], ["b2-7b"])
    assert facts["provenance"]["seed"] == "7"
    assert facts["made_for"] == "baichuan-golden/b2-7b"

    assert main(["models", "show", str(adapter)]) == 0
    assert "  seed: 7\n" in capsys.readouterr().out


def test_an_adapter_is_renamed_verified_and_removed_by_its_id(adapter: Path, capsys: Out) -> None:
    assert as_json(capsys, "models", "rename", "legal", "Our law")["name"]["en"] == "Our law"
    (row,) = as_json(capsys, "models", "verify", "legal")
    assert (row["id"], row["failed"], row["files"]) == ("legal", False, 4)
    assert main(["models", "hashes", "legal"]) == 0
    assert "adapter_model.safetensors" in capsys.readouterr().out
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    (row,) = as_json(capsys, "models", "verify", "our law", code=1)
    assert row["failed"]
    assert as_json(capsys, "models", "override", "legal")["overridden"]

    removed = as_json(capsys, "models", "remove", "legal")

    assert (removed["id"], removed["trashed"]) == ("legal", [])
    assert adapter.is_dir()
    assert main(["models", "show", "legal"]) == 1


def test_all_is_adapters_too(adapter: Path, capsys: Out) -> None:
    rows = as_json(capsys, "models", "verify", "--all")

    assert [row["id"] for row in rows] == ["baichuan-guide", "b2-7b", "legal"]


def test_an_adapter_is_added_for_the_model_that_is_named(model: Path, capsys: Out) -> None:
    folder = str(model.parent / "legal")
    assert main(["models", "add", folder, "--base", "baichuan-guide"]) == 1
    assert "does not fit the model “guide_model”" in capsys.readouterr().err

    assert as_json(capsys, "models", "add", folder, "--base", "b2-7b")["adapter_for"] == "b2-7b"


def test_find_tells_adapters_and_import_brings_them(model: Path, capsys: Out) -> None:
    folder = model.parent / "legal"
    found = {row["folder"]: row for row in as_json(capsys, "models", "find", str(model.parent))}
    row = found[str(folder)]
    assert (row["kind"], row["adapter_for"], row["complete"]) == ("adapter", "b2-7b", True)
    assert main(row["to_list"][1:]) == 0
    assert main(["models", "remove", "legal"]) == 0
    capsys.readouterr()

    imported = as_json(capsys, "models", "import", str(folder), "--copy", "--name", "Law")

    assert (imported["id"], imported["imported"], imported["copied"]) == ("legal", True, True)


# --- `--adapter` ---------------------------------------------------------------------------------


ONE = ["--device", "cpu", "--precision", "fp32", "--greedy", "--max-new-tokens", "3"]


def completed(capsys: Out, *more: str) -> str:
    assert main(["complete", "b2-7b", "--prompt", "天", *ONE, *more]) == 0
    return capsys.readouterr().out


def test_complete_answers_with_an_adapter_by_name_and_by_folder(adapter: Path, capsys: Out) -> None:
    assert main(["models", "rename", "legal", "Our law"]) == 0
    capsys.readouterr()
    plain = completed(capsys)

    with_adapter = completed(capsys, "--adapter", "our law")

    assert with_adapter != plain
    assert completed(capsys, "--adapter", str(adapter)) == with_adapter
    assert not Measurements(app_paths().measurements).measured(adapter)


def test_an_adapter_of_no_name_is_refused_before_the_model_is_loaded(
    adapter: Path, capsys: Out
) -> None:
    assert main(["complete", "b2-7b", "--prompt", "x", "--adapter", "legul", *ONE]) == 1
    assert "the closest is “legal”" in capsys.readouterr().err

    shutil.rmtree(adapter)
    assert main(["complete", "b2-7b", "--prompt", "x", "--adapter", "legal", *ONE]) == 1
    assert "is not there any more" in capsys.readouterr().err


def test_a_chat_switches_adapters_and_goes_on(
    adapter: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "/adapter\n/adapter LEGAL\n天\n/adapter off\n/clear\n天\n/adapter nope\n/adapter\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))

    assert main(["chat", "b2-7b", *ONE]) == 1  # one command of a program could not be done

    captured = capsys.readouterr()
    told = [line for line in captured.out.splitlines() if line.startswith("The model answers")]
    without = "The model answers without an adapter."
    assert told == [without, "The model answers with the adapter legal.", without, without, without]
    assert captured.out.count("  legal: legal") == 2
    assert "There is no adapter “nope”" in captured.err
    before, after = captured.out.split(told[1])[1].split("A new conversation.")
    assert before.split("[")[0].strip() != after.split("[")[0].strip()  # of one question


def test_an_adapter_that_does_not_fit_leaves_the_model_without_one(
    adapter: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = adapter.parent / "wrong"
    shutil.copytree(adapters.folder("b2-13b", "all_r8"), wrong)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"/adapter {wrong}\n/adapter\n天\n"))

    assert main(["chat", "b2-7b", "--adapter", "legal", *ONE]) == 1

    captured = capsys.readouterr()
    assert "The adapter “wrong” does not fit the model" in captured.err
    assert captured.out.count("The model answers without an adapter.") == 2
    assert captured.out.splitlines()[-1]  # and it does answer


def test_a_chat_says_what_of_an_adapter_could_not_be_checked(
    model: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    folder = model.parent / "legal"
    file = folder / "adapter_config.json"
    stated = json.loads(file.read_text(encoding="utf-8")) | {"base_model_name_or_path": "ann/x"}
    file.write_text(json.dumps(stated), encoding="utf-8")

    assert main(["chat", "b2-7b", "--adapter", str(folder), *ONE]) == 0

    assert "made for “ann/x”; that this is the same model could not be checked" in (
        capsys.readouterr().err
    )


def test_bench_measures_with_an_adapter_and_remembers_nothing_of_the_model(
    adapter: Path, model: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "job_engine", own_engine)

    report = as_json(
        capsys, "bench", "b2-7b", "--adapter", "legal", "--precision", "fp32", "--device", "cpu"
    )

    assert report["adapter"]["id"] == "legal"
    assert [one["precision"] for one in report["measured"]] == ["fp32"]
    assert not Measurements(app_paths().measurements).measured(model)


def test_quality_compares_precisions_with_an_adapter(
    adapter: Path, model: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "job_engine", own_engine)
    command = ["quality", "b2-7b", "--precisions", "bf16", "--reference", "fp32", "--tokens", "70"]
    plain = as_json(capsys, *command, "--device", "cpu")

    assert main([*command, "--device", "cpu", "--adapter", "legal"]) == 0

    out = capsys.readouterr().out
    assert f"With the adapter legal ({adapter})." in out
    assert f"{plain['compared'][0]['perplexity']:,.0f}" not in out
    assert plain["adapter"] is None
