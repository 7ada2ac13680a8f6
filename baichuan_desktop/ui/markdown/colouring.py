"""The colours of code, put over the lines of a document as they arrive.

They are additional formats of Qt's layouts: the document itself, its text and its height stay as
they are.
"""

from __future__ import annotations

from itertools import accumulate

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument, QTextLayout

from baichuan_desktop.services.markdown.flow import Code
from baichuan_desktop.services.markdown.pieces import LONGEST_PIECE, code_pieces
from baichuan_desktop.ui.markdown.render_services import CodeColours, CodeJob, Piece, RenderServices
from baichuan_desktop.ui.markdown.style import MarkdownStyle
from baichuan_desktop.ui.markdown.writing import Writer, Written

_KINDS = ("keyword", "string", "comment", "number", "function")


class CodeColouring:
    """Asks for the colours of one document's code, and applies them."""

    def __init__(
        self,
        document: QTextDocument,
        writer: Writer,
        services: RenderServices,
        style: MarkdownStyle,
    ) -> None:
        self._document = document
        self._writer = writer
        self._services = services
        self._formats = {kind: _format(getattr(style, kind)) for kind in _KINDS}
        self._jobs: dict[CodeJob, bool] = {}  # that are not answered, with whether code was whole

    def update(self, *, is_growing: bool, first: int = 0) -> None:
        """Ask for what has no colours yet, from a block on.

        Of code that grows that is asked only when the last answer is there.
        """
        last = len(self._writer.written) - 1
        for index in range(first, last + 1):
            written = self._writer.written[index]
            block = written.block
            if not isinstance(block, Code) or not block.language or written.coloured is block:
                continue
            is_whole = not (is_growing and index == last)
            if not is_whole and written.job in self._jobs:
                continue
            if written.job is not None and self._jobs.pop(written.job, None) is not None:
                self._services.forget(written.job)
            written.coloured = block
            written.job = CodeJob(block.language, block.text)
            self._jobs[written.job] = is_whole
            known = self._services.colours(written.job, is_whole=is_whole)
            if known is not None:
                self._apply(written, known)

    def waits_for(self, job: object) -> bool:
        """Whether colours that arrived belong here."""
        return job in self._jobs

    def take(self, job: CodeJob) -> None:
        """Apply what is known now of some code."""
        known = self._services.colours(job, is_whole=self._jobs.get(job, True))
        if known is None:  # there will be none
            self._jobs.pop(job, None)
            return
        if known.is_complete:
            self._jobs.pop(job, None)
        for written in self._writer.written:
            if written.job == job:
                self._apply(written, known)

    def _apply(self, written: Written, colours: CodeColours) -> None:
        assert isinstance(written.block, Code)
        written.name = colours.name
        lines = written.block.lines
        first = self._document.findBlock(written.begin).blockNumber() + 1
        starts = list(accumulate((len(code_pieces(line)) for line in lines), initial=0))
        changes = QTextCursor(self._document)
        changes.beginEditBlock()
        for number in range(min(len(lines), len(colours.lines))):
            pieces = colours.lines[number]
            if number < len(written.colours):
                if written.colours[number] == pieces:
                    continue
                written.colours[number] = pieces
            else:
                written.colours.append(pieces)
            for part in range(starts[number + 1] - starts[number]):
                block = self._document.findBlockByNumber(first + starts[number] + part)
                ranges = self._ranges(pieces, part * LONGEST_PIECE, block.length() - 1)
                block.layout().setFormats(ranges)
        changes.endEditBlock()

    def _ranges(
        self, pieces: list[Piece], begin: int, length: int
    ) -> list[QTextLayout.FormatRange]:
        ranges = []
        for start, count, kind in pieces:
            low, high = max(start - begin, 0), min(start + count - begin, length)
            if low < high:
                made = QTextLayout.FormatRange()
                made.start, made.length, made.format = low, high - low, self._formats[kind]
                ranges.append(made)
        return ranges


def _format(colour: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(colour))
    return made
