"""Manifests of models that are added and imported."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from backends.errors import IntegrityError
from backends.phrases import Phrase
from baichuan_desktop.services.library.integrity.folder_files import (
    FolderFile,
    cannot_be_read,
    files_of_listed,
)
from baichuan_desktop.services.library.integrity.known_hashes import known_hashes
from baichuan_desktop.services.library.integrity.manifests import utc_now
from baichuan_desktop.services.library.integrity.values import (
    FileRecord,
    KnownHash,
    Manifest,
    Origin,
)
from baichuan_desktop.services.library.registry import Listed

_Known = Mapping[str, tuple[KnownHash, ...]]


def first_manifest(
    model: Listed, hashes: Mapping[str, str] | None = None, known: _Known | None = None
) -> Manifest:
    """What is known of a model's files without reading them: sizes, times, hashes of a download.

    `hashes` are SHA-256 that were computed while the files were copied, `known` what was said of
    them where they came from. Raises IntegrityError where the folder cannot be looked through.
    """
    files = listed_files(model)
    said = dict(known_hashes(model.path, files))
    for name, more in (known or {}).items():
        said[name] = (*more, *(one for one in said.get(name, ()) if one not in more))
    now = utc_now()
    records = {
        name: first_record(one, said.get(name, ()), (hashes or {}).get(name), now)
        for name, one in files.items()
        if one.refusal is None
    }
    return Manifest(model.id, model.path, now, records)


def first_record(
    one: FolderFile,
    said: tuple[KnownHash, ...],
    sha256: str | None,
    now: datetime.datetime,
) -> FileRecord:
    """What is known of a file that was looked at, or read as well."""
    own = () if sha256 is None else (KnownHash(Origin.IMPORT, sha256, size=one.size, since=now),)
    return FileRecord(one.size, one.mtime_ns, (*own, *said), one.is_link)


def listed_files(model: Listed) -> Mapping[str, FolderFile]:
    """The files of what is listed. Raises IntegrityError where they cannot be looked for."""
    try:
        return files_of_listed(model)
    except (OSError, ValueError) as error:
        raise IntegrityError(
            "The folder of “{name}” {what}.",
            hint=Phrase(
                "It lies at “{folder}”: connect its drive, or take the model from the list.",
                folder=str(model.path),
            ),
            name=model.id,
            what=cannot_be_read(error),
        ) from error
