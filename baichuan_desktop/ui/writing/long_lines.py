"""Text in pieces that Qt lays out in no time: as a document of blocks, each of a bounded length.

Qt lays a block out as a whole, and in a time that grows with the square of its length: 1 MB
without a line break held the window for 43 s, and each key after it for 21 s. It also takes some
microseconds for each block, and so 2 s for 1 MB of line breaks. So long lines are broken into
several blocks, each but the first marked as going on with the one before; and where there are very
many lines, several go into one block, with line separators between them. Neither is part of the
text: `text_of` gives back what was put in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtGui import QTextBlock, QTextBlockFormat, QTextCursor, QTextFormat

#: Characters of a block, at most, of a text that was put in.
LONGEST_BLOCK = 2_000
#: A text of more lines than these has several of them in each block.
MOST_LINES = 5_000

_GOES_ON = QTextFormat.Property.UserProperty.value + 1  # of a block: the line before goes on in it
_BLOCK_END, _LINE_END = "\u2029", "\u2028"
_LOOKS_BACK = 100  # characters, for a place where a line may well be broken
_JOINER = "\u200d"


def clean(text: str) -> str:
    """The text with line breaks of one kind, and without what Qt keeps for itself.

    Half characters become the sign for a character that is unknown, as they do wherever text
    is written; so do the two code points that Qt takes for ends of frames.
    """
    for end in ("\r\n", "\r", _BLOCK_END, _LINE_END):
        text = text.replace(end, "\n")
    text = text.replace("\ufdd0", "\ufffd").replace("\ufdd1", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_short_line(text: str) -> bool:
    """Whether Qt itself may put a text into a block: then it stays as it is."""
    return len(text) <= LONGEST_BLOCK and "\n" not in text and clean(text) == text


def insert(cursor: QTextCursor, text: str) -> None:
    """Put a text in place of what is selected, as one step that can be undone."""
    cursor.beginEditBlock()
    cursor.removeSelectedText()
    first = cursor.block()
    for number, block in enumerate(_packed(clean(text))):
        if number:
            cursor.insertBlock(QTextBlockFormat())
        cursor.insertText(block)
    end = QTextCursor(cursor)  # stays behind the text while blocks are broken
    _break_long_blocks(first, end)
    cursor.setPosition(end.position())
    cursor.endEditBlock()


def insert_line(cursor: QTextCursor) -> None:
    """Begin a new line. It never goes on with the line before, whatever its neighbours do."""
    cursor.insertBlock(QTextBlockFormat())


def goes_on(block: QTextBlock) -> bool:
    """Whether a block is the rest of the line before."""
    return block.blockFormat().boolProperty(_GOES_ON)


def text_of(selection: QTextCursor) -> str:
    """The text that is selected, as it was put in."""
    texts = selection.selectedText().split(_BLOCK_END)
    block = selection.document().findBlock(selection.selectionStart())
    parts = [texts[0]]
    for text in texts[1:]:
        block = block.next()
        parts += [text] if goes_on(block) else ["\n", text]
    return "".join(parts).replace(_LINE_END, "\n")


def _packed(text: str) -> Iterator[str]:
    """The text of each block: a line, or as many as fit into one where they are very many."""
    if text.count("\n") < MOST_LINES:
        yield from text.split("\n")
        return
    start = 0
    while len(text) - start > LONGEST_BLOCK:
        end = text.rfind("\n", start, start + LONGEST_BLOCK + 1)
        if end < 0:  # a long line, which is broken later
            end = text.find("\n", start)
        if end < 0:
            break
        yield text[start:end].replace("\n", _LINE_END)
        start = end + 1
    yield text[start:].replace("\n", _LINE_END)


def _break_long_blocks(first: QTextBlock, end: QTextCursor) -> None:
    """Break the blocks from this one to the cursor's, where they are too long."""
    format_ = QTextBlockFormat()
    format_.setProperty(_GOES_ON, True)
    block, cursor = first, QTextCursor(end)
    while block.isValid() and block.position() <= end.block().position():
        if block.length() - 1 > LONGEST_BLOCK:  # without its end
            position = block.position()
            for piece in list(_pieces(block.text()))[:-1]:
                position += len(piece.encode("utf-16-le")) // 2  # Qt counts so
                cursor.setPosition(position)
                cursor.insertBlock(format_)
                position += 1
                block = cursor.block()
        block = block.next()


def _pieces(line: str) -> Iterator[str]:
    """A long line in pieces that are short enough, each character in one of them."""
    cuts = [0]
    while len(line) - cuts[-1] > LONGEST_BLOCK:
        cuts.append(_cut(line, cuts[-1] + LONGEST_BLOCK))
    for start, stop in pairwise([*cuts, len(line)]):
        yield line[start:stop]


def _cut(line: str, most: int) -> int:
    """Where to break a line, at `most` at the latest: after a space, or else between characters."""
    space = line.rfind(" ", most - _LOOKS_BACK, most)
    if space >= 0:
        return space + 1
    for cut in range(most, most - _LOOKS_BACK, -1):
        if not (_is_mark(line[cut]) or line[cut - 1] == _JOINER):
            return cut
    return most


def _is_mark(character: str) -> bool:
    return character == _JOINER or unicodedata.category(character).startswith("M")
