"""When models were used is kept, and nothing depends on it."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from baichuan_desktop.services.library.last_used import LastUsed


def test_the_time_of_a_load_is_kept(tmp_path: Path) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    used = LastUsed(tmp_path / "models" / "use.json")

    used.note("one")
    used.note("two")

    again = LastUsed(tmp_path / "models" / "use.json")
    times = again.all()
    assert list(times) == ["one", "two"]
    assert before <= times["one"] <= times["two"] <= datetime.datetime.now(datetime.UTC)
    assert again.of("one") == times["one"]
    assert again.of("three") is None


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"version": 2, "models": {"a": "2026-01-02T03:04:05+00:00"}}',
        '{"version": 1, "models": []}', '{"version": 1, "models": {"a": 1}}', '{"models": []}',
        '{"models": {"a": 1}}', '{"models": {"a": "x"}}',
        '{"models": {"a": "0001-01-01T00:00:00+23:59"}}', "[" * 5000, "\ud800", "1" * 5000,
    ],
)  # fmt: skip
def test_a_file_that_is_broken_begins_anew(tmp_path: Path, text: str) -> None:
    file = tmp_path / "use.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    used = LastUsed(file)

    assert used.all() == {}
    used.note("one")

    assert list(LastUsed(file).all()) == ["one"]


def test_one_time_that_is_broken_costs_itself(tmp_path: Path) -> None:
    file = tmp_path / "use.json"
    file.write_text(
        '{"version": 1, "models": {"a": "x", "b": "2026-01-02T03:04:05+00:00", "c": null}}'
    )

    assert LastUsed(file).all() == {
        "b": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    }


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "use.json")
    used = LastUsed(tmp_path / "use.json")

    used.note("one")

    assert used.all() == {}


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_time(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    used = LastUsed(tmp_path / "models" / "use.json")

    used.note("one")

    assert used.of("one") is None
