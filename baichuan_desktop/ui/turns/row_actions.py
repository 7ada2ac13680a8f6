"""What the person asks for at a row, handed to who does it, with a question first where needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QCursor, QDesktopServices
from PySide6.QtWidgets import QDialog, QWidget

from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.chat.details import params_of
from baichuan_desktop.services.chat.tree import ConversationTree
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.transcript.rows.row import RowAction
from baichuan_desktop.ui.turns.commands import TurnCommands
from baichuan_desktop.ui.turns.compare_dialog import CompareDialog, Loaded
from baichuan_desktop.ui.turns.desk import OtherModel
from baichuan_desktop.ui.turns.link_dialog import LinkDialog, may_be_opened
from baichuan_desktop.ui.turns.retry_menu import Retry, RetryMenu


def open_address(address: str) -> bool:
    """Have the desktop open an address; whether it took it."""
    return QDesktopServices.openUrl(QUrl(address))


class RowActions(QObject):
    """Asks, and commands.

    Signals:
        beside_wanted: the id of a row, and the OtherModel that is to answer beside the loaded one.
        copied: the id of a conversation that was copied, and is to be opened.
        taken_back: the message that waits is wanted back.
        closed: a dialog or a menu is gone.
    """

    beside_wanted = Signal(object, object)
    copied = Signal(object)
    taken_back = Signal()
    closed = Signal()

    def __init__(
        self,
        commands: TurnCommands,
        tree: ConversationTree,
        switcher: ModelSwitcher,
        precisions: Precisions,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._commands = commands
        self._tree = tree
        self._switcher = switcher
        self._precisions = precisions
        self._window = window
        self._row_id = 0  # that another model is asked about
        #: What is set in the panel.
        self.sampling: Callable[[], SamplingParams] = SamplingParams
        #: The models that could answer in the open conversation.
        self.models: Callable[[], Sequence[InstalledModel]] = list
        #: The adapters of a model.
        self.adapters_of: Callable[[InstalledModel], Sequence[InstalledAdapter]] = lambda _one: ()
        self.dialog: QDialog | None = None  #: the one that is open
        self.menu: RetryMenu | None = None  #: the one that was opened last
        self.open_address: Callable[[str], bool] = open_address

    @Slot(object, object)
    def do(self, action: RowAction, row_id: int) -> None:
        """Do what was asked for at a row."""
        match action:
            case RowAction.REGENERATE:
                self._commands.regenerate(row_id, self.sampling())
            case RowAction.RETRY_WITH:
                self._ask_for_sampling(row_id)
            case RowAction.CONTINUE:
                self._commands.continue_answer(row_id, self.sampling())
            case RowAction.COMPARE:
                self._ask_for_model(row_id)
            case RowAction.DUPLICATE_FROM_HERE:
                if (copy := self._commands.duplicate_from(row_id)) is not None:
                    self.copied.emit(copy)
            case RowAction.DELETE_VERSION:
                self._commands.delete_version(row_id)
            case RowAction.DELETE_TURN if self._commands.waits_at(row_id):
                self.taken_back.emit()
            case RowAction.DELETE_TURN:
                self._commands.delete_turn(row_id)

    @Slot(object, str)
    def edit(self, row_id: int, text: str) -> None:
        """Put another text in a row's place."""
        self._commands.edit(row_id, text, self.sampling())

    @Slot(object, int)
    def choose_version(self, row_id: int, step: int) -> None:
        """Show another version of a row."""
        self._commands.choose_version(row_id, step)

    # --- other sampling -----------------------------------------------------------------------

    def _ask_for_sampling(self, row_id: int) -> None:
        answer = self._commands.target(row_id)
        if answer is None:
            return
        now = self.sampling()
        before = params_of(answer.details) if answer.details else None
        self.menu = RetryMenu(row_id, before or now, now, self._window)
        self.menu.chosen.connect(self._retry)
        self.menu.aboutToHide.connect(self.closed)
        self.menu.popup(QCursor.pos())

    @Slot(object)
    def _retry(self, retry: Retry) -> None:
        self._commands.regenerate(retry.row_id, retry.params)

    # --- another model ------------------------------------------------------------------------

    def _ask_for_model(self, row_id: int) -> None:
        model, ready = self._switcher.current, self._switcher.running
        if model is None or ready is None:
            return
        others = [one for one in self.models() if one.path != model.path]
        loaded = Loaded(model, ready, self._switcher.wish)
        dialog = CompareDialog(
            [model, *others], loaded, self._precisions, self._window, self.adapters_of
        )
        dialog.chosen.connect(self._ask_other)
        dialog.beside_chosen.connect(self._ask_beside)
        self._row_id = row_id
        self._open(dialog)

    @Slot(object)
    def _ask_other(self, other: OtherModel) -> None:
        self._commands.regenerate(self._row_id, self.sampling(), by=other)

    @Slot(object)
    def _ask_beside(self, other: OtherModel) -> None:
        self.beside_wanted.emit(self._row_id, other)

    # --- links --------------------------------------------------------------------------------

    @Slot(str)
    def ask_for_link(self, address: str) -> None:
        """Ask before an address is opened. One that is no address of web or mail never is."""
        if may_be_opened(address):
            dialog = LinkDialog(address, self._window)
            dialog.confirmed.connect(self._open_link)
            self._open(dialog)

    @Slot(str)
    def _open_link(self, address: str) -> None:
        self.open_address(address)

    def _open(self, dialog: QDialog) -> None:
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = dialog
        dialog.finished.connect(self._on_closed)
        dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
        self.closed.emit()
