"""Reads a tokenizer.model, and refuses one that would cost SentencePiece too much work.

SentencePiece looks for every piece at every place of a text, replaces characters by what a table
of the file says, and encodes sample texts of the file while it loads. So a small file can cost
gigabytes or minutes; how long pieces, replacements and samples are is looked at before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import TokenizerError
from ..files.small_files import not_read, open_file
from ..phrases import Phrase

_MAX_BYTES = 8_000_000  # the released ones have 1.1 and 2.0 MB
_MAX_PIECE_BYTES = 512  # of a piece and its score; the longest released one has 103
_PIECE_OVERHEAD_BYTES = 7  # the tag and length of its text, and its score
_MAX_TEXT_BYTES = 2_000_000  # of all pieces; of those of Baichuan 2 0.85 MB
_MAX_REPLACEMENT_BYTES = 256  # NFKC has 33 at most; the released ones replace nothing
_MAX_SAMPLE_BYTES = 65_536  # the released ones have none

# Fields of SentencePiece's ModelProto, and of the NormalizerSpec in it.
_PIECE, _NORMALIZER, _SAMPLES, _DENORMALIZER = 1, 3, 4, 5
_CHARACTER_MAP = 2
_LENGTH_DELIMITED = 2
_FIXED_BYTES = {1: 8, 5: 4}  # by wire type


def read_model(file: Path, *, most_pieces: int) -> bytes:
    """The content of a file that SentencePiece may load.

    Raises TokenizerError, UnsafeCheckpointError.
    """
    try:
        with open_file(file) as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise TokenizerError(file, not_read(error)) from error
    if len(data) > _MAX_BYTES:
        raise TokenizerError(file, "it is implausibly large")
    try:
        _check(file, data, most_pieces)
    except (IndexError, ValueError) as error:
        raise not_sentencepiece(file) from error
    return data


def not_sentencepiece(file: Path) -> TokenizerError:
    """The error of a file that is no SentencePiece model."""
    return TokenizerError(file, "it is not a SentencePiece model")


def _check(file: Path, data: bytes, most_pieces: int) -> None:
    pieces = texts = samples = 0
    for field, begin, end in _fields(data, 0, len(data)):
        if field == _PIECE:
            pieces += 1
            texts += max(end - begin - _PIECE_OVERHEAD_BYTES, 0)
            if end - begin > _MAX_PIECE_BYTES:
                raise TokenizerError(
                    file, Phrase("one of its pieces has {count:,} bytes", count=end - begin)
                )
        elif field == _SAMPLES:
            samples += end - begin
        elif field in (_NORMALIZER, _DENORMALIZER):
            for inner, first, last in _fields(data, begin, end):
                if inner == _CHARACTER_MAP:
                    _check_replacements(file, data[first:last])
    if pieces == 0:  # of which SentencePiece says on stderr that it is not initialised
        raise TokenizerError(file, "it has no pieces")
    if texts > _MAX_TEXT_BYTES:
        raise TokenizerError(file, Phrase("its pieces have {count:,} bytes", count=texts))
    if samples > _MAX_SAMPLE_BYTES:
        raise TokenizerError(file, Phrase("its sample texts have {count:,} bytes", count=samples))
    if pieces > most_pieces:
        raise TokenizerError(
            file,
            Phrase(
                "it has {pieces:,} pieces, but the model's vocabulary has {vocab_size:,}",
                pieces=pieces,
                vocab_size=most_pieces,
            ),
        )


def _check_replacements(file: Path, table: bytes) -> None:
    """Raise TokenizerError if a character would become too many bytes.

    A table is the size of a trie (4 bytes), the trie, then texts that end with a zero byte.
    """
    texts = table[4 + int.from_bytes(table[:4], "little") :]
    longest = max(map(len, texts.split(b"\0")))
    if longest > _MAX_REPLACEMENT_BYTES:
        raise TokenizerError(
            file, Phrase("it replaces a character by {count:,} bytes", count=longest)
        )


def _fields(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, begin and end of each length-delimited field of a protobuf message.

    Raises ValueError or IndexError on what is none.
    """
    position = begin
    while position < end:
        key, position = _varint(data, position)
        wire = key & 7
        if wire == _LENGTH_DELIMITED:
            length, position = _varint(data, position)
            if length > end - position:
                raise ValueError("a field ends outside of its message")
            yield key >> 3, position, position + length
            position += length
        elif wire in _FIXED_BYTES:
            position += _FIXED_BYTES[wire]
        elif wire == 0:
            _, position = _varint(data, position)
        else:
            raise ValueError("groups are not used")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The varint at `position`, and the position after it."""
    byte = data[position]
    if byte < 128:
        return byte, position + 1
    value, shift = byte & 127, 7
    while True:
        position += 1
        byte = data[position]
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position + 1
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
