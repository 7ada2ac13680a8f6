"""`models import`, `unfinished`, `folders` and `remove`, as a person types them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from backends.events import JobProgress
from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs.library import removing
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.model_files import importing
from baichuan_desktop.services.library.importing import copying
from baichuan_desktop.services.library.importing.running import run_import
from tests.helpers import goldens
from tests.helpers.imports import hashes


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "source" / "Model"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), made)
    (made / ".msc").write_bytes(b"x")
    return made


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> str:
    assert main(["models", *map(str, arguments)]) == code
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    return json.loads(said(capsys, *arguments, "--json"))


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    source: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan = told(capsys, "import", source, "--copy", "--dry-run")

    own = app_paths().model_folder
    assert plan["target"] == str(own / "Model")
    assert plan["bytes"] == sum(one.stat().st_size for one in source.iterdir()) - 1
    assert plan["left_out"].keys() == {".msc"}
    assert not own.exists()
    text = said(capsys, "import", source, "--copy", "--dry-run")
    assert "left out: .msc" in text
    assert "files, 1 MiB: " in text, "a small size is said, too"
    said(capsys, "import", source, "--move", "--dry-run", "--to", tmp_path / "models")
    assert source.is_dir()
    assert not (tmp_path / "models").exists()
    assert len(told(capsys, "folders")) == 1, "a dry run remembers nothing"


@pytest.mark.parametrize("way", ["--copy", "--move", "--link"])
def test_each_way_lists_the_model(
    source: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    before = hashes(source)
    before.pop(".msc")

    model = told(capsys, "import", source, way, "--name", "Mine")

    found = hashes(Path(model["path"]))
    found.pop(".msc", None)
    assert found == before
    assert model["name"]["en"] == "Mine"
    assert source.exists() is (way != "--move")
    assert model["id"] in said(capsys, "list")


def test_a_way_must_be_named(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["models", "import", str(source)])

    assert refused.value.code == 2
    assert "--copy" in capsys.readouterr().err


def test_the_same_weights_are_said(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = told(capsys, "import", source, "--copy")

    again = told(capsys, "import", source, "--copy")

    assert (again["id"], again["imported"]) == (first["id"], False)
    assert "nothing was copied" in said(capsys, "import", source, "--copy")


def test_a_folder_that_is_named_is_a_model_folder_from_then_on(
    source: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told(capsys, "import", source, "--copy", "--to", tmp_path / "drive")

    rows = told(capsys, "folders")
    assert [(row["folder"], row["default"]) for row in rows] == [
        (str(app_paths().model_folder), True),
        (str(tmp_path / "drive"), False),
    ]
    rows = told(capsys, "folders", "--add", tmp_path / "drive")
    assert [row["default"] for row in rows] == [True, False]
    assert rows[0]["folder"] == str(tmp_path / "drive")
    rows = told(capsys, "folders", "--remove", tmp_path / "drive")
    assert [row["folder"] for row in rows] == [str(app_paths().model_folder)]
    said(capsys, "folders", "--remove", tmp_path / "drive", code=1)
    said(capsys, "folders", "--add", tmp_path / "nothing", code=1)


def test_a_remembered_folder_whose_drive_is_away_is_not_made_anew(
    source: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "drive").mkdir()
    told(capsys, "folders", "--add", tmp_path / "drive")
    (tmp_path / "drive").rmdir()

    assert main(["models", "import", str(source), "--copy"]) == 1

    assert "is not there now" in capsys.readouterr().err
    assert not (tmp_path / "drive").exists()
    told(capsys, "import", source, "--link")


def test_an_import_that_was_interrupted_is_listed_and_goes_on(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_BLOCK_BYTES", 16_384)

    def interrupted(store: Any, manifests: Any, plan: Any, cancel: Any, pausing: Any) -> Any:
        for event in run_import(store, manifests, plan, cancel, pausing, chunk_bytes=65_536):
            yield event
            if isinstance(event, JobProgress) and event.done_bytes > 200_000:
                cancel.set()  # as Ctrl+C does

    with monkeypatch.context() as patched:
        patched.setattr(importing, "run_import", interrupted)
        assert main(["models", "import", str(source), "--copy"]) == 130
    capsys.readouterr()
    (half,) = told(capsys, "unfinished")
    assert (half["name"], half["way"], half["whole"]) == ("Model", "copy", False)
    assert said(capsys, "list").count("Model") == 0
    said(capsys, "unfinished", "--resume", "nothing", code=1)

    model = told(capsys, "unfinished", "--resume", "Model")

    assert 190_000 < model["kept_bytes"] < half["total_bytes"]
    assert model["read_again_bytes"] <= model["kept_bytes"]
    assert told(capsys, "unfinished") == []


def test_what_was_interrupted_is_taken_away(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(store: Any, manifests: Any, plan: Any, cancel: Any, pausing: Any) -> Any:
        for event in run_import(store, manifests, plan, cancel, pausing):
            yield event
            cancel.set()

    with monkeypatch.context() as patched:
        patched.setattr(importing, "run_import", interrupted)
        assert main(["models", "import", str(source), "--copy"]) == 130
    capsys.readouterr()

    assert told(capsys, "unfinished", "--discard", "Model") == []
    assert list(app_paths().model_folder.iterdir()) == []
    assert source.is_dir()


def test_model_folders_are_listed_with_their_free_space_as_a_person_reads_it(
    source: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    said(capsys, "folders", "--add", gone)
    gone.rmdir()

    head, *rows = said(capsys, "folders").splitlines()

    assert head.split() == ["folder", "free", "default"]
    assert "  not here  " in rows[0]
    assert re.search(r"\d [MGT]iB\b", rows[1])
    free = {one["free_bytes"] is None for one in told(capsys, "folders")}
    assert free == {True, False}, "in JSON it is counted in bytes"
    assert said(capsys, "unfinished") == "No import was ended on its way.\n"


def test_removing_says_what_becomes_of_the_files(
    source: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    trashed: list[Path] = []

    def to_trash(folder: Path) -> None:
        trashed.append(folder)
        folder.rename(tmp_path / "trash")

    monkeypatch.setattr(removing, "_to_trash", to_trash)
    copy = told(capsys, "import", source, "--copy")

    planned = told(capsys, "remove", copy["id"], "--dry-run")
    assert planned["trashed"] == [copy["path"]]
    would = said(capsys, "remove", copy["id"], "--dry-run")
    assert f"{copy['id']} would not be listed any more; " in would
    assert "would be in the trash, with 1 MiB" in would
    assert Path(copy["path"]).is_dir()
    assert "in the trash" in said(capsys, "remove", copy["id"])
    assert trashed == [Path(copy["path"])]
    link = told(capsys, "import", source, "--link")
    assert "its files are still at" in said(capsys, "remove", link["id"], "--delete")
    assert source.is_dir()
    again = told(capsys, "import", source, "--copy")
    assert "deleted" in said(capsys, "remove", again["id"], "--delete")
    assert not Path(again["path"]).exists()
    assert len(trashed) == 1
