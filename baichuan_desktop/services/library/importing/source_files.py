"""The files of a source that are brought along, and what is left out of it.

What a cache or a download keeps beside a model is left out by its name and never opened: `.msc` and
`.mdl` of ModelScope are pickles. Python code stays: nothing here executes it, and other programs
need it.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backends.errors import ImportRefusedError, system_reason
from backends.files.downloads import is_half
from backends.files.small_files import is_leaf_name, is_text
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.printable import one_line
from baichuan_desktop.services.library.finding.source_files import files_of
from baichuan_desktop.services.library.finding.values import Found, SourceFile
from baichuan_desktop.services.library.importing.values import LeftOut

_MOST_ENTRIES = 20_000
_NEVER = re.compile(r"__pycache__|.*\.(pyc|lock)")

_HIDDEN = Phrase("it belongs to the program that downloaded it, or is hidden")
_HALF = Phrase("it is a half download")
_FOLDER = Phrase("it is a folder of something else")
_LINKED_FOLDER = Phrase("it is a link to a folder")
_NO_FILE = Phrase("it is not a file")
_NO_NAME = Phrase("not every system can have a file of this name")


@dataclass(frozen=True, slots=True)
class Source:
    """What a folder holds."""

    files: tuple[SourceFile, ...]  #: sorted by name
    left_out: tuple[LeftOut, ...]  #: of these, those in folders of the model too
    has_links: bool  #: something in it is a link
    has_others: bool  #: a folder in it is not the model's
    outside: Path | None  #: where the bytes of a file lie that lie outside of the folder


def source_files(found: Found) -> Source:
    """Look at a folder; no file is read.

    Raises CheckpointError for links that must not be followed, ImportRefusedError for a folder that
    cannot be read.
    """
    all_files = files_of(found)
    files, left_out = [], []
    for file in all_files:
        if why := _why_left_out(file.name):
            left_out.append(LeftOut(file.name, why))
        else:
            files.append(file)
    links = [one for one in all_files if one.file != _place(found.folder, one)]
    real = long_path(found.folder).resolve()
    outside = next((one.file for one in links if not one.file.is_relative_to(real)), None)
    rest = list(_rest(found.folder, {file.name.partition("/")[0] for file in all_files}))
    left_out += [one for one, _ in rest]
    return Source(
        tuple(files),
        tuple(sorted(left_out, key=lambda one: one.name)),
        has_links=bool(links) or any(is_link for _, is_link in rest),
        has_others=any(one.why is _FOLDER for one, _ in rest),
        outside=outside,
    )


def _place(folder: Path, file: SourceFile) -> Path:
    return folder.joinpath(*file.name.split("/"))


def _why_left_out(name: str) -> Phrase | None:
    for part in name.split("/"):
        if not is_text(Path(part)) or not is_leaf_name(part) or one_line(part) != part:
            return _NO_NAME
        if part.startswith(".") or _NEVER.fullmatch(part):
            return _HIDDEN
        if is_half(part):
            return _HALF
    return None


def _rest(folder: Path, taken: set[str]) -> Iterator[tuple[LeftOut, bool]]:
    """What of a folder holds no files of the model, and whether it is a link."""
    try:
        with os.scandir(long_path(folder)) as entries:
            for entry in itertools.islice(entries, _MOST_ENTRIES):
                if entry.name not in taken:
                    yield LeftOut(entry.name, _why_not_taken(entry)), entry.is_symlink()
    except OSError as error:
        raise ImportRefusedError(
            folder,
            Phrase("it cannot be read ({reason})", reason=system_reason(error)),
            hint="Check the drive, and your rights to the folder.",
        ) from error


def _why_not_taken(entry: os.DirEntry[str]) -> Phrase:
    if why := _why_left_out(entry.name):
        return why
    if entry.is_dir(follow_symlinks=False):
        return _FOLDER
    return _LINKED_FOLDER if entry.is_symlink() else _NO_FILE
