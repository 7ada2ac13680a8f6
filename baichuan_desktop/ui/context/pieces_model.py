"""The ids of a prompt as rows of a table: where, which id, its piece, the text it completes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from backends.events import PromptPieces
from backends.printable import one_line_exactly

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_DISPLAY, _ALIGN = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole
NUMBER, TOKEN_ID, PIECE = range(3)  # columns; the text is the last one
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class PiecesModel(QAbstractTableModel):
    """Shows a prompt, and finds texts in it that go over several pieces."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.headings: Sequence[str] = ("", "", "", "")  #: in the language of the window
        self._prompt: PromptPieces | None = None
        self._text, self._begins = "", [0]

    def show_prompt(self, prompt: PromptPieces | None) -> None:
        """Show another prompt; None: there is none."""
        self.beginResetModel()
        self._prompt = prompt
        texts = () if prompt is None else prompt.texts
        folded = [text.casefold() for text in texts]
        self._text = "".join(folded)
        self._begins = [0, *accumulate(map(len, folded))]
        self.endResetModel()

    @override
    def rowCount(self, parent: _Index = _ROOT) -> int:
        """An id is a row."""
        return 0 if parent.isValid() or self._prompt is None else len(self._prompt.ids)

    @override
    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Where, the id, its piece, its text."""
        return 0 if parent.isValid() else len(self.headings)

    @override
    def data(self, index: _Index, role: int = _DISPLAY) -> object:
        """What is shown of an id; nothing of it is ever read as markup."""
        if self._prompt is None or not index.isValid():
            return None
        if role == _ALIGN and index.column() in (NUMBER, TOKEN_ID):
            return _RIGHT
        if role != _DISPLAY:
            return None
        match index.column():
            case column if column == NUMBER:
                return f"{index.row() + 1:,}"
            case column if column == TOKEN_ID:
                return str(self._prompt.ids[index.row()])
            case column if column == PIECE:
                return one_line_exactly(self._prompt.pieces[index.row()])
            case _:
                return one_line_exactly(self._prompt.texts[index.row()])

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> object:
        """The names of the columns."""
        if role == _DISPLAY and orientation is Qt.Orientation.Horizontal:
            return self.headings[section]
        return None

    def found(self, phrase: str) -> list[tuple[int, int]]:
        """Where a phrase stands, from the first row to the last; a number is an id too.

        A piece that is written as it is, such as that of a turn, is found by its name.
        """
        if self._prompt is None or not phrase:
            return []
        wanted = phrase.casefold()
        hits: list[tuple[int, int]] = []
        at = self._text.find(wanted)
        while at >= 0:
            first = bisect_right(self._begins, at) - 1
            hits.append((first, bisect_right(self._begins, at + len(wanted) - 1) - 1))
            at = self._text.find(wanted, at + len(wanted))
        for row, (token_id, piece) in enumerate(
            zip(self._prompt.ids, self._prompt.pieces, strict=True)
        ):
            if str(token_id) == phrase or (
                not self._prompt.texts[row] and wanted in piece.casefold()
            ):
                hits.append((row, row))
        return sorted(set(hits))

    def copied(self, rows: Sequence[int]) -> str:
        """These rows as lines of an id and its piece, with a tab between them."""
        if self._prompt is None:
            return ""
        prompt = self._prompt
        return "\n".join(
            f"{prompt.ids[row]}\t{one_line_exactly(prompt.pieces[row])}" for row in rows
        )
