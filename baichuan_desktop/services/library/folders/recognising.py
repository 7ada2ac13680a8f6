"""What a checkpoint folder is, as a model that could be listed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.errors import PortableExportError
from backends.precision import Precision
from baichuan_desktop.services.library.registry import InstalledModel, Registry
from baichuan_desktop.services.library.registry_schema import Names, Shapes

#: What a registry calls the weights of a folder: it has one word for 16 bits, and one for 4.
_STORAGE: Mapping[Precision | None, Precision] = {
    Precision.INT8: Precision.INT8,
    Precision.NF4: Precision.NF4,
    Precision.FP4: Precision.NF4,
}


def recognised(folder: Path, registry: Registry, repository: str | None = None) -> InstalledModel:
    """What a checkpoint folder is; the id may be another model's. Raises CheckpointError.

    What was published as a repository, if that is known, is called after it: in a cache, a folder's
    own name may be a commit.
    """
    return described(Checkpoint.open(folder), registry, repository)


def described(
    checkpoint: Checkpoint, registry: Registry, repository: str | None = None
) -> InstalledModel:
    """What a checkpoint is, see `recognised`. Raises PortableExportError."""
    if checkpoint.export is not None and checkpoint.export.portable:
        raise PortableExportError(checkpoint.folder)
    config = checkpoint.config
    variant = registry.recognise(
        family=config.family,
        shapes=Shapes.of(config),
        kind=checkpoint.kind,
        context_length=config.context_length,
        storage=_STORAGE.get(checkpoint.stored, Precision.BF16),
    )
    # A folder's name is the person's own word for the model; what the model is, is read.
    published = (repository or "").rpartition("/")[2]
    own_name = published or checkpoint.folder.name or config.family.value
    if variant is not None and not variant.bundled and checkpoint.export is None:
        model_id, names = variant.id, variant.name
    else:
        model_id, names = slug(own_name, config.family.value), Names(en=own_name, zh=own_name)
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


def slug(name: str, fallback: str) -> str:
    """An id from a folder's name: lower case letters, digits, dots and dashes."""
    text = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
    return text or fallback
