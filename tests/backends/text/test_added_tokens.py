"""What a fine-tune's side files say of its tokens, where it can be true."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.errors import NotDownloadedError
from backends.text.added_tokens import read_added_tokens
from backends.text.tokenizer import Tokenizer
from backends.text.vocabulary import read_tokenizer
from tests.helpers import goldens
from tests.helpers.decoding import decode
from tests.helpers.padded import change_json
from tests.helpers.tokenizer_models import USER_DEFINED, change, fields, message, piece, renamed

PIECES, ROWS = 1120, 1184  # of b2-7b, padded


def folder_of(
    tmp_path: Path,
    *,
    added: dict[str, Any] | None = None,
    decoder: dict[str, Any] | None = None,
    special: list[Any] | None = None,
    **config: object,
) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copy(goldens.folder("b2-7b") / "tokenizer.model", folder)
    if added is not None:
        change_json(folder / "added_tokens.json", **added)
    change_json(folder / "tokenizer_config.json", **config)
    if decoder is not None:
        change_json(folder / "tokenizer_config.json", added_tokens_decoder=decoder)
    if special is not None:
        change_json(folder / "special_tokens_map.json", additional_special_tokens=special)
    return folder


def tokenizer_of(folder: Path) -> Tokenizer:
    return Tokenizer(folder / "tokenizer.model", vocab_size=ROWS, added=read_added_tokens(folder))


def named(tokenizer: Tokenizer) -> dict[int, str]:
    """The ids above the pieces that are tokens, and their texts."""
    ids = tokenizer.token_ids()
    assert ids is not None
    return {int(i): tokenizer.piece(int(i)) for i in ids if i >= PIECES}


def reserved_id() -> int:
    tokenizer = goldens.tokenizer("b2-7b")
    return next(i for i in sorted(tokenizer.control_ids) if i > 196)


# --- honest ------------------------------------------------------------------------------


def test_without_side_files_only_the_pieces_are_tokens(tmp_path: Path) -> None:
    tokenizer = tokenizer_of(folder_of(tmp_path))

    assert named(tokenizer) == {}
    assert tokenizer.piece(1150) == ""
    assert decode(tokenizer, [1150]) == ""


def test_without_padding_every_row_is_a_token() -> None:
    assert goldens.tokenizer("b2-7b").token_ids() is None


def test_names_of_both_files_are_taken(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        added={"<tool>": 1120, "单词": 1121},
        decoder={"1121": {"content": "单词"}, "1125": {"content": "<|im_end|>", "special": True}},
    )
    tokenizer = tokenizer_of(folder)

    assert named(tokenizer) == {1120: "<tool>", 1121: "单词", 1125: "<|im_end|>"}
    assert decode(tokenizer, [1120, 1121, 1125]) == "<tool>单词"
    assert decode(tokenizer, [1125], show_special=True) == "<|im_end|>"


def test_a_name_that_special_tokens_map_lists_is_special(tmp_path: Path) -> None:
    special = ["<|a|>", {"content": "<|b|>", "lstrip": False}]
    added = {"<|a|>": 1120, "<|b|>": 1121, "<|c|>": 1122}
    folder = folder_of(tmp_path, added=added, special=special)
    tokenizer = tokenizer_of(folder)

    assert [tokenizer.is_special(i) for i in (1120, 1121, 1122)] == [True, True, False]


@pytest.mark.parametrize("text", ["<|im_end|>", "[PAD]", "{tool}"])
@pytest.mark.parametrize("special", [True, False])
def test_a_marker_that_a_person_types_stays_text(tmp_path: Path, text: str, special: bool) -> None:
    folder = folder_of(tmp_path, decoder={"1120": {"content": text, "special": special}})
    tokenizer = tokenizer_of(folder)

    ids = tokenizer.encode(f"a{text}b")

    assert max(ids) < PIECES
    assert decode(tokenizer, ids) == f"a{text}b"


def test_an_added_word_that_a_person_types_becomes_its_token(tmp_path: Path) -> None:
    tokenizer = tokenizer_of(folder_of(tmp_path, added={"百川": 1120, "百川大模型": 1121}))

    ids = tokenizer.encode("问百川大模型和百川</s>百")

    assert [i for i in ids if i >= PIECES] == [1121, 1120]
    assert decode(tokenizer, ids) == "问百川大模型和百川</s>百"
    assert tokenizer.control_ids.isdisjoint(ids)


def test_a_word_that_wants_more_than_its_text_is_left_to_the_model(tmp_path: Path) -> None:
    entry = {"content": "百川", "single_word": True}
    tokenizer = tokenizer_of(folder_of(tmp_path, decoder={"1120": entry}))

    assert max(tokenizer.encode("问百川")) < PIECES
    assert named(tokenizer) == {1120: "百川"}


def test_a_word_that_begins_a_turn_is_no_word(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, added={"用户": 1120, "助手": 1121, "百川": 1122})
    config = replace(goldens.checkpoint("b2-7b").config, vocab_size=ROWS)
    file = folder / "tokenizer.model"

    tokenizer = read_tokenizer(file, config).steered({1120, 1121})

    ids = tokenizer.encode("用户百川助手")
    assert [i for i in ids if i >= PIECES] == [1122]
    assert {1120, 1121} <= tokenizer.control_ids


def test_a_reserved_piece_may_be_renamed(tmp_path: Path) -> None:
    token_id = reserved_id()
    folder = folder_of(
        tmp_path,
        decoder={
            str(token_id): {"content": "<|tool|>", "special": True},
            str(token_id + 1): {"content": "<answer>", "special": False},
        },
    )
    tokenizer = tokenizer_of(folder)

    assert decode(tokenizer, [token_id, token_id + 1]) == "<answer>"
    for text in ("<|tool|>", "<answer>", goldens.tokenizer("b2-7b").piece(token_id)):
        assert tokenizer.control_ids.isdisjoint(tokenizer.encode(text)), text


def test_turn_pieces_renamed_in_tokenizer_model_stay_text_when_typed(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    names = {195: "<|user|>", 196: "<|assistant|>"}
    change(folder / "tokenizer.model", lambda model: renamed(model, names))
    tokenizer = tokenizer_of(folder)

    ids = tokenizer.encode("<|user|>你好<|assistant|>")

    assert {195, 196}.isdisjoint(ids)
    assert {195, 196} <= tokenizer.control_ids
    assert decode(tokenizer, ids) == "<|user|>你好<|assistant|>"


def test_a_special_token_that_is_a_piece_already_steers(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, special=["<|im_end|>"], eos_token="<|im_end|>")
    change_json(folder / "added_tokens.json", **{"<|im_end|>": PIECES})

    def with_piece(model: bytes) -> bytes:
        found = fields(model)
        return message([*found[:PIECES], piece("<|im_end|>", USER_DEFINED), *found[PIECES:]])

    change(folder / "tokenizer.model", with_piece)
    tokenizer = tokenizer_of(folder)

    assert tokenizer.vocab_size == PIECES + 1
    assert tokenizer.eos_ids == {PIECES}
    assert PIECES not in tokenizer.encode("a<|im_end|>b")
    assert decode(tokenizer, [PIECES]) == ""


@pytest.mark.parametrize(
    ("eos", "ids"),
    [
        ("</s>", {2}),
        ({"content": "</s>", "__type": "AddedToken"}, {2}),
        ("<|im_end|>", {1120}),
        ("<reserved_107>", {196}),
        ("的", set()),  # a word never ends an answer
        ("<nowhere>", set()),
        (7, set()),
        (None, set()),
    ],
)
def test_the_token_that_is_named_as_the_end(tmp_path: Path, eos: object, ids: set[int]) -> None:
    tokenizer = tokenizer_of(folder_of(tmp_path, added={"<|im_end|>": 1120}, eos_token=eos))

    assert tokenizer.eos_ids == ids


# --- not honest --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "added",
    [
        {"<x>": ROWS},  # no row
        {"<x>": 10**30},
        {"<x>": -1},
        {"<x>": "1121"},
        {"<x>": 1121.0},
        {"<x>": True},
        {"<x>": None},
        {"<x>": [1121]},
        {"<x>": 1121, "<y>": 1121},  # two texts of an id
        {"": 1121},
        {"x" * 129: 1121},
        {"</s>": 1121},  # a piece already
        {"\ud800": 1121},
    ],
    ids=lambda added: ascii(added)[:30],
)
def test_what_cannot_be_true_counts_as_not_said(tmp_path: Path, added: dict[str, Any]) -> None:
    folder = folder_of(tmp_path)
    (folder / "added_tokens.json").write_text(json.dumps({**added, "<ok>": 1130}))

    assert named(tokenizer_of(folder)) == {1130: "<ok>"}


@pytest.mark.parametrize(
    ("token_id", "text"), [(0, "hello"), (2, "hello"), (3, "<x>"), (700, "<x>"), (56, "hello")]
)
@pytest.mark.parametrize("special", [True, False])
def test_a_piece_keeps_its_text(tmp_path: Path, token_id: int, text: str, special: bool) -> None:
    entry = {str(token_id): {"content": text, "special": special}}
    tokenizer = tokenizer_of(folder_of(tmp_path, decoder=entry))
    before = goldens.tokenizer("b2-7b")

    assert tokenizer.piece(token_id) == before.piece(token_id)
    assert tokenizer.is_special(token_id) == before.is_special(token_id)
    assert tokenizer.control_ids == before.control_ids


def test_a_word_cannot_be_made_to_vanish(tmp_path: Path) -> None:
    before = goldens.tokenizer("b2-7b")
    token_id = before.encode("天气")[0]
    entry = {str(token_id): {"content": before.piece(token_id), "special": True}}
    tokenizer = tokenizer_of(folder_of(tmp_path, decoder=entry))

    assert decode(tokenizer, tokenizer.encode("今天天气")) == "今天天气"


def test_two_ids_of_one_text_are_both_left_out(tmp_path: Path) -> None:
    entries = {"1121": {"content": "<x>"}, "1122": {"content": "<x>"}, "1123": {"content": "<y>"}}

    assert named(tokenizer_of(folder_of(tmp_path, decoder=entries))) == {1123: "<y>"}


def test_the_newer_file_is_right_where_the_two_contradict(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, added={"<old>": 1121}, decoder={"1121": {"content": "<new>"}})

    assert named(tokenizer_of(folder)) == {1121: "<new>"}


@pytest.mark.parametrize(
    "decoder",
    [
        {"x": {"content": "<x>"}}, {"-1": {"content": "<x>"}}, {"１１２１": {"content": "<x>"}},
        {"1121": None}, {"1121": {}}, {"1121": "<x>"}, {"1121": {"content": 7}},
        {"9" * 5000: {"content": "<x>"}}, {"": {"content": "<x>"}},
    ],
    ids=lambda decoder: ascii(decoder)[:30],
)  # fmt: skip
def test_entries_that_are_none_count_as_not_said(tmp_path: Path, decoder: dict[str, Any]) -> None:
    decoder = {**decoder, "1130": {"content": "<ok>"}}

    found = named(tokenizer_of(folder_of(tmp_path, decoder=decoder)))

    assert found.pop(1130) == "<ok>"
    assert set(found.values()) <= {"<x>"}


@pytest.mark.parametrize("data", ["not JSON", "[]", "", "[" * 100_000, '{"a": 1,}', "null"])
@pytest.mark.parametrize(
    "name", ["added_tokens.json", "tokenizer_config.json", "special_tokens_map.json"]
)
def test_a_side_file_that_cannot_be_read_says_nothing(tmp_path: Path, name: str, data: str) -> None:
    folder = folder_of(tmp_path)
    (folder / name).write_text(data)

    assert named(tokenizer_of(folder)) == {}


@pytest.mark.parametrize(
    "name", ["added_tokens.json", "tokenizer_config.json", "special_tokens_map.json"]
)
def test_a_side_file_that_was_not_downloaded_is_named(tmp_path: Path, name: str) -> None:
    folder = folder_of(tmp_path)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to("gone.json")
    with pytest.raises(NotDownloadedError, match="which is missing"):
        tokenizer_of(folder)
    (folder / name).unlink()

    pointer = "version https://git-lfs.github.com/spec/v1\r\noid sha256:0\r\nsize 1234\r\n"
    (folder / name).write_bytes(pointer.encode())
    with pytest.raises(NotDownloadedError, match="not downloaded \\(1,234 bytes\\)"):
        tokenizer_of(folder)


def test_a_huge_side_file_is_not_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with (folder / "added_tokens.json").open("wb") as stream:
        stream.write(b"{")
        stream.truncate(2**40)  # a hole; it takes no place

    assert named(tokenizer_of(folder)) == {}
