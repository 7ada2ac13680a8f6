"""Documents with something changed: their bytes, or a file in the archive that they are."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

from tests.helpers.document_files import zipped

_SIGNS = b"<>&;!/\"'0123456789 \n\0\xff"
_INSERTED = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&lt;&#x1F600;&a;", b"<w:p><w:p><w:tbl>", b"</w:p></a:p>",
    b"../../../etc/passwd", b"file:///etc/passwd", b"999999999999", b"-1", b"<table><tr><td><ul>",
    b"<script>", b"<!--", b"\xef\xbb\xbf", b"\xff\xfe", b"%%EOF", b" 0 R ", b"endobj",
)  # fmt: skip


def mutate(data: bytes, chance: random.Random) -> bytes:
    """A document that is read still (about every other one), or has something wrong."""
    if data.startswith(b"PK") and chance.random() < 0.8:
        return _entry_changed(data, chance)
    return _changed(data, chance)


def _entry_changed(data: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries: dict[str, bytes | str] = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(entries))
    kind = chance.randrange(12)
    if kind == 0:
        del entries[name]
    elif kind == 1:
        other = chance.choice(sorted(entries))
        entries[name], entries[other] = entries[other], entries[name]
    elif kind == 2:
        entries[name] = b"<x>" * chance.choice([10, 300, 5_000])
    else:
        content = entries[name]
        entries[name] = _changed(content if isinstance(content, bytes) else b"", chance)
    return zipped(entries)


def _changed(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    ways: list[Callable[[bytearray, random.Random], None]] = [
        _one_byte, _one_sign, _taken, _doubled, _inserted, _cut,
    ]  # fmt: skip
    weights = [4, 4, 3, 3, 3, 1]
    for _ in range(chance.choice([1, 1, 2, 5])):
        if made:
            chance.choices(ways, weights)[0](made, chance)
    return bytes(made)


def _one_byte(made: bytearray, chance: random.Random) -> None:
    made[chance.randrange(len(made))] = chance.randrange(256)


def _one_sign(made: bytearray, chance: random.Random) -> None:
    made[chance.randrange(len(made))] = chance.choice(_SIGNS)


def _taken(made: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(made))
    del made[at : at + chance.randrange(1, 40)]


def _doubled(made: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(made))
    made[at:at] = made[at : at + chance.randrange(1, 80)] * chance.choice([1, 2, 50])


def _inserted(made: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(made))
    made[at:at] = chance.choice(_INSERTED)


def _cut(made: bytearray, chance: random.Random) -> None:
    del made[chance.randrange(len(made)) :]
