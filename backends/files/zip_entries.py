"""Where the entries of a zip archive lie, read strictly and with bounded work.

What PyTorch writes is stored, once, one entry after the other, with a directory at the end. An
archive whose records contradict each other is refused: two programs could read two files in it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from ..phrases import Phrase

STORED: Final = 0
DEFLATED: Final = 8

_MAX_ENTRIES = 50_000  # the largest released file has 2,000
_MAX_DIRECTORY_BYTES = 8_000_000
_MAX_COMMENT_BYTES = 65_535
_ENCRYPTED = 0x0001
_UTF8 = 0x0800
_IN_ZIP64 = 0xFFFF_FFFF
_ZIP64_EXTRA = 0x0001

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64_PLACE = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQ2H2I4Q")


class ZipError(Exception):
    """An archive that cannot be read; `what` ends a sentence on the file."""

    def __init__(self, what: str | Phrase) -> None:
        super().__init__(str(what))
        self.what = what


class IncompleteZipError(ZipError):
    """No archive at all, or a part of one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive, as the directory describes it."""

    name: str
    method: int  #: STORED, DEFLATED or another
    is_encrypted: bool
    crc: int
    stored_size: int
    size: int
    offset: int  #: of its header


def read_directory(stream: BinaryIO) -> Mapping[str, Entry]:
    """The entries of the directory by name. Raises ZipError, OSError."""
    size = stream.seek(0, 2)
    start, length, count = _directory_place(stream, size)
    if count > _MAX_ENTRIES or length > _MAX_DIRECTORY_BYTES:
        raise ZipError("its directory is implausibly large")
    stream.seek(start)
    raw = stream.read(length)
    entries: dict[str, Entry] = {}
    at = 0
    for _ in range(count):
        entry, at = _entry(raw, at)
        if entry.name in entries:
            raise ZipError(Phrase("it holds “{name}” twice", name=entry.name[:100]))
        entries[entry.name] = entry
    if at != len(raw):
        raise _incomplete(size)
    end = 0
    for entry in sorted(entries.values(), key=lambda entry: entry.offset):
        if entry.offset < end:
            raise ZipError(Phrase("“{name}” overlaps another part", name=entry.name[:100]))
        end = entry.offset + _LOCAL.size + entry.stored_size
    if end > start:
        raise _incomplete(size)
    return entries


def data_offset(stream: BinaryIO, entry: Entry) -> int:
    """Offset of an entry's data in the file, in bytes. Raises ZipError, OSError."""
    # The header repeats the name and has an extra field of its own length, which aligns the data.
    stream.seek(entry.offset)
    header = stream.read(_LOCAL.size)
    if len(header) == _LOCAL.size:
        magic, _, flags, method, *_, name_bytes, extra_bytes = _LOCAL.unpack(header)
        if (
            magic == b"PK\x03\x04"
            and method == entry.method
            and bool(flags & _ENCRYPTED) == entry.is_encrypted
            and _name(stream.read(name_bytes), flags) == entry.name
        ):
            return int(entry.offset + _LOCAL.size + name_bytes + extra_bytes)
    raise ZipError(Phrase("“{name}” is not where the archive says", name=entry.name[:100]))


def read_entry(stream: BinaryIO, entry: Entry, limit: int) -> bytes:
    """The bytes of an entry of at most `limit`, stored or deflated. Raises ZipError, OSError."""

    def damaged(template: str, **facts: int) -> ZipError:
        return ZipError(Phrase(template, name=entry.name[:100], **facts))

    if entry.is_encrypted:
        raise damaged("“{name}” is encrypted")
    if entry.method not in (STORED, DEFLATED):
        raise damaged(
            "“{name}” is compressed by method {method}, which PyTorch never uses",
            method=entry.method,
        )
    if max(entry.size, entry.stored_size) > limit:
        raise damaged("“{name}” is implausibly large")
    stream.seek(data_offset(stream, entry))
    data = stream.read(entry.stored_size)
    if entry.method == DEFLATED:
        inflating = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflating.decompress(data, entry.size + 1)  # no bytes but those, and one
        except zlib.error as error:
            raise damaged("“{name}” cannot be unpacked") from error
    if len(data) != entry.size or zlib.crc32(data) != entry.crc:
        raise damaged("“{name}” is not what was written")
    return data


