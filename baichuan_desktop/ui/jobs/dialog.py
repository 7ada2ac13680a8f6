"""The dialog of a long job: its options, then its progress, then what came of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from backends.events import CopyReady, JobProgress
from baichuan_desktop.services.jobs.copies import MadeCopy
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.jobs.kinds import JobKind
from baichuan_desktop.ui.jobs.options_page import JobOptions
from baichuan_desktop.ui.jobs.progress_page import JobDonePage, JobProgressPage

_WIDTH = 560  # pixels


class JobDialog(QDialog):
    """Leaves the window usable. Closing it while its job runs only hides it."""

    def __init__(self, kind: JobKind, model: InstalledModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._kind = kind
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.options = JobOptions(kind, model)
        self.progress = JobProgressPage(kind, model)
        self.done_page = JobDonePage(kind)
        self.pages = QStackedWidget()
        for page in (self.options, self.progress, self.done_page):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self.setFixedWidth(_WIDTH)
        self.options.dismissed.connect(self.close)
        self.progress.hidden.connect(self.close)
        self.done_page.dismissed.connect(self.close)
        self.retranslate()

    def show_options(self) -> None:
        """Ask what shall be made; again, where it did not work."""
        self._turn_to(self.options)
        self.options.begin.setFocus()

    def begin(self) -> None:
        """The job begins."""
        self.progress.begin()
        self._turn_to(self.progress)
        self.progress.hide_button.setFocus()

    def show_progress(self, progress: JobProgress) -> None:
        """The job has come so far."""
        self.progress.show_progress(progress)

    def show_copy(self, made: MadeCopy, ready: CopyReady) -> None:
        """The job is complete, and its copy is listed."""
        self.done_page.show_copy(made, ready)
        self._turn_to(self.done_page)

    def _turn_to(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self.fit()

    def fit(self) -> None:
        """As high as the page that is shown."""
        page = self.pages.currentWidget()
        layout = page.layout() if page is not None else None
        assert layout is not None
        layout.activate()
        self.setFixedHeight(layout.totalHeightForWidth(_WIDTH))

    def bring_up(self) -> None:
        """Show the dialog over the window."""
        self.show()
        self.raise_()
        self.activateWindow()

    def retranslate(self) -> None:
        """Name the dialog in the language of the window."""
        self.setWindowTitle(self._kind.title())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
