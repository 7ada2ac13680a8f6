"""`models get`: everything that somebody without weights needs to know."""

from __future__ import annotations

import json

import pytest

from baichuan_desktop.cli.main import main


def test_how_to_get_a_model_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "get", "baichuan2-13b-chat-v2"]) == 0

    out = capsys.readouterr().out
    for part in (
        "On disk: 25.9 GiB",
        "Memory on this machine:",
        "4-bit",
        "Community License for Baichuan 2 Model",
        "hf download baichuan-inc/Baichuan2-13B-Chat --revision v2.0",
        "huggingface-cli download",
        "git lfs install",
        "tokenizer.model, 2,001,107 bytes: needed",
        "at least 27,793,336,320 bytes (25.9 GiB): needed",
        "never run",
        "baichuan-desktop models find FOLDER",
    ):
        assert part in out


def test_every_released_model_is_listed_and_the_guide_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "get"]) == 0
    out = capsys.readouterr().out
    assert "baichuan2-7b-chat-4bits" in out
    assert "baichuan-guide" not in out

    assert main(["models", "get", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["id"] for row in rows} >= {"baichuan-7b", "baichuan2-13b-chat"}
    for row in rows:
        assert row["ways"]
        assert row["memory"]
        assert row["licence"]["text_zh"]


def test_the_guide_is_here_already(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "get", "baichuan-guide"]) == 0

    assert "ships with the app" in capsys.readouterr().out


def test_a_name_that_is_none_proposes_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "get", "baichuan2-13b-chta"]) == 1

    assert "the closest is “baichuan2-13b-chat”" in capsys.readouterr().err
