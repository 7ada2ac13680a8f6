"""The rule: no model is loaded before every text that comes with it was accepted."""

from __future__ import annotations

from collections.abc import Sequence

from backends.errors import LicenceNotAcceptedError
from backends.policy.values import Policy
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.texts import licences_of
from baichuan_desktop.services.licences.values import LicenceText


def open_texts(
    store: ModelStore, model: InstalledModel, policy: Policy, acceptances: Acceptances
) -> Sequence[LicenceText]:
    """The texts that are still to be accepted before `model` is loaded.

    Its folder is read: not for the window's thread.
    """
    texts = licences_of(model, store.variant_of(model), policy)
    if not texts:
        return ()
    accepted = {one.sha256 for one in acceptances.all()}
    return [text for text in texts if text.sha256 not in accepted]


def require_accepted(
    store: ModelStore, model: InstalledModel, policy: Policy, acceptances: Acceptances
) -> None:
    """Raise LicenceNotAcceptedError if a text of `model` is not accepted yet."""
    if open_texts(store, model, policy, acceptances):
        folder = None if _is_listed(store, model) else model.path
        raise LicenceNotAcceptedError(model.id, model.shown_name.en, folder=folder)


def _is_listed(store: ModelStore, model: InstalledModel) -> bool:
    """Whether the terminal finds the model by its id."""
    exports = store.exports_of(model.export_of) if model.export_of is not None else ()
    known = (*store.models, *exports)
    return any((one.id, one.path) == (model.id, model.path) for one in known)
