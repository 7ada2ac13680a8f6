"""Every folder below a few places, each once, with the names in it; nothing is opened.

One look at a folder lists it. What cannot be listed, a link that leads nowhere and a drive that
vanishes cost one row each and end nothing.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import system_reason
from backends.files.downloads import TEMPORARY
from backends.files.partial_folder import is_growing
from backends.operating_system import long_path
from backends.phrases import Phrase
from baichuan_desktop.services.library.finding import layouts
from baichuan_desktop.services.library.finding.known_places import folders_of_no_drive
from baichuan_desktop.services.library.finding.layouts import Source
from baichuan_desktop.services.library.finding.values import PassedOver

MOST_ENTRIES: Final = 200_000
MOST_LEVELS: Final = 8
#: Of one folder: pictures by the hundred thousand would hide the folder beside them.
MOST_OF_A_FOLDER: Final = 50_000

#: What a system says of a folder that was there a moment ago, or whose drive is gone.
_LOST: Final = {
    getattr(errno, name, None)
    for name in ("ENOENT", "ENODEV", "ENXIO", "EIO", "ESTALE", "ENOTCONN", "EHOSTDOWN", "ETIMEDOUT")
} - {None}


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder, and the names in it."""

    folder: Path
    around: Source
    files: tuple[str, ...]  #: whatever is no folder, links that lead nowhere among them
    links: frozenset[str]  #: those of them that are links
    is_whole: bool  #: else there are more names than are here
    entries: int  #: looked at so far, in all folders


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to look into."""

    path: Path
    place: Path  #: that it is reached from
    around: Source
    level: int
    is_link: bool = False


def walk(places: Mapping[Path, Source], cancel: threading.Event) -> Iterator[Listing | PassedOver]:
    """Folder by folder, those that lie higher first; it ends soon once `cancel` is set."""
    return _Walk(cancel).run(places)


class _Walk:
    def __init__(self, cancel: threading.Event) -> None:
        self._cancel = cancel
        self._closed = folders_of_no_drive()
        self._seen: set[tuple[int, int]] = set()  # device and inode of each folder
        self._entries = 0
        self._lost: set[Path] = set()  # places of which it was said that something is gone
        self._too_deep: set[Path] = set()  # places of which that was said

    def run(self, places: Mapping[Path, Source]) -> Iterator[Listing | PassedOver]:
        pending = deque(_Folder(one, one, around, 0) for one, around in places.items())
        linked: deque[_Folder] = deque()  # last: what they lead to has a name of its own, mostly
        while (pending or linked) and not self._cancel.is_set():
            folder = (pending or linked).popleft()
            if TEMPORARY in folder.path.parts:  # it was named by a person
                yield _unfinished(folder.path)
                continue
            if is_growing(folder.path):
                yield _half_made(folder.path)
                continue
            if self._entries >= MOST_ENTRIES:
                yield _bound_reached(folder.path, self._entries)
                return
            try:
                if not self._is_new(folder.path):
                    continue
                listed = self._listed(folder)
            except (OSError, RuntimeError, ValueError) as error:
                yield from self._lost_or_unreadable(folder, error)
                continue
            yield listed.listing
            if listed.rest is not None and not self._cancel.is_set():
                yield PassedOver(folder.path, listed.rest)
            for inner in _inner(folder, listed, self._closed):
                if isinstance(inner, PassedOver):
                    yield inner
                elif inner.level <= MOST_LEVELS:
                    (linked if inner.is_link else pending).append(inner)
                elif folder.place not in self._too_deep:
                    self._too_deep.add(folder.place)
                    yield _too_deep(inner)

    def _is_new(self, folder: Path) -> bool:
        """Whether this folder was not looked into yet. Raises OSError, ValueError."""
        status = long_path(folder).stat()
        identity = (status.st_dev, status.st_ino)
        is_new = identity not in self._seen
        self._seen.add(identity)
        return is_new

    def _lost_or_unreadable(self, folder: _Folder, error: Exception) -> Iterator[PassedOver]:
        """One row a folder; one for all that is gone with a drive."""
        reason = system_reason(error) if isinstance(error, OSError | ValueError) else str(error)
        facts = {"folder": str(folder.path), "reason": reason}
        if getattr(error, "errno", None) not in _LOST or folder.path == folder.place:
            yield PassedOver(folder.path, Phrase("“{folder}” cannot be read ({reason}).", **facts))
        elif folder.place not in self._lost:
            self._lost.add(folder.place)
            sentence = Phrase("“{folder}” cannot be read any more ({reason}).", **facts)
            yield PassedOver(folder.path, sentence)

    def _listed(self, folder: _Folder) -> _Listed:
        """What is in a folder. Raises OSError, ValueError."""
        files: list[str] = []
        links: set[str] = set()
        folders: list[str] = []
        linked: list[str] = []
        rest = None
        with os.scandir(long_path(folder.path)) as entries:
            for count, entry in enumerate(entries):
                if self._cancel.is_set():
                    break
                if count >= MOST_OF_A_FOLDER or self._entries >= MOST_ENTRIES:
                    rest = Phrase(
                        "Of “{folder}”, only {count} entries were looked at.",
                        folder=str(folder.path),
                        count=count,
                    )
                    break
                self._entries += 1
                is_link = _is_link(entry)
                if _is_folder(entry):
                    (linked if is_link else folders).append(entry.name)
                    continue
                files.append(entry.name)
                if is_link:
                    links.add(entry.name)
        is_whole = rest is None and not self._cancel.is_set()
        listing = Listing(
            folder.path,
            folder.around,
            tuple(sorted(files)),
            frozenset(links),
            is_whole,
            self._entries,
        )
        return _Listed(listing, tuple(sorted(folders)), tuple(sorted(linked)), rest)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What is in a folder."""

    listing: Listing
    folders: tuple[str, ...]
    linked: tuple[str, ...]  #: links to folders
    rest: Phrase | None  #: that it is not all of it


