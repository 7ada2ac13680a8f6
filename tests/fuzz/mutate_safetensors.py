"""Files of .safetensors with something changed in the header, the data, or the order of both."""

from __future__ import annotations

import json
import random
import struct
from typing import Any

from tests.fuzz import mutate_json


def mutate(data: bytes, chance: random.Random) -> bytes:
    """A file that is read still (about every other one), or has something wrong."""
    (length,) = struct.unpack("<Q", data[:8])
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    body = bytearray(data[8 + length :])
    kind = chance.randrange(10)
    if kind < 5:
        return _harmless(header, body, chance)
    if kind == 5:
        _change_description(header, body, chance)
        return _written(header, body, chance)
    if kind == 6:
        return _cut_or_flip(data, length, chance)
    if kind == 7:
        _swap(header, chance)
    else:
        for _ in range(chance.choice((1, 1, 2))):
            mutate_json.change_somewhere(header, chance)
    return _written(header, body, chance)


def _harmless(header: dict[str, Any], body: bytearray, chance: random.Random) -> bytes:
    items = list(header.items())
    chance.shuffle(items)
    header = dict(items)
    header["__metadata__"] = {"format": "pt", f"x{chance.randrange(99)}": "层" * 5}
    for _ in range(chance.randrange(20)):  # the low byte of a weight: it stays a number
        body[chance.randrange(len(body) // 2) * 2] = chance.randrange(256)
    return _written(header, body, chance)


def _swap(header: dict[str, Any], chance: random.Random) -> None:
    """Exchange a fact of two tensors; of two of one shape it is a file like any other."""
    first, second = chance.sample([name for name in header if name != "__metadata__"], 2)
    fact = chance.choice(("data_offsets", "data_offsets", "shape", "dtype"))
    header[first][fact], header[second][fact] = header[second][fact], header[first][fact]


def _change_description(header: dict[str, Any], body: bytearray, chance: random.Random) -> None:
    """Change the JSON that bitsandbytes keeps in a tensor, its place and all others kept right."""
    names = [name for name in header if "quant_state" in name]
    if not names:
        return
    name = chance.choice(names)
    begin, end = header[name]["data_offsets"]
    new = mutate_json.mutate(bytes(body[begin:end]).rstrip(b"\0 "), chance)
    body[begin:end] = new
    grown = len(new) - (end - begin)
    for other, entry in header.items():
        if other == "__metadata__":
            continue
        low, high = entry["data_offsets"]
        entry["data_offsets"] = [
            low + grown if low >= end and other != name else low,
            high + grown if high >= end else high,
        ]
    header[name]["shape"] = [len(new)]


def _cut_or_flip(data: bytes, length: int, chance: random.Random) -> bytes:
    broken = bytearray(data)
    match chance.randrange(4):
        case 0:
            return data[: chance.randrange(len(data))]
        case 1:
            odd = chance.choice((0, 1, length - 1, length + 1, len(data), 2**31, 2**63, 2**64 - 1))
            return struct.pack("<Q", odd) + data[8:]
        case 2:
            broken[8 + chance.randrange(length)] = chance.randrange(256)
        case _:
            broken += bytes(chance.randrange(1, 100))
    return bytes(broken)


def _written(header: dict[str, Any], body: bytearray, chance: random.Random) -> bytes:
    text = mutate_json.written(header, chance).lstrip(b"\xef\xbb\xbf \n")
    text += b" " * chance.randrange(16)
    return struct.pack("<Q", len(text)) + text + bytes(body)
