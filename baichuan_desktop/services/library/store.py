"""The models on this machine: what is listed, added, removed, and where each lies."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.generation_config import published_sampling
from backends.errors import CheckpointError, InvalidRequestError, PortableExportError
from backends.events import SamplingDefaults
from backends.files.hashing import hash_weights
from backends.model_config import Family
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.app_paths import AppPaths, resource
from baichuan_desktop.services.atomic_file import changing
from baichuan_desktop.services.library.registry import (
    InstalledModel,
    Registry,
    shipped_registry,
    weights_stamp,
    with_exports,
)
from baichuan_desktop.services.library.registry_schema import (
    Names,
    RegistryError,
    Shapes,
)
from baichuan_desktop.services.library.told_apart import told_apart
from baichuan_desktop.services.library.user_layer import (
    add_installed,
    checked_name,
    remove_installed,
    rename_installed,
    require_writable,
)
from baichuan_desktop.services.library.variants import Variant

GUIDE_ID = "baichuan-guide"

#: What a registry calls the weights of a folder: it has one word for 16 bits, and one for 4.
_STORAGE: Mapping[Precision | None, Precision] = {
    Precision.INT8: Precision.INT8,
    Precision.NF4: Precision.NF4,
    Precision.FP4: Precision.NF4,
}


class ModelStore:
    """The registry's three layers, and the guide model that ships with the app."""

    def __init__(self, paths: AppPaths) -> None:
        """Read the layers. Raises RegistryError if the one that ships with the app is broken."""
        self._paths = paths
        self._registry = self._load()

    def _load(self) -> Registry:
        return Registry.load(shipped_registry(), self.files)

    @property
    def files(self) -> Sequence[Path]:
        """The files that the lists are read from, besides the one that ships with the app."""
        return (self._paths.site_registry, self._paths.user_registry)

    @property
    def problems(self) -> Sequence[RegistryError]:
        """What of the site's and the person's registry is wrong, and left out of the lists."""
        return self._registry.problems

    def reload(self) -> Sequence[RegistryError]:
        """Read the layers again, which a terminal or an administrator may have written.

        Gives what is wrong with them. While a file as a whole cannot be used, as one that is being
        edited, everything stays as it was known before.
        """
        fresh = self._load()
        if not fresh.unread:
            self._registry = fresh
        return fresh.problems

    def require_writable(self) -> None:
        """Raise RegistryError if the person's registry is wrong: nothing can be listed in it."""
        require_writable(self._paths.user_registry)

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
        ids = {GUIDE_ID, *(model.id for model in self._registry.installed)}
        own = (model for model in self._registry.installed if model.export_of not in ids)
        return told_apart((self._guide(), *own))

    def _shown(self, model: InstalledModel) -> InstalledModel:
        """A model, with what tells it from those that are listed."""
        others = (one for one in self.models if one.id != model.id)
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
        )
        return with_exports(guide, self._registry.installed)

    @property
    def _listed(self) -> Sequence[InstalledModel]:
        return (self._guide(), *self._registry.installed)

    def exports_of(self, model_id: str) -> Sequence[InstalledModel]:
        """The exports that are listed as precisions of a model."""
        return [one for one in self._registry.installed if one.export_of == model_id]

    def variant_of(self, model: InstalledModel) -> Variant | None:
        """The released variant that a model is a copy of, or None."""
        return self._registry.variant_of(model)

    def variant(self, variant_id: str) -> Variant:
        """A released variant. Raises UnknownModelError."""
        return self._registry.variant(variant_id)

    def sampling_of(self, variant: Variant) -> SamplingDefaults:
        """How a released model is sampled if the person does not say otherwise."""
        if variant.id == GUIDE_ID:
            return Checkpoint.open(self._guide().path).defaults
        return published_sampling(variant.family, variant.kind)

    def model(self, name: str) -> InstalledModel:
        """The model of an id, or of a path to its folder.

        Raises UnknownModelError, CheckpointError.
        """
        folder = _resolved(name)
        for model in self._listed:
            if model.id == name or _lies_in(model, folder):
                return self._shown(model)
        if _is_there(name) or _is_path(name):
            return self.describe(Path(name))  # which says what is wrong with the folder
        return self._shown(self._registry.model(name))  # which knows the closest id

    def describe(self, folder: Path) -> InstalledModel:
        """Recognise a checkpoint folder by what is in it. Raises CheckpointError."""
        model = self._recognised(folder)
        return self._shown(replace(model, id=self._unused_id(model.id)))

    def _recognised(self, folder: Path) -> InstalledModel:
        """What a checkpoint folder is; the id may be another model's. Raises CheckpointError."""
        checkpoint = Checkpoint.open(folder)
        if checkpoint.export is not None and checkpoint.export.portable:
            raise PortableExportError(checkpoint.folder)
        config = checkpoint.config
        variant = self._registry.recognise(
            family=config.family,
            shapes=Shapes(
                hidden_size=config.hidden_size,
                num_layers=config.num_layers,
                num_heads=config.num_heads,
                intermediate_size=config.intermediate_size,
                vocab_size=config.vocab_size,
            ),
            kind=checkpoint.kind,
            context_length=config.context_length,
            storage=_STORAGE.get(checkpoint.stored, Precision.BF16),
        )
        # A folder's name is the person's own word for the model; what the model is, is read.
        own_name = checkpoint.folder.name or config.family.value
        if variant is not None and not variant.bundled and checkpoint.export is None:
            model_id, names = variant.id, variant.name
        else:
            model_id, names = _slug(own_name, config.family.value), Names(en=own_name, zh=own_name)
        return InstalledModel(
            id=model_id,
            name=names,
            path=checkpoint.folder,
            variant=variant.id if variant else None,
            family=config.family,
            kind=checkpoint.kind,
            context_length=config.context_length,
            prompt_turns=variant.prompt_turns if variant else None,
        )

    def _unused_id(self, wanted: str) -> str:
        taken = {model.id for model in self._listed}
        candidates = (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3)))
        return next(candidate for candidate in candidates if candidate not in taken)

    def add(self, folder: Path) -> InstalledModel:
        """Link a checkpoint folder in place; one that is listed already is returned as it is.

        Raises CheckpointError for a folder that cannot be used, RegistryError if the person's
        registry cannot be written.
        """
        recognised = self._recognised(folder)  # one that is listed too: it may be usable no more
        with changing(self._paths.user_registry):
            self.reload()  # another window or a terminal may have added to it
            wanted = _resolved(str(folder))
            for model in self._listed:
                if _lies_in(model, wanted):
                    return self._shown(model)
            return self._put(replace(recognised, id=self._unused_id(recognised.id)))

    def join_export(
        self, model_id: str, folder: Path, on_progress: Callable[[int, int], None]
    ) -> InstalledModel:
        """List an export that was made elsewhere, or by its path, as one of a listed model.

        The model's weights are read and compared with those that the export says it was made from;
        `on_progress` gets the bytes done and all bytes. Raises UnknownModelError, CheckpointError,
        JobError, RegistryError, or InvalidRequestError for what is no export of these weights.
        """
        self.reload()
        source = next((model for model in self._listed if model.id == model_id), None)
        if source is None:
            source = self._registry.model(model_id)  # which says what is not known
        checkpoint, export = Checkpoint.open(source.path), Checkpoint.open(folder)
        if (
            export.export is None
            or not export.export.sources
            or export.config != checkpoint.config
            or export.export.sources != _hashes(checkpoint, on_progress)
        ):
            raise InvalidRequestError(
                "“{name}” is not an export of the weights of {model}.",
                hint="The manifest of an export names the files that it was made from.",
                name=export.folder.name,
                model=model_id,
            )
        return self.add_export(source, folder)

    def add_export(self, source: InstalledModel, folder: Path) -> InstalledModel:
        """List a folder as an export of `source`; or as a model, if `source` is not listed itself.

        Raises CheckpointError, RegistryError.
        """
        with changing(self._paths.user_registry):
            self.reload()
            wanted = _resolved(str(folder))
            for listed in self._registry.installed:
                if _lies_in(listed, wanted):  # what was in this folder before is gone
                    with contextlib.suppress(RegistryError):  # an administrator's entry stays
                        self._remove(listed.id)
            model = self.describe(folder)
            if any(one.id == source.id and one.path == source.path for one in self._listed):
                stamp = weights_stamp(source.path)
                model = replace(model, export_of=source.id, export_stamp=stamp)
            return self._put(model)

    def _put(self, model: InstalledModel) -> InstalledModel:
        add_installed(self._paths.user_registry, model)
        self._registry = self._load()
        return self._shown(self._registry.model(model.id))

    def rename(self, model_id: str, name: str) -> InstalledModel:
        """Give a model another name, in both languages; its id and its files stay.

        Raises UnknownModelError, InvalidRequestError for what is no name, RegistryError.
        """
        if model_id == GUIDE_ID:
            raise InvalidRequestError("The guide model is a part of the app and cannot be renamed.")
        name = checked_name(name)
        self._registry.model(model_id)  # which is not known, or has a file to be locked
        with changing(self._paths.user_registry):
            self.reload()
            self._registry.model(model_id)  # somebody may have removed it meanwhile
            rename_installed(self._paths.user_registry, model_id, name)
            self._registry = self._load()
        return self._shown(self._registry.model(model_id))

    def remove(self, model_id: str) -> InstalledModel:
        """Forget a model; its files stay. Raises UnknownModelError, RegistryError."""
        if model_id == GUIDE_ID:
            raise InvalidRequestError("The guide model is a part of the app and cannot be removed.")
        self._registry.model(model_id)  # which is not known, or has a file to be locked
        with changing(self._paths.user_registry):
            self.reload()
            return self._remove(model_id)

    def _remove(self, model_id: str) -> InstalledModel:
        model = self._registry.model(model_id)
        remove_installed(self._paths.user_registry, model_id)
        self._registry = self._load()
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


def _lies_in(model: InstalledModel, folder: Path | None) -> bool:
    return folder is not None and _resolved(str(model.path)) == folder


def _resolved(name: str) -> Path | None:
    """The folder of this name, links followed; None if no folder can have it."""
    try:
        return Path(name).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):  # see `_is_there`
        return None


def _hashes(checkpoint: Checkpoint, on_progress: Callable[[int, int], None]) -> dict[str, str]:
    hashing = hash_weights(checkpoint.weight_files)
    while True:
        try:
            progress = next(hashing)
        except StopIteration as end:
            hashes: dict[str, str] = end.value
            return hashes
        on_progress(progress.done_bytes, progress.total_bytes)


def _is_path(name: str) -> bool:
    """Whether a name is a path, as no id can be."""
    return name.startswith("~") or any(sep in name for sep in (os.sep, os.altsep) if sep)


def _is_there(name: str) -> bool:
    try:
        return bool(name) and long_path(Path(name).expanduser()).exists()
    except (OSError, RuntimeError, ValueError):  # too long; “~nobody”; a NUL, half a surrogate
        return False


def _slug(name: str, fallback: str) -> str:
    """An id from a folder's name: lower case letters, digits, dots and dashes."""
    slug = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
    return slug or fallback
