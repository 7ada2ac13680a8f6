"""The old file or the new one, whole, whatever happens."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from baichuan_desktop.services.atomic_file import replace_text


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_and_its_folders_are_made(tmp_path: Path) -> None:
    file = tmp_path / "a b" / "模型" / "x.json"

    replace_text(file, "你好\n😀")

    assert file.read_bytes() == "你好\n😀".encode()
    assert files(file.parent) == ["x.json"]


def test_an_old_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("old and much longer")

    replace_text(file, "new")

    assert file.read_text() == "new"
    assert files(tmp_path) == ["x.json"]


@pytest.mark.parametrize("call", ["fsync", "replace", "fdopen"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text("old")

    def full(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        for module in (os, Path):
            if hasattr(module, call):
                patch.setattr(module, call, full)
        with pytest.raises(OSError, match="No space left"):
            replace_text(file, "new")

    assert file.read_text() == "old"
    assert files(tmp_path) == ["x.json"]


def test_text_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        replace_text(file, "half: \ud800")

    assert file.read_text() == "old"
    assert files(tmp_path) == ["x.json"]


def test_the_file_is_on_the_disk_before_it_takes_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut may leave an empty file under the name."""
    steps: list[str] = []

    def noted(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            steps.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    noted(os, "fsync")
    noted(os, "replace")
    noted(Path, "replace")

    replace_text(tmp_path / "x.json", "new")

    assert list(dict.fromkeys(steps)) == ["fsync", "replace"]
    assert steps[0] == "fsync"
    assert steps[-1] == ("fsync" if os.name == "posix" else "replace")
