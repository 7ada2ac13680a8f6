"""Where each tensor lies in a weight file: .safetensors and PyTorch's .bin, without torch.

Both readers return records (name, dtype, shape, place in the file) and read no weight. So one
way of mapping, converting or exporting tensors serves every layout, the window's process can
recognise a model, and the peak of memory is bounded by a tensor and not by a shard.

A .bin file is a zip archive with a pickle. The pickle is read as data (`inert_pickle`), which is
stricter than `torch.load` with `weights_only=True`: what is no state dict's is refused by name and
never called. What any of these files may cost is bounded by constants, not by its size.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, NoReturn

from ..errors import (
    CheckpointError,
    DamagedCheckpointError,
    ForeignModelError,
    UnsafeCheckpointError,
)
from ..phrases import Phrase
from .inert_pickle import read_pickle
from .pickle_names import CodeError, PickleError, Storage, StorageType, TensorView
from .small_files import open_file, unreadable
from .zip_entries import STORED, Entry, ZipError, data_offset, read_directory, read_entry

#: Bytes of one element, by safetensors' names of dtypes.
DTYPE_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    # Of quantised models that are recognised, to be refused by name.
    "U64": 8, "U32": 4, "U16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
}  # fmt: skip

_MAX_HEADER_BYTES = 4_000_000  # the largest released one is under 1 MB
_MAX_PICKLE_BYTES = 16_000_000  # the largest released one is under 1 MB
_MAX_ORDER_BYTES = 8  # of the word “little”
_MAX_DIMENSIONS = 8
_MAX_NUMBER = 2**63  # of an offset or one dimension
_MAX_ITEMS = 50_000  # names and items of lists; the largest released one has 3,000
_MAX_NAME_BYTES = 16_000_000  # of all names together
_MAX_DEPTH = 8  # of lists in lists

_SAVE_AGAIN_HINT = (
    "Load the model in PyTorch, and save it with save_pretrained of transformers; or take it as it "
    "was published."
)

#: A value of a .bin that is no tensor; a dtype is its name.
Value = str | int | float | bool | None | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorRecord:
    """One tensor as it lies on disk: contiguous, row-major, little-endian."""

    name: str
    dtype: str  #: a key of DTYPE_BYTES
    shape: tuple[int, ...]
    file: Path
    offset: int  #: of its first byte in the file

    @property
    def nbytes(self) -> int:
        """Bytes on disk."""
        return prod(self.shape) * DTYPE_BYTES[self.dtype]


@dataclass(frozen=True, slots=True)
class FileContents:
    """What a weight file holds.

    A .bin may hold lists beside tensors (the published 4-bit models describe their scales so).
    Their items are named by their place: `….quant_state.4.1.0`.
    """

    records: list[TensorRecord]
    values: Mapping[str, Value]  #: numbers, names and shapes that are no tensors; mostly empty


def read_contents(file: Path) -> FileContents:
    """The tensors of a weight file. Raises CheckpointError or a subclass."""
    try:
        with open_file(file) as stream:
            _check_format(file, stream)
            if file.suffix == ".safetensors":
                contents = FileContents(_read_safetensors(file, stream), {})
            else:
                contents = _read_torch_archive(file, stream)
    except OSError as error:
        raise unreadable(file, error) from error
    if not contents.records and not contents.values:
        raise DamagedCheckpointError(file, "it holds no tensors")
    return contents


#: The number that begins a file of PyTorch before 1.6; from protocol 4 on, a frame lies before it.
_LEGACY_MAGIC = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."


def _check_format(file: Path, stream: BinaryIO) -> None:
    """Raise CheckpointError for another format, which the readers would call damaged."""
    begin = stream.read(32)
    stream.seek(0)
    if begin[:1] == b"\x80" and _LEGACY_MAGIC in begin:
        raise CheckpointError(
            "“{file}” was written by a PyTorch before 1.6, whose format this app does not read.",
            hint="Save it again with a newer PyTorch (torch.load with weights_only=True, then "
            "torch.save), or get the model in .safetensors files.",
            file=file.name,
        )
    is_zip, is_safetensors = begin[:4] == b"PK\x03\x04", begin[7:9] == b"\0{"
    if is_zip if file.suffix == ".safetensors" else is_safetensors:
        raise CheckpointError(
            "“{file}” is a {found} file by its content, not what its name says.",
            hint="Give the file the ending of its format, in the index of the model too if there "
            "is one.",
            file=file.name,
            found=".bin" if is_zip else ".safetensors",
        )


# --- .safetensors ------------------------------------------------------------------------


def _read_safetensors(file: Path, stream: BinaryIO) -> list[TensorRecord]:
    size = stream.seek(0, 2)
    stream.seek(0)
    prefix = stream.read(8)
    if len(prefix) < 8:
        raise DamagedCheckpointError(file, Phrase("it has only {size} bytes", size=size))
    (header_bytes,) = struct.unpack("<Q", prefix)
    if header_bytes > size - 8:
        raise DamagedCheckpointError(
            file,
            Phrase("its header would be {n} bytes in a file of {size}", n=header_bytes, size=size),
        )
    if header_bytes > _MAX_HEADER_BYTES:
        raise DamagedCheckpointError(file, "its list of tensors is implausibly large")
    raw = stream.read(header_bytes)
    try:
        header = json.loads(raw, object_pairs_hook=_unique_keys)
    except _DuplicateKeyError as error:
        raise DamagedCheckpointError(
            file, Phrase("its header names “{name}” twice", name=str(error))
        ) from error
    except (ValueError, RecursionError) as error:
        raise DamagedCheckpointError(file, "its header is not readable") from error
    if not isinstance(header, dict):
        raise DamagedCheckpointError(file, "its header is not readable")
    header.pop("__metadata__", None)
    start = 8 + header_bytes
    records = [_safetensors_record(file, start, name, entry) for name, entry in header.items()]
    end = start
    for record in sorted(records, key=lambda record: (record.offset, record.nbytes)):
        if record.offset != end:
            raise DamagedCheckpointError(file, _of(record.name, "overlaps another or leaves a gap"))
        end += record.nbytes
    if end > size:
        raise DamagedCheckpointError(
            file,
            Phrase("{lacking:,} of its {end:,} bytes are missing", lacking=end - size, end=end),
        )
    if end != size:
        raise DamagedCheckpointError(
            file,
            Phrase("it has {size:,} bytes, but its header describes {end:,}", size=size, end=end),
        )
    return records


def _safetensors_record(file: Path, start: int, name: str, entry: object) -> TensorRecord:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]}:
            pass
        case _:
            raise DamagedCheckpointError(file, _of(name, "is not described as a tensor"))
    if dtype not in DTYPE_BYTES:
        raise DamagedCheckpointError(
            file, _of(name, Phrase("has the unknown type {dtype}", dtype=dtype[:20]))
        )
    if not _is_shape(shape):
        raise DamagedCheckpointError(file, _of(name, "has an impossible shape"))
    if not 0 <= begin <= end < _MAX_NUMBER:
        raise DamagedCheckpointError(file, _of(name, "has an impossible place"))
    record = TensorRecord(name, dtype, tuple(shape), file, start + begin)
    if end - begin != record.nbytes:
        raise DamagedCheckpointError(
            file,
            _of(
                name,
                Phrase(
                    "takes {n} bytes, but its shape needs {need}", n=end - begin, need=record.nbytes
                ),
            ),
        )
    return record


def _of(tensor: str, what: str | Phrase) -> Phrase:
    return Phrase("“{tensor}” {what}", tensor=tensor[:100], what=what)


def _is_shape(numbers: Sequence[object]) -> bool:
    """Whether `numbers` can be a shape: whole numbers, few and small enough to multiply."""
    return len(numbers) <= _MAX_DIMENSIONS and all(
        isinstance(n, int) and not isinstance(n, bool) and 0 <= n < _MAX_NUMBER for n in numbers
    )


class _DuplicateKeyError(ValueError):
    pass


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKeyError(key)
        found[key] = value
    return found


# --- PyTorch's zip archive ---------------------------------------------------------------


def _read_torch_archive(file: Path, stream: BinaryIO) -> FileContents:
    try:
        archive = _Archive(file, stream)
        views, values = _flattened(file, read_pickle(archive.read_list()))
        return FileContents([archive.record(*item) for item in views.items()], values)
    except CodeError as error:
        raise UnsafeCheckpointError(
            file, Phrase("it contains code ({name})", name=error.name[:120])
        ) from error
    except (ZipError, PickleError) as error:
        raise DamagedCheckpointError(file, error.what) from error


class _Archive:
    """An open archive: its list of tensors, and where the storages lie."""

    def __init__(self, file: Path, stream: BinaryIO) -> None:
        """Read the directory. Raises ZipError."""
        self._file = file
        self._stream = stream
        self._size = stream.seek(0, 2)
        self._entries = read_directory(stream)
        self._starts: dict[str, int] = {}
        lists = [n for n in self._entries if n.count("/") == 1 and n.endswith("/data.pkl")]
        if len(lists) != 1:
            raise DamagedCheckpointError(file, "it is not a PyTorch weight file")
        #: The folder in the archive that everything lies in, with a slash at its end.
        self._root = lists[0].removesuffix("data.pkl")

    def read_list(self) -> bytes:
        """The pickle of the state dict. Raises ZipError, CheckpointError."""
        order = self._entries.get(f"{self._root}byteorder")
        if order is not None and read_entry(self._stream, order, _MAX_ORDER_BYTES) != b"little":
            raise DamagedCheckpointError(self._file, "its numbers are not little-endian")
        return read_entry(self._stream, self._entries[f"{self._root}data.pkl"], _MAX_PICKLE_BYTES)

    def record(self, name: str, view: TensorView) -> TensorRecord:
        """Where a tensor lies. Raises ZipError, CheckpointError."""
        entry = self._entries.get(f"{self._root}data/{view.storage.key}")
        if entry is None:
            self._damaged(name, "has no data in it")
        if entry.method != STORED or entry.is_encrypted:
            self._damaged(name, "is compressed or encrypted")
        item = DTYPE_BYTES[view.storage.dtype]
        whole = (_is_shape(numbers) for numbers in (view.shape, view.stride, (view.offset,)))
        if not all(whole) or len(view.shape) != len(view.stride):
            self._damaged(name, "has an impossible shape")
        if not _is_contiguous(view.shape, view.stride):
            raise ForeignModelError(
                self._file,
                Phrase("does not hold “{name}” row by row, which this app needs", name=name[:100]),
                hint=_SAVE_AGAIN_HINT,
            )
        if (view.offset + prod(view.shape)) * item > entry.size:
            self._damaged(name, "reaches past the end of its data")
        start = self._start(entry)
        if start + entry.size > self._size:
            self._damaged(name, "reaches past the end of the file")
        return TensorRecord(
            name, view.storage.dtype, view.shape, self._file, start + view.offset * item
        )

    def _start(self, entry: Entry) -> int:
        """Offset of a storage in the file, in bytes; tensors may share a storage."""
        if entry.name not in self._starts:
            self._starts[entry.name] = data_offset(self._stream, entry)
        return self._starts[entry.name]

    def _damaged(self, name: str, what: str) -> NoReturn:
        raise DamagedCheckpointError(self._file, _of(name, what))


def _flattened(file: Path, state: object) -> tuple[dict[str, TensorView], dict[str, Value]]:
    """Tensors and other values by name; items of lists by name and place."""
    views: dict[str, TensorView] = {}
    values: dict[str, Value] = {}
    if not isinstance(state, dict):
        raise _no_tensors(file)
    pending = [(name, value, 0) for name, value in state.items()]
    items, name_bytes = len(pending), 0
    for name, value, depth in pending:  # grows while lists are unfolded
        if not isinstance(name, str) or name in views or name in values:
            raise _no_tensors(file)
        if isinstance(value, list | tuple):
            # Counted before anything is made of them: one list may be an item of many.
            items += len(value)
            name_bytes += len(name) * len(value)
        if items > _MAX_ITEMS or name_bytes > _MAX_NAME_BYTES:
            raise DamagedCheckpointError(file, "its list of tensors is implausibly large")
        match value:
            case TensorView():
                views[name] = value
            case dict() if value and depth == 0:
                raise ForeignModelError(
                    file,
                    Phrase(
                        "holds what a training program keeps, with “{name}” in it, and not only "
                        "the tensors of a model",
                        name=name[:100],
                    ),
                    hint=_SAVE_AGAIN_HINT,
                )
            case Storage() | StorageType():
                raise _no_tensors(file)
            case str() | int() | float() | None:
                values[name] = value
            case tuple() if all(isinstance(n, int) for n in value):
                values[name] = value
            case list() | tuple():
                if depth == _MAX_DEPTH:
                    raise DamagedCheckpointError(file, "its list of tensors is nested too deeply")
                pending += [(f"{name}.{i}", item, depth + 1) for i, item in enumerate(value)]
            case _:
                raise _no_tensors(file)
    return views, values


def _no_tensors(file: Path) -> DamagedCheckpointError:
    return DamagedCheckpointError(file, "it holds something other than named tensors")


def _is_contiguous(shape: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    expected = 1
    for size, step in zip(reversed(shape), reversed(stride), strict=True):
        if size != 1 and step != expected:
            return False
        expected *= size
    return True
