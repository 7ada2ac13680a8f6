"""A row of a file as a conversation: the two published layouts, told apart by their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...phrases import Phrase
from ...text.chat_template import Message, Role
from ..values import Columns, Layout
from . import exported
from .remarks import Remark, Remarks
from .values import RowFault

#: Who speaks. The published code takes every other name than `human` for the assistant's.
ROLES: Final[Mapping[str, Role]] = {
    "human": Role.USER,
    "user": Role.USER,
    "gpt": Role.ASSISTANT,
    "chatgpt": Role.ASSISTANT,
    "assistant": Role.ASSISTANT,
    "bot": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "system": Role.SYSTEM,
}
_USER: Final = "user"
_CONVERSATIONS: Final = "conversations"
_UNTOLD: Final = frozenset({"id"})  # nobody expects a number of a row to be learnt
_SHOWN_CHARACTERS: Final = 40

Row = Mapping[str, object]


def fields_of(row: object) -> Row:
    """The row, which is an object. Raises RowFault."""
    if not isinstance(row, dict):
        raise RowFault(Phrase("the row is no object"))
    return row


def layout_of(row: Row, columns: Columns) -> Layout:
    """Which layout a row has. Raises RowFault for none."""
    if exported.is_file(row) or exported.is_conversation(row):
        return Layout.EXPORTED
    if _CONVERSATIONS in row:
        return Layout.CONVERSATIONS
    if columns.prompt in row and columns.response in row:
        return Layout.ALPACA
    raise RowFault(
        Phrase(
            "it has neither “conversations” nor “{prompt}” and “{response}”",
            prompt=columns.prompt,
            response=columns.response,
        )
    )


def of_conversations(row: Row, line: int, remarks: Remarks) -> tuple[Message, ...]:
    """The messages of `{"conversations": [{"from", "value"}, …]}`. Raises RowFault."""
    turns = row.get(_CONVERSATIONS)
    if not isinstance(turns, list):
        raise RowFault(Phrase("“{name}” is not a list", name=_CONVERSATIONS))
    if not turns:
        raise RowFault(Phrase("the conversation is empty"))
    messages = tuple(_turn(turn, number, line, remarks) for number, turn in enumerate(turns, 1))
    _tell_unused(row, {_CONVERSATIONS}, remarks)
    return messages


def _turn(turn: object, number: int, line: int, remarks: Remarks) -> Message:
    if not isinstance(turn, dict):
        raise RowFault(Phrase("message {number} is not an object", number=number))
    who, text = turn.get("from"), turn.get("value")
    if not isinstance(who, str):
        raise RowFault(Phrase("message {number} does not say who it is “from”", number=number))
    role = ROLES.get(who)
    if role is None:
        raise RowFault(
            Phrase(
                "message {number} is from “{who}”, whom nobody knows; questions are from “human”, "
                "answers from “gpt”",
                number=number,
                who=who[:_SHOWN_CHARACTERS],
            )
        )
    if not isinstance(text, str):
        raise RowFault(Phrase("the “value” of message {number} is no text", number=number))
    if who == _USER:
        remarks.add(Remark.USER, line)
    return Message(role, whole_characters(text))


def of_alpaca(
    row: Row, line: int, columns: Columns, remarks: Remarks
) -> tuple[Message, ...] | None:
    """The messages of an instruction with its answer; None if one of them is of nothing.

    The input is joined to the instruction by a newline, where there is one. Raises RowFault.
    """
    prompt = _text(row, columns.prompt)
    query = _text(row, columns.query, may_lack=True)
    response = _text(row, columns.response)
    rounds = _history(row, columns.history)
    _tell_unused(row, {columns.prompt, columns.query, columns.response, columns.history}, remarks)
    if not prompt or not response:
        remarks.add(Remark.EMPTY_LEFT_OUT, line)
        return None
    rounds.append((f"{prompt}\n{query}" if query else prompt, response))
    return tuple(
        Message(role, text)
        for one in rounds
        for role, text in zip((Role.USER, Role.ASSISTANT), one, strict=True)
    )


def _text(row: Row, name: str, *, may_lack: bool = False) -> str:
    value = row.get(name)
    if value is None and may_lack:
        return ""
    if name not in row:
        raise RowFault(Phrase("it has no “{name}”", name=name))
    if not isinstance(value, str):
        raise RowFault(Phrase("“{name}” is no text", name=name))
    return whole_characters(value)


def _history(row: Row, name: str) -> list[tuple[str, str]]:
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RowFault(Phrase("“{name}” is not a list", name=name))
    rounds = []
    for one in value:
        match one:
            case [str(question), str(answer)]:
                rounds.append((whole_characters(question), whole_characters(answer)))
            case _:
                raise RowFault(
                    Phrase("“{name}” is no list of questions with their answers", name=name)
                )
    return rounds


def whole_characters(text: str) -> str:
    """The text. Raises RowFault for half a character, which has no UTF-8."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RowFault(
            Phrase("it holds half a character (\\{code})", code=f"u{ord(text[error.start]):04x}")
        ) from error
    return text


def _tell_unused(row: Row, used: set[str], remarks: Remarks) -> None:
    if unused := row.keys() - used - _UNTOLD:
        remarks.add_unused(sorted(name for name in unused if row[name] not in (None, "", [], {})))
