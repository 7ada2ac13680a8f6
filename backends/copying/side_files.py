"""The small files that a copy takes over from its source: only what belongs to the source.

What is taken into a copy is published with it. So a side file is taken where its content lies in
the model's own folder (see `files/own_files`), and everything else is refused and not left out: a
copy without one of its files might answer in another way, or lack its licence.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import JobError
from ..files.hashing import reading
from ..files.own_files import ForeignFileError, read_own
from ..licences.licence_files import CHANGES_FILE, adapter_name, licence_names
from ..operating_system import long_path

SIDE_FILES = (
    "generation_config.json", "tokenizer.model", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json",
)  # fmt: skip

_MAX_BYTES = 64_000_000


def read_side_files(folder: Path) -> Mapping[str, bytes]:
    """The contents of those of `SIDE_FILES` that a model has, and of its licences, by name.

    Raises JobError.
    """
    found: dict[str, bytes] = {}
    for file in (folder / name for name in (*SIDE_FILES, *licence_names(folder), CHANGES_FILE)):
        with reading(file):
            is_there = long_path(file).exists()
        if is_there:
            found[file.name] = read_own_file(file)
    return found


def read_adapter_licences(folder: Path, found: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The licences and notices of an adapter's folder, by the names that they get in a copy.

    `found` is what the copy has of the model: of the same name and another content, they get a
    name that says whose they are. Raises JobError.
    """
    licences = {name: read_own_file(folder / name) for name in licence_names(folder)}
    return {
        name if found.get(name, content) == content else adapter_name(name): content
        for name, content in licences.items()
    }


def read_own_file(file: Path) -> bytes:
    """The content of a file that belongs to the model in whose folder it lies. Raises JobError."""
    with reading(file):
        try:
            return read_own(file, _MAX_BYTES)
        except ForeignFileError as error:
            raise JobError(
                "“{file}” is a link to a file outside of the model's folder.",
                hint="A copy takes in nothing from there. Put the file itself in the place of the "
                "link, and try again.",
                file=file.name,
            ) from error
