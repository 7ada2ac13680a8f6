"""Text to ids and pieces, with SentencePiece on the released tokenizer.model.

What a person typed never becomes a control id: `encode` splits the literal text of a control
piece (`</s>`, `<reserved_106>`, …) in two before SentencePiece sees it, so that it stays text.
"""

from __future__ import annotations

import re
from pathlib import Path

import sentencepiece

from .errors import Phrase, TokenizerError

_RESERVED = re.compile(r"<reserved_\d+>")
_MAX_MODEL_BYTES = 64_000_000  # the released ones have 1.1 and 2.0 MB
_FIRST_IDS = 5  # ids 0-4 are <unk>, <s>, </s> and two more that steer the model


class Tokenizer:
    """A loaded tokenizer.model. Ids and pieces are SentencePiece's own."""

    def __init__(self, file: Path, *, vocab_size: int) -> None:
        """Read `file`; `vocab_size` is the model's. Raises TokenizerError."""
        try:
            if file.stat().st_size > _MAX_MODEL_BYTES:
                raise TokenizerError(file, "it is implausibly large")
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=file.read_bytes())
        except (RuntimeError, TypeError, UnicodeDecodeError) as error:
            raise TokenizerError(file, "it is not a SentencePiece model") from error
        except OSError as error:
            raise TokenizerError(
                file, Phrase("it cannot be read ({reason})", reason=error.strerror or str(error))
            ) from error
        pieces = self._processor.get_piece_size()
        if pieces == 0 or pieces > vocab_size:
            raise TokenizerError(
                file,
                Phrase(
                    "it has {pieces:,} pieces, but the model's vocabulary has {vocab_size:,}",
                    pieces=pieces,
                    vocab_size=vocab_size,
                ),
            )
        self._file = file
        self.vocab_size = pieces
        try:
            control = {i for i in range(pieces) if self._is_control(i)}
            literals = sorted(map(self._processor.id_to_piece, control), key=len, reverse=True)
        except UnicodeDecodeError as error:
            raise TokenizerError(file, "one of its pieces is not UTF-8") from error
        self.control_ids = frozenset(control)
        self._literal = re.compile("|".join(map(re.escape, literals)))

    def _is_control(self, token_id: int) -> bool:
        return (
            token_id < _FIRST_IDS
            or self.is_special(token_id)
            or _RESERVED.fullmatch(self._processor.id_to_piece(token_id)) is not None
        )

    def encode(self, text: str) -> list[int]:
        """Ids of what a person typed; none of them is in `control_ids`."""
        ids: list[int] = []
        start = 0
        for match in self._literal.finditer(text):
            split = match.start() + 1
            ids += self._encode(text[start:split])
            start = split
        ids += self._encode(text[start:])
        return ids

    def encode_raw(self, text: str) -> list[int]:
        """Ids as the published tokenizer gives them: control literals become control ids.

        For comparing with published results; never for what a person typed.
        """
        ids: list[int] = []
        for part in re.split(r"(<unk>|<s>|</s>)", text):
            if part in ("<unk>", "<s>", "</s>"):
                ids.append(self._processor.piece_to_id(part))
            else:
                ids += self._processor.encode(part)
        return ids

    def _encode(self, text: str) -> list[int]:
        # SentencePiece takes UTF-8; half a surrogate pair (a broken paste) has none.
        clean = text.encode("utf-8", "replace").decode("utf-8") if _has_surrogate(text) else text
        ids: list[int] = self._processor.encode(clean)
        if self.control_ids.isdisjoint(ids):
            return ids
        # No literal is left in the text, so only an unknown character can come to this; the
        # released vocabularies have a piece for every byte.
        raise TokenizerError(self._file, "it has no pieces for some characters of the text")

    def piece(self, token_id: int) -> str:
        """The piece of an id: text with `▁` for a space, or `<0x0A>` for a byte."""
        piece: str = self._processor.id_to_piece(token_id)
        return piece

    def is_special(self, token_id: int) -> bool:
        """True for `<unk>`, `<s>` and `</s>`, which have no text."""
        result: bool = self._processor.is_control(token_id) or self._processor.is_unknown(token_id)
        return result

    def is_byte(self, token_id: int) -> bool:
        """True if the piece stands for one byte of UTF-8."""
        result: bool = self._processor.is_byte(token_id)
        return result


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)
