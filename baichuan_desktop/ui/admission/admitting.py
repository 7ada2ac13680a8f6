"""Asks a person for what a refused model needs, and has it loaded then as it was wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QWidget

from backends.errors import FailedVerificationError, LicenceNotAcceptedError, UserFacingError
from backends.policy.values import Policy
from baichuan_desktop.services.account import account
from baichuan_desktop.services.library.integrity.folder_files import folder_stamp
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.values import Verification
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.requirement import open_texts
from baichuan_desktop.services.licences.texts import licences_of, registry_text
from baichuan_desktop.services.licences.values import Acceptance, LicenceText
from baichuan_desktop.ui.admission.failed_dialog import FailedVerificationDialog
from baichuan_desktop.ui.admission.licence_dialog import LicenceDialog
from baichuan_desktop.workers.background_task import BackgroundTask

#: The errors that a person can do something about here.
Asked = LicenceNotAcceptedError | FailedVerificationError


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides whether a model may be loaded."""

    store: ModelStore
    acceptances: Acceptances
    manifests: ManifestStore
    policy: Callable[[], Policy]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A load that was refused."""

    error: Asked
    again: Callable[[], None]  #: asks for the load once more
    model: InstalledModel | None = None  #: None: it is found by the id that the error names
    over: QWidget | None = None  #: what the dialog lies over; None: the window


@dataclass(frozen=True, slots=True)
class _Licences:
    """What there is to read of a model."""

    model: InstalledModel
    texts: Sequence[LicenceText]
    acceptances: Sequence[Acceptance] | None  #: None: nobody has to accept these


@dataclass(frozen=True, slots=True)
class _Failed:
    """What verifying a model found, and what is still so."""

    model: InstalledModel
    verification: Verification
    is_changed_since: bool


class Admitting(QObject):
    """Holds the dialog that is open; one refusal takes the place of the one before.

    Signals:
        verify_requested: the InstalledModel that shall be verified, and the Refusal that waits.
        failed: a UserFacingError to show.
        closed: the dialog is gone, and nothing is loaded for it.
    """

    verify_requested = Signal(object, object)
    failed = Signal(object)
    closed = Signal()

    def __init__(self, gate: Gate, window: QWidget) -> None:
        super().__init__(window)
        self._gate = gate
        self._window = window
        self._refusal: Refusal | None = None  # that the person is asked about
        self._looking = 0  # id of the task that finds what to show
        self.dialog: QDialog | None = None  #: the one that is open

    @property
    def asked(self) -> Asked | None:
        """What the person is asked about."""
        return self._refusal.error if self._refusal is not None else None

    def ask(self, refusal: Refusal) -> None:
        """Ask for what the model needs; it is loaded again only if the person gives it."""
        self._refusal = refusal
        if isinstance(refusal.error, LicenceNotAcceptedError):
            task = BackgroundTask(partial(_open_licences, self._gate, refusal), self)
            task.succeeded.connect(self._on_open_licences)
        else:
            task = BackgroundTask(partial(_found, self._gate, refusal), self)
            task.succeeded.connect(self._on_found)
        task.failed.connect(self._on_nothing)
        self._looking = task.start()

    def show_licence(self, model: InstalledModel) -> None:
        """Show under which licence a model may be used, and who accepted it."""
        task = BackgroundTask(partial(_licences, self._gate, model), self)
        task.succeeded.connect(self._on_licences)
        task.failed.connect(self.failed)
        task.start()

    # --- licences ---------------------------------------------------------------------------------

    @Slot(object, int)
    def _on_open_licences(self, licences: _Licences, task_id: int) -> None:
        refusal = self._refusal
        if task_id != self._looking or refusal is None:
            return
        if not licences.texts:  # they were accepted in a terminal meanwhile
            self._load(refusal)
            return
        dialog = self._licence_dialog(licences, refusal.over, asks=True)
        dialog.accepted.connect(partial(self._accept, refusal, licences))
        self._open(dialog)

    def _licence_dialog(
        self, licences: _Licences, over: QWidget | None, *, asks: bool
    ) -> LicenceDialog:
        return LicenceDialog(
            licences.model,
            self._gate.store.variant_of(licences.model),
            licences.texts,
            licences.acceptances,
            over or self._window,
            asks=asks,
        )

    @Slot(object, int)
    def _on_licences(self, licences: _Licences, _task_id: int) -> None:
        self._licence_dialog(licences, None, asks=False).open()

    def _accept(self, refusal: Refusal, licences: _Licences) -> None:
        task = BackgroundTask(partial(_keep, self._gate.acceptances, licences), self)
        task.succeeded.connect(partial(self._load, refusal))
        task.failed.connect(self._on_nothing)
        task.start()

    # --- what is damaged --------------------------------------------------------------------------

    @Slot(object, int)
    def _on_found(self, found: _Failed, task_id: int) -> None:
        refusal = self._refusal
        if task_id != self._looking or refusal is None:
            return
        assert isinstance(refusal.error, FailedVerificationError)
        dialog = FailedVerificationDialog(
            refusal.error,
            found.model,
            found.verification,
            refusal.over or self._window,
            can_override=not found.is_changed_since,
        )
        dialog.verify_requested.connect(partial(self.verify_requested.emit, found.model, refusal))
        dialog.overridden.connect(partial(self._override, refusal, found.model))
        self._open(dialog)

    def _override(self, refusal: Refusal, model: InstalledModel) -> None:
        override = partial(self._gate.manifests.override, model.id, account())
        task = BackgroundTask(override, self)
        task.succeeded.connect(partial(self._load, refusal))
        task.failed.connect(self._on_nothing)
        task.start()

    # --- both -------------------------------------------------------------------------------------

    def _open(self, dialog: QDialog) -> None:
        before, self.dialog = self.dialog, dialog
        if before is not None:
            before.finished.disconnect(self._on_closed)
            before.close()
        dialog.finished.connect(self._on_closed)
        dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = self._refusal = None
        self.closed.emit()

    def _load(self, refusal: Refusal, *_of_task: object) -> None:
        self._refusal = None
        refusal.again()

    @Slot(object)
    def _on_nothing(self, error: UserFacingError) -> None:
        self._refusal = None
        self.failed.emit(error)


def _of(gate: Gate, refusal: Refusal) -> InstalledModel:
    """The model that was refused. Raises UserFacingError where it is gone meanwhile.

    It is told by its folder, as whoever refused it did: what lies there may be another model than
    the one that was asked for, and nothing would be to be accepted of that one.
    """
    name = str(refusal.error.facts["model_id"])
    return gate.store.model(name if refusal.model is None else str(refusal.model.path))


def _open_licences(gate: Gate, refusal: Refusal) -> _Licences:
    model = _of(gate, refusal)
    return _Licences(model, open_texts(gate.store, model, gate.policy(), gate.acceptances), ())


def _licences(gate: Gate, model: InstalledModel) -> _Licences:
    variant = gate.store.variant_of(model)
    texts = licences_of(model, variant, gate.policy())
    if not texts and variant is not None:  # the guide comes with the app
        return _Licences(model, (registry_text(variant.licence),), None)
    return _Licences(model, texts, gate.acceptances.all())


def _keep(acceptances: Acceptances, licences: _Licences) -> None:
    for text in licences.texts:
        acceptances.accept(text, licences.model.id, account())


def _found(gate: Gate, refusal: Refusal) -> _Failed:
    model = _of(gate, refusal)
    verification = gate.manifests.failed(model.id)
    return _Failed(model, verification, folder_stamp(model.path) != verification.stamp)
