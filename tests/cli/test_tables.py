"""What the commands print for a person."""

from __future__ import annotations

import io
import json

import pytest

from baichuan_desktop.cli import tables
from baichuan_desktop.cli.tables import print_facts, print_json, print_table, say

ROWS = [
    {"id": "talk", "name": "聊天", "context_length": 4096, "bundled": True},
    {"id": "other", "name": "Other", "context_length": 512, "bundled": False},
]
COLUMNS = ("id", "name", "context_length")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal_of(columns: int, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr("sys.stdout", made)
    monkeypatch.setattr(tables, "terminal_columns", lambda: columns)
    return made


def test_a_table_shows_digits_in_groups_and_json_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(ROWS, COLUMNS)
    assert capsys.readouterr().out.splitlines() == [
        "id     name   context length",
        "talk   聊天   4,096",
        "other  Other  512",
    ]

    print_json(ROWS)
    assert json.loads(capsys.readouterr().out)[0]["context_length"] == 4096


def test_a_terminal_too_narrow_for_a_table_gets_a_line_a_fact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = terminal_of(24, monkeypatch)
    print_table(ROWS, COLUMNS)

    assert terminal.getvalue().splitlines() == [
        "id: talk",
        "name: 聊天",
        "context length: 4,096",
        "",
        "id: other",
        "name: Other",
        "context length: 512",
    ]


def test_a_file_gets_the_table_and_whole_lines_however_wide(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "terminal_columns", lambda: 5)
    print_table(ROWS, COLUMNS)
    say("a sentence of some words")

    assert capsys.readouterr().out.splitlines()[0] == "id     name   context length"


def test_a_terminal_gets_sentences_broken_at_words(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(10, monkeypatch)
    say("a sentence of some words")

    assert terminal.getvalue() == "a sentence\nof some\nwords\n"


def test_facts_that_are_not_known_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts(
        {"a": None, "b": [], "c": {}, "d": {"e": None}, "f": 0, "g": False, "h": {"i": 12345}}
    )

    assert capsys.readouterr().out == "f: 0\ng: no\nh:\n  i: 12,345\n"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (False, "no"),
        (["/a/b", "/c d"], "/a/b, /c d"),
        ((1234, "x"), "1,234, x"),
        (12345, "12,345"),
        (0.85, "0.85"),
    ],
)
def test_a_value_is_printed_in_words(
    value: object, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_facts({"fact": value})

    assert capsys.readouterr().out == f"fact: {words}\n"
