"""One message as a document: drawn from Markdown, growing while it streams.

Nothing in here reads HTML, and nothing is opened: `loadResource` answers with an empty image, which
keeps Qt from looking for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import (
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QTextTable,
)

from baichuan_desktop.services.markdown.flow import (
    Block,
    Code,
    Formula,
    Paragraph,
    Span,
    Table,
    TopBlock,
)
from baichuan_desktop.services.markdown.growing import GrowingText, slice_end
from baichuan_desktop.services.markdown.harmless_text import harmless
from baichuan_desktop.services.markdown.links import is_link
from baichuan_desktop.services.markdown.plain_form import tabbed
from baichuan_desktop.ui.markdown.colouring import CodeColouring
from baichuan_desktop.ui.markdown.formats import FORMULA_OBJECT, Formats
from baichuan_desktop.ui.markdown.formula_objects import FormulaObjects
from baichuan_desktop.ui.markdown.render_services import (
    CodeJob,
    FormulaJob,
    Job,
    RenderServices,
)
from baichuan_desktop.ui.markdown.resolving import FormulaBook, formula_jobs
from baichuan_desktop.ui.markdown.style import MarkdownStyle
from baichuan_desktop.ui.markdown.writing import MOST_CELLS, Writer, Written

_AT_ONCE = 20_000  # characters of a text that are built in one go …
_NEWS_MS = 33  # between two looks at what arrived: 30 a second
_SLICE = 10_000  # … and of a longer one between two looks at the window's events


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block that has controls of its own: what it is, and where it is drawn."""

    kind: Literal["code", "table", "formula"]
    index: int  #: among the blocks of the document
    language: str
    source: str  #: code as it is, a table as tab-separated values, a formula without its marks
    rectangle: QRectF  #: in the document's coordinates, at its present width
    block: Block


