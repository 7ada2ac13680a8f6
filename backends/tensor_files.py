"""Where each tensor lies in a weight file: .safetensors and PyTorch's .bin, without torch.

Both readers return records (name, dtype, shape, place in the file) and read no weight. So one
way of mapping, converting or exporting tensors serves every layout, the window's process can
recognise a model, and the peak of memory is bounded by a tensor and not by a shard.

A .bin file is a zip archive with a pickle. The pickle is interpreted by an unpickler that knows
four names and constructs nothing but records, which is stricter than `torch.load` with
`weights_only=True`; everything else in it is refused by name and never called.
"""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import struct
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import NamedTuple, NoReturn

from .errors import DamagedCheckpointError, Phrase, UnsafeCheckpointError

#: Bytes of one element, by safetensors' names of dtypes.
DTYPE_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    # Of quantised models that are recognised, to be refused by name.
    "U64": 8, "U32": 4, "U16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
}  # fmt: skip

_MAX_HEADER_BYTES = 100_000_000  # as the safetensors library has it
_MAX_PICKLE_BYTES = 16_000_000  # the largest released one is under 1 MB
_MAX_DIMENSIONS = 8
_MAX_NUMBER = 2**63  # of an offset or one dimension
_MAX_ITEMS = 1_000_000  # names and items of lists; the largest released one has 10,000

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
    """The tensors of a weight file. Raises DamagedCheckpointError, UnsafeCheckpointError."""
    try:
        if file.suffix == ".safetensors":
            return FileContents(_read_safetensors(file), {})
        return _read_torch_archive(file)
    except OSError as error:
        raise DamagedCheckpointError(
            file, Phrase("it cannot be read ({reason})", reason=error.strerror or str(error))
        ) from error


# --- .safetensors ------------------------------------------------------------------------


def _read_safetensors(file: Path) -> list[TensorRecord]:
    size = file.stat().st_size
    with file.open("rb") as stream:
        prefix = stream.read(8)
        if len(prefix) < 8:
            raise DamagedCheckpointError(file, Phrase("it has only {size} bytes", size=size))
        (header_bytes,) = struct.unpack("<Q", prefix)
        if header_bytes > min(_MAX_HEADER_BYTES, size - 8):
            raise DamagedCheckpointError(
                file,
                Phrase(
                    "its header would be {n} bytes in a file of {size}", n=header_bytes, size=size
                ),
            )
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
    """Whole numbers, few and small enough to be multiplied and printed."""
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

_STORAGE_DTYPES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8",
    "ByteStorage": "U8", "BoolStorage": "BOOL",
}  # fmt: skip


_DTYPE_NAMES = ("float16", "bfloat16", "float32", "uint8")


# Tuples, because a pickle can set the fields of any other object afterwards (BUILD).
class _StorageType(NamedTuple):
    dtype: str


class _Storage(NamedTuple):
    dtype: str
    key: str
    numel: int


class _TensorView(NamedTuple):
    storage: _Storage
    offset: int  #: elements
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> _TensorView:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("not a storage")
    return _TensorView(storage, offset, tuple(shape), tuple(stride))


def _rebuild_parameter(data: _TensorView, *_: object) -> _TensorView:
    return data


