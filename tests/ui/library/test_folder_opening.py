"""What is given to the system to open: a folder that shows itself, and nothing that is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.ui.library.folder_opening import folder_to_open


@pytest.mark.parametrize(
    "name",
    ["Baichuan2-7B-Chat", "Baichuan2-7B-Chat-v2.0", "with space", "百川", "a#b?c%20d", "1.2.3"],
)
def test_a_folder_is_shown_itself(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()

    assert folder_to_open(folder) == folder


@pytest.mark.parametrize(
    "name",
    [
        "Model.app", "Model.APP", "model.prefPane", "model.workflow", "model.q4", "模型.应用",
        "model.{20D04FE0-3AEA-1069-A2D8-08002B30309D}", "x.app.1a",
    ],
)  # fmt: skip
def test_a_folder_that_a_system_may_run_is_shown_in_the_one_it_lies_in(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()

    assert folder_to_open(folder) == tmp_path


def test_a_link_is_followed_before_it_is_judged(tmp_path: Path) -> None:
    (tmp_path / "Bad.app").mkdir()
    (tmp_path / "harmless").symlink_to(tmp_path / "Bad.app")

    assert folder_to_open(tmp_path / "harmless") == tmp_path


@pytest.mark.parametrize("kind", ["file", "program", "desktop", "absent", "loop", "nul", "long"])
def test_what_is_no_folder_is_never_opened(tmp_path: Path, kind: str) -> None:
    place = tmp_path / ("run.desktop" if kind == "desktop" else "model")
    match kind:
        case "file" | "desktop":
            place.write_text("[Desktop Entry]\nExec=reboot\n")
        case "program":
            place.write_text("#!/bin/sh\n")
            place.chmod(0o755)
        case "loop":
            place.symlink_to(place)
        case "nul":
            place = Path("/models/\0")
        case "long":
            place = Path("/" + "x" * 5000)

    assert folder_to_open(place) is None
