"""In which encoding a file of text is: what its bytes say, and what a person may choose.

The ladder is: a mark in front, UTF-8, GB18030, Latin-1. Guessing by the frequency of characters
takes short Chinese texts for Korean ones; a person sees the text and can say what it is.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from backends.phrases import Phrase

#: The longest first: that of UTF-32 begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK: Final = "\ufeff"
#: What stands in no text: controls other than tabs, ends of lines and pages, and escapes.
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROLS: Final = re.compile(_NO_TEXT.pattern.decode("latin-1"))
_MOST_OF_NO_TEXT: Final = 0.01
#: Letters of the West, signs of Chinese texts and hanzi; a text of theirs has hardly anything else.
_COMMON: Final = re.compile(
    "[\t\n\r -~\xa0-\xff\u2010-\u203b\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+"
)
_LEAST_COMMON = 0.9
_NOT_ASCII: Final = re.compile("[^\x00-\x7f]")
_WRONG: Final = "\ufffd"  #: stands where bytes are no text
_MOST_WRONG = 0.02
_WESTERN: Final = ("latin-1", "cp1252", "iso8859-1")
#: Places that Latin-1 leaves to controls, and where Windows has quotes and dashes.
_WINDOWS: Final = re.compile(rb"[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding that a person may choose."""

    codec: str  #: as Python calls it, and as a document keeps it
    shown: Phrase


#: In the order of a menu. Every codec that `decoded` may find is one of them.
ENCODINGS: Final = (
    Encoding("utf-8", Phrase("UTF-8 (Unicode)")),
    Encoding("utf-16-le", Phrase("UTF-16 LE (Unicode)")),
    Encoding("utf-16-be", Phrase("UTF-16 BE (Unicode)")),
    Encoding("utf-32-le", Phrase("UTF-32 LE (Unicode)")),
    Encoding("utf-32-be", Phrase("UTF-32 BE (Unicode)")),
    Encoding("gb18030", Phrase("GB18030, GBK (simplified Chinese)")),
    Encoding("big5hkscs", Phrase("Big5 (traditional Chinese)")),
    Encoding("cp932", Phrase("Shift-JIS (Japanese)")),
    Encoding("cp949", Phrase("EUC-KR (Korean)")),
    Encoding("latin-1", Phrase("Latin-1 (Western Europe)")),
    Encoding("cp1252", Phrase("Windows-1252 (Western Europe)")),
    Encoding("cp1251", Phrase("Windows-1251 (Cyrillic)")),
)
CODECS: Final = frozenset(one.codec for one in ENCODINGS)


class NoTextError(Exception):
    """The bytes are no text in any encoding."""


def decoded(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text, without a mark in front, and the codec it was read with. Raises NoTextError.

    Where a few places are no text they are U+FFFD: a file that was cut off is read, and is not
    taken for one of the West.

    `declared` is what the text says of itself, as a page of HTML does; it is tried after marks.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(codec), codec
            except UnicodeDecodeError:
                continue
    if (damaged := _damaged_below_mark(data)) is not None:
        return damaged
    zeros = data.count(b"\0")
    if zeros and (found := _utf_16_of(data)) is not None:
        return data.decode(found), found
    if zeros or len(_NO_TEXT.findall(data)) > _MOST_OF_NO_TEXT * len(data):
        raise NoTextError
    ladder = ["utf-8", "gb18030"]
    if declared in CODECS:
        # What is valid UTF-8 is none of the West's by chance; of hanzi a few may be.
        ladder.insert(1 if declared in _WESTERN else 0, declared)
    for codec in ladder:
        try:
            return data.decode(codec), codec
        except UnicodeDecodeError:
            continue
    if (damaged := _damaged(data)) is not None:
        return damaged
    codec = "cp1252" if _WINDOWS.search(data) else "latin-1"
    try:
        return data.decode(codec), codec
    except UnicodeDecodeError:  # Windows leaves five places empty
        return data.decode("latin-1"), "latin-1"


def _damaged_below_mark(data: bytes) -> tuple[str, str] | None:
    """A text with a mark in front, of which a few places are none, as where it was cut off."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(codec, "replace")
            if text.count(_WRONG) <= max(1, _MOST_WRONG * len(text)):
                return text, codec
    return None


def _damaged(data: bytes) -> tuple[str, str] | None:
    """A text in Chinese, or any in UTF-8, of which a few places are none."""
    for codec in ("utf-8", "gb18030"):
        text = data.decode(codec, "replace")
        wrong = text.count(_WRONG)
        others = _NOT_ASCII.findall(text)
        if wrong > _MOST_WRONG * (len(others) - wrong):
            continue
        # Letters of the West with the one behind them are rarer signs of the larger GB18030.
        known = "".join(others).encode("gb2312", "ignore").decode("gb2312")
        if codec == "utf-8" or len(known) >= _LEAST_COMMON * len(others):
            return text, codec
    return None


def _utf_16_of(data: bytes) -> str | None:
    """UTF-16 without a mark, in the order of bytes that gives the more common characters."""
    shares: dict[str, float] = {}
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text):
            shares[codec] = sum(map(len, _COMMON.findall(text))) / len(text)
    best = max(shares, key=lambda codec: shares[codec], default="")
    return best if best and shares[best] >= _LEAST_COMMON else None


def decoded_as(data: bytes, codec: str) -> tuple[str, int]:
    """The text in the encoding that a person chose, and how many places are none in it.

    Those are shown as U+FFFD.
    """
    text = data.decode(codec, "replace").removeprefix(_MARK)
    return text, text.count(_WRONG)
