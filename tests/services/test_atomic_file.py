"""The old file or the new one, whole, whatever happens."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from backends.windows_api import lock_name
from baichuan_desktop.services.atomic_file import changing, replace_text
from baichuan_desktop.services.settings import SettingsFile
from tests.helpers.kernel32 import INVALID_HANDLE, Kernel32


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


# --- two writers -------------------------------------------------------------------------


class Lock:
    """Held by somebody else for so many tries, or not to be had at all."""

    def __init__(self, *errors: OSError) -> None:
        self.errors = list(errors)
        self.events: list[str] = []
        self.now = 0.0

    def take(self, folder: Path) -> Callable[[], object]:
        if self.errors:
            raise self.errors.pop(0)
        self.events.append(f"locked {folder.name}")
        return lambda: self.events.append("unlocked")

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def change(self, file: Path) -> None:
        with changing(file, lock=self.take, clock=self.clock, sleep=self.sleep):
            self.events.append("changed")


def test_a_change_has_the_folder_to_itself(tmp_path: Path) -> None:
    lock = Lock()

    lock.change(tmp_path / "config" / "x.json")

    assert lock.events == ["locked config", "changed", "unlocked"]
    assert lock.now == 0


def test_a_change_that_fails_lets_others_have_the_folder(tmp_path: Path) -> None:
    lock = Lock()

    with (
        pytest.raises(ZeroDivisionError),
        changing(tmp_path / "x.json", lock=lock.take, clock=lock.clock, sleep=lock.sleep),
    ):
        raise ZeroDivisionError

    assert lock.events[-1] == "unlocked"


def test_a_change_on_windows_is_not_made_beside_one_that_is_just_ending(tmp_path: Path) -> None:
    """Its lock denies access until it is gone: that is no folder that cannot be locked."""
    lock = Lock()
    answers = [INVALID_HANDLE, INVALID_HANDLE, 7]
    kernel32 = Kernel32(CreateFileW=lambda *_: answers.pop(0))

    def take(folder: Path) -> Callable[[], object]:
        return lock_name(
            str(folder) + ".lock", kernel32, lambda: 5, clock=lock.clock, sleep=lock.sleep
        )

    with changing(tmp_path / "x.json", lock=take, clock=lock.clock, sleep=lock.sleep):
        assert not answers
        assert [call[0] for call in kernel32.calls] == ["CreateFileW"] * 3

    assert kernel32.calls[3:] == [("CloseHandle", 7)]


def test_a_change_waits_for_another_one(tmp_path: Path) -> None:
    lock = Lock(*[BlockingIOError()] * 5)

    lock.change(tmp_path / "x.json")

    assert lock.events[1:] == ["changed", "unlocked"]
    assert 0 < lock.now < 1


def test_a_process_that_stopped_in_the_middle_of_a_change_keeps_nobody_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lock = Lock(*[BlockingIOError()] * 10_000)

    lock.change(tmp_path / "x.json")

    assert lock.events == ["changed"]
    assert 10 <= lock.now < 10.1
    assert f"keeps {tmp_path} locked" in caplog.text


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOLCK, "No locks available"), PermissionError(errno.EACCES, "no")]
)
def test_where_nothing_can_be_locked_a_change_is_made_at_once(
    tmp_path: Path, error: OSError, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lock = Lock(error)

    lock.change(tmp_path / "x.json")

    assert (lock.events, lock.now) == (["changed"], 0)
    assert "cannot be locked" in caplog.text


def test_a_folder_that_cannot_be_made_keeps_no_change_from_saying_so(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file in place of the folder")
    lock = Lock()

    lock.change(tmp_path / "config" / "x.json")

    assert lock.events == ["changed"]


ADD_NUMBERS = """
import sys
from pathlib import Path
from baichuan_desktop.services import settings as module
module.WINDOW_WAIT_SECONDS = 600  # two that do nothing else may let one of them starve
settings = module.SettingsFile(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2]), 60, 3):
    settings.keep_as_chat(Path(f"/model {number}"), True)
"""


def test_of_three_writers_at_once_none_loses_what_another_wrote(tmp_path: Path) -> None:
    file = tmp_path / "config" / "settings.json"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", ADD_NUMBERS, str(file), str(first)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in range(3)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0

    kept = SettingsFile(file).current.as_chat
    assert kept == {Path(f"/model {number}") for number in range(60)}
    assert files(file.parent) == ["settings.json"]
