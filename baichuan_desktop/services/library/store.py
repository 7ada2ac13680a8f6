"""The models on this machine: what is listed, added, removed, and where each lies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.generation_config import published_sampling
from backends.checkpoint.weights_stamp import weights_stamp
from backends.errors import CheckpointError, InvalidRequestError
from backends.events import SamplingDefaults
from backends.files.partial_folder import is_growing
from backends.model_config import Family
from backends.phrases import Phrase
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.app_paths import AppPaths, resource
from baichuan_desktop.services.library.adapters.listed import ListedAdapters
from baichuan_desktop.services.library.entries import Entries
from baichuan_desktop.services.library.folders.exports import is_export_of
from baichuan_desktop.services.library.folders.paths import is_path, is_there, lies_in, resolved
from baichuan_desktop.services.library.folders.recognising import described, recognised
from baichuan_desktop.services.library.published_names import (
    PublishedName,
    one_of,
    variants_of,
)
from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    Listed,
    Registry,
    with_exports,
)
from baichuan_desktop.services.library.registry_schema import RegistryError, RegistryLayer
from baichuan_desktop.services.library.told_apart import told_apart
from baichuan_desktop.services.library.user_layer import checked_name
from baichuan_desktop.services.library.variants import Variant

GUIDE_ID = "baichuan-guide"


class ModelStore:
    """The registry's three layers, and the guide model that ships with the app."""

    def __init__(self, paths: AppPaths) -> None:
        """Read the layers. Raises RegistryError if the one that ships with the app is broken."""
        self._entries = Entries(paths)
        self._listed_adapters = ListedAdapters(self._entries, lambda: self.models)
        self._shown_of: tuple[Registry | None, Sequence[InstalledModel]] = (None, ())

    @property
    def _registry(self) -> Registry:
        return self._entries.registry

    @property
    def files(self) -> Sequence[Path]:
        """The files that the lists are read from, besides the one that ships with the app."""
        return self._entries.files

    @property
    def problems(self) -> Sequence[RegistryError]:
        """What of the site's and the person's registry is wrong, and left out of the lists."""
        return self._registry.problems

    def reload(self) -> Sequence[RegistryError]:
        """Read the layers again, which a terminal or an administrator may have written.

        Gives what is wrong with them. While a file as a whole cannot be used, as one that is being
        edited, what it said before holds.
        """
        self._entries.reload()
        return self.problems

    def require_writable(self) -> None:
        """Raise RegistryError if the person's registry is wrong: nothing can be listed in it."""
        self._entries.require_writable()

    # --- adapters, see `ListedAdapters` ----------------------------------------------------------

    @property
    def adapters(self) -> Sequence[InstalledAdapter]:
        """The adapters on this machine."""
        return self._listed_adapters.all

    def adapters_of(self, model: InstalledModel) -> Sequence[InstalledAdapter]:
        """Those for a model, and for copies of it."""
        return self._listed_adapters.of(model)

    def adapter(self, name: str, model: InstalledModel | None = None) -> InstalledAdapter:
        """The one of an id, a folder or a name. Raises UnknownAdapterError, AdapterError."""
        return self._listed_adapters.named(name, model)

    def adapter_at(self, folder: Path) -> InstalledAdapter | None:
        """The listed one that lies in a folder, links followed; None if there is none."""
        return self._listed_adapters.at(folder)

    def base_of(self, folder: Path) -> InstalledModel:
        """The listed model that the adapter in a folder is for. Raises AdapterError."""
        return self._listed_adapters.base_of(folder)

    def stated_base(self, base_name: str) -> InstalledModel | None:
        """The listed model that an adapter's word for its base means; no drive is looked at."""
        return self._listed_adapters.stated_base(base_name)

    def add_adapter(
        self,
        folder: Path,
        base: str | None = None,
        *,
        copied: bool = False,
        repository: str | None = None,
    ) -> InstalledAdapter:
        """List an adapter where it lies, for the model of an id, or the one that it is for.

        Raises PolicyError, AdapterError, CheckpointError, RegistryError, InvalidRequestError.
        """
        model = None if base is None else self._named(base)
        add = self._listed_adapters.add
        return add(folder, model, copied=copied, repository=repository)

    def rename_adapter(self, name: str, new_name: str) -> InstalledAdapter:
        """Give an adapter another name. Raises RegistryError, InvalidRequestError."""
        return self._listed_adapters.rename(name, new_name)

    def remove_adapter(self, name: str) -> InstalledAdapter:
        """Forget an adapter; its files stay. Raises PolicyError, RegistryError."""
        return self._listed_adapters.remove(name)

    # --- models ----------------------------------------------------------------------------------

    @property
    def variants(self) -> Sequence[Variant]:
        """Every released variant that the registry describes, on this machine or not."""
        return self._registry.variants

    @property
    def published_4bit_losses(self) -> Mapping[tuple[Family, int], float]:
        """Points that the published 4-bit models lost, by family and hidden size."""
        return self._registry.published_4bit_losses

    @property
    def models(self) -> Sequence[InstalledModel]:
        """The models on this machine, the guide model first.

        An export is a precision of the model that it was made from, not one more model; it stands
        for itself once that one is not listed any more.
        """
        registry = self._registry
        if self._shown_of[0] is not registry:
            ids = {GUIDE_ID, *(model.id for model in registry.installed)}
            own = (model for model in registry.installed if model.export_of not in ids)
            self._shown_of = registry, told_apart((self._guide(), *own))
        return self._shown_of[1]

    def _shown(self, model: InstalledModel) -> InstalledModel:
        """A model, with what tells it from those that are listed."""
        others = []
        for one in self.models:
            if one.id != model.id:
                others.append(one)
            elif replace(one, apart="") == model:
                return one
        return told_apart((*others, model))[-1]

    def _guide(self) -> InstalledModel:
        variant = self._registry.variant(GUIDE_ID)
        guide = InstalledModel(
            id=GUIDE_ID,
            name=variant.name,
            path=resource("guide_model"),
            variant=variant.id,
            family=variant.family,
            kind=variant.kind,
            context_length=variant.context_length,
            prompt_turns=variant.prompt_turns,
            bundled=True,
            layer=RegistryLayer.SHIPPED,
        )
        return with_exports(guide, self._registry.installed)

    @property
    def _listed(self) -> Sequence[InstalledModel]:
        return (self._guide(), *self._registry.installed)

    def exports_of(self, model_id: str) -> Sequence[InstalledModel]:
        """The exports that are listed as precisions of the model of an id."""
        return [one for one in self._registry.installed if one.export_of == model_id]

    def variant_of(self, model: InstalledModel) -> Variant | None:
        """The released variant that a model is a copy of, or None."""
        return self._registry.variant_of(model)

    def variant(self, variant_id: str) -> Variant:
        """A released variant, by its id or a published name. Raises UnknownModelError."""
        name = PublishedName.parse(variant_id)
        meant = variants_of(name, self._registry.variants) if name else ()
        return meant[0] if meant else self._registry.variant(variant_id)

    def sampling_of(self, variant: Variant) -> SamplingDefaults:
        """How a released model is sampled if the person does not say otherwise."""
        if variant.id == GUIDE_ID:
            return Checkpoint.open(self._guide().path).defaults
        return published_sampling(variant.family, variant.kind)

    def model(self, name: str) -> InstalledModel:
        """The model of an id, of a path to its folder, or of what it was published as.

        An id costs no look at a drive. Of a path that is no folder, a published name is thought
        first. Raises UnknownModelError, AmbiguousNameError, CheckpointError.
        """
        if (listed := self.of_id(name)) is not None:
            return listed
        published = None if is_there(name) else PublishedName.parse(name)
        if published is not None and (published.is_address or self._is_known(published)):
            return self._shown(self._published(name, published))
        if is_there(name) or is_path(name):
            folder = Path(name)
            return self.listed_at(folder) or self.describe(folder)  # which says what is wrong
        return self._shown(self._registry.model(name))  # which knows the closest id

    def of_id(self, model_id: str) -> InstalledModel | None:
        """The listed model of an id; None if there is none. No drive is looked at."""
        found = next((model for model in self._listed if model.id == model_id), None)
        return None if found is None else self._shown(found)

    def _is_known(self, name: PublishedName) -> bool:
        """Whether a registry knows something of this name."""
        own = (PublishedName.parse(model.repository or "") for model in self._registry.installed)
        return bool(variants_of(name, self._registry.variants)) or any(
            one is not None and one.repository == name.repository for one in own
        )

    def _published(self, text: str, name: PublishedName) -> InstalledModel:
        ids = {model.id for model in self._listed}
        models = [model for model in self._registry.installed if model.export_of not in ids]
        return one_of(text, name, models, self._registry.variants)

    def _named(self, name: str) -> InstalledModel:
        """A model of the list by its id, or by what it was published as. Raises RegistryError."""
        if (listed := self.of_id(name)) is not None:
            return listed
        published = PublishedName.parse(name)
        if published is not None:
            return self._published(name, published)
        return self._registry.model(name)

    def listed_at(self, folder: Path) -> InstalledModel | None:
        """The listed model that lies in a folder, links followed; None if there is none."""
        found = next(iter(self._listed_at(folder)), None)
        return None if found is None else self._shown(found)

    def _listed_at(self, folder: Path) -> Sequence[InstalledModel]:
        named = [model for model in self._listed if model.path == folder]
        if named:  # without a look at any drive, of which one may not answer
            return named
        wanted = resolved(str(folder))
        return [model for model in self._listed if lies_in(model, wanted)]

    def describe(self, folder: Path) -> InstalledModel:
        """Recognise a checkpoint folder by what is in it. Raises CheckpointError."""
        return self.describe_opened(Checkpoint.open(folder))

    def describe_opened(self, checkpoint: Checkpoint) -> InstalledModel:
        """What `describe` gives of a folder that was opened. Raises PortableExportError."""
        model = described(checkpoint, self._registry)
        return self._shown(replace(model, id=self._unused_id(model.id)))

    def _unused_id(self, wanted: str) -> str:
        return self._entries.unused_id(wanted, GUIDE_ID)

    def add(
        self,
        folder: Path,
        *,
        copied: bool = False,
        repository: str | None = None,
        revision: str | None = None,
    ) -> InstalledModel:
        """List a checkpoint folder where it lies; one that is listed already is returned as it is.

        `copied` is a folder that the app may remove, `repository` and `revision` what it was
        published as, if that is known. Raises PolicyError where nothing may be added,
        CheckpointError for a folder that cannot be used, InvalidRequestError for one that is still
        being made, RegistryError if the person's registry cannot be written.
        """
        require(site_policy(), Feature.IMPORT)
        if is_growing(folder):
            raise InvalidRequestError(
                "“{folder}” is what an import or a copy has made so far.",
                hint="Go on with it. A folder of your own needs a name without “.partial”.",
                folder=str(folder),
            )
        # Of one that is listed: can it still be used?
        model = recognised(folder, self._registry, repository)
        if repository is not None and revision is not None:
            repository = f"{repository}@{revision}"
        model = replace(model, is_copied=copied, repository=repository)
        with self._entries.changing():  # another window or a terminal may have added to it
            if (listed := self.listed_at(folder)) is not None:
                return listed
            return self._put(replace(model, id=self._unused_id(model.id)))

    def join_export(
        self, model_id: str, folder: Path, on_progress: Callable[[int, int], None]
    ) -> InstalledModel:
        """List an export that was made elsewhere, or by its path, as one of a listed model.

        The model's weights are read and compared with those that the export says it was made from;
        `on_progress` gets the bytes done and all bytes. Raises PolicyError, UnknownModelError,
        CheckpointError, JobError, RegistryError, or InvalidRequestError for what is no export of
        these weights.
        """
        require(site_policy(), Feature.IMPORT)
        self.reload()
        source = self._named(model_id)
        checkpoint, export = Checkpoint.open(source.path), Checkpoint.open(folder)
        if not is_export_of(export, checkpoint, on_progress):
            raise InvalidRequestError(
                "“{name}” is not an export of the weights of {model}.",
                hint="The manifest of an export names the files that it was made from.",
                name=export.folder.name,
                model=source.id,
            )
        return self.add_export(source, folder)

    def add_export(self, source: InstalledModel, folder: Path) -> InstalledModel:
        """List a folder as an export of `source`; or as a model, if `source` is not listed itself.

        Raises CheckpointError, RegistryError.
        """
        with self._entries.changing():
            for listed in self._listed_at(folder):  # what was in this folder before is gone
                with contextlib.suppress(RegistryError):  # an administrator's entry stays
                    self._remove(listed.id)
            model = self.describe(folder)
            if any(one.id == source.id and one.path == source.path for one in self._listed):
                stamp = weights_stamp(source.path)
                model = replace(model, export_of=source.id, export_stamp=stamp)
            return self._put(model)

    def _put(self, model: InstalledModel) -> InstalledModel:
        self._entries.put(model)
        return self._shown(self._registry.model(model.id))

    def rename(self, model_id: str, name: str) -> InstalledModel:
        """Give a model another name, in both languages; its id and its files stay.

        Raises UnknownModelError, InvalidRequestError for what is no name, RegistryError.
        """
        if model_id == GUIDE_ID:
            raise InvalidRequestError("The guide model is a part of the app and cannot be renamed.")
        name = checked_name(name)
        model_id = self._named(model_id).id  # which is not known, or has a file to be locked
        with self._entries.changing():
            self._registry.model(model_id)  # somebody may have removed it meanwhile
            self._entries.rename(model_id, name)
        return self._shown(self._registry.model(model_id))

    def relocate(self, listed: Listed, folder: Path) -> Listed:
        """List a model or an adapter in another folder. Raises RegistryError, AdapterError."""
        named = self.of_id if isinstance(listed, InstalledModel) else self.adapter
        with self._entries.changing():
            self._entries.relocate(named(listed.id) or listed, folder)
        return named(listed.id) or listed

    def remove(self, model_id: str) -> InstalledModel:
        """Forget a model; its files stay. Raises PolicyError, UnknownModelError, RegistryError."""
        require(site_policy(), Feature.IMPORT)
        if model_id == GUIDE_ID:
            raise InvalidRequestError("The guide model is a part of the app and cannot be removed.")
        model_id = self._named(model_id).id  # which is not known, or has a file to be locked
        with self._entries.changing():
            return self._remove(model_id)

    def _remove(self, model_id: str) -> InstalledModel:
        model = self._registry.model(model_id)
        self._entries.remove(model_id)
        return model


def notes(folder: Path) -> Sequence[Phrase]:
    """What of a model's folder is not used, and what is instead; nothing if it cannot be opened."""
    try:
        return Checkpoint.open(folder).notes
    except CheckpointError:  # said where the model is loaded
        return ()


def sampling_in(folder: Path) -> SamplingDefaults | None:
    """How the model in a folder is sampled, by its own files; None if it cannot be opened."""
    try:
        return Checkpoint.open(folder).defaults
    except CheckpointError:  # said where the model is loaded
        return None
