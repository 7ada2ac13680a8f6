"""Ids to text as they come, never half a character.

    detokenizer = StreamingDetokenizer(tokenizer)
    for token_id in ids:
        print(detokenizer.add(token_id), end="")
    print(detokenizer.flush(), end="")

What is printed equals decoding all ids at once. Each id is looked at once, so the cost is linear
in the answer; decoding everything again for each token would be quadratic.
"""

from __future__ import annotations

from .tokenizer import Tokenizer

_REPLACEMENT = "\ufffd"


class StreamingDetokenizer:
    """Turns ids into text one at a time; bytes wait until their character is complete."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._pending = bytearray()

    def add(self, token_id: int) -> str:
        """The text that this id completes; may be empty. `<unk>`, `<s>` and `</s>` have none."""
        octets = self._tokenizer.octets(token_id)
        if self._tokenizer.is_byte(token_id):
            self._pending += octets
            return self._take(final=False)
        return self._take(final=True) + octets.decode()

    def octets(self, token_id: int) -> bytes:
        """The bytes of an id's text, whatever came before it."""
        return self._tokenizer.octets(token_id)

    def flush(self) -> str:
        """The text of bytes still held back; a broken character shows as U+FFFD a byte."""
        return self._take(final=True)

    def _take(self, *, final: bool) -> str:
        text = ""
        while self._pending:
            length = _character_length(self._pending)
            if length == 0 and not final:
                break
            if length > 0:
                text += self._pending[:length].decode("utf-8")
                del self._pending[:length]
            else:
                text += _REPLACEMENT
                del self._pending[:1]
        return text


def _character_length(data: bytes | bytearray) -> int:
    """The length of the UTF-8 character that `data` begins with; 0 if incomplete, -1 if broken."""
    for end in range(1, min(len(data), 4) + 1):
        try:
            data[:end].decode("utf-8")
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return -1
        else:
            return end
    return 0
