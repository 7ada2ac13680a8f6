"""Data sets by name, as LLaMA-Efficient-Tuning's `--dataset a,b --dataset_dir D` names them.

D/dataset_info.json says which file a name stands for and what its fields are called; otherwise it
is D/NAME.json or D/NAME.jsonl. Nothing is fetched from anywhere.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...errors import TrainingDataError
from ...files.plain_file import open_plain, read_plain
from ...files.small_files import is_leaf_name, json_value, not_read
from ...operating_system import long_path
from ...phrases import Phrase
from ..values import Columns

INFO: Final = "dataset_info.json"
_MOST_INFO_BYTES: Final = 4_000_000
_PIECE_BYTES: Final = 2**20
_ENDINGS: Final = (".json", ".jsonl")
_REMOTE: Final = ("hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name")
_COLUMNS: Final = ("prompt", "query", "response", "history")
_KNOWN: Final = frozenset({"file_name", "file_sha1", "columns", "formatting"})
_FORMATS: Final = ("alpaca", "sharegpt")


@dataclass(frozen=True, slots=True)
class Datasets:
    """The files of data sets, and what their fields are called."""

    files: tuple[str, ...]
    columns: tuple[Columns, ...]  #: of each of `files`
    notes: tuple[Phrase, ...] = ()


def resolve_datasets(names: Sequence[str], folder: Path) -> Datasets:
    """The files that `names` stand for in `folder`. Raises TrainingDataError."""
    info = _read_info(folder / INFO)
    files: list[str] = []
    columns: list[Columns] = []
    notes: list[Phrase] = []
    for name in (one.strip() for one in names):
        if name in info:
            file, own = _of_info(folder, name, info[name], notes)
        else:
            file, own = _by_name(folder, name, info), Columns()
        files.append(str(file))
        columns.append(own)
    return Datasets(tuple(files), tuple(columns), tuple(notes))


def _read_info(file: Path) -> Mapping[str, object]:
    try:
        raw = read_plain(file, _MOST_INFO_BYTES)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TrainingDataError(file, not_read(error)) from error
    try:
        info = json_value(raw, int)
    except ValueError as error:
        raise TrainingDataError(file, Phrase("it is no JSON")) from error
    if not isinstance(info, dict):
        raise TrainingDataError(file, Phrase("it is no JSON object"))
    return info


def _of_info(folder: Path, name: str, entry: object, notes: list[Phrase]) -> tuple[Path, Columns]:
    info = folder / INFO
    if not isinstance(entry, dict):
        raise TrainingDataError(info, Phrase("“{name}” is not an object", name=name))
    if remote := next((one for one in _REMOTE if one in entry), None):
        raise TrainingDataError(
            info,
            Phrase(
                "“{name}” lies on the internet ({field}), and nothing is fetched from there",
                name=name,
                field=remote,
            ),
        )
    if unknown := sorted(entry.keys() - _KNOWN):
        raise TrainingDataError(
            info,
            Phrase("“{name}” has “{field}”, which is not known", name=name, field=unknown[0][:40]),
        )
    formatting = entry.get("formatting", _FORMATS[0])
    if formatting not in _FORMATS:
        raise TrainingDataError(
            info,
            Phrase("the “{field}” of “{name}” is not known", field="formatting", name=name),
        )
    file_name = entry.get("file_name")
    if not isinstance(file_name, str) or not file_name:
        raise TrainingDataError(info, Phrase("“{name}” has no “file_name”", name=name))
    file = folder / file_name
    if not _is_there(file):
        raise TrainingDataError(
            file, Phrase("there is no such file, which “{name}” names", name=name)
        )
    _check_sha1(file, entry.get("file_sha1"), notes)
    return file, _columns(info, name, entry.get("columns"))


def _columns(info: Path, name: str, given: object) -> Columns:
    if given is None:
        return Columns()
    if not isinstance(given, dict):
        raise TrainingDataError(info, Phrase("the “columns” of “{name}” are no object", name=name))
    for key, value in given.items():
        if key not in _COLUMNS or not isinstance(value, str | None):
            raise TrainingDataError(
                info,
                Phrase(
                    "the “columns” of “{name}” have “{field}”, which is not one of {known}",
                    name=name,
                    field=str(key)[:40],
                    known=", ".join(_COLUMNS),
                ),
            )
    return Columns(**{key: value or "" for key, value in given.items()})  # none has this name


def _by_name(folder: Path, name: str, info: Mapping[str, object]) -> Path:
    if is_leaf_name(name):
        for ending in _ENDINGS:
            if _is_there(file := folder / f"{name}{ending}"):
                return file
    near = difflib.get_close_matches(name, [*info, *_stems(folder)], 1)
    what = Phrase("it holds no data set “{name}”", name=name)
    if near:
        what = Phrase("it holds no data set “{name}”; “{near}” is there", name=name, near=near[0])
    raise TrainingDataError(folder, what)


def _stems(folder: Path) -> list[str]:
    try:
        found = list(long_path(folder).iterdir())
    except (OSError, ValueError):
        return []
    return [one.stem for one in found if one.suffix in _ENDINGS and one.name != INFO]


def _is_there(file: Path) -> bool:
    try:
        return long_path(file).is_file()
    except (OSError, ValueError):
        return False


def _check_sha1(file: Path, expected: object, notes: list[Phrase]) -> None:
    """Tell where the file is another one than was meant, as the published program does."""
    if not isinstance(expected, str):
        return
    digest = hashlib.sha1(usedforsecurity=False)
    try:
        with open_plain(file) as stream:
            while block := stream.read(_PIECE_BYTES):
                digest.update(block)
    except OSError as error:
        raise TrainingDataError(file, not_read(error)) from error
    if digest.hexdigest() != expected.lower():
        notes.append(
            Phrase(
                "“{file}” is another file than {info} names: its SHA-1 differs.",
                file=str(file),
                info=INFO,
            )
        )
