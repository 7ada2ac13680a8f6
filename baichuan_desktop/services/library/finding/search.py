"""Looks for models and adapters: in caches and drives of this machine, or in folders."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from backends.checkpoint.foreign_folders import is_adapter
from backends.errors import system_reason
from backends.files.plain_file import absolute_path
from backends.files.small_files import is_folder
from backends.phrases import Phrase
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.library.finding import layouts
from baichuan_desktop.services.library.finding.known_places import known_places, place_of
from baichuan_desktop.services.library.finding.layouts import Source
from baichuan_desktop.services.library.finding.recognising import recognised
from baichuan_desktop.services.library.finding.values import (
    Found,
    Looking,
    PassedOver,
    Place,
)
from baichuan_desktop.services.library.finding.walking import Listing, walk
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.store import ModelStore

_SECONDS_BETWEEN_SIGNS: Final = 0.1
#: How far above a folder the model may lie that it is a part of.
_MOST_ABOVE: Final = 4


def find(
    store: ModelStore, places: Sequence[Path] | None, *, cancel: threading.Event
) -> Iterator[Looking | Found | PassedOver]:
    """What is found below some folders, or, without any, where models may lie on this machine.

    A folder that lies in a known cache or on a drive is looked through as a part of it. It may take
    minutes, and drives may keep it waiting; it ends soon after `cancel` is set.
    Raises PolicyError, PolicyFileError where models are not added.
    """
    require(site_policy(), Feature.IMPORT)
    if places is None:
        places = [one.folder for one in known_places()]
    chosen = {}
    for folder in places:
        try:
            path = _start(folder)
        except (OSError, RuntimeError, ValueError) as error:  # “~nobody”; we are in no folder
            yield PassedOver(folder, _unreadable(folder, error))
        else:
            chosen[path] = _around(path)
    yield from _search(store, chosen, cancel)


def recognise(
    folder: Path, store: ModelStore, cancel: threading.Event | None = None
) -> Sequence[Found]:
    """The model that a folder is, those below it, or the one that it lies in; none of any other.

    A file stands for the folder that it lies in, and for none below that.
    """
    cancel = cancel or threading.Event()
    try:
        folder = _start(folder)
    except (OSError, RuntimeError, ValueError):
        return ()
    if is_folder(folder):
        found = _found_in(store, {folder: _around(folder)}, cancel)
    else:  # of a folder full of other things: what lies below it was not pointed at
        folder = folder.parent
        own = _looked_at(store, {folder: _around(folder)}, cancel)
        found = [] if own is None else [own]
    for above in folder.parents[:_MOST_ABOVE]:
        if found or cancel.is_set():
            break
        place = {above: _around(above)}
        if layouts.repository_of(above) is not None:
            found = _found_in(store, place, cancel)
        elif (one := _looked_at(store, place, cancel)) is not None:
            found = [one]
    return found


def add(store: ModelStore, folder: Path, base: str | None = None) -> Listed:
    """List the model of a folder, or its adapter, for the model of an id if `base` names it.

    It may lie in the folder above or below it, if it is the only one; a model comes before the
    adapters that lie in it. It is called what its place says that it was published as. Raises as
    `ModelStore.add` and `add_adapter`, which say of a folder of none, or of several, what is wrong
    with it.
    """
    require(site_policy(), Feature.IMPORT)
    found = [one for one in recognise(folder, store) if one.is_complete]
    found = [one for one in found if one.adapter is not None or base is None]
    models = [one for one in found if one.adapter is None]
    own = [one for one in found if one.folder == _start(folder)]
    chosen = next((some[0] for some in (own, models, found) if len(some) == 1), None)
    if chosen is None:
        if base is not None or is_adapter(folder):
            return store.add_adapter(folder, base)
        return store.add(folder)
    if chosen.adapter is not None:
        return store.add_adapter(chosen.folder, base, repository=chosen.repository)
    return store.add(chosen.folder, repository=chosen.repository, revision=chosen.revision)


def _found_in(
    store: ModelStore, place: Mapping[Path, Source], cancel: threading.Event
) -> Sequence[Found]:
    return [one for one in _search(store, place, cancel) if isinstance(one, Found)]


def _looked_at(
    store: ModelStore, place: Mapping[Path, Source], cancel: threading.Event
) -> Found | None:
    """What a folder itself is."""
    first = next(walk(place, cancel), None)
    if not isinstance(first, Listing):
        return None
    try:
        return recognised(first, store)
    except (OSError, RuntimeError, ValueError):
        return None


def _search(
    store: ModelStore, places: Mapping[Path, Source], cancel: threading.Event
) -> Iterator[Looking | Found | PassedOver]:
    said = float("-inf")
    for one in walk(places, cancel):
        if isinstance(one, PassedOver):
            yield one
            continue
        if time.monotonic() - said >= _SECONDS_BETWEEN_SIGNS:
            yield Looking(one.folder, one.entries)
            said = time.monotonic()
        try:
            found = recognised(one, store)
        except (OSError, RuntimeError, ValueError) as error:  # its drive vanished meanwhile
            yield PassedOver(one.folder, _unreadable(one.folder, error))
            continue
        if found is not None:
            yield found


def _start(folder: Path) -> Path:
    """A folder as an absolute path; of a link into a cache, the path there, which tells the names.

    Raises OSError, RuntimeError, ValueError for what is no path here.
    """
    folder = absolute_path(folder.expanduser())
    real = folder.resolve()
    source = layouts.source_of(real, (), _around(real))
    return real if source.place in (Place.HUGGINGFACE, Place.MODELSCOPE) else folder


def _around(folder: Path) -> Source:
    place = place_of(folder)
    return Source(place.place, place.folder)


def _unreadable(folder: Path, error: Exception) -> Phrase:
    reason = system_reason(error) if isinstance(error, OSError | ValueError) else str(error)
    return Phrase("“{folder}” cannot be read ({reason}).", folder=str(folder), reason=reason)
