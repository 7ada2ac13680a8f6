from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import TrainingDataError
from backends.training.data import json_rows
from backends.training.data.exported import FORMAT
from backends.training.data.json_rows import rows

FILE = Path("data.json")
OWN = f'{{"format": "{FORMAT}", '


def read(text: str | bytes, size: int | None = None) -> list[tuple[int, object]]:
    """The rows, of which `size` bytes are read at a time."""
    data = io.BytesIO(text.encode() if isinstance(text, str) else text)
    give: Callable[[int], bytes] = data.read if size is None else lambda _: data.read(size)
    return list(rows(give, FILE))


def refused(text: str | bytes, size: int | None = None) -> str:
    """The sentence of the error."""
    with pytest.raises(TrainingDataError) as caught:
        read(text, size)
    return str(caught.value)


def test_a_row_is_known_by_the_line_where_it_begins() -> None:
    assert read('[\n {"a": 1},\n\n {\n  "b": "x\\ny"}, {"c": []}\n]\n') == [
        (2, {"a": 1}),
        (4, {"b": "x\ny"}),
        (5, {"c": []}),
    ]
    assert read('{"a": 1}\n\r\n{"b": 2}\r\n{"c": "\u2028"}') == [
        (1, {"a": 1}),
        (3, {"b": 2}),
        (4, {"c": "\u2028"}),
    ]


def test_a_byte_order_mark_and_spaces_around_are_no_rows() -> None:
    assert read(b"\xef\xbb\xbf [ ] ") == []
    assert read(b'\xef\xbb\xbf{"a": 1}\n \n') == [(1, {"a": 1})]


def test_an_object_over_many_lines_is_one_row() -> None:
    assert read('{\n "a":\n 1\n}\n{"b": 2}') == [(1, {"a": 1}), (5, {"b": 2})]


def value(chance: random.Random, depth: int = 3) -> object:
    """Anything that JSON has, with what a cut could stand in the middle of."""
    kind = chance.randrange(8 if depth else 6)
    texts = ("", "👌🏽", "\\", '"', "a\nb\t", "\u0000", "12 true null", "]},{[", "天" * 20)
    match kind:
        case 0:
            return chance.choice((None, True, False))
        case 1:
            return chance.choice((0, -12, 3.25, 1e-300, 10**30))
        case 6:
            return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
        case 7:
            return {f"k{n}": value(chance, depth - 1) for n in range(chance.randrange(4))}
        case _:
            return chance.choice(texts)


def test_wherever_a_file_is_cut_for_reading_its_rows_are_the_same() -> None:
    chance = random.Random(3)
    for number in range(60):
        whole = [{"row": value(chance)} for _ in range(chance.randint(1, 5))]
        ascii_only, indent = chance.random() < 0.5, chance.choice((None, 1, 25))
        texts = [
            json.dumps(whole, ensure_ascii=ascii_only, indent=indent),
            "\n".join(json.dumps(one, ensure_ascii=ascii_only) for one in whole),
        ]
        for text in texts:
            assert [row for _, row in read(text, 1 + number % 40)] == whole


def test_wherever_a_file_ends_too_early_that_is_said() -> None:
    text = '[{"a": "x\\u00e4\\ud83d\\ude00", "b": [1.5, null]},\n {"c": -2e5}]'
    for end in range(1, len(text)):
        for size in (1, 7, None):
            with pytest.raises(TrainingDataError) as caught:
                read(text[:end], size)
            assert "the file ends" in str(caught.value) or "it is no JSON" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "“data.json”: it is empty."),
        (b"\xef\xbb\xbf \n", "“data.json”: it is empty."),
        ("hello", "line 1: it is no JSON."),
        (b"\x00" * 4096, "line 1: it is no JSON."),
        ('[{"a": 1}\n {"b": 2}]', "line 2: it is no JSON."),
        ('[{"a": 1},\n]', "line 2: a comma stands before the end of the list."),
        ('[{"a": 1}\n', "line 2: the file ends in the middle of its list."),
        ('[\n{"a": [1, \n', "line 2: the file ends in the middle of this row."),
        ('[{"a": "x\ny"}]', "line 1: it is no JSON."),
        ('[{"a": 1}]\n[2]', "line 2: something follows the end of the list."),
        ('{"a": 1}\n{"b": \'2\'}', "line 2: it is no JSON."),
        ('{"a": 1},\n{"b": 2}', "line 1: it is no JSON."),
        ('{"a": 1\n{"b": 2}\n', "line 2: it is no JSON, in a row that begins in line 1."),
        ('[{"a": 1},\n{"b": NaN}]', "line 2: it holds NaN, which is no JSON."),
        ('[{"a": -Infinity}]', "line 1: it holds -Infinity, which is no JSON."),
        ('{"a": 1}\n{"b": 2, "b": 3}', "line 2: it has “b” twice."),
        (f'[{{"a": {"9" * 5000}}}]', "line 1: it holds a number of thousands of digits."),
        ("[" * 100_000, "line 1: it is nested too deeply."),
        ('{"a":' * 100_000, "line 1: it is nested too deeply."),
        (b'{"a": 1}\n{"b": "\xc4\xe3"}', "line 2: it is no text in UTF-8."),
        ('{"a": 1}'.encode("utf-16"), "line 1: it is no text in UTF-8."),
        (b'{"a": "\xed\xa0\xbd"}', "line 1: it is no text in UTF-8."),
        (OWN + '"version": 2, "conversations": []}', "a later version"),
        (OWN + '"version": 1, "conversations": 7}', "“conversations” is not"),
        (OWN + '"version": 1, "conversations": []} 7', "something follows"),
        (OWN + '"version": 1, "conv', "the file ends in the middle"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_named_with_its_line(text: str | bytes, sentence: str) -> None:
    for size in (None, 3):
        if size and len(text) > 50_000:
            continue
        assert sentence in refused(text, size)


def test_a_row_that_goes_on_and_on_is_refused_before_all_of_it_is_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_rows, "_MOST_CHARACTERS", 10_000)
    monkeypatch.setattr(json_rows, "_PIECE_BYTES", 1_000)
    asked: list[int] = []

    def endless(size: int) -> bytes:
        asked.append(size)
        return b'[{"a": "' if len(asked) == 1 else b"x" * size

    with pytest.raises(TrainingDataError, match="a row begins here that has more than 10,000"):
        list(rows(endless, FILE))

    assert sum(asked) < 40_000


def test_a_mistake_in_a_long_file_is_found_without_reading_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_rows, "_PIECE_BYTES", 1_000)
    asked: list[int] = []

    def endless(size: int) -> bytes:
        asked.append(size)
        return b'[{"a": 1, b: 2},' if len(asked) == 1 else b'{"a": 1},' * (size // 9)

    with pytest.raises(TrainingDataError, match="line 1: it is no JSON"):
        list(rows(endless, FILE))

    assert sum(asked) <= 3_000