def _inner(
    folder: _Folder, listed: _Listed, closed: frozenset[Path]
) -> Iterator[_Folder | PassedOver]:
    """The folders to look into next."""
    level = folder.level + layouts.is_level(folder.path)
    around = folder.around
    if (found := layouts.repository_of(folder.path)) is not None:
        around = Source(found[0], layouts.cache_root(folder.path))
    allowed = set(layouts.inner_folders(folder.path, (*listed.folders, *listed.linked)))
    for name in listed.folders:
        if name in allowed and folder.path / name not in closed:
            yield _Folder(folder.path / name, folder.place, around, level)
    for name in listed.linked:
        if name in allowed:
            link = _Folder(folder.path / name, folder.place, around, level, is_link=True)
            if (followed := _followed(link)) is not None:
                yield followed


def _followed(link: _Folder) -> _Folder | PassedOver | None:
    """A linked folder, if it lies inside of its root; None of one that leads back up.

    Whoever made a link may be a stranger. A person may look through where it leads, too.
    """
    try:
        real, root = link.path.resolve(), link.around.root.resolve()
    except (OSError, RuntimeError, ValueError):  # it is gone meanwhile
        return None
    if root.is_relative_to(real):
        return None
    if real.is_relative_to(root):
        return link
    sentence = Phrase(
        "“{link}” leads to “{target}”, out of “{folder}”, and was not followed.",
        link=str(link.path),
        target=str(real),
        folder=str(link.around.root),
    )
    return PassedOver(link.path, sentence)


def _unfinished(folder: Path) -> PassedOver:
    sentence = Phrase(
        "“{folder}” was not looked into: ModelScope keeps half downloads there.",
        folder=str(folder),
    )
    return PassedOver(folder, sentence)


def _half_made(folder: Path) -> PassedOver:
    sentence = Phrase(
        "“{folder}” was not looked into: it is what an import or a copy has made so far.",
        folder=str(folder),
    )
    return PassedOver(folder, sentence)


def _bound_reached(folder: Path, entries: int) -> PassedOver:
    sentence = Phrase(
        "The search ended after {count} entries, before “{folder}”.",
        count=entries,
        folder=str(folder),
    )
    return PassedOver(folder, sentence)


def _too_deep(folder: _Folder) -> PassedOver:
    sentence = Phrase(
        "Folders more than {count} levels below “{folder}” were not looked into.",
        count=MOST_LEVELS,
        folder=str(folder.place),
    )
    return PassedOver(folder.path, sentence)


def _is_link(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_symlink()
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle; a drive that does not answer
        return False
