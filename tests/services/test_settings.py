"""Choices are remembered, and a file that cannot be used costs only them."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pydantic import ValidationError

from backends.precision import Precision, name_of
from baichuan_desktop.services import settings
from baichuan_desktop.services.precisions.wish import LoadWish
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
    wish = LoadWish(Precision.NF4, "cuda:1", 2048)
    SettingsFile(file).keep_precision(seven, wish)
    SettingsFile(file).keep_precision(other, LoadWish(Precision.FP32))

    stored = SettingsFile(file)
    assert stored.current.precisions == {seven: wish, other: LoadWish(Precision.FP32)}
    stored.keep_precision(seven, LoadWish())
    stored.keep_precision(Path("/never"), LoadWish())
    assert SettingsFile(file).current.precisions == {other: LoadWish(Precision.FP32)}


@pytest.mark.parametrize("threads", [0, -1, 1025, 2**31, 2**64])
def test_threads_that_no_engine_takes_are_not_kept(file: Path, threads: int) -> None:
    SettingsFile(file).keep_precision(Path("/a"), LoadWish(threads=2))
    text = file.read_text(encoding="utf-8")
    assert '"threads": 2' in text
    file.write_text(text.replace('"threads": 2', f'"threads": {threads}'), encoding="utf-8")

    assert SettingsFile(file).current.precisions == {}


def test_two_windows_do_not_undo_each_others_choices(file: Path) -> None:
    one, two = SettingsFile(file), SettingsFile(file)
    one.keep_precision(Path("/a"), LoadWish(Precision.FP32))
    two.keep_precision(Path("/b"), LoadWish(Precision.BF16))
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
    assert "Traceback" not in caplog.text
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


KEPT = {"language": "zh_CN", "show_panel": True, "last_model": "mine"}


def write(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    "size",
    [
        "[99999999999, 99999999999]", "[50000, 50000]", "[800, 50000]", "[2147483647, 2147483647]",
        "[2147483648, 600]", "[-800, 600]", "[0, 0]", "[800, 0]", "[NaN, 600]", "[Infinity, 600]",
        '["800", "600"]', '["a", "b"]', "[800.5, 600]", "[true, true]", "[800]", "[800, 600, 1]",
        "7", '"800x600"', "{}", "[[800], [600]]", "[null, null]", "[1e400, 600]",
        f"[{'9' * 5000}, 600]", f"[-{'9' * 5000}, 600]",
    ],
    ids=lambda size: size[:20],
)  # fmt: skip
def test_an_absurd_window_size_costs_itself_alone_and_is_logged(
    file: Path, size: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, json.dumps(KEPT)[:-1] + f', "window_size": {size}}}')

    found = SettingsFile(file).current

    assert found == Settings(language="zh_CN", show_panel=True, last_model="mine")
    assert "settings.json is not usable at 'window_size" in caplog.text


@pytest.mark.parametrize("size", [(1, 1), (640, 480), (15_360, 4320), (16_384, 16_384)])
def test_a_size_that_some_screen_has_is_kept(file: Path, size: tuple[int, int]) -> None:
    write(file, json.dumps({"window_size": size}))

    assert SettingsFile(file).current.window_size == size


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "klingon"), ("language", 7), ("language", None), ("show_panel", "perhaps"),
        ("show_panel", []), ("last_model", 7), ("last_model", "a\0b"), ("last_model", "\ud800"),
        ("precisions", 7), ("precisions", []), ("window_size", {"width": 7}),
        ("last_model", ["x"] * 1000), ("last_model", 10**400),
    ],
    ids=repr,
)  # fmt: skip
def test_a_wrong_value_costs_itself_and_no_other_choice(
    file: Path, name: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    others = {"language": "en", "show_panel": True, "last_model": "mine", "window_size": [800, 600]}
    write(file, json.dumps({**others, name: value}))

    found = SettingsFile(file).current

    right = {key: choice for key, choice in others.items() if key != name}
    assert found == Settings.model_validate(right)
    assert f"not usable at '{name}" in caplog.text


@pytest.mark.parametrize(
    ("folder", "wish"),
    [
        ("/wrong", 7), ("/wrong", {"precision": "klingon"}), ("/wrong", {"precision": 4}),
        ("/wrong", {"device": "tpu"}), ("/wrong", {"device": "cuda:99999"}),
        ("/wrong", {"context_length": "all"}), ("/wrong", {"context_length": 0}),
        ("/wrong", {"context_length": -1}), ("/wrong", {"context_length": 10**30}),
        ("/a\0b", {"precision": "fp32"}), ("/\ud800", {"precision": "fp32"}),
    ],
    ids=repr,
)  # fmt: skip
def test_a_wrong_wish_costs_itself_and_no_other_wish(
    file: Path, folder: str, wish: object, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, json.dumps({"precisions": {"/right": {"precision": "fp32"}, folder: wish}}))

    found = SettingsFile(file).current

    assert found.precisions == {Path("/right"): LoadWish(Precision.FP32)}
    assert "not usable at 'precisions." in caplog.text


def test_what_is_right_is_kept_by_the_next_change(file: Path) -> None:
    write(file, json.dumps({**KEPT, "window_size": [50_000, 50_000]}))

    SettingsFile(file).change(language="en")

    found = SettingsFile(file).current
    assert found == Settings(language="en", show_panel=True, last_model="mine")


def test_a_file_with_a_byte_order_mark_is_read(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(KEPT).encode())

    assert SettingsFile(file).current.language == "zh_CN"


def test_a_file_of_megabytes_is_not_read(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(file, json.dumps({**KEPT, "filler": "x" * 2**20}))

    assert SettingsFile(file).current == Settings()
    assert "larger than" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
@pytest.mark.parametrize("target", [None, "/dev/zero", "/dev/null"])
def test_a_fifo_or_a_device_gives_defaults_and_stays_what_it_is(
    file: Path, target: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    if target is None:
        os.mkfifo(file)
    else:
        file.symlink_to(target)
    before = file.stat().st_mode

    stored = SettingsFile(file)
    stored.change(language="en")

    assert stored.current == Settings(language="en")
    assert stored.unkept == "it is no ordinary file"
    assert file.stat().st_mode == before
    assert "no ordinary file" in caplog.text


def test_where_nothing_can_be_written_choices_hold_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file in place of the folder")
    stored = SettingsFile(tmp_path / "config" / "settings.json")
    assert stored.unkept is None

    stored.change(language="en")
    stored.keep_precision(Path("/m"), LoadWish(Precision.FP32))

    assert stored.current == Settings(
        language="en", precisions={Path("/m"): LoadWish(Precision.FP32)}
    )
    assert stored.unkept == "Not a directory"


def test_once_it_can_be_written_again_choices_are_kept(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    stored = SettingsFile(tmp_path / "config" / "settings.json")
    stored.change(language="en")
    (tmp_path / "config").unlink()

    stored.change(show_panel=True)

    assert stored.unkept is None
    assert SettingsFile(tmp_path / "config" / "settings.json").current == stored.current


def test_of_very_many_wishes_the_first_thousand_are_looked_at(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wishes: dict[str, object] = {str(number): 7 for number in range(20_000)}
    write(file, json.dumps({**KEPT, "precisions": {"/right": {"precision": "fp32"}, **wishes}}))

    found = SettingsFile(file).current

    assert found.precisions == {Path("/right"): LoadWish(Precision.FP32)}
    assert found.language == "zh_CN"
    assert len(caplog.records) == 999


def test_of_very_many_folders_the_first_thousand_are_looked_at(file: Path) -> None:
    write(file, json.dumps({**KEPT, "as_chat": [f"/{number}" for number in range(60_000)]}))

    found = SettingsFile(file).current

    assert found.as_chat == {Path(f"/{number}") for number in range(1000)}
    assert found.language == "zh_CN"


@pytest.mark.parametrize("folder", [7, None, "/a\0b", "/\ud800", ["/a"]])
def test_a_wrong_folder_costs_itself_and_no_other_folder(file: Path, folder: object) -> None:
    write(file, json.dumps({**KEPT, "as_chat": ["/right", folder, "/too"]}))

    assert SettingsFile(file).current.as_chat == {Path("/right"), Path("/too")}


def test_folders_that_are_open_are_read_one_by_one(file: Path) -> None:
    write(file, json.dumps({"unfolded": [7, -1, "8", 2**63, 9, None]}))

    assert SettingsFile(file).current.unfolded == {7, 9}


def test_the_preset_of_a_model_is_kept_by_its_folder(file: Path) -> None:
    write(file, json.dumps({**KEPT, "presets": {"/a": "summary", "/b": 7, "/c\0": "x"}}))
    settings = SettingsFile(file)
    assert settings.current.presets == {Path("/a"): "summary"}

    settings.keep_preset(Path("/d"), "minutes")
    settings.keep_preset(Path("/a"), None)

    assert SettingsFile(file).current.presets == {Path("/d"): "minutes"}


def test_what_later_versions_added_is_read_value_by_value(file: Path) -> None:
    file.parent.mkdir(parents=True)
    wrong = {
        "idle_minutes": -1,
        "keep_days": 0,
        "backups_kept": "seven",
        "backup_hours": 10**9,
        "reading_size": 1000,
        "default_wish": {"precision": name_of(Precision.NF4), "context_length": 0},
    }
    file.write_text(json.dumps({**wrong, "theme": "dark"}), encoding="utf-8")
    assert SettingsFile(file).current == Settings(theme="dark")

    right = {
        "idle_minutes": 30,
        "keep_days": 90,
        "backups_kept": 1,
        "backup_hours": 0,
        "reading_size": 20,
        "default_wish": {"precision": name_of(Precision.NF4), "context_length": 1024},
    }
    file.write_text(json.dumps(right), encoding="utf-8")
    found = SettingsFile(file).current
    assert found.default_wish == LoadWish(Precision.NF4, context_length=1024)
    assert (found.idle_minutes, found.keep_days, found.reading_size) == (30, 90, 20)
    assert (found.backups.kept, found.backups.interval_seconds) == (1, None)
    assert Settings().backups.interval_seconds == 86_400.0


def test_what_was_chosen_for_a_model_goes_with_it_into_another_folder(file: Path) -> None:
    one = SettingsFile(file)
    old, new, other = Path("/models/seven"), Path("/大盘/seven"), Path("/models/other")
    for folder in (old, other):
        one.keep_precision(folder, LoadWish(Precision.FP32))
        one.keep_as_chat(folder, True)

    one.relocate(old, new)

    found = SettingsFile(file).current
    assert set(found.precisions) == {new, other}
    assert found.as_chat == {new, other}


def test_who_never_chose_anything_is_new_and_nobody_else(file: Path) -> None:
    assert SettingsFile(file).is_new
    SettingsFile(file).change(theme="dark")
    assert not SettingsFile(file).is_new
    file.write_text("broken", encoding="utf-8")
    assert not SettingsFile(file).is_new
