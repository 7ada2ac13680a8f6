"""Shows errors one at a time, with what can be done about them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import ModelReady
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.errors.dialog import MessageDialog, error_dialog
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.remedies import offer_remedies


class ErrorPresenter(QObject):
    """Holds the dialog that is open.

    Signals:
        load_requested: the WantedModel that a person took instead.
        closed: the dialog is gone, and none took its place.
    """

    load_requested = Signal(object)
    closed = Signal()

    def __init__(self, services: AppServices, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._services = services
        self._theme = theme
        self._window = parent
        self.dialog: MessageDialog | None = None  #: the one that is open

    def show(
        self,
        error: UserFacingError,
        choice: WantedModel | None = None,
        ready: ModelReady | None = None,
    ) -> None:
        """Show an error, in place of one that is still open.

        `choice` is the model that it met, if there is one, and `ready` what ran of it.
        """
        if self.dialog is not None:
            self.dialog.close()
        dialog = self.dialog = error_dialog(error, self._theme, self._window)
        dialog.finished.connect(self._on_closed)
        dialog.accepted_offer.connect(self.load_requested)
        if choice is not None:
            offer_remedies(dialog, error, choice, ready, self._services.precisions)
        dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        if self.sender() is self.dialog:
            self.dialog = None
            self.closed.emit()
