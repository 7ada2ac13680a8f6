"""Options of every command: both spellings, and what is told of one that is none."""

from __future__ import annotations

import pytest

from baichuan_desktop.cli import commands


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        commands._parser().parse_args(words)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_an_option_is_one_with_hyphens_and_with_underscores() -> None:
    parser = commands._parser()

    for words in (["--max_new_tokens", "5"], ["--max-new_tokens=5"], ["--max-new-tokens", "5"]):
        assert parser.parse_args(["chat", *words]).max_new_tokens == 5
    assert parser.parse_args(["models", "verify", "m", "--debug"]).debug


def test_a_value_that_looks_like_one_stays_as_it_is() -> None:
    arguments = commands._parser().parse_args(["chat", "--system=--top_k", "--", "a--b_c"])

    assert (arguments.system, arguments.model) == ("--top_k", "a--b_c")


def test_of_an_unknown_option_the_near_ones_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "chat", "--max_new_tokns", "5") == (
        "baichuan-desktop chat: error: unrecognized arguments: "
        "--max_new_tokns (near: --max-new-tokens)"
    )
    assert "--quiet" in refused(capsys, "models", "list", "--quiet")
    assert "near" not in refused(capsys, "models", "list", "--xyzzy=1")


def test_the_words_of_a_command_line_are_kept_for_the_command_that_asks_for_them() -> None:
    words = ["finetune", "--model", "m", "--data", "d", "--output", "o", "--lora-rank", "5"]

    assert commands._parser().parse_args(words).words == tuple(words[1:])
    assert not hasattr(commands._parser().parse_args(["chat", "m"]), "words")
