"""The adapters on this machine: what is listed, added, named and removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from backends.adapters.allowed import open_allowed_adapter
from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from backends.errors import InvalidRequestError, UserFacingError
from backends.files.partial_folder import is_growing
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.library.adapters.bases import (
    base_of,
    is_for,
    named_bases,
    require_family,
)
from baichuan_desktop.services.library.adapters.describing import described
from baichuan_desktop.services.library.entries import Entries
from baichuan_desktop.services.library.folders.paths import is_path, is_there, lies_in, resolved
from baichuan_desktop.services.library.published_names import AmbiguousNameError
from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    Registry,
    UnknownModelError,
)
from baichuan_desktop.services.library.registry_file import closest
from baichuan_desktop.services.library.told_apart import adapters_told_apart
from baichuan_desktop.services.library.user_layer import checked_name


class UnknownAdapterError(UnknownModelError):
    """A name that is no listed adapter's, and no folder."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        near = closest(name, known)
        UserFacingError.__init__(
            self,
            "There is no adapter “{id}”, the closest is “{near}”."
            if near
            else "There is no adapter “{id}” in the list.",
            hint="Name its folder, or add it: baichuan-desktop models add FOLDER. “baichuan-desktop"
            " models list” shows the adapters below their models.",
            id=name,
            near=near or "",
        )


class ListedAdapters:
    """The adapters of the registry; `models` gives what models are listed."""

    def __init__(self, entries: Entries, models: Callable[[], Sequence[InstalledModel]]) -> None:
        self._entries, self._models = entries, models
        self._shown_of: tuple[Registry | None, Sequence[InstalledAdapter]] = (None, ())

    @property
    def all(self) -> Sequence[InstalledAdapter]:
        """Each with what tells it from others of its name."""
        registry = self._entries.registry
        if self._shown_of[0] is not registry:
            self._shown_of = registry, adapters_told_apart(registry.adapters)
        return self._shown_of[1]

    def of(self, model: InstalledModel) -> Sequence[InstalledAdapter]:
        """Those that were added for a model, or for one of the same kind and sizes."""
        variants = {one.id: one for one in self._entries.registry.variants}
        return [one for one in self.all if is_for(one, model, variants)]

    def of_id(self, adapter_id: str) -> InstalledAdapter | None:
        """The listed adapter of an id; no drive is looked at."""
        return next((one for one in self.all if one.id == adapter_id), None)

    def at(self, folder: Path) -> InstalledAdapter | None:
        """The listed adapter that lies in a folder, links followed."""
        if named := [one for one in self.all if one.path == folder]:
            return named[0]
        wanted = resolved(str(folder))
        return next((one for one in self.all if lies_in(one, wanted)), None)

    def named(self, name: str, model: InstalledModel | None = None) -> InstalledAdapter:
        """The adapter of an id, of a path to its folder, or of the name that it is shown under.

        Of several of one name, the one of `model` is meant. One that is not listed is described.
        Raises UnknownAdapterError, AmbiguousNameError, AdapterError; WrongBaseError for one that
        was added for a model of another family than `model`, whose sizes may be the same.
        """
        found = self._named(name, model)
        if model is not None:
            variants = {one.id: one for one in self._entries.registry.variants}
            require_family(found, model, self._models(), variants)
        return found

    def _named(self, name: str, model: InstalledModel | None) -> InstalledAdapter:
        if (listed := self.of_id(name)) is not None:
            return listed
        if is_there(name) or is_path(name):
            folder = Path(name).expanduser()
            return self.at(folder) or self._described(folder)
        called = [one for one in self.all if _is_called(one, name)]
        if model is not None and len(called) > 1:
            own = {one.id for one in self.of(model)}
            called = [one for one in called if one.id in own] or called
        if len(called) > 1:
            raise AmbiguousNameError(name, [one.id for one in called])
        if not called:
            raise UnknownAdapterError(name, [one.id for one in self.all])
        return called[0]

    def _described(self, folder: Path) -> InstalledAdapter:
        found = described(open_adapter(folder), None)
        return replace(found, id=self._entries.unused_id(found.id, *self._ids()))

    def _ids(self) -> Sequence[str]:
        return [model.id for model in self._models()]

    def base_of(self, folder: Path) -> InstalledModel:
        """The listed model that an adapter is for, see `bases.base_of`. Raises AdapterError."""
        return base_of(open_adapter(folder), self._models(), self._entries.registry.variants)

    def stated_base(self, base_name: str) -> InstalledModel | None:
        """The listed model that an adapter's word for its base means; no drive is looked at."""
        own = [model for model in self._models() if model.export_of is None]
        return next(iter(named_bases(base_name, own, self._entries.registry.variants)), None)

    def add(
        self,
        folder: Path,
        base: InstalledModel | None = None,
        *,
        copied: bool = False,
        repository: str | None = None,
    ) -> InstalledAdapter:
        """List an adapter where it lies, for a listed model, or for the one that it was made for.

        One that is listed already is for another model then, if one is named. Raises PolicyError,
        AdapterError, CheckpointError of the model, RegistryError, InvalidRequestError for a folder
        that is still being made.
        """
        require(site_policy(), Feature.IMPORT)
        if is_growing(folder):
            raise InvalidRequestError(
                "“{folder}” is what an import or a copy has made so far.",
                hint="Go on with it. A folder of your own needs a name without “.partial”.",
                folder=str(folder),
            )
        listed = self.at(folder)
        if base is None and listed is not None:
            open_adapter(listed.path)  # can it still be used?
            return listed
        base = base or self.base_of(folder)
        adapter, _ = open_allowed_adapter(folder, Checkpoint.open(base.path), site_policy())
        found = described(adapter, base, repository)
        found = replace(found, is_copied=copied, repository=repository)
        with self._entries.changing():
            if (listed := self.at(folder)) is not None:
                found = replace(listed, base=base.id, variant=base.variant, apart="")
            else:
                found = replace(found, id=self._entries.unused_id(found.id, *self._ids()))
            self._entries.put(found)
            return self._listed(found.id)

    def rename(self, name: str, new_name: str) -> InstalledAdapter:
        """Show an adapter under another name; its id and its files stay.

        Raises UnknownAdapterError, InvalidRequestError for what is no name, RegistryError.
        """
        new_name = checked_name(new_name)
        adapter_id = self._listed_of(name).id
        with self._entries.changing():
            self._listed(adapter_id)  # somebody may have removed it meanwhile
            self._entries.rename(adapter_id, new_name)
            return self._listed(adapter_id)

    def remove(self, name: str) -> InstalledAdapter:
        """Forget an adapter; its files stay.

        Raises PolicyError, UnknownAdapterError, RegistryError.
        """
        require(site_policy(), Feature.IMPORT)
        adapter_id = self._listed_of(name).id
        with self._entries.changing():
            gone = self._listed(adapter_id)
            self._entries.remove(adapter_id)
            return gone

    def _listed_of(self, name: str) -> InstalledAdapter:
        found = self.named(name)
        return self._listed(found.id)

    def _listed(self, adapter_id: str) -> InstalledAdapter:
        if (found := self.of_id(adapter_id)) is None:
            raise UnknownAdapterError(adapter_id, [one.id for one in self.all])
        return found


def _is_called(one: InstalledAdapter, name: str) -> bool:
    return name.casefold() in (one.shown_name.en.casefold(), one.shown_name.zh.casefold(),
                               one.name.en.casefold(), one.name.zh.casefold())  # fmt: skip
