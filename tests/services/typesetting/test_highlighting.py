"""Kinds of words in code."""

from __future__ import annotations

from baichuan_desktop.services.typesetting.highlighting import highlighted


def _kinds(language: str, code: str) -> list[list[tuple[str, str]]]:
    _name, lines = highlighted(language, code)
    texts = [line.encode("utf-16-le") for line in code.split("\n")]
    return [
        [(texts[number][2 * at : 2 * (at + size)].decode("utf-16-le"), kind)
         for at, size, kind in pieces]
        for number, pieces in enumerate(lines)
    ]  # fmt: skip


def test_words_of_python_have_their_kinds() -> None:
    kinds = _kinds("python", 'def f(n):\n    """甲。"""\n\n    return 1  # 乙')

    assert ("def", "keyword") in kinds[0]
    assert ("f", "function") in kinds[0]
    assert "".join(text for text, _kind in kinds[1]) == '"""甲。"""'
    assert {kind for _text, kind in kinds[1]} == {"string"}
    assert kinds[2] == []
    assert kinds[3] == [("return", "keyword"), ("1", "number"), ("# 乙", "comment")]


def test_places_are_counted_as_qt_counts_them() -> None:
    assert _kinds("python", "x = '😀' + 2")[0][-1] == ("2", "number")


def test_every_line_has_its_pieces_empty_ones_too() -> None:
    assert len(highlighted("python", "\n\nx = 1\n\n")[1]) == 5


def test_a_language_has_its_name_by_any_alias() -> None:
    assert [highlighted(alias, "x")[0] for alias in ("py", "Python", "c++", "cpp", "js")] == [
        "Python", "Python", "C++", "C++", "JavaScript",
    ]  # fmt: skip


def test_an_unknown_language_is_not_guessed() -> None:
    code = "def f(): pass"

    assert highlighted("nosuchlang", code) == ("", [])
    assert highlighted("", code) == ("", [])
    assert highlighted("text", code) == ("", [])
