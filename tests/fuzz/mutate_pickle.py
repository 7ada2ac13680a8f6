"""Pickles with opcodes that are written in another way, changed, moved, or put in."""

from __future__ import annotations

import itertools
import pickle
import pickletools
import random
import struct

_MAKES_NOTHING = (b"N", b"}", b"]", b")", b"(", b"\x88")
#: What a pickle may try; each is put in somewhere.
_TRICKS = (
    b"cos\nsystem\nX\x02\0\0\0id\x85R",
    b"(X\x02\0\0\0idios\nsystem\n",
    b"c__builtin__\neval\n",
    b"ctorch._utils\n_rebuild_tensor_v2\nq\x05(h\x05)}}tb)R",
    b"ctorch._utils\n_rebuild_parameter\nq\x05h\x05\x85R",
    b"ccollections\nOrderedDict\nq\x05)R}h\x05h\x05sb",
    b"]q\x05(" + b"h\x05" * 200 + b"e",
    b"]q\x05h\x05a",
    b"K\x01" + b"".join(b"q\x05h\x05\x86" for _ in range(40)),
    b"]" * 300 + b"a" * 299,
    b"(" * 200,
    b")" + b"\x85" * 2_000,
    b"X\x00\x00\x01\x00" + b"N" * 65_536,
    b"\x8a\xff" + b"\x7f" * 255,
    b"\x8b\x00\x00\x00\x7f",
    b"I" + b"9" * 5_000 + b"\n",
    b"r\xff\xff\xff\x7f",
    b"p" + b"9" * 30 + b"\n",
    b"\x96\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x95\xff\xff\xff\xff\xff\xff\xff\xff",
    b"N0" * 1_000,
    b"Q",
    b"\x81",
    b"\x82\x01",
)
_ODD_NUMBERS = (0, 1, 2, 255, 256, 65_535, 2**31 - 1, -1, -(2**31))


def mutate(data: bytes, chance: random.Random, *, harmless: float = 0.5) -> bytes:
    """A pickle that means the same (`harmless`), or another."""
    parts = split(data)
    if chance.random() < harmless:
        return b"".join(_rewritten(parts, chance))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        _change(parts, chance)
    if chance.random() < 0.3:
        parts = _rewritten(parts, chance)
    return b"".join(parts)


def split(data: bytes) -> list[bytes]:
    """The opcodes, each with its argument."""
    starts = [position for _, _, position in pickletools.genops(data)]
    assert all(position is not None for position in starts)
    bounds = [*starts, len(data)]
    return [data[a:b] for a, b in itertools.pairwise(bounds) if a is not None]


def _rewritten(parts: list[bytes], chance: random.Random) -> list[bytes]:
    """Some opcodes in the other forms that there are for them."""
    share = chance.choice((0.05, 0.5, 1.0))
    return [_other_form(part, chance) if chance.random() < share else part for part in parts]


def _other_form(part: bytes, chance: random.Random) -> bytes:
    match part[:1]:
        case b"X" if len(part) < 261:
            text = part[5:]
            return chance.choice(
                (
                    b"\x8c" + bytes([len(text)]) + text,
                    b"\x8d" + struct.pack("<Q", len(text)) + text,
                    b"V" + text + b"\n" if text.isascii() and b"\\" not in text else part,
                )
            )
        case b"K" if len(part) == 2:
            return _integer(part[1], chance)
        case b"M" if len(part) == 3:
            return _integer(struct.unpack("<H", part[1:])[0], chance)
        case b"J" if len(part) == 5:
            return _integer(struct.unpack("<i", part[1:])[0], chance)
        case b"q" if len(part) == 2:
            return b"r" + part[1:] + b"\0\0\0"
        case b"h" if len(part) == 2:
            return chance.choice((b"j" + part[1:] + b"\0\0\0", b"g%d\n" % part[1]))
        case b"\x88":
            return b"I01\n"
        case b"\x89":
            return b"I00\n"
        case b"\x80":
            return b"\x80" + bytes([chance.choice((2, 3, 4, 5))])
        case b"c" if part.count(b"\n") == 2:
            module, name, _ = part[1:].split(b"\n")
            return b"X%sX%s\x93" % (
                struct.pack("<I", len(module)) + module, struct.pack("<I", len(name)) + name
            )  # fmt: skip
        case b")":
            return b"(t"
        case b"]":
            return b"(l"
    return part


def _integer(number: int, chance: random.Random) -> bytes:
    encoded = pickle.encode_long(number)
    return chance.choice(
        (
            b"J" + struct.pack("<i", number),
            b"\x8a" + bytes([len(encoded)]) + encoded,
            b"\x8b" + struct.pack("<i", len(encoded)) + encoded,
            b"I%d\n" % number,
            b"L%dL\n" % number,
        )
    )


def _change(parts: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(1, len(parts))
    match chance.randrange(8):
        case 0:
            del parts[at : at + chance.choice((1, 1, 1, 5))]
            parts = parts or [b"."]
        case 1:
            parts.insert(at, parts[chance.randrange(len(parts))])
        case 2:
            other = chance.randrange(1, len(parts))
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            parts.insert(at, chance.choice(_TRICKS))
        case 4:
            parts.insert(at, chance.choice(_MAKES_NOTHING))
        case 5:
            _change_argument(parts, chance)
        case 6:
            opcode = chance.choice(pickletools.opcodes).code.encode("latin-1")
            parts[at] = opcode + parts[at][1:]
        case _:
            start = chance.randrange(1, len(parts))
            parts[at:at] = parts[start : start + chance.randrange(1, 30)]


def _change_argument(parts: list[bytes], chance: random.Random) -> None:
    """Another number or another name in a place that has one."""
    places = [i for i, part in enumerate(parts) if part[:1] in (b"K", b"M", b"J", b"X", b"c")]
    if not places:
        return
    at = chance.choice(places)
    match parts[at][:1]:
        case b"X":
            text = chance.choice(
                (b"", b"a\0b", b"x" * 4_097, b"\xff", "层".encode(), parts[at][5:] + b"x", b"..",
                 parts[chance.choice(places)][5:])
            )  # fmt: skip
            parts[at] = b"X" + struct.pack("<I", len(text)) + text
        case b"c":
            name = chance.choice((b"HalfStorage", b"FloatStorage", b"Size", b"load", b"float16"))
            parts[at] = b"ctorch\n" + name + b"\n"
        case _:
            parts[at] = b"J" + struct.pack("<i", chance.choice(_ODD_NUMBERS))
