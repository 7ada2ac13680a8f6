"""Where a published model lies on this machine. Nothing is downloaded, no network is asked."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from backends.adapters.folder import open_adapter
from backends.errors import AdapterError
from backends.files.small_files import is_folder
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.finding.known_places import (
    huggingface_cache,
    modelscope_cache,
)
from baichuan_desktop.services.library.finding.search import find
from baichuan_desktop.services.library.finding.values import Found
from baichuan_desktop.services.library.published_names import PublishedName, one_of
from baichuan_desktop.services.library.registry import NotInstalledError, UnknownModelError
from baichuan_desktop.services.library.states import require_here
from baichuan_desktop.services.library.store import ModelStore


def published_folder(text: str, revision: str | None = None) -> Path:
    """The folder of a model by the name that it was published under, as `owner/name`.

    It is the one that the library lists, else one that lies in a cache of Hugging Face or
    ModelScope. Raises AmbiguousNameError, ModelAwayError, NotInstalledError, UnknownModelError.
    """
    asked = f"{text}@{revision}" if revision and "@" not in text else text
    name = PublishedName.parse(asked)
    store = ModelStore(app_paths())
    known = [one.sources.huggingface for one in store.variants if one.sources.huggingface]
    if name is None:
        raise UnknownModelError(text, known)
    try:
        model = one_of(asked, name, store.models, store.variants)
    except NotInstalledError:
        cached = _cached(store, text.partition("@")[0], name)
        if cached is None:
            raise
        return cached
    require_here(model)
    return model.path


def base_folder(adapter: Path) -> Path | None:
    """The folder of the model that an adapter is for; None of an adapter that is no model's here.

    It is the folder, or the published model, that the adapter names, else the model that it is
    listed for, else the listed one that it fits. Raises AdapterError, and as `published_folder`.
    """
    try:
        named = open_adapter(adapter).provenance.base_name
    except AdapterError:  # of another architecture
        return None
    if named and is_folder(Path(named)):
        return Path(named)
    try:
        return published_folder(named)
    except NotInstalledError:
        raise
    except UnknownModelError:
        pass
    store = ModelStore(app_paths())
    listed = store.adapter_at(adapter.absolute())
    model = None if listed is None else store.of_id(listed.base)
    model = model or store.base_of(adapter)
    require_here(model)
    return model.path


def _cached(store: ModelStore, repository: str, name: PublishedName) -> Path | None:
    """The folder of a complete copy in a cache, of the revision that is asked for."""
    places = [place for place in _places(repository) if is_folder(place)]
    found = [
        one
        for one in find(store, places, cancel=threading.Event())
        if isinstance(one, Found) and one.is_complete and one.repository is not None
    ]
    same = [one for one in found if str(one.repository).lower() == name.repository]
    exact = [one for one in same if name.revision in (one.revision, *_names_of(one.folder))]
    if name.revision is None:
        exact = [one for one in same if "main" in _names_of(one.folder)]
    elif name.revision in {variant.sources.revision for variant in store.variants}:
        same = []  # another model than that of the first branch
    meant = exact or same
    return meant[0].folder if meant else None


def _places(repository: str) -> Iterator[Path]:
    """Where the caches put a repository; see `finding.layouts`."""
    owner, _, model = repository.partition("/")
    yield huggingface_cache(os.environ, Path.home()) / f"models--{owner}--{model}"
    root, folder = modelscope_cache(os.environ, Path.home()), model.replace(".", "___")
    for above in (".", "hub", "models", "hub/models"):
        yield root / above / owner / folder
    yield root / "models" / f"{owner}--{folder}"


def _names_of(snapshot: Path) -> Sequence[str]:
    """The branches and tags that huggingface_hub wrote down for a snapshot."""
    refs = snapshot.parent.parent / "refs"
    if not is_folder(refs):
        return []
    return [
        file.relative_to(refs).as_posix()
        for file in refs.rglob("*")
        if file.is_file()
        and file.stat().st_size == len(snapshot.name)
        and file.read_bytes() == snapshot.name.encode()
    ]
