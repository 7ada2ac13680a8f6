"""PyTorch archives with something changed in the pickle, the directory or the data."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile

from tests.fuzz import mutate_pickle

_METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def mutate(data: bytes, chance: random.Random) -> bytes:
    """An archive that is read still (about every other one), or has something wrong."""
    kind = chance.randrange(10)
    if kind < 3:
        return _written(_entries(data), chance, harmless=True)
    if kind < 7:
        entries = _entries(data)
        name = next(name for name in entries if name.endswith("/data.pkl"))
        entries[name] = mutate_pickle.mutate(entries[name], chance)
        return _written(entries, chance, harmless=chance.random() < 0.9)
    if kind == 7:
        return _written(_entries(data), chance, harmless=False)
    return _patched(data, chance)


def _entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _written(entries: dict[str, bytes], chance: random.Random, *, harmless: bool) -> bytes:
    items = list(entries.items())
    if chance.random() < 0.5:
        chance.shuffle(items)
    if chance.random() < 0.3:
        items = [(f"other/{name.partition('/')[2]}", content) for name, content in items]
    if chance.random() < 0.3:
        items.append((f"note{chance.randrange(99)}", b"x" * chance.randrange(50)))
    packed = {name: zipfile.ZIP_STORED for name, _ in items}
    for name, content in items:
        if "/data/" in name and len(content) > 8 and chance.random() < 0.5:
            weights = bytearray(content)
            weights[chance.randrange(len(weights) // 4) * 4] = chance.randrange(256)
            items[items.index((name, content))] = (name, bytes(weights))
    for name in packed:
        if name.endswith("/data.pkl") and chance.random() < 0.3:
            packed[name] = zipfile.ZIP_DEFLATED
    if not harmless:
        _break(items, packed, chance)
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in items:
            # Of no time, or a case would depend on when it was made.
            archive.writestr(zipfile.ZipInfo(name), content, packed.get(name, zipfile.ZIP_STORED))
        if chance.random() < 0.2:
            archive.comment = b"a comment" * chance.randrange(9)
    return stream.getvalue()


def _break(items: list[tuple[str, bytes]], packed: dict[str, int], chance: random.Random) -> None:
    name, content = item = chance.choice(items)
    at = items.index(item)
    match chance.randrange(7):
        case 0:
            packed[name] = chance.choice(_METHODS)
        case 1:
            del items[at]
        case 2:
            items.append(chance.choice(items))
        case 3:
            items[at] = (name.replace("/", chance.choice(("\0", "//", "\\", "/../"))), content)
        case 4:
            items[at] = (name, content[: chance.randrange(len(content) + 1)])
        case 5:
            items[at] = (name, content + bytes(chance.randrange(1, 2_000)))
        case _:
            items.append((f"{name.partition('/')[0]}/byteorder", chance.choice((b"big", b""))))


def _patched(data: bytes, chance: random.Random) -> bytes:
    """Bytes of the headers changed, or the file cut."""
    broken = bytearray(data)
    headers = [
        at for magic in (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7")
        for at in _all(data, magic)
    ]  # fmt: skip
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.choice(headers) + chance.randrange(46)
        width = chance.choice((1, 2, 4, 8))
        value = chance.choice((0, 1, 0xFF, 0xFFFF, 0xFFFFFFFF, 2**63, chance.randrange(2**16)))
        field = struct.pack("<Q", value)[:width]
        if at + width <= len(broken):
            broken[at : at + width] = field
    if chance.random() < 0.1:
        del broken[chance.randrange(len(broken)) :]
    if chance.random() < 0.1:
        broken = bytearray(b"x" * chance.randrange(1, 99)) + broken
    return bytes(broken)


def _all(data: bytes, magic: bytes) -> list[int]:
    found = []
    at = data.find(magic)
    while at >= 0:
        found.append(at)
        at = data.find(magic, at + 1)
    return found
