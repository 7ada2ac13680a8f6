"""A job as the menu has it: its name, which models have it, and what asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import ModelReady
from baichuan_desktop.services.jobs.copies import JobOffer, ModelFiles
from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs.copy_dialog import CopyDialog
from baichuan_desktop.ui.jobs.dialog import JobDialog
from baichuan_desktop.ui.jobs.plain_dialog import PlainJobDialog
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.picker.offered import OfferedAdapter


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dialog is made from."""

    services: AppServices
    theme: Theme
    window: QWidget
    model: InstalledModel
    ready: ModelReady | None  #: what the engine said of the model
    adapters: Sequence[OfferedAdapter] = ()  #: of the model, and which of them is on


def _every_model(_files: ModelFiles) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class JobEntry:
    """An entry of the menu."""

    text: Callable[[], str]  #: with its mnemonic, in the language of the window
    make_dialog: Callable[[Asked], JobDialog]
    is_for: Callable[[ModelFiles], bool] = _every_model
    #: Asked for again while its job is pending, the dialog of that job is shown, not one more.
    is_single: bool = False
    #: Asked for again before its dialog `is_done`, it is shown as it was left.
    is_kept: bool = False
    #: Why it is grey for a model with these files, or None; None of files: no model is loaded.
    refusal: Callable[[ModelFiles | None], UserFacingError | None] = lambda _files: None


def copy_entry(text: Callable[[], str], offer: JobOffer) -> JobEntry:
    """The entry of a job that writes a folder."""

    def make_dialog(asked: Asked) -> JobDialog:
        return CopyDialog(offer, asked.services.store, asked.model, asked.window, asked.adapters)

    return JobEntry(text, make_dialog, offer.is_for)


def plain_entry(text: Callable[[], str], make_job: Callable[[Asked], Job]) -> JobEntry:
    """The entry of a job of every model, of which there is nothing to choose."""
    return JobEntry(text, lambda asked: PlainJobDialog(make_job(asked), asked.window))
