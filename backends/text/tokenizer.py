"""Text to ids and pieces, with SentencePiece on the released tokenizer.model.

What a person typed never becomes a control id: `encode` splits the literal text of a control
piece (`</s>`, `<reserved_106>`, …) in two before SentencePiece sees it, so that it stays text.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TokenizerError
from ..phrases import Phrase
from .added_tokens import AddedToken, AddedTokens, is_marker
from .tokenizer_file import not_sentencepiece, read_model

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SPACE = "\u2581"  # SentencePiece's visible space
_RESERVED = re.compile(r"<reserved_\d+>")
_FIRST_IDS = 5  # ids 0-4 are <unk>, <s>, </s> and two more that steer the model
#: Begin a turn of the user and of the assistant, whatever a fine-tune calls them.
TURNS = (195, 196)
#: Of control pieces, which are looked for wherever one of them may begin; the released have 993.
_MAX_CONTROL_PIECES = 8_192
_MAX_CONTROL_CHARACTERS = 128
#: Comes back as it was from a vocabulary that takes every text as it stands.
_KEPT = "  a   b \u3000\u200b\u00a0\uff21\x00\x01\t\ne\u0301 \ufb01\u2028  "


class Tokenizer:
    """A loaded tokenizer.model, and tokens that were added to it. Pieces are SentencePiece's own.

    Ids that are neither have no text, are never given by `encode`, and must not be sampled.
    """

    def __init__(
        self,
        file: Path,
        *,
        vocab_size: int,
        added: AddedTokens | None = None,
    ) -> None:
        """Read `file`; `vocab_size` is the model's, in rows. Raises TokenizerError."""
        import sentencepiece  # not before: most of the app's processes never read a tokenizer

        data = read_model(file, most_pieces=vocab_size)
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=data)
        except (RuntimeError, TypeError, UnicodeDecodeError) as error:
            raise not_sentencepiece(file) from error
        count = self._processor.get_piece_size()
        self.file = file
        self.vocab_size = count  #: pieces of the file
        self._rows = vocab_size
        ids = list(range(count))
        try:
            self._pieces: list[str] = self._processor.id_to_piece(ids)
        except UnicodeDecodeError as error:
            raise TokenizerError(file, "one of its pieces is not UTF-8") from error
        kinds = zip(self._processor.is_control(ids), self._processor.is_unknown(ids), strict=True)
        added = added or AddedTokens()
        self._added: Mapping[int, AddedToken] = added.honest(self._pieces, vocab_size)
        self._eos_texts = added.eos_texts
        self._special = {i for i, (control, unknown) in enumerate(kinds) if control or unknown}
        self._special |= {i for i, token in self._added.items() if token.is_special}
        self._longest_token = self._longest()
        self._steer(())

    def _longest(self) -> int | None:
        processor = self._processor
        if processor.decode(processor.encode(_KEPT)) != _KEPT:
            return None  # its normaliser leaves characters out, or joins them
        texts = [token.text for token in self._added.values()]
        return max(map(len, (*self._pieces, *texts)), default=None)

    @property
    def longest_token(self) -> int | None:
        """The most characters that an id stands for; None where a few may stand for any number."""
        return self._longest_token

    def steered(self, ids: Collection[int]) -> Tokenizer:
        """A copy that knows which ids begin a turn or end an answer, whatever they are called.

        The file is not read again. Raises TokenizerError.
        """
        other = copy.copy(self)
        other._steer(ids)
        return other

    def _steer(self, steering: Collection[int]) -> None:
        count = self.vocab_size
        control = {i for i, piece in enumerate(self._pieces) if _steers(i, piece)}
        control |= {i for i in self._special if i < count}
        control |= {i for i in (*TURNS, *steering) if i < count and is_marker(self._pieces[i])}
        above = {i for i in steering if i >= count}
        self.control_ids = frozenset(control | self._special | above)
        self.eos_ids = frozenset(self._named_eos(self._eos_texts))
        self._control = _Literals(_literals(self.file, [self._pieces[i] for i in control]))
        self._word_ids = {
            token.text: i
            for i, token in self._added.items()
            if token.is_word and i >= count and i not in above
        }
        self._words = _Literals(self._word_ids)

    def token_ids(self, eos_ids: Iterable[int] = ()) -> npt.NDArray[np.intp] | None:
        """The rows of the model that are tokens, ascending; None if all of them are.

        What ends an answer is one, whether it has a name or not.
        """
        above = {i for i in (*self._added, *eos_ids) if self.vocab_size <= i < self._rows}
        if self.vocab_size + len(above) == self._rows:
            return None
        import numpy as np

        return np.array([*range(self.vocab_size), *sorted(above)], dtype=np.intp)

    @property
    def last_named(self) -> int:
        """The highest id that has a piece or a name."""
        return max(self.vocab_size - 1, max(self._added, default=0))

    def _named_eos(self, texts: Iterable[str]) -> Iterator[int]:
        named = {self.piece(i): i for i in self.control_ids}
        return (named[text] for text in texts if text in named)

    def encode(self, text: str) -> list[int]:
        """The ids of a text that a person typed; none of them is in `control_ids`."""
        clean = _as_utf8(text)
        ids: list[int] = []
        start = 0
        for begin, end in self._words.find(clean):
            if begin >= start:
                ids += self._encode_text(clean[start:begin])
                ids.append(self._word_ids[clean[begin:end]])
                start = end
        return ids + self._encode_text(clean[start:])

    def encode_markup(self, text: str) -> list[int]:
        """The ids of a text that a program wrote: the text of a reserved piece is that piece.

        `<unk>`, `<s>` and `</s>` are text for SentencePiece, and added tokens are not known to it.
        """
        ids: list[int] = self._processor.encode(_as_utf8(text))
        return ids

    def _encode_text(self, text: str) -> list[int]:
        ids: list[int] = []
        start = 0
        for begin, _ in self._control.find(text):
            ids += self._encode(text[start : begin + 1])
            start = begin + 1
        return ids + self._encode(text[start:])

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._processor.encode(text)
        if self.control_ids.isdisjoint(ids):
            return ids
        # No literal is left in the text, so only an unknown character can come to this; the
        # released vocabularies have a piece for every byte.
        raise TokenizerError(self.file, "it has no pieces for some characters of the text")

    def piece(self, token_id: int) -> str:
        """The piece of an id: text with `▁` for a space, or `<0x0A>` for a byte.

        Of an added token its text. Empty if the id is no token.
        """
        if (token := self._added.get(token_id)) is not None:
            return token.text
        return self._pieces[token_id] if token_id < self.vocab_size else ""

    def octets(self, token_id: int) -> bytes:
        """The bytes that an id adds to a text; a special token, and what is no token, adds none."""
        piece = self.piece(token_id)
        if self.is_special(token_id):
            return b""
        if self.is_byte(token_id):
            return bytes([int(piece[3:-1], 16)])
        return piece.replace(_SPACE, " ").encode("utf-8", "replace")

    def original_piece(self, token_id: int) -> str:
        """The piece of an id of tokenizer.model, whatever it was renamed to."""
        return self._pieces[token_id]

    def is_special(self, token_id: int) -> bool:
        """True for `<unk>`, `<s>`, `</s>` and what was added as special, which have no text."""
        return token_id in self._special

    def is_byte(self, token_id: int) -> bool:
        """True if the piece stands for one byte of UTF-8."""
        if token_id >= self.vocab_size:
            return False
        result: bool = self._processor.is_byte(token_id)
        return result


