"""`models verify`, `models override` and `models hashes`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from backends.files.tensor_files import read_contents
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens, recorded_caches

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A listed model, called “small”."""
    made = tmp_path / "small"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), made)
    (made / "LICENSE").write_text("Do good.\n", encoding="utf-8")
    ModelStore(app_paths()).add(made)
    return made


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code of `models …`, its output and its errors."""
    code = main(["models", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(capsys, "verify", *arguments, "--json")[1])
    return found


def change(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(data)


def test_a_flipped_bit_is_named_and_ends_with_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "verify", "small")
    assert code == 0
    assert "nothing was known before: its 7 files were read now" in out

    change(folder / WEIGHTS)
    code, out, _ = run(capsys, "verify", "small")

    assert code == 1
    assert "Verifying “small” failed: one of its files is not what it should be." in out
    assert "“model.safetensors” was changed: its content is another one than when" in out
    assert "Unchanged since first read here: 6 files." in out


def test_all_models_are_verified_the_guide_among_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "verify", "--all")
    change(folder / "tokenizer.model")

    found = {row["id"]: row for row in rows(capsys, "--all")}

    assert not found["baichuan-guide"]["failed"]
    assert found["baichuan-guide"]["files"] == len(list(resource("guide_model").iterdir()))
    (fault,) = found["small"]["faults"]
    assert (fault["name"], fault["fault"]) == ("tokenizer.model", "changed")
    assert (fault["serious"], fault["against"]) == (True, "import")


def test_which_models_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ((), ("small", "--all")):
        code, _, err = run(capsys, "verify", *arguments)
        assert code == 1
        assert "name them, or give --all" in err


def test_a_model_that_is_not_here_does_not_keep_the_others_from_being_verified(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.rename(folder.with_name("away"))

    code, out, err = run(capsys, "verify", "--all")

    assert code == 1
    assert "Baichuan Guide" in out
    assert "small: The folder of “small” cannot be read (No such file or directory)." in err


def test_a_folder_that_is_not_listed_is_verified_and_nothing_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded_caches.rebuild("huggingface_hub-2", "local_dir", tmp_path)

    (row,) = rows(capsys, str(tmp_path / "Baichuan2-7B-Chat"))

    assert row["checked"] == {"download": 8}
    assert not app_paths().manifests.exists()


def test_a_listed_cache_is_named_by_what_it_was_published_as(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = recorded_caches.rebuild("huggingface_hub-2", "cache", tmp_path)
    snapshot = next(root.rglob("config.json")).parent
    assert main(["models", "add", str(snapshot)]) == 0
    capsys.readouterr()

    code, out, _ = run(capsys, "verify", str(snapshot))

    assert code == 0
    assert "As downloaded: 8 files." in out


@pytest.mark.parametrize(
    ("value", "says"),
    [(0.0, "is zero throughout"), (float("nan"), "holds what is not a number")],
)
def test_a_tensor_that_is_no_weight_is_named_though_no_hash_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: float, says: str
) -> None:
    made = tmp_path / "odd"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), made)
    state = safetensors.torch.load_file(made / WEIGHTS)
    name = "model.layers.1.mlp.gate_proj.weight"
    state[name] = torch.full_like(state[name], value)
    safetensors.torch.save_file(state, made / WEIGHTS)

    code, out, _ = run(capsys, "verify", str(made))

    assert code == 1
    assert f"“model.safetensors”: “{name}” {says}." in out


def test_a_quantised_model_whose_values_are_gone_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "quantised"
    shutil.copytree(goldens.ROOT / "checkpoints" / "b2-7b-4bits", made)
    assert run(capsys, "verify", str(made))[0] == 0
    weights = made / "pytorch_model.bin"
    packed = next(one for one in read_contents(weights).records if one.dtype == "U8")
    data = bytearray(weights.read_bytes())
    data[packed.offset : packed.offset + packed.nbytes] = bytes(packed.nbytes)
    weights.write_bytes(data)

    code, out, _ = run(capsys, "verify", str(made))

    assert code == 1
    assert f"“{packed.name}” is zero throughout" in out


# --- lists -------------------------------------------------------------------------------


def test_sha256sum_accepts_the_hashes_that_are_printed(
    folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    odd = ("two\nlines.txt", os.fsdecode(b"\xff.txt"), "back\\slash")
    for name in odd:
        (folder / name).write_text("x", encoding="utf-8")
    store = ModelStore(app_paths())
    store.remove("small")
    store.add(folder)  # with these files

    run_code = main(["models", "hashes", "small"])
    printed = capfdbinary.readouterr().out
    assert main(["models", "hashes", "small", "--out", str(tmp_path / "sums")]) == 0

    assert run_code == 0
    assert (tmp_path / "sums").read_bytes() == printed
    subprocess.run(["sha256sum", "--check", "--strict"], input=printed, cwd=folder, check=True)
    assert printed.count(b"\n") == 10


def test_hashes_as_json_say_where_each_comes_from(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(run(capsys, "hashes", "small", "--json")[1])

    facts = found["files"]["LICENSE"]
    assert facts["sha256"] == hashlib.sha256(b"Do good.\n").hexdigest()
    assert [known["origin"] for known in facts["known"]] == ["import"]


def write_sums(folder: Path, file: Path, prefix: str = "") -> Path:
    lines = [
        f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {prefix}{one.name}\n"
        for one in folder.iterdir()
    ]
    file.write_text("".join(lines), encoding="utf-8")
    return file


def test_a_list_is_compared_with_for_this_time(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = write_sums(folder, tmp_path / "SHA256SUMS")
    change(folder / "LICENSE")
    (folder / "config.json").rename(folder / "config.json.old")

    code, out, _ = run(capsys, "verify", "small", "--against", str(sums))

    assert code == 1
    assert "“LICENSE” was changed: it is not what the site's list says (SHA256SUMS)." in out
    assert "“config.json” is missing" in out
    assert "“config.json.old” was not among the model's files before." in out


def test_a_list_of_another_model_is_refused_in_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "SHA256SUMS").write_text(f"{'a' * 64}  vmlinuz\n", encoding="utf-8")

    code, _, err = run(capsys, "verify", "small", "--against", str(tmp_path / "SHA256SUMS"))

    assert code == 1
    assert "“SHA256SUMS” names none of the model's files." in err


def test_a_sites_list_is_remembered_and_compared_with_from_then_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = write_sums(folder, tmp_path / "SHA256SUMS", "Small/")
    sums.write_text(sums.read_text("utf-8") + f"{'a' * 64}  Small/more.bin\n", encoding="utf-8")

    code, out, _ = run(capsys, "hashes", "import", str(sums), "--dry-run")
    assert (code, out.splitlines()[0]) == (0, "small: the list names 7 of its 7 files")
    assert rows(capsys, "small")[0]["checked"] == {}
    code, out, _ = run(capsys, "hashes", "import", str(sums))
    assert code == 0
    assert "“more.bin” is in the list, and not there" in out

    assert rows(capsys, "small")[0]["checked"] == {"import": 7, "site-list": 7}
    change(folder / "LICENSE")
    (fault,) = rows(capsys, "small")[0]["faults"]
    assert fault["name"] == "LICENSE"


def test_a_list_that_names_no_model_in_its_paths_wants_one_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = write_sums(folder, tmp_path / "SHA256SUMS")

    code, _, err = run(capsys, "hashes", "import", str(sums))
    assert code == 1
    assert "does not say in its paths which model it is of" in err
    assert run(capsys, "hashes", "import", str(sums), "small")[0] == 0
    assert rows(capsys, "small")[0]["checked"] == {"site-list": 7}


@pytest.mark.parametrize(
    "arguments", [("import",), ("import", "a", "b", "c"), ("small", "x"), ("small", "--dry-run")]
)
def test_words_that_say_nothing_are_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "hashes", *arguments)

    assert code == 1
    assert "takes" in err


def test_of_a_folder_that_is_not_listed_no_hashes_are_kept(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    sums = write_sums(folder, tmp_path / "SHA256SUMS")

    for arguments in ((str(other),), ("import", str(sums), str(other))):
        code, _, err = run(capsys, "hashes", *arguments)
        assert code == 1
        assert "is not listed, and hashes are kept of listed models" in err
    assert [file.name for file in app_paths().manifests.iterdir()] == ["small.json"]


# --- a model that failed -----------------------------------------------------------------


def ask(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """What becomes of a question to the model."""
    code = main(["complete", "small", "--prompt", "a", "--max-new-tokens", "1"])
    return code, capsys.readouterr().err


def test_somebody_says_to_load_it_all_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "verify", "small")
    code, _, err = run(capsys, "override", "small")
    assert code == 1
    assert "has not failed: there is nothing to override" in err
    change(folder / "LICENSE")
    assert run(capsys, "verify", "small")[0] == 1

    assert run(capsys, "override", "small", "--dry-run")[0] == 0
    kept = json.loads((app_paths().manifests / "small.json").read_text("utf-8"))
    assert "override" not in kept
    code, out, _ = run(capsys, "override", "small")

    assert code == 0
    assert "small loads all the same, until its files change" in out
    kept = json.loads((app_paths().manifests / "small.json").read_text("utf-8"))
    assert kept["override"]["user"]


def test_what_a_newer_version_keeps_is_said_before_anything_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "verify", "small")
    file = app_paths().manifests / "small.json"
    file.write_text(json.dumps({"format": 7}), encoding="utf-8")

    code, _, err = run(capsys, "verify", "small")

    assert code == 1
    assert "was written by a newer version of the app (format 7, this version writes 1)" in err
    assert json.loads(file.read_text("utf-8")) == {"format": 7}


def test_a_list_of_another_model_is_taken_back(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{'0' * 64}  {WEIGHTS}\n{'1' * 64}  config.json\n", encoding="utf-8")
    assert run(capsys, "hashes", "import", str(sums), "small")[0] == 0
    assert run(capsys, "verify", "small")[0] == 1

    code, out, _ = run(capsys, "hashes", "forget", "small")

    assert (code, out) == (0, "small: what a list said of 2 of its files is forgotten\n")
    assert run(capsys, "verify", "small")[0] == 0
    assert run(capsys, "hashes", "forget", "small")[1].count(" 0 of its files ") == 1


@pytest.mark.parametrize(
    "arguments", [(), ("small", "other"), ("small", "--dry-run"), ("small", "--out", "list")]
)
def test_forgetting_takes_a_model_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, _, error = run(capsys, "hashes", "forget", *arguments)

    assert code == 1
    assert "“models hashes forget” takes a model." in error
