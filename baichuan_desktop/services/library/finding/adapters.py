"""Whether a folder is an adapter of a Baichuan model, for which one, and what it lacks."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from backends.adapters.base_names import released_base
from backends.adapters.folder import CONFIGURATION, TENSOR_FILES, open_adapter
from backends.adapters.values import Adapter
from backends.errors import CheckpointError, UserFacingError
from backends.files.small_files import read_json
from backends.phrases import Phrase
from baichuan_desktop.services.library.finding.layouts import Source
from baichuan_desktop.services.library.finding.source_files import bytes_of
from baichuan_desktop.services.library.finding.values import Found, FoundAdapter
from baichuan_desktop.services.library.store import ModelStore

_OUR_NAME: Final = re.compile("baichuan|百川", re.IGNORECASE)
#: The matrix of queries, keys and values, which nobody else calls so.
_OUR_LAYER: Final = re.compile(r"(^|\.)W_pack$")


def may_be_an_adapter(names: Collection[str]) -> bool:
    """Whether the names alone are those of an adapter, or of one that is on its way."""
    return CONFIGURATION in names or any(name in names for name in TENSOR_FILES)


def recognised_adapter(
    folder: Path, source: Source, stray: Mapping[str, UserFacingError], store: ModelStore
) -> Found | None:
    """The adapter, whole or in part, that a folder is; None of one for other models.

    With links that lead out of the folder's place, `stray`, nothing of it is opened.
    """
    opened: Adapter | None = None
    missing = tuple(stray.values())
    stated: Mapping[str, object] = {}
    if not stray:
        stated = _stated(folder)
        try:
            opened = open_adapter(folder)
        except UserFacingError as error:
            missing = (error,)
    base_name = stated.get("base_model_name_or_path")
    base_name = base_name if isinstance(base_name, str) else ""
    called = (base_name, source.repository or folder.name)
    if not any(map(_OUR_NAME.search, called)) and not _has_our_layers(opened, stated):
        return None
    listed, base = store.adapter_at(folder), store.stated_base(base_name)
    released = released_base(base_name)
    return Found(
        folder=folder,
        place=source.place,
        root=source.root,
        family=base.family if base is not None else released.family if released else None,
        kind=None,
        stored=None,
        bytes_on_disk=bytes_of(folder, source.root, is_flat=True),
        repository=source.repository,
        revision=source.revision,
        listed_as=None if listed is None else listed.id,
        adapter=FoundAdapter(base_name[:200], None if base is None else base.id),
        missing=tuple(Phrase(error.template, **error.facts) for error in missing),
    )


def _stated(folder: Path) -> Mapping[str, object]:
    try:
        return read_json(folder / CONFIGURATION)
    except CheckpointError:  # which is said of what is ours
        return {}


def _has_our_layers(opened: Adapter | None, stated: Mapping[str, object]) -> bool:
    targets = stated.get("target_modules")
    names: list[object] = [*(opened.matrices if opened else ())]
    names += targets if isinstance(targets, list) else [targets]
    return any(isinstance(name, str) and _OUR_LAYER.search(name) for name in names)