class _Literals:
    """Finds given texts in longer ones, in time that is linear in the length of those."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = frozenset(texts)
        self._lengths = sorted({len(text) for text in self._texts}, reverse=True)
        first = "".join(sorted({text[0] for text in self._texts}))
        self._first = re.compile(f"[{re.escape(first)}]" if first else r"(?!)")

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Begin and end of the longest match at each place where one begins; they may overlap."""
        for match in self._first.finditer(text):
            begin = match.start()
            for length in self._lengths:
                if text[begin : begin + length] in self._texts:
                    yield begin, begin + length
                    break


def _literals(file: Path, control: Sequence[str]) -> list[str]:
    """The control pieces of two characters or more, which a person could type.

    Raises TokenizerError for too many of them, or for one that is too long.
    """
    if len(control) > _MAX_CONTROL_PIECES:
        raise TokenizerError(
            file,
            Phrase(
                "{count:,} of its pieces steer the model instead of being text, and at most "
                "{most:,} may",
                count=len(control),
                most=_MAX_CONTROL_PIECES,
            ),
        )
    longest = max(map(len, control), default=0)
    if longest > _MAX_CONTROL_CHARACTERS:
        raise TokenizerError(
            file,
            Phrase("a piece that steers the model has {count:,} characters", count=longest),
        )
    return [piece for piece in control if len(piece) > 1]


def _steers(token_id: int, piece: str) -> bool:
    """Whether a piece steers the model and must never be typed."""
    return token_id < _FIRST_IDS or (
        piece.startswith("<reserved_") and _RESERVED.fullmatch(piece) is not None
    )


def _as_utf8(text: str) -> str:
    """The text; half a surrogate pair (a broken paste), which has no UTF-8, is `?` in it."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        return text.encode("utf-8", "replace").decode("utf-8")
    return text
