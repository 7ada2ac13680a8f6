"""YAML of files that people edit: plain values only, bounded work, no key twice.

`yaml.safe_load` takes the last of two equal keys, reads 12:30 as a number and `no` as False, and
follows aliases: what is read here is what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

import yaml

MAX_FILE_BYTES = 2**20
MAX_DEPTH = 32  #: levels of nesting; a registry file needs five
MAX_VALUES = 60_000  #: beginnings and ends of collections counted; enough for 3,000 models
MAX_DIRECTIVES = 100  #: lines that begin with %; no file needs one
_MAX_KEY = 100  #: letters of a key that are shown

#: libyaml where PyYAML has it: the same events thirteen times as fast.
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Words that are no text. Each form is a part of what YAML 1.1 reads the same way, so
#: `yaml.safe_dump` quotes correctly; `no`, dates, 12:30 and 017 are text.
_NOT_TEXT = re.compile(
    r"(?P<null>~|null|)|(?P<bool>true|false)|(?P<int>[-+]?(?:0|[1-9][0-9_]{0,20}))"
    r"|(?P<float>[-+]?[0-9]{1,20}\.[0-9]{1,20})"
)

_DIRECTIVE = re.compile("[\n\r\x85\u2028\u2029]%")

#: Half a surrogate, as an escape. libyaml refuses the file for it; it shall cost one entry. So
#: private characters nobody uses stand for the halves while libyaml reads.
_HALF = re.compile(r"\\(?:u|U0000)([dD][89a-fA-F][0-9a-fA-F]{2})")
_STAND_IN = re.compile("\\\\U0010([dD][89a-fA-F][0-9a-fA-F]{2})|[\U0010d800-\U0010dfff]")


class YamlError(Exception):
    """A text that is no plain YAML: what is wrong with it, and where (“line 3”; may be empty)."""

    def __init__(self, what: str, place: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.place = place


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a part of a text, counted from 0: the first one, and the one after the last."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class PlacedMapping:
    """Keys and values, and the lines where those of the top level stand."""

    content: dict[str, Any]
    sections: Mapping[str, Lines] = field(hash=False)  #: by key, the key's own line included
    entries: Mapping[str, tuple[Lines, ...]] = field(hash=False)  #: of each list, by its key


def _refuse(what: str, mark: Any) -> NoReturn:
    raise yaml.MarkedYAMLError(problem=what, problem_mark=mark)


class _Document:
    """The plain values of a YAML text, made event by event, so that nothing is done unasked."""

    def __init__(self, text: str) -> None:
        if len(_DIRECTIVE.findall(text)) > MAX_DIRECTIVES:  # each is compared with all before it
            raise yaml.MarkedYAMLError(
                problem=f"there are more than {MAX_DIRECTIVES} directives (%)"
            )
        self._has_halves = _HALF.search(text) is not None and _STAND_IN.search(text) is None
        if self._has_halves:
            text = _HALF.sub(r"\\U0010\1", text)
        self._events = yaml.parse(text, Loader=PARSER)
        self._count = 0
        self._end = 0  # the line after the last one that a value stands in
        self._ended: Any = None  # the event that ended the collection that was read last
        self._lines: tuple[Lines, ...] = ()  # of the entries of the list that was read last
        self.sections: dict[str, Lines] = {}
        self.entries: dict[str, tuple[Lines, ...]] = {}

    def value(self) -> object:
        """The only document, None if there is none. Raises yaml.YAMLError."""
        content: object = None
        is_begun = False
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                if is_begun:
                    _refuse("a second document begins", event.start_mark)
                is_begun = True
                content = self._value(self._next(), 0)
        return content

    def _next(self) -> Any:
        event = next(self._events)
        self._count += 1
        if self._count > MAX_VALUES:
            _refuse(f"there are more than {MAX_VALUES:,} values", event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            _refuse("anchors and aliases (& and *) are not allowed", event.start_mark)
        if getattr(event, "tag", None) is not None:
            _refuse("tags (!) are not allowed", event.start_mark)
        return event

    def _value(self, event: Any, depth: int) -> object:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if depth == MAX_DEPTH:
            _refuse(f"more than {MAX_DEPTH} levels of nesting", event.start_mark)
        is_flow = event.flow_style
        if isinstance(event, yaml.SequenceStartEvent):
            found: object = self._entries(depth)
        else:
            found = self._section(depth)
        if is_flow:  # the end of a block is told where what follows it begins
            self._end = self._ended.end_mark.line + 1
        return found

    def _entries(self, depth: int) -> list[object]:
        entries: list[object] = []
        lines: list[Lines] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            entries.append(self._value(event, depth + 1))
            if depth == 1:
                lines.append(Lines(event.start_mark.line, self._end))
        self._ended = event
        self._lines = tuple(lines)
        return entries

    def _section(self, depth: int) -> dict[str, object]:
        section: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None
            if not isinstance(key, str):
                _refuse("a key must be a word", event.start_mark)
            if key in section:
                _refuse(f"the key “{key[:_MAX_KEY]}” is there twice", event.start_mark)
            self._lines = ()
            section[key] = self._value(self._next(), depth + 1)
            if depth == 0:
                self.sections[key] = Lines(event.start_mark.line, self._end)
                if isinstance(section[key], list):
                    self.entries[key] = self._lines
        self._ended = event
        return section

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        mark: Any = event.end_mark  # a block of text ends at the beginning of a line
        self._end = mark.line + (1 if mark.column else 0)
        text = self._with_halves(str(event.value))
        found = _NOT_TEXT.fullmatch(text) if event.implicit[0] else None  # else it is quoted
        match found and found.lastgroup:
            case "null":
                return None
            case "bool":
                return text == "true"
            case "int":
                return int(text.replace("_", ""))
            case "float":
                return float(text)
        return text

    def _with_halves(self, text: str) -> str:
        if not self._has_halves:
            return text

        def back(found: re.Match[str]) -> str:
            digits = found[1]
            return f"\\u{digits}" if digits else chr(ord(found[0]) - 0x100000)

        return _STAND_IN.sub(back, text)


def read_mapping(text: str) -> dict[str, Any]:
    """The keys and values of one YAML text: text, numbers, booleans, lists and dictionaries.

    Raises:
        YamlError: Broken YAML, more than `MAX_FILE_BYTES`, or a part of YAML that is not plain.
    """
    return read_placed(text).content


def read_placed(text: str) -> PlacedMapping:
    """As `read_mapping`, with the lines that a part can be exchanged in. Raises YamlError."""
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise YamlError("is not UTF-8 text") from error
    if len(data) > MAX_FILE_BYTES:
        raise YamlError(f"is larger than {MAX_FILE_BYTES:,} bytes")
    try:
        document = _Document(text)
        content = document.value()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else "line 1"
        what = (error.problem or "this is not YAML").replace("\n", " ")
        raise YamlError(what, place) from error
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes, which are the characters as far as only line breaks are counted.
        read = data if PARSER is not yaml.SafeLoader else text.encode("utf-32-le")[::4]
        place = f"line {read.count(10, 0, error.position) + 1}"
        raise YamlError("there is a control character", place) from error
    if not isinstance(content, dict):
        raise YamlError("the file must hold keys and values", "line 1")
    return PlacedMapping(cast("dict[str, Any]", content), document.sections, document.entries)
