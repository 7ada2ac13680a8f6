"""A folder that is whole or absent: its manifest names each file with size and SHA-256.

It grows in `<folder>.partial`; every file and the folder itself are on the drive before it gets its
name. The manifest is written last and bears its own hash, so what was cut or changed is found.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ...checkpoint.manifest import MANIFEST
from ...copying.safetensors_writer import Block, Shard, write_shard
from ...copying.side_files import SIDE_FILES
from ...errors import CheckpointError, DamagedTrainingError
from ...events import JobProgress, JobStep
from ...files.hashing import Sha256
from ...files.partial_folder import SUFFIX, is_taken, partial_of, write_synced
from ...files.small_files import is_leaf_name, parse_json, read_file
from ...licences.licence_files import CHANGES_FILE, is_licence, is_notice
from ...operating_system import long_path, rename, sync_folder
from ...phrases import Phrase
from .values import SourceFile

_VERSION: Final = 1
_MAX_BYTES = 2**30  #: of JSON; a step of the curve takes about 100
RESULT: Final = "result"
_SHARD = r"(-\d+-of-\d+)?\.safetensors"
#: The names that our files have in a checkpoint, and in a result; a person's have others.
_IN_CHECKPOINT = re.compile(
    rf"(weights|optimizer|random){_SHARD}|(state|trainer_state|checkpoint)\.json"
)
_IN_RESULT = re.compile(rf"(model|adapter_model){_SHARD}")
_SMALL_IN_RESULT: Final = frozenset({
    "result.json", "provenance.json", "training.json", "adapter_config.json", "config.json",
    "model.safetensors.index.json", MANIFEST, CHANGES_FILE, *SIDE_FILES,
})  # fmt: skip
#: What systems put into folders that a person looked into.
OF_SYSTEMS: Final = (".DS_Store", "Thumbs.db", "desktop.ini", ".directory")


class GrowingFolder:
    """A folder on its way; a context that takes its files away unless it was finished or kept.

    Every method raises OSError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = partial_of(folder)  #: where it grows
        self._is_kept = False
        self.files: dict[str, dict[str, Any]] = {}  #: size and SHA-256 of what was written, by name

    def __enter__(self) -> GrowingFolder:
        remove_partial(self._folder)  # what a killed run left
        self.path.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_kept:
            shutil.rmtree(self.path, ignore_errors=True)

    def put(self, name: str, data: bytes) -> None:
        """Write a small file."""
        write_synced(self.path / name, data)
        self._note(name, len(data), hashlib.sha256(data).hexdigest())

    def put_tensors(self, shard: Shard, blocks: Iterator[Block]) -> Iterator[int]:
        """Write a file of tensors; yields the number of bytes of each block as it is written."""
        digest = hashlib.sha256()
        file = self.path / shard.file_name
        yield from write_shard(file, shard, blocks, digest=digest)
        self._note(shard.file_name, file.stat().st_size, digest.hexdigest())

    def seal(self, manifest: str, facts: Mapping[str, object]) -> None:
        """Write the manifest: `facts`, and what the files are."""
        content = {"schema_version": _VERSION, **facts, "files": self.files}
        content["seal"] = _seal(content)
        write_synced(self.path / manifest, json_bytes(content))
        sync_folder(self.path)

    def finish(self) -> None:
        """Give the folder its name."""
        rename(self.path, self._folder)
        self.keep()

    def keep(self) -> None:
        """Have what was written survive the context, and a power cut."""
        self._is_kept = True
        sync_folder(self._folder.parent)

    def _note(self, name: str, size: int, digest: str) -> None:
        self.files[name] = {"size": size, "sha256": digest}


def read_sealed(folder: Path, manifest: str) -> dict[str, Any]:
    """The content of a folder's manifest. Raises DamagedTrainingError."""
    file = folder / manifest
    content = read_json_file(file)
    version = content.get("schema_version")
    if isinstance(version, int) and version > _VERSION:
        raise DamagedTrainingError(file, Phrase("a newer version of this app wrote it"))
    stated = content.pop("seal", None)
    files = content.get("files")
    is_right = isinstance(files, dict) and all(map(_is_file_of_ours, files.values()))
    if version != _VERSION or stated != _seal(content) or not is_right:
        raise DamagedTrainingError(file, Phrase("it was changed after it was written"))
    return content


def sealed_files(content: Mapping[str, object]) -> Sequence[SourceFile]:
    """The files that the content of `read_sealed` names, in the order they were written in."""
    found: Any = content["files"]
    return [SourceFile(name, one["size"], one["sha256"]) for name, one in found.items()]


