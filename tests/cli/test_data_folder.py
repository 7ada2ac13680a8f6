"""A command where the folder of the data lies on a drive that is not connected."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.cli.completion import ids
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import usual_paths
from baichuan_desktop.services.data_folder.place import Place, write_place


def test_it_says_so_in_one_sentence_and_a_shell_still_completes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = tmp_path / "stick" / "data"
    write_place(usual_paths().data_place, Place(folder=away))

    assert main(["models", "list"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    said = " ".join(shown.err.split())
    assert f"The folder with your conversations, “{away}”, is not here." in said
    assert "Traceback" not in said
    assert main([ids.OPTION]) == 0
    assert capsys.readouterr().out == "baichuan-guide\n"
    assert not away.parent.exists()
