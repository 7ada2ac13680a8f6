"""What a server keeps of its requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.services.serving import journal
from baichuan_desktop.services.serving.journal import Journal
from baichuan_desktop.services.serving.values import JournalLine

LINE = JournalLine(1_796_000_000.0, "127.0.0.1", "POST", "/v1/chat/completions", 200, 1.25)


def test_the_latest_lines_are_kept_and_each_is_heard() -> None:
    heard: list[JournalLine] = []
    kept = Journal(None, heard.append)

    for number in range(600):
        kept.add(JournalLine(float(number), "127.0.0.1", "GET", "/health", 200, 0.0))

    assert [line.at for line in kept.lines()] == [float(number) for number in range(100, 600)]
    assert len(heard) == 600


def test_the_log_has_a_line_for_each_request_that_a_program_can_read(tmp_path: Path) -> None:
    file = tmp_path / "log" / "server.log"
    kept = Journal(file)

    kept.add(LINE)
    kept.add(JournalLine(1.0, "::1", "…", "…", 400, 0.0, ended="a\nb\x1b[0m"))

    first, second = file.read_text(encoding="utf-8").splitlines()
    assert first.partition(" ")[2] == (
        "127.0.0.1 POST /v1/chat/completions 200 seconds=1.250 queued=0.000 tokens=0+0 model=- "
        "ended=-"
    )
    assert second.endswith("ended=a�b�[0m")


def test_the_log_is_begun_anew_when_it_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_MOST_BYTES", 300)
    file = tmp_path / "server.log"
    kept = Journal(file)

    for _ in range(4):
        kept.add(LINE)

    assert len(file.read_text().splitlines()) == 1
    assert len((tmp_path / "server.previous.log").read_text().splitlines()) == 3


def test_where_the_log_cannot_be_written_the_server_goes_on(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    heard: list[JournalLine] = []
    kept = Journal(tmp_path / "log" / "server.log", heard.append)

    kept.add(LINE)
    kept.add(LINE)

    assert (len(heard), len(kept.lines())) == (2, 2)
