"""Takes out of a text what tells whose machine it comes from, in every form it may be written.

It is the second of two walls. The first is that no part of a bundle holds free text at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

#: Shorter words are a part of others, and are taken out where they stand alone.
_SHORT = 4
#: Too short to tell anybody by, and everywhere.
_LEAST = 2


class Redaction:
    """Replaces words by what they stand for, such as “<home>”, whatever their case."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """`words`: a home folder, an account, the name of a machine; each with its replacement."""
        self._replacements: list[str] = []
        patterns: list[tuple[int, str]] = []
        for word, replacement in words.items():
            if len(word) >= _LEAST:
                patterns += [
                    (len(word), f"(?P<w{len(self._replacements)}_{number}>{form})")
                    for number, form in enumerate(sorted(_patterns(word), key=len, reverse=True))
                ]
                self._replacements.append(replacement)
        # The longest first: a home folder holds the name of the account.
        patterns.sort(key=lambda one: one[0], reverse=True)
        joined = "|".join(pattern for _, pattern in patterns)
        self._pattern = re.compile(joined, re.IGNORECASE) if joined else None

    def text(self, text: str) -> str:
        """The text without these words."""
        if self._pattern is None:
            return text
        return self._pattern.sub(self._replacement, text)

    def value(self, value: object) -> object:
        """The same of all text in plain values, keys among it."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(key)): self.value(one) for key, one in value.items()}
            case list() | tuple():
                return [self.value(one) for one in value]
        return value

    def _replacement(self, found: re.Match[str]) -> str:
        assert found.lastgroup is not None
        return self._replacements[int(found.lastgroup[1:].partition("_")[0])]


def _patterns(word: str) -> set[str]:
    """Patterns of every form of a word: as it is, in addresses, in programs and in shells."""
    forms = {unicodedata.normalize(how, word) for how in ("NFC", "NFD")} | {word}
    found = {_pattern(form) for form in forms}
    found |= {_short_name(part) for part in re.split(r"[\\/]", word) if _has_short_name(part)}
    if len(word) < _SHORT and word.isascii():
        return {rf"(?<![^\W_]){form}(?![^\W_])" for form in found}
    return found


def _pattern(word: str) -> str:
    """A pattern of a word in which each character may be quoted or escaped, however often."""
    parts = re.split(r"([\\/]+)", word)
    return "".join(
        _SLASHES if number % 2 else "".join(map(_character, part))
        for number, part in enumerate(parts)
    )


#: Systems and quotations differ in them.
_SLASHES = r"(?:[\\/]|%2F|%5C)+"


def _character(char: str) -> str:
    if char.isascii() and char.isalnum():
        return char
    code = ord(char)
    escapes = [re.escape(char), quote(char.encode("utf-8", "surrogateescape"), safe="")]
    escapes += [rf"\\+u{half:04x}" for half in _utf_16(char)] if code < 0x10000 else []
    if code >= 0x10000:
        escapes += ["".join(rf"\\+u{half:04x}" for half in _utf_16(char)), rf"\\+U{code:08x}"]
    if code < 0x100:
        escapes.append(rf"\\+x{code:02x}")
        escapes.append(rf"%{code:02x}")
    if char == " ":
        escapes.append(re.escape("+"))
    return rf"\\*(?:{'|'.join(dict.fromkeys(escapes))})"


def _utf_16(char: str) -> list[int]:
    raw = char.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


def _has_short_name(part: str) -> bool:
    """Whether a name of a path has another one of eight letters on Windows' drives."""
    return len(part) > 8 or " " in part


def _short_name(part: str) -> str:
    return re.escape(re.sub(r"[ .]", "", part)[:6]) + r"~\d"
