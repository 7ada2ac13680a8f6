"""The one gate that every model and every adapter passes before an engine opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backends.adapters.allowed import require_allowed_adapter
from backends.adapters.folder import open_adapter
from backends.checkpoint.allowed import allowed_place, open_allowed
from backends.errors import AdapterError, CheckpointError
from backends.policy.decisions import require_folder, require_precision
from backends.policy.site_policy import site_policy
from backends.policy.values import Policy
from backends.precision import Precision
from baichuan_desktop.services.admission.confirmed import require_confirmed
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.required import require_verified
from baichuan_desktop.services.library.rows.patiently import require_here
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.requirement import require_accepted


class Admission:
    """Whether a model may be opened on this machine, by this person. Not for the window's thread.

    The engine asks the policy once more, by itself.
    """

    def __init__(
        self,
        store: ModelStore,
        manifests: ManifestStore,
        acceptances: Acceptances,
        policy: Callable[[], Policy] = site_policy,
    ) -> None:
        """`policy` gives what is in force now, or raises PolicyFileError."""
        self._store = store
        self._manifests = manifests
        self._acceptances = acceptances
        self._policy = policy

    def check(self, folder: Path, precision: Precision | None) -> None:
        """Look at all that has a say in opening a folder at a precision; None: at any.

        A folder that cannot be used passes, unless the policy has to know what it is: opening it
        says why. Raises PolicyError, ModelAwayError, LicenceNotAcceptedError,
        FailedVerificationError, NotVerifiedError, in this order; CheckpointError.
        """
        policy = self._policy()
        require_precision(policy, precision)
        require_folder(policy, folder)
        listed = self._store.listed_at(folder)
        if listed is not None:
            require_here(listed)
        if policy.models is not None or policy.folders is not None:
            open_allowed(folder, policy)
        try:
            model = listed or self._store.describe(folder)
        except CheckpointError:
            return
        require_here(model)
        require_accepted(self._store, model, policy, self._acceptances)
        require_verified(model, self._manifests)
        if policy.required_verification:
            require_confirmed(model, self._manifests, policy)

    def check_adapter(self, folder: Path) -> None:
        """Look at all that has a say in using the adapter of a folder, whatever it is used with.

        It needs no licence besides that model's. One that cannot be used passes, unless the policy
        has to know what it is: opening it says why. Raises PolicyError, ModelAwayError,
        FailedVerificationError, NotVerifiedError, in this order; AdapterError.
        """
        policy = self._policy()
        require_folder(policy, folder)
        listed = self._store.adapter_at(folder)
        if listed is not None:
            require_here(listed)
        if policy.adapters is not None or policy.folders is not None:
            require_allowed_adapter(open_adapter(allowed_place(folder, policy)), policy)
        try:
            adapter = listed or self._store.adapter(str(folder.absolute()))
        except AdapterError:
            return
        require_verified(adapter, self._manifests)
        if policy.required_verification:
            require_confirmed(adapter, self._manifests, policy)
