"""A job as the File menu has it: its name, which models have it, and what asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QWidget

from backends.events import ModelReady
from backends.phrases import Phrase
from baichuan_desktop.services.jobs.copies import JobOffer, ModelFiles
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs.copy_dialog import CopyDialog
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.look.theme import Theme


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dialog is made from."""

    services: AppServices
    theme: Theme
    window: QWidget
    model: InstalledModel
    ready: ModelReady | None  #: what the engine said of the model


@dataclass(frozen=True, slots=True)
class JobEntry:
    """An entry of the menu."""

    text: Phrase
    is_for: Callable[[ModelFiles], bool]
    make_dialog: Callable[[Asked], JobDialog]
    #: Asked for again while its job is pending, the dialog of that job is shown, not one more.
    is_single: bool = False


def copy_entry(offer: JobOffer) -> JobEntry:
    """The entry of a job that writes a folder."""
    return JobEntry(offer.menu_text, offer.is_for, partial(_copy_dialog, offer))


def _copy_dialog(offer: JobOffer, asked: Asked) -> JobDialog:
    return CopyDialog(offer, asked.services.store, asked.model, asked.window)
