"""Choices are remembered, and a file that cannot be used costs only them."""

from __future__ import annotations

import errno
import json
import logging
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pydantic import ValidationError

from baichuan_desktop.services import settings
from baichuan_desktop.services.precision_choice import LoadWish
from baichuan_desktop.services.settings import Settings, SettingsFile


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def test_without_a_file_there_are_defaults_and_none_is_made(file: Path) -> None:
    assert SettingsFile(file).current == Settings()
    assert not file.parent.exists()


def test_a_change_is_read_back(file: Path) -> None:
    SettingsFile(file).change(language="zh_CN", last_model="模型-1", window_size=(800, 600))
    SettingsFile(file).change(show_panel=True)

    assert SettingsFile(file).current == Settings(
        language="zh_CN", last_model="模型-1", show_panel=True, window_size=(800, 600)
    )
    assert "模型-1" in file.read_text(encoding="utf-8")


def test_a_precision_is_kept_by_folder_until_it_is_automatic_again(file: Path) -> None:
    seven, other = Path("/models/seven"), Path("/模型/b")
    wish = LoadWish("4bit", "cuda:1", 2048)
    SettingsFile(file).keep_precision(seven, wish)
    SettingsFile(file).keep_precision(other, LoadWish("fp32"))

    stored = SettingsFile(file)
    assert stored.current.precisions == {seven: wish, other: LoadWish("fp32")}
    stored.keep_precision(seven, LoadWish())
    stored.keep_precision(Path("/never"), LoadWish())
    assert SettingsFile(file).current.precisions == {other: LoadWish("fp32")}


@pytest.mark.parametrize("threads", [0, -1, 1025, 2**31, 2**64])
def test_threads_that_no_engine_takes_are_not_kept(file: Path, threads: int) -> None:
    SettingsFile(file).keep_precision(Path("/a"), LoadWish(threads=2))
    text = file.read_text(encoding="utf-8")
    assert '"threads": 2' in text
    file.write_text(text.replace('"threads": 2', f'"threads": {threads}'), encoding="utf-8")

    assert SettingsFile(file).current.precisions == {}


def test_two_windows_do_not_undo_each_others_choices(file: Path) -> None:
    one, two = SettingsFile(file), SettingsFile(file)
    one.keep_precision(Path("/a"), LoadWish("fp32"))
    two.keep_precision(Path("/b"), LoadWish("bf16"))
    one.change(window_size=(800, 600))

    found = SettingsFile(file).current
    assert set(found.precisions) == {Path("/a"), Path("/b")}
    assert found.window_size == (800, 600)
    assert two.current.window_size is None, "the size of a window is its own"


@pytest.mark.parametrize("change", [{"language": "fr"}, {"window_size": "big"}])
def test_a_change_that_cannot_be_is_a_bug_and_not_written(
    file: Path, change: dict[str, Any]
) -> None:
    stored = SettingsFile(file)
    stored.change(language="en")

    with pytest.raises(ValidationError):
        stored.change(**change)

    assert SettingsFile(file).current == stored.current == Settings(language="en")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000,
        b'{"language": "klingon"}', b'{"window_size": [1]}', b'{"show_panel": "perhaps"}',
        b'{"precisions": {"seven": 7}}', b'{"precisions": {"seven": {"context_length": "all"}}}',
    ],
    ids=lambda content: repr(content)[:30],
)  # fmt: skip
def test_a_broken_file_gives_defaults_and_stays_until_a_choice_is_made(
    file: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    file.write_bytes(content)

    with caplog.at_level(logging.WARNING):
        stored = SettingsFile(file)

    assert stored.current == Settings()
    assert "settings.json is not usable" in caplog.text
    assert file.read_bytes() == content
    stored.change(language="en")
    assert SettingsFile(file).current.language == "en"


def test_a_key_of_a_newer_version_is_ignored(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"language": "en", "from_the_future": [1]}))

    assert SettingsFile(file).current == Settings(language="en")


def test_a_folder_in_the_place_of_the_file_gives_defaults(file: Path) -> None:
    file.mkdir(parents=True)

    assert SettingsFile(file).current == Settings()


def test_a_full_disk_is_logged_and_the_choice_holds_until_the_end(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(settings, "replace_text", full)
    stored = SettingsFile(file)

    stored.change(language="en")

    assert stored.current.language == "en"
    assert "No space left on device" in caplog.text
