"""What tells whose machine it is goes out of a text, in every form that it may be written."""

from __future__ import annotations

import json
import platform
import unicodedata
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.support_bundle.identity import identifying_words
from baichuan_desktop.services.support_bundle.redaction import Redaction

HOMES = [
    "/home/li",
    "/home/李雷",
    "/Users/Li Lei",
    "/home/Ünal Ömer/日本",
    "C:\\Users\\Li Lei",
    "C:\\Users\\李雷 (admin)",
    "\\\\server\\share$\\li.lei",
    "/home/a+b%20c'd\"e",
]


def forms(home: str) -> list[str]:
    return [
        home,
        home.upper(),
        home.lower(),
        home.replace("\\", "/"),
        home.replace("/", "\\"),
        repr(home)[1:-1] if '"' not in home else home,
        json.dumps(home)[1:-1],
        json.dumps(home, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(home, ensure_ascii=False)[1:-1])[1:-1],
        ascii(home)[1:-1],
        quote(home),
        quote(home, safe=""),
        quote(home).lower(),
        quote_plus(home),
        "file://" + quote(home.replace("\\", "/")),
        home.replace(" ", "\\ "),
        unicodedata.normalize("NFD", home),
    ]


@pytest.mark.parametrize("home", HOMES)
def test_a_home_folder_is_taken_out_in_every_form(home: str) -> None:
    redaction = Redaction({home: "<home>"})

    for form in forms(home):
        found = redaction.text(f"No such file: “{form}/models/x” (2)")
        assert found in (
            "No such file: “<home>/models/x” (2)", "No such file: “file:<home>/models/x” (2)",
            "No such file: “file://<home>/models/x” (2)",
        ), form  # fmt: skip


@pytest.mark.parametrize("word", ["李雷", "lilei", "Li Lei", "li-lei.corp.example", "José"])
def test_a_name_is_taken_out_of_the_middle_of_words(word: str) -> None:
    redaction = Redaction({word: "<user>"})

    assert redaction.text(f"x{word}y {word.upper()}") == "x<user>y <user>"
    assert redaction.text(quote(word)) == "<user>"


def test_a_short_name_is_taken_out_where_it_stands_alone_only() -> None:
    redaction = Redaction({"li": "<user>", "x": "<host>", "": "<none>"})

    assert redaction.text("/li/models/li_1 of LI: library, x, fli") == (
        "/<user>/models/<user>_1 of <user>: library, x, fli"
    )


def test_the_short_names_of_windows_are_taken_out() -> None:
    redaction = Redaction({"C:\\Users\\Li Lei Longname": "<home>"})

    assert (
        redaction.text("C:\\Users\\LILEIL~1\\x and lileil~2") == "C:\\Users\\<home>\\x and <home>"
    )


def test_the_longest_word_goes_first() -> None:
    redaction = Redaction({"lilei": "<user>", "/home/lilei": "<home>", "lilei-pc": "<host>"})

    assert redaction.text("/home/lilei/a lilei-pc lilei") == "<home>/a <host> <user>"


def test_plain_values_keep_their_form_and_their_numbers() -> None:
    redaction = Redaction({"1000": "<user>"})

    assert redaction.value({"a1000": [1000, "1000", None, True, {"k": (2.5, "x")}]}) == {
        "a<user>": [1000, "<user>", None, True, {"k": [2.5, "x"]}]
    }
    assert Redaction({}).text("as it is") == "as it is"


def test_the_system_and_its_variables_say_what_is_to_be_taken_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "李雷 home"
    home.mkdir()
    link = tmp_path / "link"
    link.symlink_to(home)
    monkeypatch.setenv("HOME", str(link))
    monkeypatch.setenv("USERPROFILE", str(link))
    monkeypatch.setenv("LOGNAME", "lilei")
    monkeypatch.setattr(platform, "node", lambda: "lilei-pc.corp.example")
    monkeypatch.setenv("COMPUTERNAME", "WIN-LILEI")
    monkeypatch.setenv("HOSTNAME", "localhost")

    words = identifying_words(app_paths())

    assert words[str(link)] == words[str(home)] == "<home>"
    assert words["lilei"] == "<user>"
    assert words["lilei-pc.corp.example"] == words["lilei-pc"] == words["WIN-LILEI"] == "<host>"
    assert "localhost" not in words
