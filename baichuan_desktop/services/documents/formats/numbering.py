"""The numbers that Word sets before paragraphs by itself: they stand nowhere in the text.

What a contract calls 第三条 is such a number, and a question is about it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from baichuan_desktop.services.documents.formats.archive import Archive
from baichuan_desktop.services.documents.formats.xml_events import End, Start, events

_PLACE: Final = re.compile(r"%([1-9])")
_DIGITS: Final = "〇一二三四五六七八九"
_LEGAL: Final = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_MOST = 9_999  # a number above is shown in digits
_MOST_LEVELS = 9
_BULLET: Final = "•"


@dataclass(frozen=True, slots=True)
class Level:
    """How a level of a list is numbered."""

    start: int = 1
    form: str = "decimal"
    text: str = "%1."
    in_digits: bool = False  #: all numbers in it, whatever their own levels say


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each is counted."""

    lists: Mapping[str, Mapping[int, Level]] = field(default_factory=dict)
    #: What lists are of: those of the same go on counting.
    kinds: Mapping[str, str] = field(default_factory=dict)
    #: The levels at which a list begins to count anew.
    begins: Mapping[str, Collection[int]] = field(default_factory=dict)
    _counted: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def next_of(self, list_id: str, level: int) -> str:
        """The number before the next paragraph of a list, with a space; "" where it has none."""
        levels = self.lists.get(list_id)
        if levels is None or level not in levels or not 0 <= level < _MOST_LEVELS:
            return ""
        counted = self._counted.setdefault(self.kinds.get(list_id, list_id), {})
        if list_id not in self._begun:
            self._begun.add(list_id)
            for at in self.begins.get(list_id, ()):
                counted.pop(at, None)
        for deeper in [one for one in counted if one > level]:
            del counted[deeper]
        counted[level] = counted.get(level, levels[level].start - 1) + 1
        own = levels[level]
        if own.form == "none":
            return ""
        if own.form == "bullet":
            return f"{_BULLET} "

        def number(found: re.Match[str]) -> str:
            place = int(found[1]) - 1
            which = levels.get(place, Level())
            form = "decimal" if own.in_digits else which.form
            return in_form(counted.get(place, which.start), form)

        text = _PLACE.sub(number, own.text).strip()
        return f"{text} " if text else ""


def numbering_of(archive: Archive, entry: str) -> Numbering:
    """The lists that an entry of a document describes. Raises DocumentError."""
    if not archive.has(entry):
        return Numbering()
    abstract: dict[str, dict[int, Level]] = {}
    lists: dict[str, dict[int, Level]] = {}
    kinds: dict[str, str] = {}
    begins: dict[str, set[int]] = {}
    levels: dict[int, Level] = {}
    list_id, at = "", 0
    start, form, text, in_digits = 1, "decimal", "", False
    for event in events(archive, entry):
        match event:
            case Start("abstractNum", found):
                levels = abstract.setdefault(found.get("abstractNumId", ""), {})
            case Start("num", found):
                list_id = found.get("numId", "")
            case Start("abstractNumId", found):
                kinds[list_id] = found.get("val", "")
                levels = lists[list_id] = dict(abstract.get(found.get("val", ""), {}))
            case Start("lvl", found):
                at = whole(found.get("ilvl"))
                start, form, text, in_digits = 1, "decimal", "", False
            case Start("lvlOverride", found):
                at = whole(found.get("ilvl"))
            case Start("start", found):
                start = whole(found.get("val"), 1)
            case Start("startOverride", found):
                known = levels.get(at, Level())
                levels[at] = replace(known, start=whole(found.get("val"), 1))
                begins.setdefault(list_id, set()).add(at)
            case Start("numFmt", found):
                form = found.get("val", "decimal")
            case Start("isLgl", found):
                in_digits = found.get("val", "1") not in ("0", "false", "off")
            case Start("lvlText", found):
                text = found.get("val", "")
            case End("lvl"):
                levels[at] = Level(start, form, text, in_digits)
    return Numbering(lists, kinds, begins)


def whole(text: str | None, otherwise: int = 0) -> int:
    """A number as a file of Word has it."""
    return int(text) if text is not None and re.fullmatch(r"\d{1,6}", text, re.ASCII) else otherwise


def in_form(number: int, form: str) -> str:
    """A number as Word writes it in one of its forms; in digits where that is not known."""
    if not 0 < number <= _MOST:
        return str(number)
    match form:
        case "lowerLetter" | "upperLetter":
            letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
            return letter if form == "lowerLetter" else letter.upper()
        case "lowerRoman" | "upperRoman":
            return _roman(number) if form == "upperRoman" else _roman(number).lower()
        case (
            "chineseCounting"
            | "chineseCountingThousand"
            | "japaneseCounting"
            | "taiwaneseCounting"
            | "taiwaneseCountingThousand"
        ):
            return _in_hanzi(number)
        case "chineseLegalSimplified":
            return _in_hanzi(number).translate(_LEGAL)
        case "ideographTraditional":
            return _STEMS[(number - 1) % 10]
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if number <= 20:
            return chr(ord("①") + number - 1)
        case "decimalZero":
            return f"{number:02}"
        case _:
            return str(number)


def _in_hanzi(number: int) -> str:
    """As it is read: 一, 十, 十一, 二十, 一百零一."""
    text, gap = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + sign
        gap = bool(text) and not digit
    return text.removeprefix("一") if text.startswith("一十") else text


def _roman(number: int) -> str:
    signs = (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
        (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    )  # fmt: skip
    text = ""
    for value, sign in signs:
        text += sign * (number // value)
        number %= value
    return text
