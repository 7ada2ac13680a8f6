"""Shows errors one at a time, with what can be done about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import ModelReady
from backends.printable import one_line
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.ui.admission.admitting import Admitting, Asked, Refusal
from baichuan_desktop.ui.errors.dialog import MessageDialog, error_dialog
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.models.remedies import ExportWithAdapter, offer_remedies

_MOST_UNREAD = 20  # errors that one dialog tells of


class ErrorPresenter(QObject):
    """Holds the dialog that is open.

    What was refused until a person has a say in it is asked about by `admitting`.

    Signals:
        load_requested: the WantedModel that a person took instead.
        export_requested: the ExportWithAdapter that a person took instead.
        again_requested: the WantedModel that was refused, and may be loaded now.
        closed: the dialog is gone, and none took its place.
    """

    load_requested = Signal(object)
    export_requested = Signal(object)
    again_requested = Signal(object)
    closed = Signal()

    def __init__(
        self,
        switcher: ModelSwitcher,
        precisions: Precisions,
        admitting: Admitting,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._admitting = admitting
        admitting.failed.connect(self.show)
        admitting.closed.connect(self.closed)
        self._switcher = switcher
        self._precisions = precisions
        self._theme = theme
        self._window = parent
        self.dialog: MessageDialog | None = None  #: the one that is open
        self._unread: tuple[UserFacingError, ...] = ()  # what it tells of, the newest first

    @Slot(object)
    def show(self, error: UserFacingError) -> None:
        """Show an error, in place of one that is still open."""
        if error is not self._admitting.asked:  # that one has its dialog
            self._open(self._dialog_of(error))

    def ask(
        self,
        error: UserFacingError,
        again: Callable[[], None],
        model: InstalledModel | None = None,
        over: QWidget | None = None,
    ) -> bool:
        """Ask what a refusal needs, and then do it `again`; whether anything can be asked.

        `model` is found by the error where nobody knows it; the dialog lies `over` the window.
        """
        if not isinstance(error, Asked):
            return False
        self._admitting.ask(Refusal(error, again, model, over))
        return True

    @Slot(object)
    def show_all(self, errors: Sequence[UserFacingError]) -> None:
        """Show the first of several errors, and how many more there are."""
        first, *others = errors
        self._open(self._dialog_of(first, others))

    @Slot(object, object)
    def show_of_load(self, error: UserFacingError, wanted: WantedModel) -> None:
        """Show why a model could not be loaded, and offer what could be."""
        if not self.ask(error, partial(self.again_requested.emit, wanted), wanted.model):
            self._show_of(wanted, error, None)

    @Slot(object)
    def show_of_answer(self, error: UserFacingError) -> None:
        """Show why an answer broke off, and offer how the same model could run instead."""
        self._show_of(self._switcher.loaded, error, self._switcher.running)

    def _show_of(
        self, wanted: WantedModel | None, error: UserFacingError, ready: ModelReady | None
    ) -> None:
        """Show what a model met, and what of that can be helped; `ready` is what ran of it."""
        about = _about(wanted.model) if wanted is not None else ""
        dialog = self._dialog_of(error, about=about)
        if wanted is not None:
            offer_remedies(dialog, error, wanted, ready, self._precisions)
        self._open(dialog)

    def _dialog_of(
        self, error: UserFacingError, others: Sequence[UserFacingError] = (), about: str = ""
    ) -> MessageDialog:
        """The dialog for an error; those that it takes the place of are told with it."""
        unread = self._unread if self.dialog is not None else ()
        self._unread = (error, *others, *(one for one in unread if one is not error))[:_MOST_UNREAD]
        return error_dialog(error, self._theme, self._window, self._unread[1:], about=about)

    def _open(self, dialog: MessageDialog) -> None:
        before, self.dialog = self.dialog, dialog
        if before is not None:
            before.finished.disconnect(self._on_closed)
            before.close()
        dialog.finished.connect(self._on_closed)
        dialog.accepted_offer.connect(self._on_offer)
        dialog.open()

    @Slot(object)
    def _on_offer(self, offer: WantedModel | ExportWithAdapter) -> None:
        if isinstance(offer, WantedModel):
            self.load_requested.emit(offer)
        else:
            self.export_requested.emit(offer)

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
        self.closed.emit()


def _about(model: InstalledModel) -> str:
    """Which model an error is about: a sentence about a file says its name alone."""
    text = QCoreApplication.translate("MessageDialog", "Model: {name} · {path}")
    return text.format(name=model_texts.name(model), path=one_line(str(model.path)))
