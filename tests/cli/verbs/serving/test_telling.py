"""What a server prints in the terminal."""

from __future__ import annotations

import time
from pathlib import Path

from baichuan_desktop.cli.verbs.serving.telling import before_others_ask, line_of, when_it_runs
from baichuan_desktop.services.serving.clause import CLAUSE_EN, CLAUSE_ZH
from baichuan_desktop.services.serving.values import JournalLine, ServeOptions, TlsFiles

ADDRESSES = ("http://127.0.0.1:8000",)


def test_whoever_serves_this_machine_alone_is_told_nothing_first() -> None:
    assert not list(before_others_ask(ServeOptions(needs_key=True)))


def test_whoever_serves_others_reads_the_clause_in_both_languages_and_what_is_not_encrypted() -> (
    None
):
    english, chinese, warning = before_others_ask(ServeOptions(is_lan=True, needs_key=True))

    assert (english, chinese) == (CLAUSE_EN, CLAUSE_ZH)
    assert warning.startswith("Warning: without TLS")
    tls = TlsFiles(Path("c"), Path("k"))
    assert list(before_others_ask(ServeOptions(is_lan=True, needs_key=True, tls=tls))) == [
        CLAUSE_EN, CLAUSE_ZH,
    ]  # fmt: skip


def test_where_it_runs_and_where_the_key_is_are_told_and_not_the_key() -> None:
    open_to_all = list(when_it_runs(ADDRESSES, "Seven\x1b[31m", ServeOptions(), "/c/server.key"))
    with_key = list(when_it_runs(ADDRESSES, "Seven", ServeOptions(needs_key=True), "/c/server.key"))

    assert open_to_all == [
        "Serving Seven�[31m; Ctrl+C ends it.",
        "  http://127.0.0.1:8000  (programs: http://127.0.0.1:8000/v1)",
    ]
    assert with_key[2:] == [
        "Each request needs the key in /c/server.key; “baichuan-desktop serve --show-key” shows it."
    ]


def test_a_request_is_told_on_one_line() -> None:
    at = time.mktime((2026, 11, 29, 21, 5, 3, 0, 0, -1))
    short = JournalLine(at, "127.0.0.1", "GET", "/health", 200, 0.004)
    long = JournalLine(
        at, "192.168.0.7", "POST", "/v1/chat/completions", 200, 12.34, "seven\n", 0.5, 1200, 34,
        "the client left",
    )  # fmt: skip

    assert line_of(short) == "21:05:03  127.0.0.1  GET /health  200  0.0 s"
    assert line_of(long) == (
        "21:05:03  192.168.0.7  POST /v1/chat/completions  200  12.3 s  seven�  "
        "1,200 + 34 tokens  queued 0.5 s  (the client left)"
    )
