"""A prompt is told id by id, and its texts are those that were written."""

from __future__ import annotations

import pytest

from backends.events import PartKind, PromptPart
from backends.printable import one_line_exactly
from backends.text.chat_template import (
    ChatPrompt,
    ChatTokens,
    Message,
    Role,
    build_app_prompt,
)
from backends.text.described import described
from tests.helpers import goldens

MESSAGES = (
    Message(Role.SYSTEM, "Answer in English."),
    Message(Role.USER, "an old question that does not fit " * 5),
    Message(Role.ASSISTANT, "an old answer"),
    Message(Role.USER, "你好，世界 🙂\n\n  x = 1"),
    Message(Role.ASSISTANT, "<reserved_106> é\u3000"),
    Message(Role.USER, "\x00\u200bＡ and so on"),
)


@pytest.mark.parametrize("name", ["b1-13b", "b2-7b"])
def test_each_part_has_the_text_that_was_written(name: str) -> None:
    tokenizer = goldens.tokenizer(name)
    prompt = build_app_prompt(
        MESSAGES, tokenizer.encode, ChatTokens(195, 196), context_length=160, max_new_tokens=16
    )
    found = described(prompt, [one.role for one in MESSAGES], tokenizer, 160)

    assert prompt.dropped_messages == found.dropped_messages == 2
    assert list(found.ids) == prompt.ids
    assert len(found.pieces) == len(found.texts) == len(found.ids)
    assert [part.kind for part in found.parts] == [
        PartKind.SYSTEM, PartKind.QUESTION, PartKind.ANSWER, PartKind.QUESTION, PartKind.OPENING,
    ]  # fmt: skip
    assert [part.message for part in found.parts] == [0, 3, 4, 5, None]
    assert found.parts[0].begin == 0
    for before, after in zip(found.parts, found.parts[1:], strict=False):
        assert before.end == after.begin
    for part in found.parts[:-1]:
        assert part.message is not None
        assert "".join(found.texts[part.begin : part.end]) == MESSAGES[part.message].text
    begins = [found.ids[part.begin] for part in found.parts[1:]]
    assert begins == [195, 196, 195, 196]
    assert [found.texts[part.begin] for part in found.parts[1:]] == [""] * 4
    assert found.pieces[-1] == tokenizer.piece(196) != ""


def test_a_text_to_continue_is_one_part() -> None:
    tokenizer = goldens.tokenizer("b2-7b")
    prompt = ChatPrompt(tokenizer.encode("从前有座山"), dropped_messages=0)
    found = described(prompt, [], tokenizer, 160)

    assert found.parts == (PromptPart(PartKind.TEXT, None, 0, len(prompt.ids)),)
    assert "".join(found.texts) == "从前有座山"


def test_pieces_of_what_nobody_sees_are_told_apart() -> None:
    assert [one_line_exactly(piece) for piece in ("\n", "\t", "\u200b", "\x1b", "行 x")] == [
        "\\n", "\\t", "\\u200b", "\\x1b", "行 x",
    ]  # fmt: skip
