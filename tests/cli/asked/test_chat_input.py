"""Messages and commands of a chat in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from baichuan_desktop.cli.asked.chat_input import Command, Said, parsed, said

COMMANDS = frozenset({"help", "exit", "clear", "system", "stats"})


def heard(*lines: str) -> list[Said | Command]:
    rest: Iterator[str] = iter(lines)
    return list(said(lambda _prompt: next(rest, None), COMMANDS))


@pytest.mark.parametrize(
    ("text", "name", "behind"),
    [
        ("/help", "help", ""),
        ("/help system", "help", "system"),
        ("/help\twhat is it", "help", "what is it"),
        ("/help\u3000帮助", "help", "帮助"),  # the space of a Chinese input method
        ("/Help", "help", ""),
        ("/EXIT ", "exit", ""),
        ("/帮助", "帮助", ""),
        ("/帮助，谢谢", "帮助，谢谢", ""),
        ("/help，谢谢", "help，谢谢", ""),
        ("/usr/bin is what?", "usr/bin", "is what?"),
        ("/1+2", "1+2", ""),
        ("/", "", ""),
        ("/ help", "", "help"),
        ("/system a\nb", "system", "a\nb"),
        ("／help", "help", ""),
        ("／system 你好", "system", "你好"),
    ],
)
def test_what_begins_with_a_slash_is_a_command(text: str, name: str, behind: str) -> None:
    assert parsed(text, COMMANDS) == Command(name, behind, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("//usr/bin is what?", "/usr/bin is what?"),
        ("//帮助", "/帮助"),
        ("//", "/"),
        ("///", "//"),
        ("hello /help", "hello /help"),
        (" /help", " /help"),
        ("／或者别的", "／或者别的"),  # no command is called so
        ("1/2", "1/2"),
    ],
)
def test_two_slashes_say_one_and_everything_else_is_said_as_it_is(text: str, message: str) -> None:
    assert parsed(text, COMMANDS) == Said(message)


def test_between_quotes_nothing_is_a_command() -> None:
    assert heard('"""', "/exit", "//a", '"""', "/exit") == [
        Said("/exit\n//a"),
        Command("exit", "", "/exit"),
    ]


def test_lines_go_on_after_a_backslash_and_the_mark_of_an_editor_is_left_out() -> None:
    assert heard("\ufeffa\\", "b", "", "  ", "c\\") == [Said("a\nb"), Said("c")]
    assert heard("/system be\\", "brief") == [
        Command("system", "be\nbrief", "/system be\nbrief"),
    ]
