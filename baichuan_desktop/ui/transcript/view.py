"""The conversation on screen: plain text only, appended while it streams.

Nothing here is HTML or Markdown, whatever a model writes: text goes in by cursor and format, and
`loadResource` opens nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QUrl, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextFrame,
)
from PySide6.QtWidgets import QTextEdit, QToolButton, QWidget

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.copying import plain_text
from baichuan_desktop.ui.transcript.formats import (
    BUBBLE_PADDING,
    LINE_HEIGHT,
    Kind,
    block_format,
    bubble_format,
    char_format,
    first_block_format,
    kind_of,
)

_COLUMN = 760  # pixels; longer lines are hard to read
_SIDE = 24  # pixels, least room beside the column
_BUBBLE_INSET = 72  # pixels that a bubble stays away from the left edge of the column
_BUBBLE_RADIUS = 14
_TOP = 18  # pixels above the first message
_BOTTOM = 28  # pixels below the last one
_END_SLACK = 6  # pixels from the end that still count as the end


class ChatTranscript(QTextEdit):
    """Shows messages; stays at the newest text unless the reader has scrolled away."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bubbles: list[QTextFrame] = []
        self._turn_start = 0  # where the newest turn begins; for `take_back_turn`
        self._note_start: int | None = None  # where the last note begins, if text may follow it
        self._note_before: int | None = None  # the same, before the newest turn
        self._waiting_start: int | None = None  # a note that stands where the answer will be
        self._answer_kind = Kind.ANSWER
        self._follows = True
        self._fitted_column = 0  # pixels; the width that the bubbles are made for
        self.setObjectName("transcript")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        font = self.font()
        font.setPointSizeF(font.pointSizeF() + 1)
        self.setFont(font)
        self._jump = QToolButton(self)
        self._jump.setObjectName("jump")
        self._jump.setFixedSize(34, 34)
        self._jump.setIconSize(QSize(18, 18))
        self._jump.hide()
        self._jump.clicked.connect(self.scroll_to_end)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(self._on_range)
        theme.changed.connect(self._recolour)
        self.retranslate()
        self.clear_all()
        self._recolour()

    # --- what is shown -------------------------------------------------------------------

    def clear_all(self) -> None:
        """Begin with an empty page."""
        self._bubbles.clear()
        self._waiting_start = self._note_start = None
        document = self.document()
        document.clear()
        document.setDocumentMargin(0)
        QTextCursor(document).setBlockFormat(first_block_format())
        self._turn_start = 0
        self._fit_column()

    def is_empty(self) -> bool:
        """Whether nothing has been said."""
        return self.document().characterCount() <= 1

    def add_person(self, text: str) -> None:
        """Add a message of the person, in a bubble."""
        self._begin_turn()
        cursor = self._end()
        frame = cursor.insertFrame(bubble_format(self._bubble_margin(text)))
        self._bubbles.append(frame)
        cursor = frame.firstCursorPosition()
        cursor.setBlockFormat(block_format(Kind.PERSON, self.tr("You")))
        cursor.insertText(text, self._format(Kind.PERSON))
        self.scroll_to_end()

    def begin_answer(self, speaker: str) -> None:
        """Make room for an answer, under the name of who gives it."""
        self._answer_kind = Kind.ANSWER
        self._insert_block(Kind.LABEL, speaker)
        self._insert_block(Kind.ANSWER, "", speaker)

    def begin_completion(self, text: str, speaker: str) -> None:
        """Show a text that a base model is to continue; its own text follows directly."""
        self._begin_turn()
        self._answer_kind = Kind.CONTINUATION
        self._insert_block(Kind.LABEL, speaker)
        self._insert_block(Kind.ANSWER, "", speaker)
        self._end().insertText(text, self._format(Kind.ANSWER))
        self.scroll_to_end()

    def resume_completion(self) -> None:
        """Let the last completion grow further: its note goes."""
        if self._note_start is not None:
            self._remove_from(self._note_start)
            self._note_start = None
        self._answer_kind = Kind.CONTINUATION
        self.scroll_to_end()

    def show_waiting(self, text: str) -> None:
        """Say in the answer's place why there is none yet; the first text replaces it."""
        if self._answer_kind is Kind.CONTINUATION:
            return  # there the person's own text stands in that place
        self._end_waiting()
        self._waiting_start = self._end().position()
        self._end().insertText(text, self._format(Kind.NOTE))

    def append(self, text: str) -> None:
        """Add text to the answer."""
        self._end_waiting()
        self._end().insertText(text, self._format(self._answer_kind))

    def end_answer(self, note: str) -> None:
        """Finish the answer with a muted line."""
        self._end_waiting()
        self._note_start = self._end().position()
        if note:
            self._insert_block(Kind.NOTE, note)

    def add_divider(self, text: str) -> None:
        """Add a muted line that belongs to no message."""
        self._note_start = None
        self._insert_block(Kind.DIVIDER, text)

    def take_back_turn(self) -> None:
        """Remove the newest message and what there is of its answer."""
        self._waiting_start = None
        self._bubbles = [b for b in self._bubbles if b.firstPosition() <= self._turn_start]
        self._remove_from(self._turn_start)
        self._note_start = self._note_before
        if self.is_empty():
            self.clear_all()

    @Slot()
    def scroll_to_end(self) -> None:
        """Show the newest text, and follow it from now on."""
        self._follows = True
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def retranslate(self) -> None:
        """Set the names that a screen reader reads."""
        self.setAccessibleName(self.tr("Conversation"))
        self._jump.setToolTip(self.tr("To the newest text"))
        self._jump.setAccessibleName(self._jump.toolTip())

    # --- Qt's own -----------------------------------------------------------------------

    def loadResource(self, _type: int, _name: QUrl | str) -> QImage:
        """Open nothing. An empty image keeps Qt from trying by itself; None does not."""
        return QImage()

    @Slot()
    def copy(self) -> None:
        """Copy clean text: no formats, no figures, names only where several people speak.

        Not by `createMimeDataFromSelection`: what that returns is deleted by Qt and by Python, and
        the app crashes at its end (seen with PySide6 6.11.3).
        """
        if self.textCursor().hasSelection():
            QGuiApplication.clipboard().setText(plain_text(self.textCursor()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Have the keys for copying do what `copy` does."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bubbles' ground, then the text over it."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colours.bubble))
        offset = QPointF(0, -self.verticalScrollBar().value())
        visible = QRectF(event.rect())
        layout = self.document().documentLayout()
        # A proportional line height puts the room between lines under each, the last one too.
        leading = self.fontMetrics().lineSpacing() * (LINE_HEIGHT - 1) * 0.75
        for frame in reversed(self._bubbles):
            shape = frame.frameFormat()
            rect = layout.frameBoundingRect(frame).translated(offset)
            if rect.bottom() < visible.top():
                break  # older ones are further up
            rect.adjust(shape.leftMargin(), shape.topMargin(), 0, -shape.bottomMargin() - leading)
            painter.drawRoundedRect(rect, _BUBBLE_RADIUS, _BUBBLE_RADIUS)
        painter.end()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the column in the middle."""
        super().resizeEvent(event)
        self._fit_column()
        self._jump.move((self.width() - self._jump.width()) // 2, self.height() - 46)
        if self._follows:
            self.scroll_to_end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    # --- inside ---------------------------------------------------------------------------

    def _end(self) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        return cursor

    def _format(self, kind: Kind) -> QTextCharFormat:
        return char_format(kind, self._theme.colours, self.font())

    def _begin_turn(self) -> None:
        self._note_before, self._note_start = self._note_start, None
        self._turn_start = self._end().position()

    def _insert_block(self, kind: Kind, text: str, speaker: str = "") -> None:
        cursor = self._end()
        shape = block_format(kind, speaker)
        if cursor.block().length() == 1 and kind_of(cursor.blockFormat()) is Kind.NONE:
            cursor.setBlockFormat(shape)  # the empty paragraph after a bubble, or the first one
        else:
            cursor.insertBlock(shape, self._format(kind))
        cursor.insertText(text, self._format(kind))

    def _end_waiting(self) -> None:
        if self._waiting_start is not None:
            self._remove_from(self._waiting_start)
            self._waiting_start = None

    def _remove_from(self, position: int) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()

    def _column_width(self) -> int:
        return min(_COLUMN, max(self.viewport().width() - 2 * _SIDE, 1))

    def _bubble_margin(self, text: str) -> float:
        """The margin that keeps a short message's bubble as narrow as its text."""
        metrics = QFontMetricsF(self.font())
        widest = max(
            (metrics.horizontalAdvance(line[:300]) for line in text.split("\n")), default=0
        )
        room = self._column_width() - widest - 2 * BUBBLE_PADDING - 2
        return max(float(min(_BUBBLE_INSET, self._column_width() // 6)), room)

    def _fit_column(self) -> None:
        side = max(_SIDE, (self.viewport().width() - _COLUMN) / 2)
        root = self.document().rootFrame()
        shape = root.frameFormat()
        changes = QTextCursor(self.document())
        changes.beginEditBlock()  # one layout for all of it
        if shape.leftMargin() != side or shape.topMargin() != _TOP:
            shape.setLeftMargin(side)
            shape.setRightMargin(side)
            shape.setTopMargin(_TOP)
            shape.setBottomMargin(_BOTTOM)
            root.setFrameFormat(shape)
        if self._fitted_column != self._column_width():
            self._fitted_column = self._column_width()
            for frame in self._bubbles:
                frame.setFrameFormat(bubble_format(self._bubble_margin(_text_of(frame))))
        changes.endEditBlock()

    @Slot(int)
    def _on_scrolled(self, value: int) -> None:
        maximum = self.verticalScrollBar().maximum()
        self._follows = value >= maximum - _END_SLACK
        self._jump.setVisible(maximum - value > 60)

    @Slot(int, int)
    def _on_range(self, _low: int, high: int) -> None:
        if self._follows:
            self.verticalScrollBar().setValue(high)

    @Slot()
    def _recolour(self) -> None:
        colours = self._theme.colours
        self._jump.setIcon(line_icon("down", QColor(colours.muted)))
        cursor = QTextCursor(self.document())
        block = self.document().begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                fragment = pieces.fragment()
                kind = kind_of(fragment.charFormat())
                end = fragment.position() + fragment.length()
                cursor.setPosition(fragment.position())
                cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(char_format(kind, colours, self.font()))
                pieces += 1
            block = block.next()
        self.viewport().update()


def _text_of(frame: QTextFrame) -> str:
    cursor = QTextCursor(frame.firstCursorPosition())
    cursor.setPosition(frame.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
    return cursor.selectedText().replace("\u2029", "\n")
