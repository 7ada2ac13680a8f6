"""The key that other programs show."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from backends.errors import KeyFileError
from baichuan_desktop.services.serving.key import ServerKey
from tests.helpers.sentences import assert_one_sentence


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "server.key"


def test_a_key_is_made_when_it_is_first_asked_for_and_stays(file: Path) -> None:
    key = ServerKey(file)
    assert not key.matches(b"")

    text = key.text()

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", text)  # 256 bits
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ServerKey(file).text() == text
    assert key.matches(text.encode())
    assert not key.matches(text[:-1].encode())
    assert not key.matches((text + "\n").encode())
    assert not key.matches(b"\xff")


def test_a_key_that_another_process_renews_takes_the_place_of_the_one_before(file: Path) -> None:
    running = ServerKey(file)
    before = running.text()

    after = ServerKey(file).renew()

    assert after != before
    assert running.matches(after.encode())
    assert not running.matches(before.encode())


def test_a_person_may_write_a_key_of_their_own(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("correct-horse-battery-staple\n")
    file.chmod(0o600)

    assert ServerKey(file).text() == "correct-horse-battery-staple"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_file_that_others_may_open_is_refused(file: Path, mode: int) -> None:
    text = ServerKey(file).text()
    file.chmod(mode)

    with pytest.raises(KeyFileError, match="others may read it") as caught:
        ServerKey(file).text()

    assert_one_sentence(caught.value)
    assert not ServerKey(file).matches(text.encode())
    assert ServerKey(file).renew() != text  # which makes it a file of its own again
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "short\n", "a" * 129, "two keys-of-twenty-letters", "密钥" * 20, "x" * 1000]
)
def test_a_file_that_holds_no_key_is_refused_and_matches_nothing(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")
    file.chmod(0o600)

    with pytest.raises(KeyFileError) as caught:
        ServerKey(file).text()

    assert_one_sentence(caught.value)
    assert not ServerKey(file).matches(content.encode())


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "other.txt"
    ServerKey(target).text()
    file.parent.mkdir()
    file.symlink_to(target)
    before = target.read_bytes()

    for use in (ServerKey(file).text, ServerKey(file).renew):
        with pytest.raises(KeyFileError, match="link"):
            use()

    assert target.read_bytes() == before
    assert not ServerKey(file).matches(before.strip())


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")

    with pytest.raises(KeyFileError) as caught:
        ServerKey(tmp_path / "config" / "server.key").text()

    assert_one_sentence(caught.value)
