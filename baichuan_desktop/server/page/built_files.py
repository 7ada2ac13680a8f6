"""The files of the page, as they were built: a fixed list, read once, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

_FOLDER = "built"
_MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file of the page."""

    content: bytes
    media_type: str
    tag: str  #: changes with its content


def built_files() -> Mapping[str, BuiltFile]:
    """Each by its path below the page's folder; none where the page was not built."""
    folder = resources.files(__package__) / _FOLDER
    if not folder.is_dir():
        return {}
    return {name: _read(file) for name, file in _below(folder, "")}


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            yield from _below(entry, f"{name}/")
        elif name.rpartition(".")[2] in _MEDIA_TYPES:
            yield name, entry


def _read(file: Traversable) -> BuiltFile:
    content = file.read_bytes()
    tag = hashlib.sha256(content).hexdigest()[:32]
    return BuiltFile(content, _MEDIA_TYPES[file.name.rpartition(".")[2]], f'"{tag}"')
