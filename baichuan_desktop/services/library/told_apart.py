"""What tells models of one name from each other: the shortest part of their paths that does."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    Listed,
)


def told_apart(models: Sequence[InstalledModel]) -> list[InstalledModel]:
    """The models, each with what tells it from the others of its name, see `InstalledModel.apart`.

    The model that ships with the app keeps its name as it is: nobody knows its path.
    """
    return [
        model if model.bundled else replace(model, apart=part)
        for model, part in zip(models, _apart(models), strict=True)
    ]


def adapters_told_apart(adapters: Sequence[InstalledAdapter]) -> list[InstalledAdapter]:
    """The same of adapters: those of other models may have the name, too."""
    parts = _apart(adapters)
    return [replace(one, apart=part) for one, part in zip(adapters, parts, strict=True)]


def _apart(models: Sequence[Listed]) -> list[str]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, model in enumerate(models):
        for name in {_seen(model.name.en), _seen(model.name.zh)}:
            groups[name].append(place)
    apart = [""] * len(models)
    for places in groups.values():
        parts = distinguishing_parts([models[place].path for place in places])
        for place, part in zip(places, parts, strict=True):
            # Two entries of one folder are told apart by nothing but their ids.
            found = part or (models[place].id if len(places) > 1 else "")
            apart[place] = max(apart[place], found, key=len)
    return apart


def distinguishing_parts(paths: Sequence[PurePath]) -> list[str]:
    """Of each path the shortest end that no other has, without what all of them end with.

    Empty for a path that stands there alone, or twice.

    >>> distinguishing_parts([PurePath(path) for path in ("/a/x/chat", "/b/x/chat", "/b/y/chat")])
    ['a/x', 'b/x', 'y']
    """
    if len(paths) < 2:
        return [""] * len(paths)
    ends = [path.parts[::-1] for path in paths]
    shared = 0
    while len({end[: shared + 1] for end in ends}) == 1 and shared < len(ends[0]):
        shared += 1
    found = [""] * len(paths)
    for length in range(shared + 1, max(map(len, ends)) + 1):
        how_many = Counter(end[:length] for end in ends)
        for place, end in enumerate(ends):
            if not found[place] and how_many[end[:length]] == 1:
                # A path that ends where the others go on has nothing more to say than its root.
                part = end[shared:length] or end[-1:]
                found[place] = str(type(paths[place])(*part[::-1]))
    return found


def _seen(name: str) -> str:
    """A name as a reader sees it: two ways of writing é, and more than one space, look the same."""
    return " ".join(unicodedata.normalize("NFC", name).split())
