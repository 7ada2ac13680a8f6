"""The policy of this machine: one fixed file that only its administrator can write.

    require(site_policy(), Feature.IMPORT)

No variable of the environment and no folder of a person's moves it. What cannot be trusted or
understood closes: PolicyFileError stands for a policy that turns everything off.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ..errors import PolicyError, PolicyFileError, system_reason
from ..files.plain_file import open_plain
from ..operating_system import NO_LINK, long_path, ordinary_writer, site_folder
from ..phrases import Phrase
from ..precision import Precision
from .decisions import forbidden_precisions, refusal
from .schema import parse_policy
from .site_entries import site_entries
from .values import Feature, Policy

FILE_NAME: Final = "policy.yaml"
REGISTRY_NAME: Final = "models_registry.yaml"  #: the site's list of models, beside it
MAX_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy lies, and who alone may write there."""

    file: Path
    owner: int = 0  #: the administrator's account; Windows knows its own
    #: What lies above this folder is taken as safe; None: nothing.
    root: Path | None = None

    @property
    def folders(self) -> Sequence[Path]:
        """The folders that lead to the file, the topmost first."""
        parents = tuple(self.file.parents)
        if self.root in parents:
            parents = parents[: parents.index(self.root) + 1]
        return parents[::-1]


def fixed_place() -> Place:
    """The place on this system. Raises PolicyFileError where the system does not tell it."""
    try:
        return Place(site_folder() / FILE_NAME)
    except OSError as error:
        raise PolicyFileError(Path(FILE_NAME), _unread(error)) from error


#: What was read last, and from which files as they were then.
_last: tuple[object, Policy] | None = None


def site_policy() -> Policy:
    """What the policy of this machine says; where there is none, that everything is allowed.

    Looked at each time, and read only where it changed. Raises PolicyFileError.
    """
    global _last
    place = fixed_place()
    if not is_there(place):
        return Policy()
    require_trusted(place)
    registry = place.file.with_name(REGISTRY_NAME)
    key = (place, _stamp(place.file), _stamp(registry))
    if _last is not None and _last[0] == key:
        return _last[1]
    policy = parse_policy(read_text(place.file), place.file)
    if policy.models is not None:
        policy = replace(policy, entries=entries_beside(place))
    if policy.adapters is not None:
        policy = replace(policy, adapter_entries=entries_beside(place, "adapters"))
    _last = (key, policy)
    return policy


def off_here(feature: Feature) -> PolicyError | None:
    """Why a feature is off on this machine, to be shown where it is offered; None: it is on."""
    try:
        return refusal(site_policy(), feature)
    except PolicyFileError as error:
        return error


def forbidden_here() -> Mapping[Precision, PolicyError]:
    """The precisions that are off on this machine, each with the reason."""
    try:
        return forbidden_precisions(site_policy())
    except PolicyFileError as error:
        return dict.fromkeys(Precision, error)


def is_there(place: Place) -> bool:
    """Whether there is a policy.

    Raises PolicyFileError where that cannot be told: a folder cannot be searched, or a link on the
    way leads to what is not there now.
    """
    try:
        long_path(place.file).lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise PolicyFileError(place.file, _unread(error)) from error
    else:
        return True
    for folder in place.folders:
        try:
            is_link = _is_link(long_path(folder).lstat())
        except FileNotFoundError:
            return False
        except OSError as error:
            raise PolicyFileError(place.file, _unread(error)) from error
        if is_link and not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises some errors
            raise PolicyFileError(place.file, _link(folder))
    return False


def require_trusted(place: Place) -> None:
    """Raise PolicyFileError unless the administrator alone can write the file, or replace it."""
    for path in (*place.folders, place.file):
        try:
            status = long_path(path).lstat()
            if _is_link(status):
                raise PolicyFileError(place.file, _link(path))
            is_above = path not in (place.file, place.file.parent)
            writer = ordinary_writer(path, place.owner, is_above=is_above)
        except OSError as error:
            raise PolicyFileError(place.file, _unread(error)) from error
        if writer is not None:
            what = Phrase(
                "“{path}” can be written by {writer}, and must be the administrator's alone",
                path=str(path),
                writer=writer,
            )
            raise PolicyFileError(place.file, what)


def read_text(file: Path) -> str:
    """The text of a policy, whoever may write it. Raises PolicyFileError."""
    try:
        with open_plain(file, os.O_RDONLY | NO_LINK) as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PolicyFileError(file, _unread(error)) from error
    if len(data) > MAX_BYTES:
        what = Phrase("it is larger than {most} bytes", most=MAX_BYTES)
        raise PolicyFileError(file, what)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyFileError(file, "it is not UTF-8 text", place=f"line {line}") from error


def entries_beside(place: Place, section: str = "installed") -> tuple[tuple[str, Path], ...]:
    """Id and folder of what a section of the site's registry lists, which lies beside the policy.

    A registry that cannot be read, or that others than the administrator can write, allows nothing.
    """
    registry = replace(place, file=place.file.with_name(REGISTRY_NAME))
    try:
        if not is_there(registry):
            return ()
        require_trusted(registry)
        return site_entries(read_text(registry.file), section)
    except PolicyFileError:
        return ()


def _stamp(file: Path) -> object:
    try:
        found = long_path(file).lstat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns,
            found.st_mode, found.st_uid)  # fmt: skip


def _is_link(status: os.stat_result) -> bool:
    """Also what Windows calls a junction."""
    attributes = getattr(status, "st_file_attributes", 0)
    return stat.S_ISLNK(status.st_mode) or bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _link(path: Path) -> Phrase:
    return Phrase("“{path}” is a link, which may lead anywhere", path=str(path))


def _unread(error: OSError | ValueError) -> Phrase:
    return Phrase("it cannot be read: {reason}", reason=system_reason(error))
