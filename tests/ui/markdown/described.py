"""All that can be seen of a document, as values that can be compared."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QTextDocument, QTextFormat, QTextFrame, QTextTable


def described(document: QTextDocument) -> list[Any]:
    """Paragraphs with their formats and pieces, and the tables among them."""
    return [_paragraphs(document), _tables(document.rootFrame())]


def _paragraphs(document: QTextDocument) -> list[Any]:
    found = []
    block = document.begin()
    while block.isValid():
        pieces = []
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            pieces.append((fragment.text(), fragment.charFormat()))
            iterator += 1
        found.append((block.position(), block.text(), block.blockFormat(), pieces))
        block = block.next()
    return found


def _tables(frame: QTextFrame) -> list[Any]:
    found = []
    for child in frame.childFrames():
        assert isinstance(child, QTextTable)
        cells = [
            (child.cellAt(row, column).firstPosition(), _own(child.cellAt(row, column).format()))
            for row in range(child.rows())
            for column in range(child.columns())
        ]
        found.append((child.rows(), child.columns(), _own(child.format()), cells))
    return found


def _own(shape: QTextFormat) -> QTextFormat:
    """A format without the number that Qt gives each table of a document."""
    made = QTextFormat(shape)
    made.clearProperty(int(QTextFormat.Property.ObjectIndex))
    return made
