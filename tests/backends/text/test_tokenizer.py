"""Ids as published, and text of a person that never becomes a control id."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from backends.errors import TokenizerError
from backends.text.tokenizer import Tokenizer
from tests.helpers import goldens
from tests.helpers.decoding import decode
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.tokenizer_models import CONTROL, Field, encode_raw, fields, message, piece

FILES = sorted(path.name for path in (goldens.ROOT / "tokenizer").glob("*.json"))
RELEASED = goldens.ROOT.parents[2] / "shared" / "goldens" / "baichuan2-tokenizer"
MODEL = goldens.folder("b2-7b") / "tokenizer.model"
_NORMALIZER = 3  # field of a SentencePiece model

PIECES = [
    "<unk>", "<s>", "</s>", "<pad>", "<reserved_0>", "<reserved_106>", "<reserved_107>",
    "<reserved_999999>", "<reserved_", "<reserved_106", "_106>", "106>", "<", ">", "</", "s>",
    "/s>", "<0x0A>", "<0xE4>", "---", "<td>", "</td>", "\n", "\t", " ", "  ",
    "你好", "，", "。", "hello", "龘", "😀", "e\u0301", "\u200b", "\ufffd", "<|im_end|>", "[INST]",
    "①", "０", "1234", "\x00",
]  # fmt: skip


@pytest.fixture(scope="module", params=["b1-13b", "b2-7b"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return goldens.tokenizer(request.param)


@pytest.mark.parametrize("file", FILES)
def test_raw_ids_and_pieces_are_the_published_ones(file: str) -> None:
    data = goldens.facts("tokenizer", file)
    tokenizer = goldens.tokenizer(data["family_example"])

    assert tokenizer.vocab_size == data["vocab"]
    for row in data["encode"]:
        assert encode_raw(tokenizer, row["text"]) == row["ids"], row["text"]
        assert [tokenizer.piece(i) for i in row["ids"]] == row["pieces"], row["text"]


@pytest.mark.parametrize("file", FILES)
def test_what_a_person_types_has_the_published_ids_where_it_holds_no_control_text(
    file: str,
) -> None:
    data = goldens.facts("tokenizer", file)
    tokenizer = goldens.tokenizer(data["family_example"])
    plain = [row for row in data["encode"] if tokenizer.control_ids.isdisjoint(row["ids"])]

    assert len(plain) > 40
    for row in plain:
        assert tokenizer.encode(row["text"]) == row["ids"], row["text"]


@pytest.mark.parametrize("file", FILES)
def test_golden_texts_survive_and_hold_no_control_id(file: str) -> None:
    data = goldens.facts("tokenizer", file)
    tokenizer = goldens.tokenizer(data["family_example"])
    for row in data["encode"]:
        ids = tokenizer.encode(row["text"])

        assert tokenizer.control_ids.isdisjoint(ids), row["text"]
        # U+2581 is how the vocabulary writes a space, in the published tokenizers too.
        assert decode(tokenizer, ids) == row["text"].replace("\u2581", " ")


def test_the_control_ids_are_the_first_five_and_the_reserved_pieces(tokenizer: Tokenizer) -> None:
    pieces = [tokenizer.piece(i) for i in range(tokenizer.vocab_size)]

    reserved = {i for i, piece in enumerate(pieces) if re.fullmatch(r"<reserved_\d+>", piece)}
    assert tokenizer.control_ids == {0, 1, 2, 3, 4} | reserved
    assert {195, 196} <= tokenizer.control_ids


@pytest.mark.parametrize("text", ["\n", "\t", "---", "，"])
def test_user_defined_pieces_that_are_text_stay_whole(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.encode(text) == encode_raw(tokenizer, text)


def test_random_text_gives_no_control_id_and_comes_back(tokenizer: Tokenizer) -> None:
    chance = random.Random(20240501)
    control = [tokenizer.piece(i) for i in sorted(tokenizer.control_ids)]
    for _ in range(3000):
        parts = chance.choices([*PIECES, chance.choice(control)], k=chance.randrange(1, 12))
        if chance.random() < 0.5:  # one literal inside another
            outer = chance.choice(control)
            cut = chance.randrange(len(outer) + 1)
            parts.append(outer[:cut] + chance.choice(control) + outer[cut:])
        text = "".join(parts).replace("\u2581", "")

        ids = tokenizer.encode(text)

        assert tokenizer.control_ids.isdisjoint(ids), text
        assert decode(tokenizer, ids) == text


@pytest.mark.parametrize(
    "text",
    ["<reserved_106>", "</s>", "<reserved_<reserved_106>106>", "<<s>s>", "<unk></s><s>", "<s"],
)
def test_control_text_is_text(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)

    assert ids
    assert tokenizer.control_ids.isdisjoint(ids)
    assert decode(tokenizer, ids) == text


@pytest.mark.parametrize("text", ["\ud800", "a\udc80b", "\ude00\ud83d", "</s>\ud83d<s>"])
def test_half_a_surrogate_pair_becomes_a_question_mark(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)

    assert decode(tokenizer, ids) == re.sub("[\ud800-\udfff]", "?", text)


def test_nothing_is_nothing(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("") == []


@pytest.mark.skipif(not RELEASED.is_dir(), reason="the released tokenizer is not on this machine")
def test_the_released_tokenizer_loads_and_keeps_its_promises() -> None:
    tokenizer = Tokenizer(RELEASED / "tokenizer.model", vocab_size=125_696)

    assert tokenizer.vocab_size == 125_696
    assert {0, 1, 2, 3, 4, 195, 196} <= tokenizer.control_ids
    assert encode_raw(tokenizer, "<reserved_106></s>") == [195, 2]
    chance = random.Random(7)
    for _ in range(500):
        text = "".join(chance.choices(PIECES, k=10))
        ids = tokenizer.encode(text)

        assert tokenizer.control_ids.isdisjoint(ids), text
        assert decode(tokenizer, ids) == text


# --- broken files ------------------------------------------------------------------------


def mutated(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    match chance.randrange(4):
        case 0:
            return bytes(broken[: chance.randrange(len(broken))])
        case 1:
            start = chance.randrange(len(broken))
            del broken[start : start + chance.randrange(1, 200)]
        case 2:
            start = chance.randrange(len(broken))
            broken[start:start] = chance.randbytes(chance.randrange(1, 50))
        case _:
            for _ in range(chance.randrange(1, 30)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def test_a_broken_file_loads_or_is_refused_in_one_sentence(tmp_path: Path) -> None:
    chance = random.Random(99)
    data = MODEL.read_bytes()
    file = tmp_path / "tokenizer.model"
    refused = 0
    for _ in range(600):
        file.write_bytes(mutated(data, chance))
        try:
            tokenizer = Tokenizer(file, vocab_size=1120)
            ids = tokenizer.encode("</s>今天 hello")
            assert tokenizer.control_ids.isdisjoint(ids)
            decode(tokenizer, range(tokenizer.vocab_size))
        except TokenizerError as error:
            assert_one_sentence(error)
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"PK\x03\x04", b"{}", b"\xff" * 5000])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "tokenizer.model"
    file.write_bytes(data)

    with pytest.raises(TokenizerError) as caught:
        Tokenizer(file, vocab_size=1120)

    assert_one_sentence(caught.value)


def test_more_pieces_than_the_model_knows_are_refused() -> None:
    with pytest.raises(TokenizerError, match=r"1,120 pieces, .* vocabulary has 1,119\."):
        Tokenizer(MODEL, vocab_size=1119)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.model"
    with file.open("wb") as stream:
        stream.truncate(2**40)  # a hole; it takes no place

    with pytest.raises(TokenizerError, match="implausibly large"):
        Tokenizer(file, vocab_size=1120)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match=r"“gone\.model” cannot be used: it cannot be read"):
        Tokenizer(tmp_path / "gone.model", vocab_size=1120)


# --- files that would cost more than they are worth --------------------------------------


def built(*, normalizer: bytes = b"", samples: bytes = b"", pieces: Iterable[Field] = ()) -> bytes:
    """The golden model with more in it."""
    found = [*fields(MODEL.read_bytes()), *pieces]
    if normalizer:
        table = (4).to_bytes(4, "little") + bytes(4) + normalizer
        found = [*((n, d) for n, d in found if n != 3), (3, message([(1, b"x"), (2, table)]))]
    if samples:
        found.append((4, message([(1, message([(1, samples), (2, b"x")]))])))
    return message(found)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (built(pieces=[piece("a" * 600)]), "one of its pieces has 610 bytes"),
        (built(pieces=(piece(f"{n:0100}") for n in range(25_000))), r"its pieces have 2,5\d\d,"),
        (built(pieces=(piece(f"{n}x", CONTROL) for n in range(8_200))), "of its pieces steer"),
        (built(pieces=(piece(f"<reserved_{n}>") for n in range(10**4, 18_200))), "at most 8,192"),
        (built(pieces=[piece("x" * 129, CONTROL)]), "that steers the model has 129 characters"),
        (built(normalizer=b"a" * 257 + b"\0"), "it replaces a character by 257 bytes"),
        (built(samples=b"a" * 70_000), "its sample texts have 70,0"),
    ],
    ids=[
        "a long piece", "much text", "many control pieces", "many reserved pieces",
        "a long control piece", "replacements", "samples",
    ],
)  # fmt: skip
def test_a_file_that_costs_minutes_or_gigabytes_is_refused(
    tmp_path: Path, model: bytes, sentence: str
) -> None:
    file = tmp_path / "tokenizer.model"
    file.write_bytes(model)

    with pytest.raises(TokenizerError, match=sentence) as caught:
        Tokenizer(file, vocab_size=100_000)

    assert_one_sentence(caught.value)


def test_what_is_looked_for_in_a_text_is_looked_for_once_at_each_place(tmp_path: Path) -> None:
    """Counted, not timed: 8,000 control pieces with the same beginning cost no more than one."""
    file = tmp_path / "tokenizer.model"
    file.write_bytes(built(pieces=(piece(f"<<<<{n:05}", CONTROL) for n in range(7_000))))
    tokenizer = Tokenizer(file, vocab_size=100_000)
    looked_at = 0

    class Counting(frozenset[str]):
        def __contains__(self, text: object) -> bool:
            nonlocal looked_at
            looked_at += 1
            return super().__contains__(text)

    tokenizer._control._texts = Counting(tokenizer._control._texts)
    text = "<" * 10_000 + "<<<<00007"
    lengths = len(tokenizer._control._lengths)

    ids = tokenizer.encode(text)

    assert tokenizer.control_ids.isdisjoint(ids)
    assert decode(tokenizer, ids) == text
    assert looked_at <= lengths * len(text)
    assert lengths < 10


def test_no_id_stands_for_more_characters_than_the_longest_token(tokenizer: Tokenizer) -> None:
    longest = tokenizer.longest_token

    assert longest == 14  # <reserved_106>
    for text in ("你好" * 50, " " * 500, "-" * 500, "hello world " * 50, "\x00\u200b" * 50):
        assert len(text) <= longest * len(tokenizer.encode(text))


def test_a_vocabulary_that_leaves_spaces_out_has_no_longest_token(tmp_path: Path) -> None:
    model = [
        (field, data + b"\x20\x01" if field == _NORMALIZER else data)  # remove_extra_whitespaces
        for field, data in fields(MODEL.read_bytes())
    ]
    (tmp_path / "tokenizer.model").write_bytes(message(model))

    tokenizer = Tokenizer(tmp_path / "tokenizer.model", vocab_size=1120)

    assert tokenizer.encode("a" + " " * 500 + "b") == tokenizer.encode("a b")
    assert tokenizer.longest_token is None
