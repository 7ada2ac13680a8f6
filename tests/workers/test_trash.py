"""The trash of the system, as a person finds it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backends.errors import NoTrashError
from baichuan_desktop.workers.trash import move_to_trash


def test_what_is_not_there_cannot_be_put_into_the_trash(tmp_path: Path) -> None:
    with pytest.raises(NoTrashError) as refused:
        move_to_trash(tmp_path / "nothing")

    assert "No such file" in refused.value.message or sys.platform != "linux"


@pytest.mark.skipif(sys.platform != "linux", reason="there the trash is that of who runs the tests")
def test_a_folder_can_be_taken_back_from_the_trash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "new account" / "data"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "Model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")

    move_to_trash(folder)

    assert not folder.exists()
    assert (data / "Trash" / "files" / "Model" / "config.json").read_text() == "{}"
