"""Which files of a folder are its licences, whatever else lies there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from backends.licences import licence_files
from backends.licences.licence_files import is_licence, is_notice, licence_names


@pytest.mark.parametrize(
    "name",
    [
        "LICENSE", "LICENCE", "license.txt", "Licence.md", "LICENSE-2.0", "LICENSE_MODEL.pdf",
        "baichuan-7B 模型许可协议.pdf", "Baichuan 2模型社区许可协议.txt", "许可协议.md",
        "Community License for Baichuan 2 Model.pdf", "LICENSES.rst",
    ],
)  # fmt: skip
def test_a_licence_is_known_by_its_name(name: str) -> None:
    assert is_licence(name)
    assert not is_notice(name)


@pytest.mark.parametrize(
    "name",
    [
        "LICENSE.msc", "LICENSE.mdl", "license.py", "license.json", "LICENSE.bin", "licensed.pkl",
        "许可协议.safetensors", "config.json", "README.md", "sublicensee.txt", "tokenizer.model",
        "",
    ],
)  # fmt: skip
def test_programs_data_and_other_texts_are_no_licence(name: str) -> None:
    assert not is_licence(name)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("NOTICE", True), ("notice.txt", True), ("NOTICE.md", True), ("NOTICE.py", False),
        ("NOTICE-CHANGES.txt", False), ("notices", False),
    ],
)  # fmt: skip
def test_a_notice_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert is_notice(name) is is_one
    assert not is_licence(name)


def test_licences_come_before_notices_in_order(tmp_path: Path) -> None:
    for name in ("NOTICE", "许可协议.pdf", "LICENSE", "config.json", "NOTICE-CHANGES.txt"):
        (tmp_path / name).write_bytes(b"x")

    assert licence_names(tmp_path) == ("LICENSE", "许可协议.pdf", "NOTICE")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such names and files there")
def test_what_is_no_file_or_has_a_name_that_no_copy_can_keep_is_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "LICENSE")
    (tmp_path / "LICENSE.d").mkdir()
    (tmp_path / "license").mkdir()
    (tmp_path / "LICENCE.txt").symlink_to("LICENCE.txt")  # in a circle
    (tmp_path / "LICENCE.md").symlink_to("gone")
    (tmp_path / "LICENSE\\x.txt").write_bytes(b"x")
    (tmp_path / os.fsdecode(b"LICENSE-\xff")).write_bytes(b"x")
    (tmp_path / "LICENSE-\n2").write_bytes(b"x")

    assert licence_names(tmp_path) == ("LICENSE-\n2",)


def test_a_folder_that_is_none_has_no_licences(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    assert licence_names(tmp_path / "gone") == ()
    assert licence_names(tmp_path / "file") == ()
    assert licence_names(Path("a\0b")) == ()


def test_a_folder_of_a_million_names_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(licence_files, "_MOST_ENTRIES", 5)
    for number in range(20):
        (tmp_path / f"LICENSE-{number}").write_bytes(b"x")

    assert len(licence_names(tmp_path)) == 5
