"""The page of jobs: what runs, what waits or is paused, and what came of those before."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.jobs.desk import JobDesk, JobRecord
from baichuan_desktop.ui.jobs.row import JobRow
from baichuan_desktop.ui.look.theme import Theme

_WIDTH = 760  # pixels of the design, at most


class JobsPage(QWidget):
    """Shows a desk; it is told when the desk has changed.

    Signals:
        cancel_requested: the JobRecord of a job that shall end.
        pause_requested, resume_requested: the JobRecord of one that shall stop, or go on.
        show_requested: the JobRecord whose dialog shall be shown.
        left: the person wants to go back to the chat.
    """

    cancel_requested = Signal(object)
    pause_requested = Signal(object)
    resume_requested = Signal(object)
    show_requested = Signal(object)
    left = Signal()

    def __init__(self, desk: JobDesk, theme: Theme) -> None:
        super().__init__()
        self._desk = desk
        self._theme = theme
        self._with_dialog: dict[JobRecord, QWidget | None] = {}
        self.setObjectName("jobsPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows: dict[JobRecord, JobRow] = {}
        self.heading, self.nothing = QLabel(), QLabel()
        self.heading.setObjectName("pageHeading")
        self.nothing.setObjectName("muted")
        self.nothing.setWordWrap(True)
        self.back = QPushButton()
        self.running_title, self.waiting_title = QLabel(), QLabel()
        self.paused_title, self.finished_title = QLabel(), QLabel()
        titles = (self.running_title, self.waiting_title, self.paused_title, self.finished_title)
        self._sections = [(title, QVBoxLayout()) for title in titles]
        self._shown: Sequence[Sequence[JobRecord]] = tuple(() for _ in titles)
        self._lay_out()
        theme.changed.connect(self._fit)
        self._fit()
        self.back.clicked.connect(self.left)
        self.retranslate()

    def _lay_out(self) -> None:
        body = QWidget()
        body.setObjectName("jobsBody")
        self._body, self._column = body, QVBoxLayout(body)
        column = self._column
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.back)
        column.addLayout(head)
        column.addSpacing(4)
        column.addWidget(self.nothing)
        for title, rows in self._sections:
            title.setObjectName("sectionTitle")
            title.hide()
            column.addWidget(title)
            column.addLayout(rows)
        column.addStretch(1)
        middle = QWidget()
        middle.setObjectName("jobsBody")
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(body, 100)
        row.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("jobsScroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(middle)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._body.setMaximumWidth(px(_WIDTH))
        self._column.setContentsMargins(*(px(24) for _ in range(4)))
        self._column.setSpacing(px(8))
        for title, rows in self._sections:
            title.setContentsMargins(0, px(12), 0, 0)
            rows.setSpacing(px(8))

    def offer_dialog(self, record: JobRecord, part: QWidget | None = None) -> None:
        """A job has a dialog that can be shown; its row shows `part` while it is not over."""
        self._with_dialog[record] = part

    def add_section(self, section: QWidget) -> None:
        """Show something more between the jobs that wait and those that are over."""
        self._column.insertWidget(self._column.indexOf(self.finished_title), section)

    def refresh(self) -> None:
        """Show the desk as it is now."""
        desk = self._desk
        running = (desk.running,) if desk.running else ()
        shown = (running, tuple(desk.waiting), tuple(desk.paused), tuple(desk.finished))
        if shown != self._shown:
            self._arrange(shown)
        for record in (*running, *desk.waiting, *desk.paused):
            self.rows[record].refresh()

    def _arrange(self, shown: Sequence[Sequence[JobRecord]]) -> None:
        """Put every row into its section, in its order."""
        self._shown = shown
        for (title, rows), records in zip(self._sections, shown, strict=True):
            title.setVisible(bool(records))
            for number, record in enumerate(records):
                row = self._row(record)
                rows.insertWidget(number, row)
                row.refresh()
                row.show()
        self.nothing.setVisible(not any(shown))

    def _row(self, record: JobRecord) -> JobRow:
        if record not in self.rows:
            row = self.rows[record] = JobRow(record, self._theme)
            row.has_dialog = record in self._with_dialog
            if (part := self._with_dialog.get(record)) is not None:
                row.add_part(part)
            row.cancel_requested.connect(self.cancel_requested)
            row.pause_requested.connect(self.pause_requested)
            row.resume_requested.connect(self.resume_requested)
            row.show_requested.connect(self.show_requested)
        return self.rows[record]

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(self.tr("Jobs"))
        self.back.setText(self.tr("Back to the chat"))
        self.running_title.setText(self.tr("Running"))
        self.waiting_title.setText(self.tr("Waiting"))
        self.paused_title.setText(self.tr("Paused"))
        self.finished_title.setText(self.tr("Finished since the app was opened"))
        self.nothing.setText(
            self.tr(
                "Nothing runs. Copies, exports and measurements of the menu are listed here: "
                "how far they are, and what came of them."
            )
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
