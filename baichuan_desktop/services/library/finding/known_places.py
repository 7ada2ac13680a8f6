"""Where models may lie without anybody naming it: caches, mounted media, folders of that name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath

import platformdirs
import psutil

from backends.files.small_files import is_folder
from backends.operating_system import long_path
from baichuan_desktop.services.library.finding.values import KnownPlace, Place

#: Below which systems put the drives that a person attaches, and administrators shared ones.
_MOUNTS = (Path("/media"), Path("/run/media"), Path("/mnt"), Path("/Volumes"))
_OF_NO_DRIVE = frozenset({
    "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devfs", "devpts", "devtmpfs", "efivarfs",
    "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "securityfs", "sysfs", "tracefs",
})  # fmt: skip
#: Names of folders in which people keep models, in lower case.
_OF_MODELS = frozenset(
    {"ai", "llm", "llms", "model", "models", "huggingface", "modelscope", "模型"}
)
_OUR_NAMES = ("baichuan", "百川")
_VARIABLE = re.compile(r"\$(\w+|\{\w+\})")


def known_places(own: Sequence[Path] = ()) -> Sequence[KnownPlace]:
    """Those that are there now; asking may take as long as a drive takes to answer.

    `own` are the folders that the app itself, or the person, keeps models in.
    """
    downloads = Path(platformdirs.user_downloads_dir())
    folders = (*own, *_named_for_models(_home()), downloads)
    found: dict[Path, KnownPlace] = {}
    for place in (*_caches(), *(KnownPlace(one, Place.FOLDER) for one in folders), *_media()):
        if is_folder(place.folder):
            found.setdefault(place.folder, place)
    return tuple(found.values())


def place_of(folder: Path) -> KnownPlace:
    """The cache or the drive that an absolute path lies in; the folder itself if it is in none.

    Nothing of it is touched.
    """
    for one in (*_caches(), *_media()):
        if folder.is_relative_to(one.folder):
            return one
    return KnownPlace(folder, Place.FOLDER)


def _caches() -> Iterator[KnownPlace]:
    home = _home()
    yield KnownPlace(huggingface_cache(os.environ, home), Place.HUGGINGFACE)
    yield KnownPlace(modelscope_cache(os.environ, home), Place.MODELSCOPE)


def _media() -> Iterator[KnownPlace]:
    mounts = [folder for folder, _ in _mounts()]
    for mount in attached_drives(mounts, os.environ.get("SYSTEMDRIVE", "C:")):
        yield KnownPlace(Path(mount), Place.MEDIUM)


def huggingface_cache(environment: Mapping[str, str], home: Path) -> Path:
    """The cache that huggingface_hub uses, by its own rules."""
    for name, *inner in (
        ("HF_HUB_CACHE",),
        ("HUGGINGFACE_HUB_CACHE",),
        ("HF_HOME", "hub"),
        ("XDG_CACHE_HOME", "huggingface", "hub"),
    ):
        if value := environment.get(name):
            return _expanded(value, home, environment).joinpath(*inner)
    return home / ".cache" / "huggingface" / "hub"


def modelscope_cache(environment: Mapping[str, str], home: Path) -> Path:
    """The folder that the caches of modelscope lie in, whichever version wrote them."""
    if value := environment.get("MODELSCOPE_CACHE"):
        return _expanded(value, home, environment)
    return home / ".cache" / "modelscope"  # “hub” in it, until modelscope_hub


def attached_drives(mounts: Sequence[PurePath], system_drive: str) -> Sequence[PurePath]:
    """Those of the mounted drives that a person or an administrator attached."""
    return [
        mount
        for mount in mounts
        if any(parent in _MOUNTS for parent in mount.parents)
        or (mount.drive and mount.drive.lower() != system_drive.lower())
    ]


def folders_of_no_drive() -> frozenset[Path]:
    """The folders in which a system shows as files what no drive holds."""
    return frozenset(folder for folder, kind in _mounts() if kind in _OF_NO_DRIVE)


def _mounts() -> Sequence[tuple[Path, str]]:
    """Where drives are mounted, shared ones too, and the kind of each."""
    try:
        found = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):  # a system that does not tell
        return ()
    return [(Path(one.mountpoint), one.fstype) for one in found]


def _named_for_models(home: Path) -> Iterator[Path]:
    """The folders in the home folder that are called after models."""
    try:
        with os.scandir(long_path(home)) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return
    for name in names:
        lower = name.lower()
        if lower in _OF_MODELS or any(own in lower for own in _OUR_NAMES):
            yield home / name


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # an account without one
        return Path(os.sep)


def _expanded(value: str, home: Path, environment: Mapping[str, str]) -> Path:
    """A path as the libraries read it: with “~” and with names of variables."""

    def variable(match: re.Match[str]) -> str:
        return environment.get(match[1].strip("{}"), match[0])

    path = Path(_VARIABLE.sub(variable, value))
    if path.parts[:1] == ("~",):
        path = home.joinpath(*path.parts[1:])
    return Path(os.path.abspath(path))  # noqa: PTH100  nothing of it need be there