def _incomplete(size: int) -> IncompleteZipError:
    return IncompleteZipError(
        Phrase("its {size:,} bytes are not a complete PyTorch weight file", size=size)
    )


def _directory_place(stream: BinaryIO, size: int) -> tuple[int, int, int]:
    """Offset and bytes of the directory, and the number of its entries. Raises ZipError."""
    tail_bytes = min(size, _END.size + _MAX_COMMENT_BYTES)
    stream.seek(size - tail_bytes)
    tail = stream.read(tail_bytes)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise _incomplete(size)
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, at)
    end = size - tail_bytes + at
    if at + _END.size + comment != len(tail) or disk or first_disk or here != count:
        raise _incomplete(size)
    place = at - _END64_PLACE.size
    if place >= 0 and tail[place : place + 4] == b"PK\x06\x07":
        end, *found = _zip64_place(stream, size, _END64_PLACE.unpack_from(tail, place))
        # Where the short fields have a value, it is the same: else there are two directories.
        for short, full, limit in zip(
            (count, length, start), found, (0xFFFF, _IN_ZIP64, _IN_ZIP64), strict=True
        ):
            if short not in (full, limit):
                raise _incomplete(size)
        count, length, start = found
    if start + length != end:
        raise _incomplete(size)
    return start, length, count


def _zip64_place(
    stream: BinaryIO, size: int, place: tuple[object, ...]
) -> tuple[int, int, int, int]:
    """Where the long end of the directory lies, and the entries, bytes and start it gives."""
    match place:
        case (_, 0, int(offset), 0 | 1) if offset + _END64.size <= size:
            pass
        case _:
            raise _incomplete(size)
    stream.seek(offset)
    magic, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack(
        stream.read(_END64.size)
    )
    if magic != b"PK\x06\x06" or disk or first_disk or here != count:
        raise _incomplete(size)
    return offset, count, length, start


def _entry(raw: bytes, at: int) -> tuple[Entry, int]:
    """The entry of the directory at `at`, and where the next one begins."""
    if at + _CENTRAL.size > len(raw):
        raise ZipError("its directory is cut off")
    (
        magic, _, _, flags, method, _, _, crc, stored_size, size,
        name_bytes, extra_bytes, comment_bytes, _, _, _, offset,
    ) = _CENTRAL.unpack_from(raw, at)  # fmt: skip
    at += _CENTRAL.size
    end = at + name_bytes + extra_bytes + comment_bytes
    if magic != b"PK\x01\x02" or end > len(raw):
        raise ZipError("its directory is cut off")
    name = _name(raw[at : at + name_bytes], flags)
    extra = raw[at + name_bytes : at + name_bytes + extra_bytes]
    size, stored_size, offset = _long_fields(extra, size, stored_size, offset)
    if method == STORED and size != stored_size:
        raise ZipError(Phrase("“{name}” has two sizes", name=name[:100]))
    return Entry(name, method, bool(flags & _ENCRYPTED), crc, stored_size, size, offset), end


def _name(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError as error:
        raise ZipError("its directory is not readable") from error


def _long_fields(extra: bytes, *fields: int) -> list[int]:
    """`fields`, from the zip64 extra field where they do not fit into 32 bits."""
    found = list(fields)
    if _IN_ZIP64 not in found:
        return found
    while len(extra) >= 4:
        kind, count = struct.unpack_from("<2H", extra)
        if kind == _ZIP64_EXTRA:
            values = extra[4 : 4 + count]
            for number, field in enumerate(found):
                if field == _IN_ZIP64 and len(values) >= 8:
                    (found[number],) = struct.unpack_from("<Q", values)
                    values = values[8:]
            return found
        extra = extra[4 + count :]
    return found
