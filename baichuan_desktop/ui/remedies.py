"""What can be done about an error in one click: run elsewhere, smaller, with less context."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Slot

from backends.errors import (
    EngineKilledError,
    ExportRefusedError,
    GpuLostError,
    InsufficientMemoryError,
    UserFacingError,
)
from backends.events import ModelReady
from backends.hardware import Machine
from baichuan_desktop.services.measurements import Measurements
from baichuan_desktop.services.precision_choice import LoadWish
from baichuan_desktop.services.remedies import Remedies, export_remedies, memory_remedies
from baichuan_desktop.workers.background_task import BackgroundTask

from . import precision_texts
from .error_dialog import MessageDialog
from .model_switcher import LoadChoice


def offer_remedies(
    dialog: MessageDialog,
    error: UserFacingError,
    choice: LoadChoice,
    ready: ModelReady | None,
    measurements: Measurements,
    look: Callable[[ModelReady | None], Machine],
) -> None:
    """Add to an error's dialog what would help; the values of the offers are LoadChoices.

    `choice` is the model that failed, and `ready` what ran of it; None if it was being loaded.
    """
    if isinstance(error, GpuLostError):
        wish = LoadWish(device="cpu", context_length=choice.wish.context_length)
        text = QCoreApplication.translate("Remedies", "Use the processor")
        dialog.offer(text, LoadChoice(choice.model, wish))
        return
    path, wish = choice.model.path, choice.wish
    find: Callable[[], Remedies]
    if isinstance(error, ExportRefusedError):
        find = partial(export_remedies, path, wish, measurements, partial(look, ready))
    elif isinstance(error, InsufficientMemoryError | EngineKilledError):
        exports = choice.model.exports
        find = partial(
            memory_remedies, path, wish, ready, measurements, partial(look, ready), exports
        )
    else:
        return
    dialog.look_for_offers()
    _Search(dialog, choice, find)


class _Search(QObject):
    """Belongs to the dialog, and ends with it."""

    def __init__(
        self, dialog: MessageDialog, choice: LoadChoice, find: Callable[[], Remedies]
    ) -> None:
        super().__init__(dialog)
        self._dialog = dialog
        self._choice = choice
        task = BackgroundTask(find, self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(object)
    def _on_found(self, found: Remedies) -> None:
        if found.other is not None and found.other_wish is not None:
            text = QCoreApplication.translate("Remedies", "Use {name} ({size})")
            name, size = precision_texts.title(found.other), precision_texts.size(found.other)
            self._offer(text.format(name=name, size=size), found.other_wish)
        if found.shorter is not None:
            text = QCoreApplication.translate("Remedies", "Use a shorter context of {count} tokens")
            self._offer(text.format(count=f"{found.shorter.context_length:,}"), found.shorter)
        self._dialog.no_more_offers()

    @Slot(object)
    def _on_failed(self, _error: UserFacingError) -> None:
        self._dialog.no_more_offers()

    def _offer(self, text: str, wish: LoadWish) -> None:
        self._dialog.offer(text, LoadChoice(self._choice.model, wish))
