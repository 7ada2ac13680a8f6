"""Weight files made by hand, in every way that they can be wrong."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Header = dict[str, Any]

#: What some editors put before a text in UTF-8.
BOM = b"\xef\xbb\xbf"


def write_safetensors(file: Path, header: Mapping[str, Any] | str | bytes, data: bytes) -> Path:
    """A .safetensors file with any header at all."""
    if isinstance(header, Mapping):
        header = json.dumps(header)
    raw = header.encode() if isinstance(header, str) else header
    file.write_bytes(struct.pack("<Q", len(raw)) + raw + data)
    return file


def read_safetensors(file: Path) -> tuple[Header, bytes]:
    """Header and data."""
    raw = file.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def change_header(file: Path, change: Callable[[Header], object]) -> None:
    """Rewrite a file with its header changed, its data kept."""
    header, data = read_safetensors(file)
    change(header)
    write_safetensors(file, header, data)


def write_archive(
    file: Path,
    pickled: bytes,
    data: Mapping[str, bytes] | None = None,
    *,
    root: str = "archive",
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """A PyTorch archive with any pickle at all; `data` is by storage key."""
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(f"{root}/data.pkl", pickled)
        for key, content in (data or {}).items():
            archive.writestr(f"{root}/data/{key}", content)
    return file


def read_pickle(file: Path) -> bytes:
    """The pickle of a PyTorch archive."""
    with zipfile.ZipFile(file) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        return archive.read(name)


def replace_entry(file: Path, ending: str, content: bytes) -> None:
    """Rewrite an archive with one entry changed."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    (name,) = [name for name in entries if name.endswith(ending)]
    entries[name] = content
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
