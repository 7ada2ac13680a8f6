"""Long paragraphs and lines in pieces: laying out one costs the square of its length."""

from __future__ import annotations

from dataclasses import replace

from baichuan_desktop.services.markdown.flow import Span, Spans

LONGEST_PIECE = 2000  #: characters; 200,000 letters without a space took 1.3 s whole, 0.04 so


def code_pieces(line: str) -> list[str]:
    """A line of code in pieces that Qt lays out in little time; mostly one."""
    if len(line) <= LONGEST_PIECE:
        return [line]
    return [line[i : i + LONGEST_PIECE] for i in range(0, len(line), LONGEST_PIECE)]


def paragraph_pieces(spans: Spans) -> list[Spans]:
    """The spans of a paragraph in pieces that Qt lays out in little time; mostly one.

    A piece may end with a line feed, which is not written: the next piece begins a line anyway.
    """
    if sum(len(span.text) for span in spans) <= LONGEST_PIECE:
        return [spans]
    pieces: list[list[Span]] = [[]]
    room = LONGEST_PIECE
    for span in spans:
        begin = 0
        while begin < len(span.text):
            if room == 0 or (span.formula and pieces[-1]):
                pieces.append([])
                room = LONGEST_PIECE
            end = len(span.text) if span.formula else _break(span.text, begin, room)
            pieces[-1].append(replace(span, text=span.text[begin:end]))
            room = max(room - (end - begin), 0)
            begin = end
    return [tuple(piece) for piece in pieces]


def _break(text: str, begin: int, room: int) -> int:
    """Where a text that begins here ends in the room: after a whole word, where it has any."""
    end = begin + room
    if len(text) <= end:
        return len(text)
    middle = begin + room // 2
    space = max(text.rfind(" ", middle, end), text.rfind("\n", middle, end))
    return space + 1 if space >= 0 else end
