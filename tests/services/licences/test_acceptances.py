"""An acceptance is kept, counts for exactly one text, and is never made up."""

from __future__ import annotations

import datetime
import errno
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from backends.errors import AcceptanceNotKeptError
from baichuan_desktop.services.licences import acceptances as module
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.values import LicenceText
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.sentences import assert_one_sentence


def text(sha256: str = "a" * 64, name: str = "LICENSE") -> LicenceText:
    return LicenceText(name, "text", "text", sha256, None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models" / "licences.json"


def test_nothing_is_accepted_without_a_file_and_none_is_made(file: Path) -> None:
    assert not Acceptances(file).is_accepted(text())
    assert not file.parent.exists()


def test_what_was_accepted_is_read_back_with_user_date_and_hash(file: Path) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    Acceptances(file).accept(text(name="许可协议.pdf"), "my-chat", "李雷")

    (one,) = Acceptances(file).all()

    assert (one.sha256, one.name, one.model_id) == ("a" * 64, "许可协议.pdf", "my-chat")
    assert one.user == "李雷"
    assert before <= one.when <= datetime.datetime.now(datetime.UTC)
    assert one.when.utcoffset() == datetime.timedelta()
    assert Acceptances(file).is_accepted(text())


def test_a_text_that_changed_is_asked_about_again(file: Path) -> None:
    kept = Acceptances(file)
    kept.accept(text(), "my-chat", "li")

    assert not kept.is_accepted(text("b" * 64))


def test_what_a_terminal_accepts_is_seen_by_the_window_at_once(file: Path) -> None:
    window, terminal = Acceptances(file), Acceptances(file)
    assert not window.is_accepted(text())

    terminal.accept(text(), "my-chat", "li")

    assert window.is_accepted(text())


GOOD: dict[str, Any] = {
    "sha256": "a" * 64, "name": "LICENSE", "model_id": "m", "user": "li",
    "when": "2026-01-02T03:04:05+00:00",
}  # fmt: skip


def written(*entries: object, version: object = 1) -> bytes:
    return json.dumps({"schema_version": version, "accepted": list(entries)}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"accepted": []}',
        written(GOOD, version=2), written(GOOD, version="1"), written(GOOD)[:-3],
        b'{"schema_version": 1, "accepted": {}}', b'{"schema_version": 1}', b"x" * (5 * 2**20),
    ],
    ids=lambda content: repr(content)[:40],
)  # fmt: skip
def test_a_broken_file_accepts_nothing_and_is_set_aside_when_one_is_written(
    content: bytes, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    kept = Acceptances(file)

    with caplog.at_level(logging.WARNING):
        assert not kept.is_accepted(text())

    assert "not usable" in caplog.text
    assert file.read_bytes() == content  # reading changes nothing
    kept.accept(text("c" * 64), "my-chat", "li")
    assert (file.parent / "licences.json.broken-1").read_bytes() == content
    assert [one.sha256 for one in kept.all()] == ["c" * 64]


@pytest.mark.parametrize(
    "wrong",
    [
        {}, [], None, 7, "a" * 64,
        GOOD | {"sha256": "A" * 64}, GOOD | {"sha256": "a" * 63}, GOOD | {"when": "yesterday"},
        GOOD | {"when": "2026-01-02T03:04:05"}, GOOD | {"user": None}, GOOD | {"user": "x" * 1001},
        GOOD | {"name": "a\0b"}, GOOD | {"model_id": ["m"]}, GOOD | {"when": 1e400},
    ],
    ids=lambda wrong: repr(wrong)[-40:],
)  # fmt: skip
def test_a_wrong_entry_accepts_nothing_and_costs_no_other(wrong: object, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(written(wrong, GOOD | {"sha256": "d" * 64}))
    kept = Acceptances(file)

    assert [one.sha256 for one in kept.all()] == ["d" * 64]

    kept.accept(text("c" * 64), "my-chat", "li")
    assert (file.parent / "licences.json.broken-1").is_file()  # nothing of it is lost
    assert {one.sha256 for one in kept.all()} == {"c" * 64, "d" * 64}


def test_files_that_are_set_aside_do_not_replace_each_other(file: Path) -> None:
    file.parent.mkdir(parents=True)
    for content in (b"one", b"two", b"three"):
        file.write_bytes(content)
        Acceptances(file).accept(text(), "m", "li")

    aside = sorted(file.parent.glob("licences.json.broken-*"))
    assert [one.read_bytes() for one in aside] == [b"one", b"two", b"three"]


def test_a_key_of_a_newer_version_is_ignored(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(written(GOOD | {"from_the_future": [1]}))

    assert Acceptances(file).is_accepted(text())


def test_a_name_that_no_file_can_hold_is_kept_in_a_form_that_can_be_written(file: Path) -> None:
    Acceptances(file).accept(text(name="LICENSE-\udcff"), "m", "\udcfe" * 2000)

    (one,) = Acceptances(file).all()
    assert one.name == "LICENSE-?"
    assert one.user == "?" * 1000


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_an_acceptance_that_cannot_be_written_is_none(
    code: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    kept = Acceptances(file)
    kept.accept(text(), "m", "li")
    before = file.read_bytes()
    monkeypatch.setattr(module, "replace_text", full)

    with pytest.raises(AcceptanceNotKeptError) as caught:
        kept.accept(text("b" * 64), "m", "li")

    assert_one_sentence(caught.value)
    assert os.strerror(code) in caught.value.message
    assert not kept.is_accepted(text("b" * 64))
    assert file.read_bytes() == before


#: Python's own way to start processes leaves another one behind, which watches over them.
ACCEPT = """
import sys
from pathlib import Path
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.values import LicenceText

text = LicenceText("LICENSE", "text", "text", f"{int(sys.argv[2]):064x}", None)
Acceptances(Path(sys.argv[1])).accept(text, "m", "li")
"""


def test_windows_and_terminals_that_accept_at_once_lose_nothing(file: Path) -> None:
    others = [
        subprocess.Popen([sys.executable, "-c", ACCEPT, str(file), str(number)])
        for number in range(4)
    ]
    for other in others:
        assert other.wait(PATIENCE_SECONDS) == 0

    assert len({one.sha256 for one in Acceptances(file).all()}) == 4
