"""What the names in a cache tell of a model: what it was published as, and where its links lead.

Nothing here touches a disk. huggingface_hub writes `models--O--N/{blobs,refs,snapshots/<commit>}`;
modelscope_hub `models/O--N/snapshots/<revision>`; modelscope before it `O/N` or `models/O/N`, with
“.” in a name as “___”, `.mv`, `.msc` and `.mdl` in the folder, and a link of the real name beside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.files.downloads import TEMPORARY
from backends.files.partial_folder import SUFFIX
from baichuan_desktop.services.library.finding.values import Place

SNAPSHOTS = "snapshots"
#: Two of modelscope's `BOOKKEEPING`. Only in a cache, whose folders have the names of the model,
#: does it write the second one.
REVISION_FILE = ".mv"
MODEL_FILE = ".mdl"

_HUGGINGFACE = "models--"
#: What is part of an id of a repository; a folder called “a--b” need not be one.
_ID_PART = re.compile(r"[\w][\w.-]{0,95}")
_NO_MODELS = frozenset({
    ".git", ".hg", ".svn", ".lock", ".locks", ".no_exist", TEMPORARY, "node_modules", "__pycache__",
    "$RECYCLE.BIN", "System Volume Information", "lost+found", ".Trash", ".Trashes",
})  # fmt: skip
_TRASH = ".Trash-"  #: a drive's, one for each person


@dataclass(frozen=True, slots=True)
class Source:
    """What the place of a folder tells of it."""

    place: Place
    root: Path  #: links of its files may lead to anywhere below this
    repository: str | None = None
    revision: str | None = None


def holds_no_models(name: str) -> bool:
    """Whether a folder of this name is never entered, as one that an import of ours grows in."""
    return name in _NO_MODELS or name.endswith(SUFFIX) or name.startswith(_TRASH)


def repository_of(folder: Path) -> tuple[Place, str] | None:
    """The cache that a folder is one repository of, and its id; None of any other folder.

    It is told by the folder's own name and by the one above it.
    """
    if folder.name.startswith(_HUGGINGFACE):
        parts = folder.name.removeprefix(_HUGGINGFACE).split("--")
        return (Place.HUGGINGFACE, "/".join(parts)) if _is_id(parts) else None
    parts = folder.name.split("--")
    if folder.parent.name == "models" and len(parts) == 2 and _is_id(parts):
        return Place.MODELSCOPE, "/".join(map(_with_dots, parts))
    return None


def cache_root(repository: Path) -> Path:
    """Where the links of a repository may lead: ModelScope's has none out of its own folder."""
    is_huggingface = repository.name.startswith(_HUGGINGFACE)
    return repository.parent if is_huggingface else repository


def source_of(folder: Path, names: Collection[str], around: Source) -> Source:
    """What a folder with these names in it is a copy of; `around` is where it was found."""
    repository = folder.parent.parent
    if folder.parent.name == SNAPSHOTS and (found := repository_of(repository)) is not None:
        return Source(found[0], cache_root(repository), found[1], folder.name)
    parts: Sequence[str] = ()
    if MODEL_FILE in names:
        parts = (folder.parent.name, folder.name)
    elif around.place is Place.MODELSCOPE and folder.is_relative_to(around.root):
        parts = folder.relative_to(around.root).parts
        for above in ("hub", "models"):
            parts = parts[1:] if parts[:1] == (above,) else parts
    is_in_repository = any(repository_of(one) is not None for one in (folder, folder.parent))
    if len(parts) == 2 and _is_id(parts) and not is_in_repository:
        name = "/".join(map(_with_dots, parts))
        return Source(Place.MODELSCOPE, folder, name)  # whose files are no links
    return around


def inner_folders(folder: Path, names: Sequence[str]) -> Sequence[str]:
    """Those of the folders in a folder that models may lie in."""
    if SNAPSHOTS in names and repository_of(folder) is not None:
        return [SNAPSHOTS]
    return [name for name in names if not holds_no_models(name)]


def is_level(folder: Path) -> bool:
    """Whether what is in a folder lies one level further down; a repository is one as a whole."""
    repository = folder.parent if folder.name == SNAPSHOTS else folder
    return repository_of(repository) is None


def _is_id(parts: Sequence[str]) -> bool:
    return len(parts) in (1, 2) and all(_ID_PART.fullmatch(part) for part in parts)


def _with_dots(part: str) -> str:
    return part.replace("___", ".")
