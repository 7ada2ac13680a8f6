"""The models that may be asked, as they were when their folders were looked at last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from backends.checkpoint.allowed import allowed_place, require_allowed
from backends.checkpoint.folder import Checkpoint
from backends.errors import CheckpointError, ModelNotServedError, NotAdmittedError
from backends.policy.site_policy import site_policy
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledModel, UnknownModelError
from baichuan_desktop.services.library.rows.patiently import look_at_all
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.serving.described import described
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.values import DeskStatus, ServedModel

#: A list that is older is looked at anew, when somebody asks for it.
_STALE_SECONDS = 60.0

_MOST_LETTERS = 200  #: of an unknown id that are said again

_USABLE = (Condition.PRESENT, Condition.CHANGED)


class ServedModels:
    """The listed models that are here and that the policy allows; or the first one alone.

    From any thread. Looking at drives is done aside, and never waited for but by `look`.
    """

    def __init__(
        self,
        store: ModelStore,
        manifests: ManifestStore,
        terms: DeskTerms,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is looked at yet."""
        self._store = store
        self._manifests = manifests
        self._terms = terms
        self._clock = clock
        self._seen: Sequence[InstalledModel] = ()
        self._looked_at = clock()
        self._looking = threading.Lock()
        self._reloading = threading.Lock()

    def look(self) -> None:
        """Look at the list and the folders; a drive that does not answer is given up soon."""
        with self._looking:
            self._reload()
            models = self._models()
            states = look_at_all(models, self._manifests)
            self._seen = [
                one for one in models if states[one.id].condition in _USABLE and _is_allowed(one)
            ]
            self._looked_at = self._clock()

    def _models(self) -> Sequence[InstalledModel]:
        first = self._terms.first
        if first is None:
            return self._store.models
        if self._terms.only_first:
            return (first,)
        return (first, *(one for one in self._store.models if one.id != first.id))

    def served(self, loaded: InstalledModel | None, status: DeskStatus) -> Sequence[ServedModel]:
        """Those that may be asked, the loaded one first. Reads no folder."""
        self._look_soon()
        seen = self._seen
        if loaded is not None and all(one.id != loaded.id for one in seen):
            seen = [loaded, *seen]
        told = [self.told(one, status) for one in seen]
        return sorted(told, key=lambda one: not one.is_loaded)

    def told(self, model: InstalledModel, status: DeskStatus) -> ServedModel:
        """One of them, or one that was among them."""
        ready = status.ready if status.model == model.id else None
        wished = self._terms.wish_for(model).context_length
        return described(
            model,
            is_chat=self._terms.is_chat(model),
            context_length=wished or model.context_length
            if ready is None
            else ready.context_length,
            is_loaded=ready is not None,
        )

    def of(self, model_id: str) -> InstalledModel:
        """The model of an id; no path or published name is taken for one.

        It may be gone meanwhile, or not be allowed: loading it says so. Raises UnknownModelError,
        ModelNotServedError.
        """
        first = self._terms.first
        if first is not None and model_id == first.id:
            return self._store.of_id(model_id) or first
        listed = self._store.of_id(model_id)
        if listed is None:
            self._look_soon()
            known = [one.id for one in self._seen]
            raise UnknownModelError(model_id[:_MOST_LETTERS], known)
        if first is not None and self._terms.only_first:
            raise ModelNotServedError(model_id, first.id)
        return listed

    def now(self, model: InstalledModel) -> InstalledModel:
        """A model as it is listed now, which a terminal may have moved. Reads the lists."""
        self._reload()
        return self._store.of_id(model.id) or model

    def _reload(self) -> None:
        with self._reloading:
            self._store.reload()

    def _look_soon(self) -> None:
        """Have a list that is old looked at anew, aside."""
        if self._clock() - self._looked_at < _STALE_SECONDS or self._looking.locked():
            return
        self._looked_at = self._clock()  # once, however many ask meanwhile
        threading.Thread(target=self.look, daemon=True, name="served-models").start()


def _is_allowed(model: InstalledModel) -> bool:
    """Whether the policy allows a model, as far as its folder tells."""
    try:
        policy = site_policy()
        if policy.models is None and policy.folders is None:
            return True
        require_allowed(Checkpoint.open(allowed_place(model.path, policy)), policy)
    except (NotAdmittedError, CheckpointError):
        return False
    return True
