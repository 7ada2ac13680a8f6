"""What can be done about an error in one click: run elsewhere, smaller, or with less context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Slot

from backends.errors import AdapterOnExportError, PrecisionOffError, UserFacingError
from backends.events import ModelReady
from backends.precision import Precision
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.remedies import (
    MemoryRemedies,
    may_need_less,
    wish_elsewhere,
)
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.errors.dialog import MessageDialog
from baichuan_desktop.ui.models import precision_texts
from baichuan_desktop.workers.background_task import BackgroundTask


@dataclass(frozen=True, slots=True)
class ExportWithAdapter:
    """An export for ONNX Runtime of a model with an adapter in it, to be made."""

    model: InstalledModel
    precision: Precision


def offer_remedies(
    dialog: MessageDialog,
    error: UserFacingError,
    wanted: WantedModel,
    ready: ModelReady | None,
    precisions: Precisions,
) -> None:
    """Add to an error's dialog what would help: WantedModels, or an ExportWithAdapter.

    `wanted` is the model that failed, and `ready` what ran of it; None if it was being loaded.
    """
    elsewhere = wish_elsewhere(error, wanted.wish)
    if elsewhere is not None:
        text = QCoreApplication.translate("Remedies", "Use the processor")
        dialog.offer(text, WantedModel(wanted.model, elsewhere))
    if isinstance(error, PrecisionOffError) and wanted.wish.precision is not None:
        text = QCoreApplication.translate("Remedies", "Let the app choose the precision")
        chosen = replace(wanted.wish, precision=None, wanted_device=None)
        dialog.offer(text, WantedModel(wanted.model, chosen, is_kept=True))
    if isinstance(error, AdapterOnExportError):
        _offer_either(dialog, wanted)
    if may_need_less(error):
        dialog.look_for_offers()
        _Search(dialog, wanted, ready, precisions)


def _offer_either(dialog: MessageDialog, wanted: WantedModel) -> None:
    """Offer the model's export with the adapter in it, or the one that is there, without it."""
    precision = wanted.wish.precision
    if precision is not None and precision.is_onnx and wanted.model.exports:
        text = QCoreApplication.translate("Remedies", "Export the model with the adapter in it")
        dialog.offer(text, ExportWithAdapter(wanted.model, precision))
    text = QCoreApplication.translate("Remedies", "Use the export without the adapter")
    dialog.offer(text, replace(wanted, wish=replace(wanted.wish, adapter=None)))


def _find(precisions: Precisions, failed: WantedModel, ready: ModelReady | None) -> MemoryRemedies:
    return precisions.open_freed(failed.model, ready).remedies(failed.wish, ready)


class _Search(QObject):
    """Looks for what fits the memory; belongs to the dialog, and ends with it."""

    def __init__(
        self,
        dialog: MessageDialog,
        wanted: WantedModel,
        ready: ModelReady | None,
        precisions: Precisions,
    ) -> None:
        super().__init__(dialog)
        self._dialog = dialog
        self._wanted = wanted
        find = partial(_find, precisions, wanted, ready)
        task = BackgroundTask(find, self)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(object)
    def _on_found(self, found: MemoryRemedies) -> None:
        if found.smaller is not None and found.smaller_wish is not None:
            text = QCoreApplication.translate("Remedies", "Use {name} ({size})")
            name, size = precision_texts.title(found.smaller), precision_texts.size(found.smaller)
            self._offer(text.format(name=name, size=size), found.smaller_wish)
        if found.shorter is not None:
            text = QCoreApplication.translate("Remedies", "Use a shorter context of {count} tokens")
            self._offer(text.format(count=f"{found.shorter.context_length:,}"), found.shorter)
        self._dialog.no_more_offers()

    @Slot(object)
    def _on_failed(self, _error: UserFacingError) -> None:
        self._dialog.no_more_offers()

    def _offer(self, text: str, wish: LoadWish) -> None:
        self._dialog.offer(text, WantedModel(self._wanted.model, wish))
