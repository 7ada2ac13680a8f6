"""Streamed text equals decoding at once, and never shows half a character."""

from __future__ import annotations

import random
from itertools import groupby
from typing import Any

import pytest

from backends.text.detokenizer import StreamingDetokenizer
from backends.text.tokenizer import Tokenizer
from tests.helpers import goldens
from tests.helpers.decoding import decode, streamed

FILES = sorted(path.name for path in (goldens.ROOT / "tokenizer").glob("*.json"))


def as_published(tokenizer: Tokenizer, ids: list[int]) -> str:
    """Our text with the space that the published decode puts before text that a special ends.

    It cannot be streamed, because it depends on what comes later, and it is not in the text.
    """
    text = ""
    runs = [(k, list(g)) for k, g in groupby(ids, tokenizer.is_special)]
    for number, (special, run) in enumerate(runs):
        ended = not special and number + 1 < len(runs)
        text += (" " if ended else "") + decode(tokenizer, run, show_special=True)
    return text


@pytest.fixture(params=FILES)
def rows(request: pytest.FixtureRequest) -> tuple[Tokenizer, list[dict[str, Any]]]:
    data = goldens.facts("tokenizer", request.param)
    return goldens.tokenizer(data["family_example"]), data["encode"] + data["decode"]


Rows = tuple[Tokenizer, list[dict[str, Any]]]


def test_decoding_skips_special_ids_as_published(rows: Rows) -> None:
    tokenizer, entries = rows
    for row in entries:
        assert decode(tokenizer, row["ids"]) == row["decode_skip_special"], row


def test_decoding_shows_special_ids_as_published_but_for_a_space(rows: Rows) -> None:
    tokenizer, entries = rows
    for row in entries:
        ids = row["ids"]
        assert as_published(tokenizer, ids) == row["decode"], row
        if not any(map(tokenizer.is_special, ids)):
            assert decode(tokenizer, ids, show_special=True) == row["decode"], row


@pytest.mark.parametrize("show_special", [False, True])
def test_one_at_a_time_gives_the_same_text(rows: Rows, show_special: bool) -> None:
    tokenizer, entries = rows
    for row in entries:
        ids = row["ids"]
        parts = streamed(tokenizer, ids, show_special=show_special)

        assert "".join(parts) == decode(tokenizer, ids, show_special=show_special)


def test_what_is_shown_is_never_taken_back(rows: Rows) -> None:
    """At each point the text so far begins the whole text: no U+FFFD that later completes."""
    tokenizer, entries = rows
    for row in entries:
        shown = ""
        for part in streamed(tokenizer, row["ids"], show_special=False):
            shown += part
            assert str(row["decode_skip_special"]).startswith(shown)


def byte_ids(tokenizer: Tokenizer, data: bytes) -> list[int]:
    first = next(i for i in range(tokenizer.vocab_size) if tokenizer.is_byte(i))
    return [first + byte for byte in data]


@pytest.fixture
def tokenizer() -> Tokenizer:
    return goldens.tokenizer("b2-13b")


def test_every_character_fed_byte_by_byte_appears_whole_with_its_last_byte(
    tokenizer: Tokenizer,
) -> None:
    for char in "aé你龘😀\U0010ffff\u07ff\u0800\uffff\U00010000":
        ids = byte_ids(tokenizer, char.encode())

        assert streamed(tokenizer, ids, show_special=False) == [""] * (len(ids) - 1) + [char, ""]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xe4\xbd", "��"),
        (b"\x80", "�"),
        (b"\xc0\xaf", "��"),  # an overlong slash
        (b"\xed\xa0\x80", "���"),  # a surrogate
        (b"\xf4\x90\x80\x80", "����"),  # beyond Unicode
        (b"\xe4\xbd\xe4\xbd\xa0", "��你"),
        (b"\xf0\x9f\x98a", "���a"),
        (b"\xff\xfeok", "��ok"),
    ],
)
def test_broken_utf8_shows_one_replacement_a_byte(
    tokenizer: Tokenizer, data: bytes, text: str
) -> None:
    assert "".join(streamed(tokenizer, byte_ids(tokenizer, data), show_special=False)) == text


def test_a_special_id_ends_a_broken_character(tokenizer: Tokenizer) -> None:
    ids = [*byte_ids(tokenizer, b"\xe4\xbd"), 2, *byte_ids(tokenizer, b"\xa0")]

    assert streamed(tokenizer, ids, show_special=True) == ["", "", "��</s>", "�", ""]


def test_random_ids_stream_to_what_they_decode_to(tokenizer: Tokenizer) -> None:
    chance = random.Random(5)
    bytes_of = byte_ids(tokenizer, bytes(range(256)))
    whole = "你好😀é".encode()
    for _ in range(400):
        ids: list[int] = []
        for _ in range(chance.randrange(1, 12)):
            match chance.randrange(3):
                case 0:
                    ids += chance.choices(bytes_of, k=chance.randrange(1, 4))
                case 1:
                    ids += byte_ids(tokenizer, whole[: chance.randrange(len(whole) + 1)])
                case _:
                    ids.append(chance.randrange(tokenizer.vocab_size))

        parts = streamed(tokenizer, ids, show_special=True)

        whole_text = "".join(parts)
        assert whole_text == decode(tokenizer, ids, show_special=True)
        assert whole_text.isprintable() or whole_text.encode()  # no lone surrogate
        if all(map(tokenizer.is_byte, ids)):
            data = bytes(bytes_of.index(i) for i in ids)
            assert whole_text.replace("�", "") == data.decode("utf-8", "ignore")


def test_no_more_than_three_bytes_are_ever_held_back(tokenizer: Tokenizer) -> None:
    """Else a long run of broken bytes would cost time that grows with its square."""
    detokenizer = StreamingDetokenizer(tokenizer)
    shown = 0
    for fed, token_id in enumerate(byte_ids(tokenizer, b"\xf0\x9f\x98" * 500), start=1):
        shown += len(detokenizer.add(token_id))
        assert fed - shown <= 3
