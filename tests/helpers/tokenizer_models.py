"""Tokenizer files as somebody may have changed them: their protobuf messages, edited."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from backends.text.tokenizer import Tokenizer

NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
_PIECE = 1

_LITERALS = re.compile("(<unk>|<s>|</s>)")

#: Number of a field and its bytes, which are length-delimited in these messages.
Field = tuple[int, bytes]


def encode_raw(tokenizer: Tokenizer, text: str) -> list[int]:
    """Ids as the published tokenizer gives them: control literals become control ids."""
    processor = tokenizer._processor
    ids: list[int] = []
    for part in _LITERALS.split(text):
        ids += [processor.piece_to_id(part)] if _LITERALS.match(part) else processor.encode(part)
    return ids


def fields(model: bytes) -> list[Field]:
    """The fields of a SentencePiece model, which all are length-delimited."""
    found, position = [], 0
    while position < len(model):
        key, position = _read_number(model, position)
        length, position = _read_number(model, position)
        found.append((key >> 3, model[position : position + length]))
        position += length
    return found


def message(found: Iterable[Field]) -> bytes:
    """The message of these fields."""
    return b"".join(_number(field << 3 | 2) + _number(len(data)) + data for field, data in found)


def piece(text: str | bytes, kind: int = NORMAL) -> Field:
    """A piece that no text is cut into."""
    raw = text.encode() if isinstance(text, str) else text
    return _PIECE, message([(1, raw)]) + b"\x15\x00\x00\x80\xc6\x18" + bytes([kind])  # -16,384.0


def renamed(model: bytes, texts: Mapping[int, str]) -> bytes:
    """A model whose pieces of these ids have other texts."""
    found = fields(model)
    for token_id, text in texts.items():
        found[token_id] = piece(text, USER_DEFINED)
    return message(found)


def filled_up(model: bytes, count: int) -> bytes:
    """A model with so many pieces: more, which no text has, or fewer."""
    found = fields(model)
    pieces = [field for field in found if field[0] == _PIECE]
    more = b"".join(map(filler, range(len(pieces), count)))
    return message(pieces[:count]) + more + message(found[len(pieces) :])


@functools.cache
def filler(number: int) -> bytes:
    """A piece that no text has, as it lies in a model; 125,000 of them fill up a large one."""
    return message([piece(f"\ufdd0{number}")])


def change(file: Path, how: Callable[[bytes], bytes]) -> None:
    """Change the model in `file`."""
    file.write_bytes(how(file.read_bytes()))


@functools.cache
def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_number(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position
