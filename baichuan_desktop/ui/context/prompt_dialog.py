"""The exact prompt: every id that the model gets, with its piece, by what it is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from backends.events import PromptPieces
from baichuan_desktop.services.chat.context.sections import Section, sections
from baichuan_desktop.ui.context import texts
from baichuan_desktop.ui.context.asking import AskedPrompt
from baichuan_desktop.ui.context.pieces_model import PiecesModel
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.writing.search_field import SearchField
from baichuan_desktop.workers.engine_worker import EngineWorker

# Pixels of the design.
_WIDTH, _HEIGHT, _LIST, _ROW, _SIDE = 760, 560, 220, 24, 20


class PromptDialog(QDialog):
    """Asks the engine, and shows what it tells. What goes on comes before that."""

    def __init__(
        self,
        worker: EngineWorker,
        make: Callable[[], AskedPrompt],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """`make` gives what is asked now."""
        super().__init__(parent)
        self._worker, self._make, self._theme = worker, make, theme
        self._asked = make()
        self._request = 0
        self._error: UserFacingError | None = None
        self._prompt: PromptPieces | None = None
        self._sections: list[Section] = []
        self._hits: Sequence[tuple[int, int]] = ()
        self._hit = -1
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.heading, self.note = plain_label(wraps=True), plain_label(wraps=True)
        self.heading.setObjectName("dialogHeading")
        self.note.setObjectName("muted")
        self.search = SearchField(theme, self._search_label)
        self.found = plain_label()
        self.found.setObjectName("muted")
        self.list = QListWidget()
        self.table = QTableView()
        for rows in (self.list, self.table):
            rows.setObjectName("tokens")
        self.model = PiecesModel(self)
        self.copy_button, self.close_button = QPushButton(), QPushButton()
        self._make_table()
        self._lay_out()
        self.search.searched.connect(self._search)
        self.search.entered.connect(self._next_hit)
        self.search.down_pressed.connect(self.table.setFocus)
        self.search.left.connect(self.reject)
        self.list.currentRowChanged.connect(self._show_section)
        self.copy_button.clicked.connect(self.copy)
        self.close_button.clicked.connect(self.accept)
        worker.produced.connect(self._on_event)
        worker.failed.connect(self._on_failed)
        worker.ended.connect(self._on_ended)
        self.retranslate()
        self._ask()

    def _make_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setTabKeyNavigation(False)  # Tab leaves it
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(self._theme.px(_ROW))
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.setFont(self._theme.code_font())
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def _lay_out(self) -> None:
        px = self._theme.px
        both = QSplitter()
        both.setChildrenCollapsible(False)
        both.addWidget(self.list)
        both.addWidget(self.table)
        both.setSizes([px(_LIST), px(_WIDTH - _LIST)])
        both.setMinimumHeight(1)
        looking = QHBoxLayout()
        looking.addWidget(self.search, 1)
        looking.addWidget(self.found)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        for button in (self.copy_button, self.close_button):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(_SIDE), px(_SIDE), px(_SIDE), px(_SIDE - 4))
        column.setSpacing(px(10))
        for label in (self.heading, self.note):
            column.addWidget(label)
        column.addLayout(looking)
        column.addWidget(both, 1)
        column.addLayout(buttons)
        window = self.parentWidget()
        most = window.window().size() if window is not None else self.screen().size()
        self.resize(min(px(_WIDTH), most.width()), min(px(_HEIGHT), most.height()))

    # --- asking -------------------------------------------------------------------------------

    def _ask(self) -> None:
        self._request = self._worker.start(self._asked.request)

    @Slot(object, int)
    def _on_event(self, event: object, request_id: int) -> None:
        if request_id == self._request and isinstance(event, PromptPieces):
            self._prompt = event
            self._sections = sections(event, self._asked.documents)
            self.model.show_prompt(event)
            self.retranslate()
            self._fit_columns()
            self.search.search_now()

    def _fit_columns(self) -> None:
        """As wide as the widest of the first rows; what is wider is shortened."""
        for column in range(3):
            self.table.resizeColumnToContents(column)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, request_id: int) -> None:
        if request_id == self._request:
            self._error = error
            self.retranslate()

    @Slot(int)
    def _on_ended(self, request_id: int) -> None:
        """Ask once more where something else came in between, and what is asked is another."""
        if request_id == self._request and self._prompt is None and self._error is None:
            self._asked = self._make()
            self._ask()

    @property
    def is_waiting(self) -> bool:
        """Whether the engine has not answered yet."""
        return self._prompt is None and self._error is None

    # --- what is shown ------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        self.setWindowTitle(self.tr("Exact prompt"))
        self.model.headings = (
            self.tr("Number"), self.tr("Id"), self.tr("Piece"), self.tr("Text"),
        )  # fmt: skip
        self.list.setAccessibleName(self.tr("Parts of the prompt"))
        self.table.setAccessibleName(self.tr("Ids and pieces"))
        self.copy_button.setText(self.tr("Copy ids and pieces"))
        self.close_button.setText(self.tr("Close"))
        self.copy_button.setEnabled(self._prompt is not None)
        self.heading.setText(self._heading_text())
        self.note.setText(self._note_text())
        self.note.setVisible(bool(self.note.text()))
        shown = max(self.list.currentRow(), 0)
        self.list.clear()
        for one in self._sections:
            name = texts.section(one)
            self.list.addItem(f"{name} · {one.end - one.begin:,}")
            self.list.item(self.list.count() - 1).setToolTip(name)
        self.list.setCurrentRow(min(shown, self.list.count() - 1))
        self._show_found()

    def _heading_text(self) -> str:
        if self._prompt is not None:
            text = self.tr("{count} of {length} tokens, exactly as the model gets them")
            return text.format(
                count=f"{len(self._prompt.ids):,}", length=f"{self._prompt.context_length:,}"
            )
        if self._error is not None:
            return self.tr("There is no prompt to show")
        return self.tr("The prompt is shown as soon as the engine is free…")

    def _note_text(self) -> str:
        if self._error is not None:
            error = self._error
            return f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip()
        if self._prompt is None:
            return self.tr(
                "While a model is loaded or an answer is written, it comes when that has ended."
            )
        lines = [
            self.tr("This is what is sent with the message in the field.")
            if self._asked.is_draft
            else self.tr("This is the prompt of the last question, with the settings of now.")
        ]
        if self._prompt.dropped_messages:
            text = self.tr("{count} older messages do not fit and are not in it.")
            lines.append(text.format(count=f"{self._prompt.dropped_messages:,}"))
        return " ".join(lines)

    @Slot(int)
    def _show_section(self, number: int) -> None:
        if 0 <= number < len(self._sections):
            one = self._sections[number]
            self._select(one.begin, one.end - 1)

    def _select(self, first: int, last: int) -> None:
        """Select rows, and have the first one at the top."""
        rows = QItemSelection(self.model.index(first, 0), self.model.index(last, 0))
        flags = QItemSelectionModel.SelectionFlag
        selection = self.table.selectionModel()
        selection.setCurrentIndex(self.model.index(first, 0), flags.NoUpdate)
        selection.select(rows, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(self.model.index(first, 0), QAbstractItemView.ScrollHint.PositionAtTop)

    # --- searching ----------------------------------------------------------------------------

    def _search_label(self) -> str:
        return self.tr("Find a text, a piece or an id")

    @Slot(str)
    def _search(self, phrase: str) -> None:
        self._hits, self._hit = self.model.found(phrase), -1
        if self._hits:
            self._next_hit()
        self._show_found()

    @Slot()
    def _next_hit(self) -> None:
        if self._hits:
            self._hit = (self._hit + 1) % len(self._hits)
            self._select(*self._hits[self._hit])
        self._show_found()

    def _show_found(self) -> None:
        if not self.search.text():
            self.found.setText("")
        elif not self._hits:
            self.found.setText(self.tr("Not found"))
        else:
            text = self.tr("{number} of {count}")
            self.found.setText(
                text.format(number=f"{self._hit + 1:,}", count=f"{len(self._hits):,}")
            )

    # --- copying ------------------------------------------------------------------------------

    @Slot()
    def copy(self) -> None:
        """Put all ids with their pieces into the clipboard."""
        self._copy(range(self.model.rowCount()))

    def _copy(self, rows: Sequence[int]) -> None:
        QGuiApplication.clipboard().setText(self.model.copied(rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy what is selected; find."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy(sorted(index.row() for index in self.table.selectionModel().selectedRows()))
        elif event.matches(QKeySequence.StandardKey.Find):
            self.search.setFocus()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