class _RecordUnpickler(pickle.Unpickler):
    """Interprets the pickle of a state dict; constructs inert records only."""

    def __init__(self, file: Path, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self._file = file

    def find_class(self, module: str, name: str) -> object:
        if module == "torch" and name in _STORAGE_DTYPES:
            return _StorageType(_STORAGE_DTYPES[name])
        known: dict[tuple[str, str], Callable[..., object]] = {
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
            ("collections", "OrderedDict"): OrderedDict,
            ("torch", "Size"): tuple,
        }
        if (module, name) in known:
            return partial(known[module, name])  # what a pickle sets on it is gone with it
        if module == "torch" and name in _DTYPE_NAMES:
            return name
        raise UnsafeCheckpointError(
            self._file, Phrase("it contains code ({name})", name=f"{module}.{name}"[:120])
        )

    def persistent_load(self, pid: object) -> _Storage:
        match pid:
            case ("storage", _StorageType(dtype), str(key), str(), int(numel)):
                return _Storage(dtype, key, numel)
            case _:
                raise pickle.UnpicklingError("not a storage")


def _read_torch_archive(file: Path) -> FileContents:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {info.filename: info for info in archive.infolist()}
            root = _archive_root(file, archive, entries)
            data = archive.read(f"{root}data.pkl")
    except zipfile.BadZipFile as error:
        raise DamagedCheckpointError(
            file,
            Phrase(
                "its {size:,} bytes are not a complete PyTorch weight file",
                size=file.stat().st_size,
            ),
        ) from error
    except (ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise DamagedCheckpointError(file, "it is not a PyTorch weight file") from error
    views, values = _flattened(file, _unpickle(file, data))
    with file.open("rb") as stream:
        records = [_archive_record(file, stream, entries, root, *item) for item in views.items()]
    return FileContents(records, values)


def _archive_root(
    file: Path, archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]
) -> str:
    """The folder in the archive that everything lies in, with a slash at its end."""
    pickles = [name for name in entries if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise DamagedCheckpointError(file, "it is not a PyTorch weight file")
    root = pickles[0].removesuffix("data.pkl")
    if entries[pickles[0]].file_size > _MAX_PICKLE_BYTES:
        raise DamagedCheckpointError(file, "its list of tensors is implausibly large")
    order = entries.get(f"{root}byteorder")
    if order is not None and (order.file_size > 8 or archive.read(order) != b"little"):
        raise DamagedCheckpointError(file, "its numbers are not little-endian")
    return root


def _unpickle(file: Path, data: bytes) -> dict[object, object]:
    try:
        _check_memo(data)
        state = _RecordUnpickler(file, data).load()
    except UnsafeCheckpointError:
        raise
    except Exception as error:  # a broken pickle can raise nearly anything
        raise DamagedCheckpointError(file, "its list of tensors is not readable") from error
    if not isinstance(state, dict):
        raise DamagedCheckpointError(file, "it holds something other than named tensors")
    return state


def _check_memo(data: bytes) -> None:
    """Refuse numbers in the memo that no pickle of this size has.

    CPython's unpickler makes a table of twice the number: 64 GB for five bytes (gh-115952).
    """
    for opcode, number, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "LONG_BINPUT") and (number or 0) > len(data):
            raise pickle.UnpicklingError("a memo that is larger than the pickle")


def _flattened(
    file: Path, state: dict[object, object]
) -> tuple[dict[str, _TensorView], dict[str, Value]]:
    """Tensors and other values by name; items of lists by name and place."""
    views: dict[str, _TensorView] = {}
    values: dict[str, Value] = {}
    pending: list[tuple[object, object]] = list(state.items())
    for name, value in pending:  # grows while lists are unfolded
        match value:
            case str() | int() | float() | None:
                pass
            case _TensorView():
                pass
            case _Storage() | _StorageType():
                raise DamagedCheckpointError(file, "it holds something other than named tensors")
            case tuple() if all(isinstance(n, int) for n in value):
                pass
            case list() | tuple() if len(pending) <= _MAX_ITEMS:
                pending += [(f"{name}.{i}", item) for i, item in enumerate(value)]
                continue
            case _:
                raise DamagedCheckpointError(file, "it holds something other than named tensors")
        if not isinstance(name, str) or name in views or name in values:
            raise DamagedCheckpointError(file, "it holds something other than named tensors")
        if isinstance(value, _TensorView):
            views[name] = value
        else:
            values[name] = value
    return views, values


def _archive_record(
    file: Path,
    stream: io.BufferedReader,
    entries: Mapping[str, zipfile.ZipInfo],
    root: str,
    name: str,
    view: _TensorView,
) -> TensorRecord:
    def damaged(what: str) -> NoReturn:
        raise DamagedCheckpointError(file, _of(name, what))

    entry = entries.get(f"{root}data/{view.storage.key}")
    if entry is None:
        damaged("has no data in it")
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
        damaged("is compressed or encrypted")
    item = DTYPE_BYTES[view.storage.dtype]
    if not (_is_shape(view.shape) and _is_shape(view.stride) and _is_shape((view.offset,))):
        damaged("has an impossible shape")
    if not _is_contiguous(view.shape, view.stride):
        damaged("is not stored row by row")
    if (view.offset + prod(view.shape)) * item > entry.file_size:
        damaged("reaches past the end of its data")
    # The local header repeats the name and has an extra field of its own length (alignment).
    stream.seek(entry.header_offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        damaged("is not where the archive says")
    name_bytes, extra_bytes = struct.unpack("<HH", header[26:30])
    data_start = entry.header_offset + 30 + name_bytes + extra_bytes
    record = TensorRecord(
        name, view.storage.dtype, view.shape, file, data_start + view.offset * item
    )
    if record.offset + record.nbytes > file.stat().st_size:
        damaged("reaches past the end of the file")
    return record


def _is_contiguous(shape: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    if len(shape) != len(stride):
        return False
    expected = 1
    for size, step in zip(reversed(shape), reversed(stride), strict=True):
        if size != 1 and step != expected:
            return False
        expected *= size
    return True
