"""The YAML of registry files: plain values only, bounded work, and a section exchanged in place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn, cast

import yaml

from backends.errors import system_reason
from backends.files.plain_file import read_plain
from backends.phrases import Phrase
from baichuan_desktop.services.library.registry_schema import RegistryError

MAX_FILE_BYTES = 2**20
MAX_DEPTH = 32  #: levels of nesting; a registry file needs five
MAX_VALUES = 60_000  #: beginnings and ends of collections counted; enough for 3,000 models
MAX_DIRECTIVES = 100  #: lines that begin with %; a registry file needs none
_MAX_KEY = 100  #: letters of a key that are shown

#: libyaml where PyYAML has it: the same events thirteen times as fast.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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
        self._events = yaml.parse(text, Loader=_PARSER)
        self._count = 0

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
        if isinstance(event, yaml.SequenceStartEvent):
            entries: list[object] = []
            while not isinstance(event := self._next(), yaml.SequenceEndEvent):
                entries.append(self._value(event, depth + 1))
            return entries
        section: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None
            if not isinstance(key, str):
                _refuse("a key must be a word", event.start_mark)
            if key in section:
                _refuse(f"the key “{key[:_MAX_KEY]}” is there twice", event.start_mark)
            section[key] = self._value(self._next(), depth + 1)
        return section

    def _scalar(self, event: yaml.ScalarEvent) -> object:
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


def layer_text(path: Path) -> str | None:
    """The text of a registry file; None if there is none.

    Raises:
        RegistryError: It cannot be read, is longer than `MAX_FILE_BYTES`, or is not UTF-8.
    """
    try:
        data = read_plain(path, MAX_FILE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RegistryError(
            str(path),
            Phrase("cannot be read: {reason}", reason=system_reason(error)),
            hint="Make it a file that you may read, or move it away, and start again.",
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RegistryError(str(path), "it is not UTF-8 text", place=f"line {line}") from error


def parse_yaml(text: str, *, source_name: str) -> dict[str, Any]:
    """The plain content of one YAML file: text, numbers, booleans, lists and dictionaries.

    Raises:
        RegistryError: Broken YAML, or a part of YAML that a registry file must not use.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise RegistryError(source_name, "is not UTF-8 text") from error
    if len(data) > MAX_FILE_BYTES:
        raise RegistryError(source_name, f"is larger than {MAX_FILE_BYTES:,} bytes")
    try:
        content = _Document(text).value()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else "line 1"
        what = (error.problem or "this is not YAML").replace("\n", " ")
        raise RegistryError(source_name, what, place=place) from error
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes, which are the characters as far as only line breaks are counted.
        read = data if _PARSER is not yaml.SafeLoader else text.encode("utf-32-le")[::4]
        place = f"line {read.count(10, 0, error.position) + 1}"
        raise RegistryError(source_name, "there is a control character", place=place) from error
    if not isinstance(content, dict):
        raise RegistryError(source_name, "the file must hold keys and values", place="line 1")
    return cast("dict[str, Any]", content)


def dump_yaml(content: dict[str, Any]) -> str:
    """YAML that `parse_yaml` reads as `content`, keys in their order."""
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def with_section_replaced(text: str, key: str, section: str) -> str:
    """`text` with the lines of its top-level `key` exchanged, or with `section` at its end."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    root = yaml.compose(text, Loader=_PARSER)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    starts = [node.start_mark.line for node, _ in pairs]
    names = [node.value for node, _ in pairs]
    if key not in names:
        return "".join(lines) + section
    index = names.index(key)
    start = starts[index]
    end = starts[index + 1] if index + 1 < len(starts) else len(lines)
    while end > start + 1 and (lines[end - 1].startswith("#") or not lines[end - 1].strip()):
        end -= 1  # a comment above the next section belongs to that one
    return "".join(lines[:start]) + section + "".join(lines[end:])
