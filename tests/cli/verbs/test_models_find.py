"""`models find`: a table, JSON, exit codes."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.library.finding import known_places
from baichuan_desktop.services.library.finding.search import find
from baichuan_desktop.services.library.finding.values import Found
from tests.helpers import adapters, goldens, policies, recorded_caches
from tests.helpers.recorded_caches import COMMIT, HUGGINGFACE_ID


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME",
                 "MODELSCOPE_CACHE", "XDG_DOWNLOAD_DIR", "XDG_CONFIG_HOME"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(known_places, "_mounts", lambda: ())
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A cache with a model, and a folder with one that is not whole."""
    folder = recorded_caches.rebuild("huggingface_hub-2", "cache", tmp_path / "my caches")
    half = folder / "half"
    shutil.copytree(goldens.folder("b1-13b", "safetensors"), half)
    (half / "tokenizer.model").unlink()
    return folder


def test_what_is_found_is_a_table_with_what_is_missing_and_how_to_list_the_rest(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "find", str(place)]) == 0

    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == [
        "model", "family", "kind", "precision", "size", "state", "folder"
    ]  # fmt: skip
    assert lines[1].split()[:4] == ["half", "baichuan-13b", "?", "?"]
    assert lines[2].split()[:4] == [
        f"{HUGGINGFACE_ID}@{COMMIT[:12]}", "baichuan2-7b", "chat", "bf16"
    ]  # fmt: skip
    assert "it has no tokenizer.model" in lines[3]
    assert lines[4] == "To list them:"
    assert len(lines) == 6
    assert err == ""


def test_what_two_models_of_one_name_lack_is_said_of_each_folder(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "find", str(place)])
    assert "\nhalf: " in capsys.readouterr().out
    other = place / "other" / "half"
    shutil.copytree(place / "half", other)

    main(["models", "find", str(place)])

    out = capsys.readouterr().out
    assert "\nhalf: " not in out
    assert f"\n{place / 'half'}: " in out
    assert f"\n{other}: " in out


def test_the_command_that_is_shown_lists_the_model(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["models", "find", str(place)])
    program, *arguments = shlex.split(capsys.readouterr().out.splitlines()[-1])

    assert (program, main(arguments)) == ("baichuan-desktop", 0)
    listed = capsys.readouterr().out.partition(":")[0]
    assert main(["models", "find", "--json", str(place)]) == 0
    found = {one["folder"]: one for one in json.loads(capsys.readouterr().out)}
    assert found[arguments[-1]]["listed_as"] == listed
    assert found[arguments[-1]]["to_list"] is None


def test_an_adapter_whose_model_is_not_listed_is_not_offered(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Baichuan-7B", "ours"):
        folder = place / f"for-{name}"
        shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), folder)
        file = folder / "adapter_config.json"
        stated = json.loads(file.read_text(encoding="utf-8"))
        stated["base_model_name_or_path"] = f"baichuan-inc/{name}"
        file.write_text(json.dumps(stated), encoding="utf-8")

    main(["models", "find", str(place)])

    lines = capsys.readouterr().out.splitlines()
    (row,) = (line for line in lines if line.startswith("for-Baichuan-7B "))
    assert "its model is not listed" in row
    commands = lines[lines.index("To list them:") :]
    assert any("for-ours" in line for line in commands)
    assert not any("for-Baichuan-7B" in line for line in commands)


def test_json_has_every_fact(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "find", "--json", str(place)]) == 0

    half, whole = json.loads(capsys.readouterr().out)
    assert whole == {
        "folder": whole["folder"],
        "place": "huggingface",
        "family": "baichuan2-7b",
        "kind": "chat",
        "adapter_for": None,
        "made_for": None,
        "precision": "bf16",
        "bytes": whole["bytes"],
        "variant": None,
        "repository": HUGGINGFACE_ID,
        "revision": COMMIT,
        "listed_as": None,
        "complete": True,
        "missing": [],
        "to_list": ["baichuan-desktop", "models", "add", whole["folder"]],
    }
    assert Checkpoint.open(Path(whole["folder"])).bytes_on_disk < whole["bytes"]
    assert (half["complete"], half["to_list"], len(half["missing"])) == (False, None, 1)


def test_a_model_on_a_drive_is_offered_to_be_copied(
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(known_places, "_MOUNTS", (tmp_path,))
    monkeypatch.setattr(known_places, "_mounts", lambda: ((place, "vfat"),))
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), place / "plain")

    assert main(["models", "find", "--json"]) == 0

    found = [one for one in json.loads(capsys.readouterr().out) if one["complete"]]
    assert [one["place"] for one in found] == ["medium", "huggingface"]
    assert [one["to_list"] for one in found] == [
        ["baichuan-desktop", "models", "import", "--copy", one["folder"]] for one in found
    ]


def test_without_a_folder_the_caches_of_the_home_folder_are_looked_through(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded_caches.rebuild("huggingface_hub-1", "cache", home / ".cache/huggingface")

    assert main(["models", "find", "--json"]) == 0

    assert [one["repository"] for one in json.loads(capsys.readouterr().out)] == [HUGGINGFACE_ID]


def test_a_named_folder_that_is_not_there_is_told_and_the_others_are_looked_through(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"

    assert main(["models", "find", "--json", str(gone), str(place)]) == 1

    out, err = capsys.readouterr()
    assert len(json.loads(out)) == 2
    assert err == f"“{gone}” cannot be read (No such file or directory).\n"


def test_that_nothing_was_found_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()

    assert main(["models", "find", str(tmp_path / "empty")]) == 0
    assert capsys.readouterr().out == "No models were found.\n"
    assert main(["models", "find", "--json", str(tmp_path / "empty")]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_ctrl_c_ends_the_search_and_what_was_found_is_shown(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:

    def interrupted(*arguments: Any, **more: Any) -> Iterator[Any]:
        for event in find(*arguments, **more):
            yield event
            if isinstance(event, Found):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("baichuan_desktop.cli.verbs.library.find.find", interrupted)

    assert main(["models", "find", "--json", str(place)]) == 130
    assert [Path(one["folder"]).name for one in json.loads(capsys.readouterr().out)] == ["half"]


def test_nothing_is_written(place: Path, app_home: Path) -> None:
    before = sorted((path, path.lstat().st_mtime_ns) for path in place.rglob("*"))

    assert main(["models", "find", str(place)]) == 0

    assert sorted((path, path.lstat().st_mtime_ns) for path in place.rglob("*")) == before
    assert not app_home.exists()


def test_a_name_that_would_steer_the_terminal_is_shown_harmlessly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a\x1b[2Jb", "two\nlines"):
        shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / "in" / name)

    assert main(["models", "find", str(tmp_path / "in")]) == 0

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 1 + 2 + 1 + 2


def test_a_policy_without_imports_turns_it_off(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policies.write_policy(tmp_path, "import: false\n")

    assert main(["models", "find", str(place)]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert "Models are not added, imported or removed here" in err
