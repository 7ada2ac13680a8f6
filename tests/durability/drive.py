"""A drive whose power can be cut: what was synchronised stays, of the rest an arbitrary part."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from tests.durability.operations import Act, Operation

_SECTOR: Final = 512  # bytes, which a drive writes whole or not at all


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Operation] = field(default_factory=list)  #: since it was last synchronised


@dataclass(slots=True)
class _Folder:
    #: The names in it as they were when it was last synchronised, and after each change since.
    versions: list[dict[str, _File | Self]] = field(default_factory=lambda: [{}])

    @property
    def names(self) -> dict[str, _File | Self]:
        return self.versions[-1]


class Drive:
    """Files below a folder that are written, and what of them outlives a cut of the power."""

    def __init__(self, folder: Path) -> None:
        self._root = _Folder()
        self._folders = {folder: self._root}

    def do(self, operation: Operation) -> None:
        """Have an operation done."""
        path = operation.path
        if operation.act is Act.SYNC and path in self._folders:
            synced = self._folders[path]
            synced.versions = [synced.names]
            return
        folder = self._folders[path.parent]
        rest = {name: one for name, one in folder.names.items() if name != path.name}
        match operation.act:
            case Act.CREATE if path.name not in folder.names:
                folder.versions.append({**rest, path.name: _File()})
            case Act.CREATE_FOLDER:
                self._folders[path] = _Folder()
                folder.versions.append({**rest, path.name: self._folders[path]})
            case Act.WRITE | Act.TRUNCATE:
                self._file(path).pending.append(operation)
            case Act.SYNC:
                file = self._file(path)
                for one in file.pending:
                    _apply(file.durable, one, one.content)
                file.pending.clear()
            case Act.UNLINK:
                folder.versions.append(rest)
            case Act.RENAME if operation.target is not None:
                if operation.target.parent != path.parent:
                    raise NotImplementedError("Renaming into another folder changes two of them.")
                folder.versions.append({**rest, operation.target.name: folder.names[path.name]})

    def _file(self, path: Path) -> _File:
        file = self._folders[path.parent].names[path.name]
        assert isinstance(file, _File)
        return file

    def content(self) -> dict[Path, bytes]:
        """The files as a program sees them that reads them now."""
        return dict(_walk(Path(), self._root, None))

    def cut(self, draw: random.Random) -> dict[Path, bytes]:
        """The files as they may be after a cut, by their paths below the folder."""
        return dict(_walk(Path(), self._root, draw))


def _walk(place: Path, folder: _Folder, draw: random.Random | None) -> Iterator[tuple[Path, bytes]]:
    """What of a folder is there after a cut; without `draw`, what is there without one."""
    names = folder.names if draw is None else draw.choice(folder.versions)
    share = 1.0 if draw is None else draw.choice([0.0, 0.1, 0.5, 0.9, 1.0])  # of what was written
    for name, one in names.items():
        if isinstance(one, _Folder):
            yield from _walk(place / name, one, draw)
        else:
            yield place / name, _after_cut(one, share, draw)


def _after_cut(file: _File, share: float, draw: random.Random | None) -> bytes:
    content = bytearray(file.durable)
    for one in file.pending:
        if draw is None:
            _apply(content, one, one.content)
        elif draw.random() >= share:
            continue
        elif one.act is Act.WRITE and draw.random() < 0.3:
            _apply_torn(content, one, draw)
        else:
            _apply(content, one, one.content)
    return bytes(content)


def _apply(content: bytearray, operation: Operation, written: bytes) -> None:
    start = operation.offset
    content.extend(bytes(max(0, start + len(written) - len(content))))
    if operation.act is Act.TRUNCATE:
        del content[start:]
    else:
        content[start : start + len(written)] = written


def _apply_torn(content: bytearray, operation: Operation, draw: random.Random) -> None:
    """Have some sectors of a write arrive."""
    start, end = operation.offset, operation.offset + len(operation.content)
    edges = [start, *range((start // _SECTOR + 1) * _SECTOR, end, _SECTOR), end]
    for one, other in itertools.pairwise(edges):
        if draw.random() < 0.5:
            part = operation.content[one - start : other - start]
            _apply(content, Operation(Act.WRITE, operation.path, one), part)
