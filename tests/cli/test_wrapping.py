"""Lines of an answer are broken between words, whatever pieces it comes in."""

from __future__ import annotations

import random

import pytest

from baichuan_desktop.cli.wrapping import Wrapping, cut, width, wrapped


def streamed(text: str, room: int, seed: int) -> str:
    """The text in pieces of one to seven characters."""
    chance, wrapping, written = random.Random(seed), Wrapping(lambda: room), []
    while text:
        size = chance.randint(1, 7)
        written.append(wrapping.feed(text[:size]))
        text = text[size:]
    return "".join(written) + wrapping.end()


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("the quick brown fox", 9, ["the quick", "brown fox"]),
        ("exactly ten chars", 10, ["exactly", "ten chars"]),
        ("abcdefghij klm", 10, ["abcdefghij", "klm"]),
        ("你好世界你好", 8, ["你好世界", "你好"]),
        ("你好世界你好", 9, ["你好世界", "你好"]),  # half a hanzi does not fit
        ("你好世界，再见", 8, ["你好世", "界，再见"]),  # no comma begins a line
        ("你好世（再见）", 8, ["你好世", "（再见）"]),  # and no bracket that opens ends one
        ("他说“你好”", 6, ["他说", "“你好”"]),
        ("等等……好吧", 5, ["等", "等……", "好吧"]),
        ("他来了——走", 8, ["他来了——", "走"]),
        ("使用Python编程", 8, ["使用", "Python编", "程"]),
        ("用 Python 编程", 8, ["用", "Python", "编程"]),
        ("价格￥100元", 6, ["价格", "￥100", "元"]),
        ("a  b", 2, ["a", "b"]),
        ("one\ntwo three", 9, ["one", "two three"]),
        ("one\n\ntwo", 9, ["one", "", "two"]),
        ("two   \nnext", 16, ["two", "next"]),
        ("https://example.org/a/very/long", 10, ["https://ex", "ample.org/", "a/very/lon", "g"]),
        ("see https://example.org/abc now", 10, ["see", "https://ex", "ample.org/", "abc now"]),
        ("cafe\u0301 bar", 4, ["cafe\u0301", "bar"]),
        ("", 10, [""]),
        ("\t\tx y", 18, ["\t\tx", "y"]),
        ("！！！！！！", 4, ["！！", "！！", "！！"]),  # nowhere to break, so at the edge
        ("你", 1, ["你"]),
    ],
)  # fmt: skip
def test_a_line_is_broken_where_a_reader_expects_it(text: str, room: int, lines: list[str]) -> None:
    assert wrapped(text, room).split("\n") == lines
    assert [streamed(text, room, seed) for seed in range(5)] == ["\n".join(lines)] * 5


def test_no_line_is_wider_than_the_terminal_and_no_character_is_lost() -> None:
    chance = random.Random(7)
    letters = "abc  ，。（）“”你好世界—…!,.\n한かな-/0"
    for _ in range(400):
        text = "".join(chance.choices(letters, k=chance.randint(0, 120)))
        room = chance.randint(2, 30)

        shown = streamed(text, room, chance.randint(0, 99))

        assert all(width(line.rstrip(" ")) <= room for line in shown.split("\n"))
        assert shown.replace(" ", "").replace("\n", "") == text.replace(" ", "").replace("\n", "")
        if not any(line.startswith(" ") for line in text.split("\n")):
            assert [line.rstrip() for line in shown.split("\n")] == wrapped(text, room).split("\n")


def test_words_of_letters_stay_whole_wherever_a_line_holds_them() -> None:
    chance = random.Random(11)
    for _ in range(200):
        words = ["x" * chance.randint(1, 12) + str(number) for number in range(20)]

        shown = streamed(" ".join(words), chance.randint(15, 50), chance.randint(0, 99))

        assert shown.split() == words


def test_a_word_is_held_back_only_until_it_has_ended() -> None:
    wrapping = Wrapping(lambda: 40)

    assert wrapping.feed("Hel") == ""
    assert wrapping.feed("lo wor") == "Hello"
    assert wrapping.feed("ld") == ""
    assert wrapping.feed("你") == " world"
    assert wrapping.feed("好") == "你"
    assert wrapping.end() == "好"


def test_what_never_ends_is_not_held_back() -> None:
    wrapping = Wrapping(lambda: 10)

    held = sum(map(len, ["x"] * 1000)) - len(wrapping.feed("x" * 1000).replace("\n", ""))

    assert held <= 11


def test_the_width_is_asked_for_again_when_the_window_changes() -> None:
    rooms = [20]
    wrapping = Wrapping(lambda: rooms[0])
    first = wrapping.feed("aaaa bbbb cccc dddd ")
    rooms[0] = 10

    rest = wrapping.feed("eeee ffff gggg hhhh\n") + wrapping.end()

    assert first == "aaaa bbbb cccc dddd"
    assert all(len(line) <= 10 for line in rest.split("\n")[1:])
    assert rest.split() == ["eeee", "ffff", "gggg", "hhhh"]


def test_the_rest_of_a_line_that_is_set_in_is_set_in_more() -> None:
    text = "one\n  * bf16 fits and is free\n    x"

    assert wrapped(text, 16) == "one\n  * bf16 fits\n    and is free\n    x"
    assert wrapped("        deep and no room", 12) == "        deep\nand no room"


@pytest.mark.parametrize(
    ("text", "room", "begun"),
    [("正在加载", 5, "正在"), ("abc", 5, "abc"), ("abc", 2, "ab"), ("你", 1, ""), ("", 3, "")],
)
def test_a_text_is_cut_by_its_columns_not_by_its_characters(
    text: str, room: int, begun: str
) -> None:
    assert cut(text, room) == begun
