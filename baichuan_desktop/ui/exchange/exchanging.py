"""Opens what exports, prints and imports conversations; of what is off it says who did that."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from backends.errors import NothingToExportError, PolicyFileError, UserFacingError
from backends.policy.site_policy import off_here, site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.chat.retention import kept_since
from baichuan_desktop.services.chat.values import Conversation
from baichuan_desktop.services.exchange.forms.sheet import Options, Sheet, file_stem
from baichuan_desktop.services.exchange.writing import Manner, exportable, sheet
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.exchange.busy_page import BusyPage
from baichuan_desktop.ui.exchange.export_dialog import ExportDialog, Scope
from baichuan_desktop.ui.exchange.import_dialog import ImportDialog
from baichuan_desktop.ui.exchange.printing import Printing
from baichuan_desktop.ui.look.i18n import is_chinese
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.background_task import BackgroundTask

_WIDTH = 420  # pixels, of the dialog while something is printed


class Exchanging(QObject):
    """One dialog of each kind at a time; one that is open comes to the front.

    Signals:
        failed: a UserFacingError; nothing was done.
        added: conversations were added; lists of them are to be read again.
    """

    failed = Signal(object)
    added = Signal()

    def __init__(
        self,
        chat: ChatController,
        own_days: Callable[[], int | None],
        names: Callable[[], Mapping[str, str]],
        theme: Theme,
        window: QWidget,
    ) -> None:
        """What others know.

        Args:
            chat: Knows what is open.
            own_days: For how many days the person wants conversations kept; None: for ever.
            names: Names of models as the window shows them, by those that are kept.
            theme: How the dialogs look.
            window: They stand before it.
        """
        super().__init__(window)
        self._own_days, self._names = own_days, names
        self._chat, self._theme, self._window = chat, theme, window
        self._store = chat.tree.store
        self.export_dialog: ExportDialog | None = None
        self.import_dialog: ImportDialog | None = None
        self.print_dialog: PrintDialog | None = None
        #: Has the person choose a printer; a function is called with it then.
        self.choose_printer: Callable[[QWidget, Callable[[QPrinter], object]], object] = ask_printer

    def shut_down(self) -> None:
        """End what is read, written or printed; nothing half is left."""
        for dialog in (self.export_dialog, self.import_dialog, self.print_dialog):
            if dialog is not None:
                dialog.close()

    # --- export -------------------------------------------------------------------------------

    @Slot()
    def export(self) -> None:
        """Export the open conversation, or others."""
        one = self._chat.conversation
        self.export_these(one.id if one is not None and one.head is not None else None, None)

    @Slot(object, object)
    def export_these(self, conversation_id: int | None, folder_id: int | None) -> None:
        """Export this conversation or this folder, which the person may change."""
        if (error := off_here(Feature.EXPORT_CONVERSATIONS)) is not None:
            self.failed.emit(error)
            return
        if self.export_dialog is not None:
            if self.export_dialog.is_busy:
                _bring_up(self.export_dialog)
                return
            self.export_dialog.close()
        scopes = partial(self._scopes, conversation_id, folder_id)
        if not any(one.ids for one in scopes()):
            self.failed.emit(NothingToExportError())
            return
        dialog = ExportDialog(self._store, scopes, self.manner, self._theme, self._window)
        self.export_dialog = dialog
        dialog.finished.connect(self._on_export_closed)
        dialog.show()

    def _scopes(self, conversation_id: int | None, folder_id: int | None) -> list[Scope]:
        """What can be exported; what was asked for first."""
        every = exportable(self._store)
        one = None if conversation_id is None else self._store.conversation(conversation_id)
        found: list[Scope] = []
        if one is not None:
            title = title_line(one.title)
            text = self.tr("This conversation: {title}").format(title=title)
            found.append(Scope(text, [one.id], file_stem(one.title)))
        folders = {folder.id: folder.name for folder in self._store.folders()}
        home = folder_id if folder_id is not None else one.folder_id if one is not None else None
        if home is not None and home in folders:
            ids = _ids(each for each in every if each.folder_id == home and each.trashed is None)
            text = self.tr("The folder {name}: {count} conversations")
            text = text.format(name=title_line(folders[home]), count=f"{len(ids):,}")
            found.append(Scope(text, ids, ""))
        trashed = sum(each.trashed is not None for each in every)
        text = self.tr("All conversations: {count}").format(count=f"{len(every) - trashed:,}")
        here = _ids(each for each in every if each.trashed is None)
        found.append(Scope(text, here, ""))
        if trashed:
            text = self.tr("All conversations and the trash: {count}")
            found.append(Scope(text.format(count=f"{len(every):,}"), _ids(every), ""))
        return found

    def manner(self, options: Options) -> Manner:
        """How conversations are written for a reader of the window's language."""
        language = "zh-CN" if is_chinese() else "en"
        names = dict(self._names())  # no other thread holds a widget

        def shown_name(kept: str) -> str:
            return names.get(kept, kept)

        return Manner(options, error_texts.sentence, shown_name, language)

    @Slot()
    def _on_export_closed(self) -> None:
        self.export_dialog = None

    # --- print --------------------------------------------------------------------------------

    @Slot()
    def print_open(self) -> None:
        """Print the open conversation as it is shown."""
        one = self._chat.conversation
        if (error := off_here(Feature.EXPORT_CONVERSATIONS)) is not None:
            self.failed.emit(error)
        elif one is None or one.head is None:
            self.failed.emit(NothingToExportError())
        elif self.print_dialog is not None:
            _bring_up(self.print_dialog)
        else:
            self.choose_printer(self._window, partial(self._print, one.id))

    def _print(self, conversation_id: int, printer: QPrinter) -> None:
        dialog = PrintDialog(printer, self._window)
        self.print_dialog = dialog
        dialog.finished.connect(self._on_print_closed)
        work = partial(sheet, self._store, conversation_id, self.manner(Options()))
        task = BackgroundTask(work, dialog)
        task.succeeded.connect(dialog.print_sheet)
        task.failed.connect(dialog.fail)
        task.start()
        dialog.show()

    @Slot()
    def _on_print_closed(self) -> None:
        self.print_dialog = None

    # --- import -------------------------------------------------------------------------------

    @Slot()
    def import_some(self) -> None:
        """Bring in what another program exported, or this one elsewhere."""
        if self.import_dialog is not None:
            _bring_up(self.import_dialog)
            return
        self.import_dialog = ImportDialog(self._store, self._since, self._theme, self._window)
        self.import_dialog.added.connect(self.added)
        self.import_dialog.finished.connect(self._on_import_closed)
        self.import_dialog.show()

    def _since(self) -> float | None:
        """The time before which nothing is kept here; None: all is kept."""
        try:
            return kept_since(site_policy(), time.time(), self._own_days())
        except PolicyFileError:  # of this, nobody knows what it says
            return None

    @Slot()
    def _on_import_closed(self) -> None:
        self.import_dialog = None