class MarkdownDocument(QTextDocument):
    """A message. It lives in the window's thread.

    Signals:
        changed_height: more of a long text, a formula or colours arrived; lay out and draw anew.
    """

    changed_height = Signal()

    def __init__(
        self,
        style: MarkdownStyle,
        services: RenderServices | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Without services code has one colour, and formulas are shown as their source."""
        super().__init__(parent)
        self.style = style
        self._services = services
        self._formulas = FormulaBook(services)
        self._settled = 0, 0  # final top-level blocks, and blocks of theirs, that are shown
        self._groups: list[int] = []  # of each block, the top-level block it belongs to
        self._news: set[Job] = set()  # that arrived and is not shown yet
        self._text = GrowingText()
        self._plain: str | None = None
        self._harmless = ""  # of a text that is shown as it is written: what is shown of it
        self._waiting = ""  # of a long text: what is not built yet
        self._finished = True
        self.setUndoRedoEnabled(False)
        self.setDocumentMargin(0)
        self.setDefaultFont(style.reading)
        option = self.defaultTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setDefaultTextOption(option)
        self._writer = Writer(self, Formats(style))
        QTextCursor(self).setBlockFormat(Formats(style).spacer())
        self._colouring: CodeColouring | None = None
        self._next_slice = QTimer(self)
        self._next_slice.setSingleShot(True)
        self._next_slice.timeout.connect(self._build_more)
        self._next_news = QTimer(self)
        self._next_news.setSingleShot(True)
        self._next_news.timeout.connect(self._take_news)
        if services is not None:
            self._colouring = CodeColouring(self, self._writer, services, style)
            self._objects = FormulaObjects(self._formulas, self)
            self.documentLayout().registerHandler(FORMULA_OBJECT, self._objects)
            services.arrived.connect(self._on_arrived)

    # --- the text -------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The whole text as it came."""
        return self._text.source + self._waiting if self._plain is None else self._plain

    def set_text(self, text: str, *, finished: bool = True, plain: bool = False) -> None:
        """Show this text; a long one comes piece by piece, told by `changed_height`."""
        self._next_slice.stop()
        self._waiting = ""
        self._finished = finished
        self._text = GrowingText()
        self._plain = text if plain else None
        self._settled = 0, 0
        self._waiting = self._harmless = harmless(text) if plain else text
        self._build(_AT_ONCE)

    def append_text(self, text: str) -> None:
        """Show text that follows; blocks that are whole are not built again."""
        self._finished = False
        if self._plain is not None:
            self._plain += text
            text = harmless(text)
            self._harmless += text
        self._waiting += text
        if not self._next_slice.isActive():
            self._build(_AT_ONCE)

    def finish(self) -> None:
        """No more text follows: render it once more as a whole."""
        self._finished = True
        if self._plain is None and not self._waiting:
            self._text.finish()
            self._show()

    def is_complete(self) -> bool:
        """Whether all text that came is built."""
        return not self._waiting

    @property
    def built_blocks(self) -> int:
        """Blocks, lines of code and rows that were built so far, each as often as it was."""
        return self._writer.built_blocks

    def restyle(self, style: MarkdownStyle) -> None:
        """Draw all in another theme or size."""
        self.style = style
        self.setDefaultFont(style.reading)
        self._writer.set_formats(Formats(style))
        if self._services is not None:
            self._colouring = CodeColouring(self, self._writer, self._services, style)
            self._colouring.update(is_growing=not self._finished)

    # --- what is shown --------------------------------------------------------------------

    def written(self) -> Sequence[Written]:
        """The blocks from top to bottom, and where they stand."""
        return self._writer.written

    def end_of(self, index: int) -> int:
        """The position after the last character of a block."""
        return self._writer.end_of(index)

    def group_of(self, index: int) -> int:
        """The number of the top-level block of the source that a block belongs to."""
        return self._groups[index]

    def rectangle(self, index: int) -> QRectF:
        """Where a block is drawn, in the document's coordinates, from margin to margin."""
        written = self._writer.written[index]
        if written.table is not None:
            return self._table_rectangle(written.table)
        first = self.findBlock(written.begin)
        top = self.documentLayout().blockBoundingRect(first).top()
        bottom = self._bottom(self.findBlock(self._writer.end_of(index)))
        left = first.blockFormat().leftMargin()
        return QRectF(left, top, self.textWidth() - left, bottom - top)

    def blocks(self) -> list[PlacedBlock]:
        """The blocks of code, the tables and the formulas that stand alone."""
        placed = []
        for index, written in enumerate(self._writer.written):
            block = written.block
            if isinstance(block, Code):
                placed.append(self._placed("code", index, block.language, block.text, block))
            elif isinstance(block, Table):
                placed.append(self._placed("table", index, "", tabbed(block), block))
            elif isinstance(block, Formula):
                placed.append(self._placed("formula", index, "", block.source, block))
        return placed

    def link_at(self, point: QPointF) -> str | None:
        """The address of the link at a point of the document."""
        address = self.documentLayout().anchorAt(point)
        return address if is_link(address) else None

    def occurrences(self, phrase: str) -> list[tuple[int, int]]:
        """Where a phrase stands: first and last position of each, whatever the case."""
        found: list[tuple[int, int]] = []
        cursor = self.find(phrase, 0) if phrase else QTextCursor()
        while not cursor.isNull():
            found.append((cursor.selectionStart(), cursor.selectionEnd()))
            cursor = self.find(phrase, cursor)
        return found

    # --- Qt's own -------------------------------------------------------------------------

    def loadResource(self, _type: int, _name: QUrl | str) -> QImage:
        """Open nothing."""
        return QImage()

    # --- inside ---------------------------------------------------------------------------

    def _placed(
        self,
        kind: Literal["code", "table", "formula"],
        index: int,
        language: str,
        source: str,
        block: Block,
    ) -> PlacedBlock:
        return PlacedBlock(kind, index, language, source, self.rectangle(index), block)

    def _bottom(self, block: QTextBlock) -> float:
        """Where a paragraph of Qt ends; of fixed lines Qt tells the height of the letters only."""
        top = self.documentLayout().blockBoundingRect(block).top()
        shape = block.blockFormat()
        if shape.lineHeightType() == QTextBlockFormat.LineHeightTypes.FixedHeight.value:
            return top + block.layout().lineCount() * shape.lineHeight()
        return top + block.layout().boundingRect().bottom()

    def _table_rectangle(self, table: QTextTable) -> QRectF:
        """From the first cell to the last ones; Qt's own rectangle of a table is off by margins."""
        corner = table.cellAt(0, 0)
        inside = corner.format().toTableCellFormat()
        block = corner.firstCursorPosition().block()
        top = self.documentLayout().blockBoundingRect(block).top() - inside.topPadding()
        last = [table.cellAt(table.rows() - 1, column) for column in range(table.columns())]
        bottom = max(self._bottom(cell.lastCursorPosition().block()) for cell in last)
        left = table.format().leftMargin()
        height = bottom + inside.bottomPadding() + inside.bottomBorder() - top
        return QRectF(left, top, self.textWidth() - left, height)

    def _build(self, most: int) -> None:
        """Show the next slice of what waits."""
        end = slice_end(self._waiting, most)
        taken, self._waiting = self._waiting[:end], self._waiting[end:]
        is_over = self._finished and not self._waiting
        if self._plain is not None:
            self._show()
        else:
            if taken:
                self._text.append(taken)
            if is_over:
                self._text.finish()
            self._show(all_anew=is_over)
        if self._waiting:
            self._next_slice.start(0)

    @Slot()
    def _build_more(self) -> None:
        self._build(_SLICE)
        self.changed_height.emit()

    def _show(self, *, all_anew: bool = True) -> None:
        """Show the text as it is read; what was final before stays, if not `all_anew`."""
        final, behind = (0, 0) if all_anew else self._settled
        if self._plain is None:
            tops = self._text.top_blocks(final)
            self._settled = self._text.final_blocks(), 0
        else:
            shown = self._harmless[: len(self._harmless) - len(self._waiting)]
            tops = [TopBlock(0, 0, (Paragraph((Span(shown),)),))] if shown else []
            self._settled = 0, 0
        blocks = [block for top in tops for block in top.blocks]
        del self._groups[behind:]
        self._groups += [final + n for n, top in enumerate(tops) for _block in top.blocks]
        settled = sum(len(top.blocks) for top in tops[: self._settled[0] - final])
        self._settled = self._settled[0], behind + settled
        self._formulas.read(blocks, all_anew=all_anew)
        self._writer.show([self._formulas.resolved(block) for block in blocks], behind)
        if self._colouring is not None:
            self._colouring.update(is_growing=not self._finished, first=behind)

    @Slot(object)
    def _on_arrived(self, job: Job) -> None:
        waits = self._colouring is not None and self._colouring.waits_for(job)
        if waits or job in self._formulas.jobs:
            self._news.add(job)
            if not self._next_news.isActive():
                self._next_news.start(_NEWS_MS)

    @Slot()
    def _take_news(self) -> None:
        news, self._news = self._news, set()
        for job in news:
            if isinstance(job, CodeJob) and self._colouring is not None:
                self._colouring.take(job)
        if not news.isdisjoint(self._formulas.jobs):
            self._show()  # what cannot be drawn is text now
            self._lay_out({job for job in news if isinstance(job, FormulaJob)})
        elif self._colouring is not None:
            self._colouring.update(is_growing=not self._finished)
        self.changed_height.emit()

    def _lay_out(self, jobs: set[FormulaJob]) -> None:
        """Have Qt ask for the sizes of formulas again, from the first of these on."""
        for written in self._writer.written:
            if not jobs.isdisjoint(formula_jobs(written.block)):
                # To the end: what follows a table that grew would stay where it was.
                self.markContentsDirty(written.before, self.characterCount() - written.before)
                return


def is_card(block: Block) -> bool:
    """Whether a block is drawn as a card: code, and a table that is too large for anything else."""
    return isinstance(block, Code) or (
        isinstance(block, Table) and len(block.rows) * len(block.alignments) > MOST_CELLS
    )