def require_files(folder: Path, files: Sequence[SourceFile]) -> None:
    """Raise DamagedTrainingError unless every file is there with its size; reads none."""
    for one in files:
        file = folder / one.name
        if not is_leaf_name(one.name):
            raise DamagedTrainingError(file, Phrase("it lies outside of its folder"))
        try:
            size = long_path(file).stat().st_size
        except OSError as error:
            raise DamagedTrainingError(file, Phrase("it is missing")) from error
        if size != one.size:
            raise DamagedTrainingError(
                file,
                Phrase("it has {size:,} bytes, and {expected:,} were written", size=size,
                       expected=one.size),
            )  # fmt: skip


def checking_content(folder: Path, files: Sequence[SourceFile]) -> Iterator[JobProgress]:
    """Read all files; yields progress.

    Raises DamagedTrainingError for one that is not what was written.
    """
    require_files(folder, files)
    done, total = 0, sum(one.size for one in files)
    for one in files:
        file = folder / one.name
        hashing = Sha256(file)
        with reading(file):
            for count in hashing:
                done += count
                yield JobProgress(JobStep.HASH, done, total)
        if hashing.hexdigest() != one.sha256:
            raise DamagedTrainingError(file, Phrase("its content was changed"))


def read_json_file(file: Path, most_bytes: int = _MAX_BYTES) -> dict[str, Any]:
    """The object in a file of ours. Raises DamagedTrainingError."""
    with reading(file):
        data = parse_json(file, read_file(file, most_bytes))
    if not isinstance(data, dict):
        raise DamagedTrainingError(file, Phrase("it is not a JSON object"))
    return data


def json_bytes(content: object, *, indent: int | None = 2) -> bytes:
    """JSON in UTF-8, for people; on one line with `indent` None."""
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "replace")


@contextlib.contextmanager
def reading(file: Path) -> Iterator[None]:
    """Raise whatever is wrong with a file of ours as DamagedTrainingError."""
    try:
        yield
    except CheckpointError as error:
        what = error.facts.get("what")
        found = what if isinstance(what, Phrase) else Phrase("{text}", text=str(what or error))
        raise DamagedTrainingError(file, found) from error
    except OSError as error:
        raise DamagedTrainingError(
            file, Phrase("it cannot be read ({reason})", reason=error.strerror or str(error))
        ) from error


def foreign_in(folder: Path) -> str | None:
    """The name of something that is not ours in a folder that bears a name of ours.

    None if there is nothing else; "" if it is no folder at all. Raises OSError.
    """
    is_result = folder.name.removesuffix(SUFFIX) == RESULT
    status = long_path(folder).lstat()
    if not stat.S_ISDIR(status.st_mode):
        return ""
    with os.scandir(long_path(folder)) as entries:
        for entry in entries:
            name = entry.name
            is_own = _is_in_result(name) if is_result else _IN_CHECKPOINT.fullmatch(name)
            if not (is_own or name in OF_SYSTEMS) or entry.is_dir(follow_symlinks=False):
                return name
    return None


def remove_folder(folder: Path) -> None:
    """Take a folder of ours away, if it is there; under its name it is whole or gone.

    Raises OSError, also where something lies in it that is not ours; then all of it stays.
    """
    if is_taken(folder):
        _require_own(folder)
        remove_partial(folder)
        rename(folder, partial_of(folder))
    remove_partial(folder)


def remove_partial(folder: Path) -> None:
    """Take away what there is of a folder that was not finished.

    Raises OSError, also where something lies in it that is not ours; then all of it stays.
    """
    with contextlib.suppress(FileNotFoundError):
        _require_own(partial_of(folder))
        shutil.rmtree(partial_of(folder))


def _require_own(folder: Path) -> None:
    if foreign_in(folder) is not None:
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(folder))


def _is_in_result(name: str) -> bool:
    is_known = name in _SMALL_IN_RESULT or _IN_RESULT.fullmatch(name) is not None
    return is_known or is_licence(name) or is_notice(name)


def _is_file_of_ours(stated: object) -> bool:
    """Whether a manifest says of a file what one of ours does."""
    if not isinstance(stated, dict):
        return False
    size, digest = stated.get("size"), stated.get("sha256")
    return isinstance(size, int) and size >= 0 and isinstance(digest, str)


def _seal(content: Mapping[str, object]) -> str:
    plain = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()
