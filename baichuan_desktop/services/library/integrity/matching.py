"""Which entries of a list of hashes speak of a model.

A list may have been made in the model's folder, above it, or of a whole disk; what its paths have
before the names of the model's files is found out, and never opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from baichuan_desktop.services.library.integrity.values import KnownHash, Origin
from baichuan_desktop.services.library.registry import Listed


@dataclass(frozen=True, slots=True)
class Matched:
    """What a list says of a model's folder."""

    stated: Mapping[str, KnownHash]  #: by path in the folder; some may not be there
    count: int  #: of these that are there


def match(sums: Mapping[str, str], model: Listed, names: Collection[str], source: str) -> Matched:
    """The entries of one folder of a list that hold the most of a model's files.

    `names` are the files that are there, or should be. Of two such folders with as many, the one
    that is called as the model is taken; where none is, nothing is.
    """
    paths = {_path(name): digest for name, digest in sums.items()}
    by_leaf: dict[str, list[str]] = {}
    for name in names:
        by_leaf.setdefault(name.rpartition("/")[2], []).append(name)
    counts = Counter(
        path.removesuffix(name)
        for path in paths
        for name in by_leaf.get(path.rpartition("/")[2], ())
        if path == name or path.endswith(f"/{name}")
    )
    most = max(counts.values(), default=0)
    best = [prefix for prefix, count in counts.items() if count == most]
    if len(best) > 1:
        best = [prefix for prefix in best if _is_called(prefix, model)]
    if len(best) != 1:
        return Matched({}, 0)
    prefix, known = best[0], set(names)
    stated = {
        name: KnownHash(Origin.SITE_LIST, sha256=digest, source=source)
        for path, digest in paths.items()
        if path.startswith(prefix)
        and ((name := path.removeprefix(prefix)) in known or "/" not in name)
    }
    return Matched(stated, most)


def is_named_by(sums: Mapping[str, str], model: Listed) -> bool:
    """Whether a folder in the paths of a list is called as the model is."""
    return any(_is_called(_path(name).rpartition("/")[0] + "/", model) for name in sums)


def _path(name: str) -> str:
    """A name in a list with “/” between its parts, and without a “./” before them."""
    path = name if "/" in name else name.replace("\\", "/")
    return path.removeprefix("./")


def _is_called(prefix: str, model: Listed) -> bool:
    repository = (model.repository or "").partition("@")[0]
    called = {model.id, model.path.name, repository.rpartition("/")[2], model.variant or ""}
    words = {word.lower() for word in called if word}
    return any(part.lower() in words for part in prefix.split("/") if part)
