"""The exact prompt in a terminal: every id that the model gets, with its piece."""

from __future__ import annotations

import threading
from collections import Counter

from backends.events import PartKind, PromptPart, PromptPieces
from backends.printable import one_line_exactly
from backends.protocol.engine_requests import ChatRequest, DescribePromptRequest
from baichuan_desktop.cli.session import TerminalSession
from baichuan_desktop.cli.tables import say

_NAMES = {
    PartKind.SYSTEM: "System prompt",
    PartKind.QUESTION: "Question {number}",
    PartKind.ANSWER: "Answer {number}",
    PartKind.OPENING: "Here the answer begins",
    PartKind.TEXT: "Text",
}


def show_prompt(session: TerminalSession, request: ChatRequest) -> None:
    """Print what the model would get for a request. Raises what the answer would raise."""
    described = DescribePromptRequest(chat=request)
    for event in session.engine.run(described, threading.Event()):
        if isinstance(event, PromptPieces):
            say("\n".join(_lines(event)))


def _lines(prompt: PromptPieces) -> list[str]:
    lines = []
    if prompt.dropped_messages:
        lines.append(f"[the {prompt.dropped_messages:,} oldest messages do not fit]")
    numbers: Counter[PartKind] = Counter()
    for part in prompt.parts:
        numbers[part.kind] += 1
        lines += _part(prompt, part, numbers[part.kind])
    lines.append(f"{len(prompt.ids):,} of {prompt.context_length:,} tokens")
    return lines


def _part(prompt: PromptPieces, part: PromptPart, number: int) -> list[str]:
    count = part.end - part.begin
    tokens = "1 token" if count == 1 else f"{count:,} tokens"
    rows = range(part.begin, part.end)
    return [
        f"{_NAMES[part.kind].format(number=number)}: {tokens}",
        *(f"{prompt.ids[row]:>8}  {one_line_exactly(prompt.pieces[row])}" for row in rows),
    ]