class PrintDialog(QDialog):
    """Says how far the printing is, and ends it; closes itself once all is with the printer."""

    def __init__(self, printer: QPrinter, parent: QWidget) -> None:
        super().__init__(parent)
        self._printer = printer
        self.printing: Printing | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.setWindowTitle(self.tr("Print"))
        self.busy = BusyPage()
        self.busy.retranslate()
        self.busy.begin(self.tr("Printing the conversation"))
        self.busy.stop_requested.connect(self.close)
        self.busy.close_requested.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.busy)
        self.setMinimumWidth(_WIDTH)

    @Slot(object, int)
    def print_sheet(self, shown: Sheet, _task_id: int) -> None:
        """Print what was read of a conversation."""
        self._printer.setDocName(title_line(shown.title))
        self.printing = Printing([shown], self._printer, self)
        self.printing.finished.connect(self.close)
        if not self.printing.start():
            self.printing = None
            name = self._printer.printerName() or self._printer.outputFileName()
            text = self.tr("The printer {name} takes nothing now.").format(name=title_line(name))
            self.busy.end("", trouble=text)

    @Slot(object, int)
    def fail(self, error: UserFacingError, _task_id: int) -> None:
        """There is nothing to print."""
        self.busy.end("", trouble=error_texts.message(error))

    def done(self, result: int) -> None:
        """Closed: what is not with the printer yet is not printed."""
        printing, self.printing = self.printing, None
        if printing is not None:
            printing.stop()
        super().done(result)


def ask_printer(window: QWidget, use: Callable[[QPrinter], object]) -> None:
    """Have the person choose a printer, without blocking the window."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    dialog = QPrintDialog(printer, window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    dialog.accepted.connect(partial(use, printer))
    dialog.show()


def _ids(some: Iterable[Conversation]) -> Sequence[int]:
    return [one.id for one in some]


def _bring_up(dialog: QDialog) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
