"""What a server tells on its threads, until it is printed."""

from __future__ import annotations

from baichuan_desktop.cli.verbs.serving.hearing import Hearing
from baichuan_desktop.services.serving.port import Over
from baichuan_desktop.services.serving.values import JournalLine

LINE = JournalLine(0.0, "127.0.0.1", "GET", "/health", 200, 0.1)


def test_a_terminal_that_stands_still_keeps_few_lines_and_every_event_of_a_load() -> None:
    hearing = Hearing()
    for _ in range(5_000):
        hearing.hear(LINE)
    hearing.hear(Over())
    hearing.is_over = True

    told = list(iter(hearing.next, None))

    assert told.count(LINE) == 1_000
    assert told[-1] == Over()
