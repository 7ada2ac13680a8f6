"""What is copied out of the transcript: the words, without the figures under answers."""

from __future__ import annotations

from PySide6.QtGui import QTextBlock, QTextCursor

from baichuan_desktop.ui.transcript.formats import Kind, kind_of, speaker_of

_WORDS = (Kind.PERSON, Kind.ANSWER)


def plain_text(selection: QTextCursor) -> str:
    """The selected text. Where it covers several messages, each begins with who wrote it."""
    begin, end = selection.selectionStart(), selection.selectionEnd()
    messages: list[tuple[str, list[str]]] = []
    block = selection.document().findBlock(begin)
    before = Kind.NONE
    while block.isValid() and block.position() <= end:
        kind = kind_of(block.blockFormat())
        if kind in _WORDS:
            if kind is not before:
                messages.append((speaker_of(block), []))
            messages[-1][1].append(_part(block, begin, end))
        before = kind
        block = block.next()
    if not messages:
        return selection.selection().toPlainText()
    texts = ["\n".join(lines) for _, lines in messages]
    if len(messages) == 1:
        return texts[0]
    return "\n\n".join(f"{messages[n][0]}:\n{text}" for n, text in enumerate(texts) if text)


def _part(block: QTextBlock, begin: int, end: int) -> str:
    """The text of a paragraph between two positions of the document, in UTF-16 units."""
    last = block.position() + block.length() - 1  # before its separator
    cursor = QTextCursor(block)
    cursor.setPosition(min(max(begin, block.position()), last))
    cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
    return cursor.selectedText().replace("\u2028", "\n")
