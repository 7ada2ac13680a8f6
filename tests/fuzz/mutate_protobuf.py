"""Messages of protobuf as lists of fields, and tokenizer.model with fields changed."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
#: Fields of a SentencePiece model.
_PIECE, _TRAINER, _NORMALIZER = 1, 2, 3
_TEXT, _SCORE, _TYPE = 1, 2, 3


@dataclass
class Field:
    """A field as it lies: the value of a varint, or the bytes of anything else."""

    number: int
    wire: int
    value: int | bytes


def parse(data: bytes) -> list[Field]:
    """The fields of a message. Raises ValueError."""
    fields = []
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        wire = key & 7
        value: int | bytes
        if wire == _VARINT:
            value, at = _read_varint(data, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}.get(wire)
            if wire == _BYTES:
                size, at = _read_varint(data, at)
            if size is None or at + size > len(data):
                raise ValueError("no message")
            value = data[at : at + size]
            at += size
        fields.append(Field(key >> 3, wire, value))
    return fields


def serialize(fields: list[Field], chance: random.Random | None = None) -> bytes:
    """The message; with `chance`, some numbers in more bytes than they need."""
    out = bytearray()
    for field in fields:
        out += _varint(field.number << 3 | field.wire)
        if isinstance(field.value, int):
            out += _varint(field.value, longer=chance is not None and chance.random() < 0.01)
            continue
        if field.wire == _BYTES:
            out += _varint(len(field.value))
        out += field.value
    return bytes(out)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("no number")
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _varint(value: int, *, longer: bool = False) -> bytes:
    out = bytearray()
    value &= 2**64 - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    if longer and len(out) < 9:
        out[-1] |= 128
        out.append(0)
    return bytes(out)


# --- tokenizer.model ---------------------------------------------------------------------

_ODD_TEXTS = (b"", b" ", b"\0", b"\xff\xfe", b"</s>", b"<s>", b"<unk>", b"<0x0A>", b"<0xZZ>",
              b"<reserved_106>", "▁".encode(), b"a" * 5_000, "\U0010ffff".encode(),
              b"\xed\xa0\x80", "e\u0301".encode())  # fmt: skip
_ODD_NUMBERS = (0, 1, 2, 3, 5, 6, 7, 99, 2**31 - 1, 2**31, 2**32, 2**63, 2**64 - 1)
_ODD_SCORES = (0.0, -1e30, 1e30, float("inf"), float("nan"), -0.0, 1e-45)


def mutate_tokenizer(data: bytes, chance: random.Random) -> bytes:
    """A SentencePiece model that is another in one to three fields, or the same in other bytes."""
    fields = parse(data)
    if chance.random() < 0.4:
        _change_harmlessly(fields, chance)
        return serialize(fields, chance)
    for _ in range(chance.choice((1, 1, 2, 3))):
        _change(fields, chance)
    out = serialize(fields, chance)
    if out and chance.random() < 0.1:
        at = chance.randrange(len(out))
        out = chance.choice((out[:at], out[:at] + bytes([chance.randrange(256)]) + out[at + 1 :]))
    return out


def _change_harmlessly(fields: list[Field], chance: random.Random) -> None:
    for field in chance.sample([f for f in fields if f.number == _PIECE], 20):
        _set_score(field, -chance.uniform(0, 2_000))
    others = [f for f in fields if f.number != _PIECE]
    pieces = [f for f in fields if f.number == _PIECE]
    fields[:] = chance.choice((others + pieces, pieces + others))
    if chance.random() < 0.5:
        fields.append(Field(chance.choice((4, 200, 5_000)), _BYTES, b""))


def _change(fields: list[Field], chance: random.Random) -> None:
    if not fields:  # a change before this one cut all of them off
        return
    at = chance.randrange(len(fields))
    field = fields[at]
    match chance.randrange(10):
        case 0:
            del fields[at]
        case 1:
            fields.insert(chance.randrange(len(fields)), fields[at])
        case 2:
            other = chance.randrange(len(fields))
            fields[at], fields[other] = fields[other], fields[at]
        case 3:
            _set(field, _TEXT, _BYTES, chance.choice(_ODD_TEXTS))
        case 4:
            _set(field, _TYPE, _VARINT, chance.choice(_ODD_NUMBERS))
        case 5:
            _set_score(field, chance.choice(_ODD_SCORES))
        case 6:
            del fields[chance.randrange(len(fields)) :]
        case 7:
            field.number = chance.choice((1, 2, 3, 4, 5, 15, 200, 536_870_911))
        case _:
            _change_settings(fields, chance)


def _change_settings(fields: list[Field], chance: random.Random) -> None:
    """How text is cut and normalised."""
    holders = [f for f in fields if f.number in (_TRAINER, _NORMALIZER) and f.wire == _BYTES]
    if not holders:
        return
    holder = chance.choice(holders)
    assert isinstance(holder.value, bytes)
    try:
        inner = parse(holder.value)
    except ValueError:  # it was changed before
        return
    if inner and chance.random() < 0.7:
        one = chance.choice(inner)
        if isinstance(one.value, int):
            one.value = chance.choice(_ODD_NUMBERS)
        else:
            one.value = chance.choice((b"", one.value * 2, bytes(len(one.value)), b"\xff" * 8))
            if one.wire in (_FIXED32, _FIXED64):
                one.value = bytes(4 if one.wire == _FIXED32 else 8)
    else:
        number = chance.choice((2, 3, 4, 5, 6, 30, 35, 36, 40, 41, 42, 43, 44, 45))
        value = chance.choice((b"", b"\x10\0\0\0" + bytes(16), b"<unk>", b"x" * 100, b"\xff" * 40))
        inner.append(chance.choice((
            Field(number, _VARINT, chance.choice(_ODD_NUMBERS)), Field(number, _BYTES, value)
        )))  # fmt: skip
    holder.value = serialize(inner)


def _set(field: Field, number: int, wire: int, value: int | bytes) -> None:
    """Set a field of a piece."""
    if field.number != _PIECE or not isinstance(field.value, bytes):
        return
    try:
        inner = [f for f in parse(field.value) if f.number != number]
    except ValueError:
        return
    field.value = serialize([*inner, Field(number, wire, value)])


def _set_score(field: Field, score: float) -> None:
    _set(field, _SCORE, _FIXED32, struct.pack("<f", score))
