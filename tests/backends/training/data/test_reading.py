"""Rows of both published layouts, and rows that are none: each is named with its file and line."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from backends.errors import TrainingDataError
from backends.text.chat_template import Message, Role
from backends.training.data.opening import opened
from backends.training.data.reading import conversations
from backends.training.data.remarks import Remarks
from backends.training.data.values import Conversation
from backends.training.values import Columns, Layout
from tests.helpers.training_data import turns, write_rows

GOOD = turns("q", "a")


def read(
    file: Path, layout: Layout = Layout.AUTO, columns: Columns | None = None
) -> tuple[list[Conversation], list[str]]:
    """The conversations of a file, and what is told of it."""
    remarks = Remarks(str(file))
    with opened(file) as data:
        found = list(conversations(data, layout, columns or Columns(), remarks))
    return found, [str(note) for note in remarks.notes()]


def said(*texts: str) -> tuple[Message, ...]:
    roles = (Role.USER, Role.ASSISTANT)
    return tuple(Message(roles[place % 2], text) for place, text in enumerate(texts))


@pytest.mark.parametrize("name", ["data.json", "data.jsonl", "data"])
def test_conversations_are_read_with_their_lines_from_lists_and_lines(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    write_rows(file, [GOOD, turns("第一行\r\n", "😀", "", "b")])

    found, notes = read(file)

    assert [one.messages for one in found] == [said("q", "a"), said("第一行\r\n", "😀", "", "b")]
    assert [one.line for one in found] == ([1, 2] if name.endswith("l") else [2, 14])
    assert {one.file for one in found} == {str(file)}
    assert notes == []


def test_instruction_and_input_are_joined_by_a_newline(tmp_path: Path) -> None:
    file = tmp_path / "alpaca.json"
    rows = [
        {"instruction": "Add.", "input": "1 2", "output": "3"},
        {"instruction": "Greet.", "input": "", "output": "Hi"},
        {"instruction": "Greet.", "output": "Ho", "input": None},
        {"instruction": "And?", "output": "c", "history": [["q", "a"], ["r", "b"]]},
    ]
    write_rows(file, rows)

    found, notes = read(file)

    assert [one.messages for one in found] == [
        said("Add.\n1 2", "3"),
        said("Greet.", "Hi"),
        said("Greet.", "Ho"),
        said("q", "a", "r", "b", "And?", "c"),
    ]
    assert notes == []


def test_fields_of_other_names_are_read_by_these(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    write_rows(file, [{"q": "Add.", "more": "1 2", "a": "3", "input": "not this"}])

    found, notes = read(file, columns=Columns("q", "more", "a"))

    assert found[0].messages == said("Add.\n1 2", "3")
    assert notes == [f"Fields of “{file}” that are not used: input."]


def test_rows_of_nothing_are_left_out_and_told(tmp_path: Path) -> None:
    file = tmp_path / "alpaca.jsonl"
    rows = [{"instruction": "x", "output": "y"}, {"instruction": "x", "output": ""}] * 2
    write_rows(file, rows)

    found, notes = read(file)

    assert [one.line for one in found] == [1, 3]
    sentence = "Rows with an empty instruction or an empty answer: 2 left out, the first at "
    assert notes == [f"{sentence}“{file}”, line 2."]


def test_what_of_rows_is_not_used_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    rows = [GOOD | {"id": 7, "lang": "zh", "tags": [], "source": "x"}, GOOD | {"lang": "en"}]
    write_rows(file, rows)

    assert read(file)[1] == [f"Fields of “{file}” that are not used: lang, source."]


def test_the_names_of_who_speaks_that_are_known(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    names = ["system", "user", "human", "assistant", "gpt", "chatgpt", "bot", "model"]
    write_rows(file, [{"conversations": [{"from": one, "value": one} for one in names]}])

    found, notes = read(file)

    assert [one.role for one in found[0].messages] == [
        Role.SYSTEM, Role.USER, Role.USER, *[Role.ASSISTANT] * 5,
    ]  # fmt: skip
    (note,) = notes
    assert note.startswith("Messages from “user” are taken for questions")
    assert note.endswith(f": 1, the first at “{file}”, line 2.")


def speech(who: object, what: object) -> dict[str, Any]:
    return {"conversations": [{"from": who, "value": what}]}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (7, "the row is no object"),
        ("text", "the row is no object"),
        (None, "the row is no object"),
        ([GOOD], "the row is no object"),
        ({}, "“conversations” is not a list"),
        ({"conversations": "hi"}, "“conversations” is not a list"),
        ({"conversations": {}}, "“conversations” is not a list"),
        ({"conversations": []}, "the conversation is empty"),
        ({"conversations": ["hi"]}, "message 1 is not an object"),
        ({"conversations": [*GOOD["conversations"], None]}, "message 3 is not an object"),
        ({"conversations": [{"value": "x"}]}, "message 1 does not say who it is “from”"),
        (speech(1, "x"), "message 1 does not say who it is “from”"),
        (speech("gpt", 1), "the “value” of message 1 is no text"),
        (speech("gpt", None), "the “value” of message 1 is no text"),
        (speech("robot", "x"), "message 1 is from “robot”, whom nobody knows; questions are from"),
        (speech("Human", "x"), "message 1 is from “Human”, whom nobody knows"),
        (speech("", "x"), "message 1 is from “”, whom nobody knows"),
        (speech("x" * 10_000, "x"), f"message 1 is from “{'x' * 40}”, whom"),
        (speech("gpt", "\ud83d x"), r"it holds half a character (\ud83d)"),
        ({"instruction": "x", "output": "y"}, "“conversations” is not a list"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_a_row_that_is_no_conversation_is_named(
    tmp_path: Path, row: object, sentence: str, name: str
) -> None:
    file = tmp_path / name
    text = json.dumps([GOOD, row], indent=None).replace(', {"conv', ',\n{"conv')
    file.write_text(text if name.endswith("n") else f"{json.dumps(GOOD)}\n{json.dumps(row)}\n")

    with pytest.raises(TrainingDataError) as caught:
        read(file)

    assert f"“{file}”, line " in str(caught.value)
    assert sentence in str(caught.value)
    if name.endswith("l"):
        assert f"“{file}”, line 2: {sentence}" in str(caught.value)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"output": "y"}, "it has no “instruction”"),
        ({"instruction": "x"}, "it has no “output”"),
        ({"instruction": 1, "output": "y"}, "“instruction” is no text"),
        ({"instruction": "x", "output": ["y"]}, "“output” is no text"),
        ({"instruction": "x", "output": None}, "“output” is no text"),
        ({"instruction": "x", "input": 1, "output": "y"}, "“input” is no text"),
        ({"instruction": "x", "output": "\udc00"}, r"it holds half a character (\udc00)"),
        ({"instruction": "x", "output": "y", "history": "h"}, "“history” is not a list"),
        ({"instruction": "x", "output": "y", "history": [["q"]]}, "“history” is no list of"),
        ({"instruction": "x", "output": "y", "history": [["q", 1]]}, "“history” is no list of"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_instruction_is_named(tmp_path: Path, row: object, sentence: str) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text(f'{{"instruction": "x", "output": "y"}}\n{json.dumps(row)}\n')

    with pytest.raises(TrainingDataError) as caught:
        read(file)

    assert f"“{file}”, line 2: {sentence}" in str(caught.value)


def test_a_layout_is_found_out_by_the_first_row_unless_it_is_stated(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    write_rows(file, [{"text": "x"}])
    with pytest.raises(TrainingDataError, match="line 2: it has neither “conversations” nor “ins"):
        read(file)
    write_rows(file, [GOOD])
    with pytest.raises(TrainingDataError, match="line 2: it has no “instruction”"):
        read(file, Layout.ALPACA)
    with pytest.raises(TrainingDataError, match="line 2: it is no conversation that this app"):
        read(file, Layout.EXPORTED)
    write_rows(file, [GOOD | {"instruction": "x", "output": "y"}])
    assert read(file, Layout.ALPACA)[0][0].messages == said("x", "y")
    assert read(file)[0][0].messages == said("q", "a")


@pytest.mark.parametrize("text", ["[]", " [\n]\n"])
def test_a_file_without_rows_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "data.json"
    file.write_text(text)

    with pytest.raises(TrainingDataError, match=r"data\.json”: it holds no rows\."):
        read(file)


def test_what_is_no_plain_file_is_neither_opened_nor_waited_for(tmp_path: Path) -> None:
    fifo, folder = tmp_path / "fifo", tmp_path / "folder"
    os.mkfifo(fifo)
    folder.mkdir()
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        for name in ("fifo", "folder", "socket", "lost", "missing", "NUL\0", "x" * 300):
            with pytest.raises(TrainingDataError) as caught:
                read(tmp_path / name)
            assert "“" in str(caught.value)
    with pytest.raises(TrainingDataError, match="it is no ordinary file"):
        read(Path("/dev/zero"))
