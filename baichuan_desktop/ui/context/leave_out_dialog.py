"""Which rounds of the conversation the model is not given: a list with their tokens."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backends.printable import one_line
from baichuan_desktop.services.chat.context.rounds import Round
from baichuan_desktop.services.chat.context.use import ContextUse, Counted
from baichuan_desktop.ui.context.watch import ContextWatch
from baichuan_desktop.ui.look.gauge import Gauge
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.token_counter import TokenCounter

# Pixels of the design.
_WIDTH, _HEIGHT, _SIDE = 640, 480, 20
_MOST = 500  # rounds that are listed; more cannot be looked through
_AT_ONCE = 40  # rounds that are counted at once
_LETTERS = 120  # of a question

_QUESTION, _TOKENS, _STATE = range(3)


class LeaveOutDialog(QDialog):
    """Every round has a tick while it is given; what fits with these is said below.

    Signals:
        chosen: the frozenset of the questions whose rounds are left out.
    """

    chosen = Signal(object)

    def __init__(
        self,
        watch: ContextWatch,
        counter: TokenCounter,
        left_out: Collection[int],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._watch, self._counter, self._theme = watch, counter, theme
        self._rounds = list(watch.rounds)[-_MOST:]
        self._older = list(watch.rounds)[: -len(self._rounds) or None] if self._rounds else []
        listed = {one.question for one in self._rounds}
        self._others = frozenset(left_out) - listed  # of other branches, or too old to be listed
        self._tokens: dict[int, int] = {}  # by the first message of a round
        self._request = 0
        self._asked: list[Round] = []
        self._lengths: list[int] = []  # how many texts each of them has
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.question, self.sum = plain_label(wraps=True), plain_label(wraps=True)
        self.gauge = Gauge(theme, width=0)
        self.list = QTreeWidget()
        self.list.setObjectName("tokens")
        self.all_button, self.cancel_button = QPushButton(), QPushButton()
        self.apply_button = QPushButton()
        self.apply_button.setDefault(True)
        self._fill(left_out)
        self._lay_out()
        self.list.itemChanged.connect(self._refresh)
        self.all_button.clicked.connect(self._give_all)
        self.cancel_button.clicked.connect(self.reject)
        self.apply_button.clicked.connect(self._apply)
        counter.counted.connect(self._on_counted)
        watch.changed.connect(self._refresh)
        self.retranslate()
        self._count()

    def _fill(self, left_out: Collection[int]) -> None:
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setColumnCount(3)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(_QUESTION, QHeaderView.ResizeMode.Stretch)
        for column in (_TOKENS, _STATE):
            mode = QHeaderView.ResizeMode.ResizeToContents
            self.list.header().setSectionResizeMode(column, mode)
        self._items: list[QTreeWidgetItem] = []
        for one in self._rounds:
            item = QTreeWidgetItem(self.list)
            self._items.append(item)
            title = self._watch.title_of(one)[: 4 * _LETTERS]
            item.setText(_QUESTION, one_line(title)[:_LETTERS])
            item.setTextAlignment(_TOKENS, Qt.AlignmentFlag.AlignRight)
            is_given = one.question not in left_out
            state = Qt.CheckState.Checked if is_given else Qt.CheckState.Unchecked
            item.setCheckState(_QUESTION, state)
            if one.question is None:  # nobody can name it
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)

    def _lay_out(self) -> None:
        px = self._theme.px
        buttons = QHBoxLayout()
        buttons.addWidget(self.all_button)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.apply_button)
        self.all_button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(_SIDE), px(_SIDE), px(_SIDE), px(_SIDE - 4))
        column.setSpacing(px(10))
        column.addWidget(self.question)
        column.addWidget(self.list, 1)
        column.addWidget(self.gauge)
        column.addWidget(self.sum)
        column.addLayout(buttons)
        window = self.parentWidget()
        most = window.window().size() if window is not None else self.screen().size()
        self.resize(min(px(_WIDTH), most.width()), min(px(_HEIGHT), most.height()))

    # --- counting -----------------------------------------------------------------------------

    def _count(self) -> None:
        """Have the next rounds counted, from the newest on."""
        waiting = [one for one in reversed(self._rounds) if one.first not in self._tokens]
        self._asked = waiting[:_AT_ONCE]
        if not self._asked:
            return
        texts = [self._watch.text_of(one) for one in self._asked]
        self._lengths = [len(some) for some in texts]
        self._request = self._counter.ask([text for some in texts for text in some])

    @Slot(int, object)
    def _on_counted(self, request_id: int, counts: tuple[int, ...]) -> None:
        if request_id != self._request or not counts:
            return
        at = 0
        for one, length in zip(self._asked, self._lengths, strict=True):
            self._tokens[one.first] = sum(counts[at : at + length]) + length
            at += length
        self._refresh()
        self._count()

    # --- what is shown ------------------------------------------------------------------------

    @property
    def left_out(self) -> frozenset[int]:
        """The questions whose rounds have no tick; what is not listed stays as it was."""
        unticked = (
            one.question
            for number, one in enumerate(self._rounds)
            if one.question is not None and not self._is_ticked(number)
        )
        return self._others.union(unticked)

    def _is_ticked(self, number: int) -> bool:
        return self._items[number].checkState(_QUESTION) is Qt.CheckState.Checked

    @Slot()
    def _refresh(self) -> None:
        """Say what fits with the rounds that are ticked now."""
        counted = [
            Counted(one, self._tokens.get(one.first))
            for number, one in enumerate(self._rounds)
            if self._is_ticked(number)
        ]
        older = [Counted(one, None) for one in self._older if one.question not in self._others]
        use = self._watch.used_with([*older, *counted])
        given = {one.first for one in use.given} if use is not None else set()
        too_old = {one.first for one in use.too_old} if use is not None else set()
        self.list.blockSignals(True)
        for number, one in enumerate(self._rounds):
            item = self._items[number]
            tokens = self._tokens.get(one.first)
            item.setText(_TOKENS, "…" if tokens is None else f"{tokens:,}")
            if not self._is_ticked(number):
                item.setText(_STATE, self.tr("left out"))
            elif use is None:
                item.setText(_STATE, "")
            elif one.first in given:
                item.setText(_STATE, self.tr("given"))
            else:
                is_old = one.first in too_old
                item.setText(_STATE, self.tr("too old") if is_old else self.tr("does not fit"))
        self.list.blockSignals(False)
        self.gauge.setVisible(use is not None)
        self.sum.setText(self.tr("Counting…") if use is None else self._sum_text(use))
        if use is not None:
            self.gauge.show_parts((use.system, use.history, use.draft, use.reserved), use.length)
            self.gauge.setAccessibleName(self.sum.text())

    def _sum_text(self, use: ContextUse) -> str:
        text = self.tr(
            "Given: {rounds} questions with their answers, {history} tokens. With the system "
            "prompt ({system}), your message ({draft}) and what is kept free for the answer "
            "({reserved}) that is {total} of {length} tokens."
        )
        return text.format(
            rounds=f"{len(use.given):,}",
            history=f"{use.history:,}",
            system=f"{use.system:,}",
            draft=f"{use.draft:,}",
            reserved=f"{use.reserved:,}",
            total=f"{use.total:,}",
            length=f"{use.length:,}",
        )

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        self.setWindowTitle(self.tr("Leave messages out"))
        question = self.tr(
            "The model is given the questions that are ticked, with their answers, the newest "
            "first, as far as they fit. What you leave out makes room for older ones. Nothing is "
            "deleted."
        )
        if self._older:
            question += " " + self.tr("The newest {count} questions are listed.").format(
                count=f"{len(self._rounds):,}"
            )
        self.question.setText(question)
        self.list.setHeaderLabels((self.tr("Question"), self.tr("Tokens"), self.tr("State")))
        self.list.setAccessibleName(self.tr("Questions of the conversation"))
        self.all_button.setText(self.tr("Tick all"))
        self.cancel_button.setText(self.tr("Cancel"))
        self.apply_button.setText(self.tr("Apply"))
        self._refresh()

    @Slot()
    def _give_all(self) -> None:
        self._others -= {one.question for one in self._older}
        self.list.blockSignals(True)
        for item in self._items:
            item.setCheckState(_QUESTION, Qt.CheckState.Checked)
        self.list.blockSignals(False)
        self._refresh()

    @Slot()
    def _apply(self) -> None:
        self.accept()
        self.chosen.emit(self.left_out)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
