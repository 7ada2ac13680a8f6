"""The files of a model's folder that say under which licence it may be used."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from ..files.small_files import is_leaf_name, is_text
from ..operating_system import long_path

#: What the app writes beside them: what of a copy was changed, when, and by which version.
CHANGES_FILE = "NOTICE-CHANGES.txt"

_MOST_ENTRIES = 20_000  #: of a folder that are looked at; a model has some dozens of files
MOST_FILES = 16  #: of one kind

_LICENCE = re.compile(r"licen[cs]e.*|.*许可协议.*|.*\blicen[cs]e\b.*", re.IGNORECASE | re.DOTALL)
_ADAPTER = "adapter-"  #: before the name of a file that an adapter and its model both have
_NOTICE = re.compile(rf"({_ADAPTER})*notice(\.(txt|md))?", re.IGNORECASE)
#: “LICENSE-2.0” ends so too. Whatever else stands behind a point is a program or data.
_SUFFIX = re.compile(r"(\.(txt|md|rst|pdf|\d+))?", re.IGNORECASE)


def is_licence(name: str) -> bool:
    """Whether a file of this name is a licence: LICENSE, LICENCE-MODEL.md, 模型许可协议.pdf."""
    return bool(_LICENCE.fullmatch(name) and _SUFFIX.fullmatch(PurePath(name).suffix))


def is_notice(name: str) -> bool:
    """Whether a file of this name holds notices that go with the model."""
    return _NOTICE.fullmatch(name) is not None


def adapter_name(name: str) -> str:
    """How a licence or a notice of an adapter is called beside one of its model."""
    return f"{_ADAPTER}{name}"


def licence_names(folder: Path) -> Sequence[str]:
    """The names of a folder's licences, then of its notices, each in order; none if unreadable."""
    names: list[str] = []
    try:
        with os.scandir(long_path(folder)) as entries:
            for entry in itertools.islice(entries, _MOST_ENTRIES):
                # A copy keeps the name, and its manifest holds none that is no text, or a path.
                name = entry.name
                if (is_licence(name) or is_notice(name)) and is_leaf_name(name):
                    names += [name] if is_text(Path(name)) and _is_file(entry) else []
    except (OSError, ValueError):  # said where the model is opened
        return ()
    names.sort()
    licences = [name for name in names if is_licence(name)]
    notices = [name for name in names if not is_licence(name)]
    return (*licences[:MOST_FILES], *notices[:MOST_FILES])


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()  # or a link to one
    except OSError:  # links in a circle
        return False
