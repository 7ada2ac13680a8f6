"""One registry file: read strictly, and written so that a power cut cannot damage it.

Nothing gets past `load_layer` that `registry_schema` does not describe: a file that people edit is
refused by name and place, never half understood.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, cast, get_args

import yaml
from pydantic import BaseModel, ValidationError

from backends.files.plain_file import read_plain
from backends.phrases import Phrase
from baichuan_desktop.services.atomic_file import replace_text
from baichuan_desktop.services.library.registry_schema import (
    SCHEMA_VERSION,
    RegistryError,
    RegistryFile,
)

MAX_FILE_BYTES = 2**20
MAX_DEPTH = 32  #: levels of nesting; a registry file needs five
MAX_VALUES = 60_000  #: beginnings and ends of collections counted; enough for 3,000 models
MAX_DIRECTIVES = 100  #: lines that begin with %; a registry file needs none
MAX_PROBLEMS = 10  #: wrong entries that get a sentence of their own
_MAX_WORD = 100  #: letters of a word that is compared with others; no key or id has more


def closest(word: str, known: Iterable[str]) -> str | None:
    """The member of `known` that `word` is most likely a misspelling of, if there is one."""
    if len(word) > _MAX_WORD:
        return None
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


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
            _refuse(f"there are more than {MAX_VALUES} values", event.start_mark)
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
                _refuse(f"the key “{key[:_MAX_WORD]}” is there twice", event.start_mark)
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
            Phrase("cannot be read: {reason}", reason=error.strerror or str(error)),
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
        raise RegistryError(source_name, f"is larger than {MAX_FILE_BYTES} bytes")
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


@dataclass(frozen=True, slots=True)
class Layer:
    """What a registry file says, without the entries that are wrong."""

    file: RegistryFile
    model_indices: tuple[int, ...]  #: where each of `file.models` stands in its list
    problems: tuple[RegistryError, ...]  #: of the entries that are left out


def load_layer(path_or_text: Path | str, *, source_name: str) -> RegistryFile:
    """Read one registry file strictly.

    Args:
        path_or_text: A path, or the file's text itself.
        source_name: What the file is called in errors.

    Raises:
        RegistryError: For the first thing that is wrong; the sentence names file and place.
    """
    text = layer_text(path_or_text) if isinstance(path_or_text, Path) else path_or_text
    if text is None:
        raise RegistryError(source_name, "is not there")
    layer = read_layer(text, source_name=source_name)
    if layer.problems:
        raise layer.problems[0]
    return layer.file


def read_layer(text: str, *, source_name: str) -> Layer:
    """Read one registry file; an entry of a list or a table that is wrong is left out.

    Raises:
        RegistryError: The file as a whole cannot be used.
    """
    content = parse_yaml(text, source_name=source_name)
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise RegistryError(
            source_name,
            f"was made for a newer version of the app (schema {version}, this version reads "
            f"{SCHEMA_VERSION})",
            hint="Install the newer version of the app, or move the file away.",
        )
    wrong: dict[_Entry, _Problem] = {}
    try:
        file = RegistryFile.model_validate(content)
    except ValidationError as error:
        wrong = _wrong_entries(error, content, source_name)
        file = None
    wrong |= _repeated_ids(content, wrong)
    if file is None or wrong:
        file = RegistryFile.model_validate(_without(content, wrong))
    models = content.get("models", [])
    return Layer(
        file,
        tuple(index for index in range(len(models)) if ("models", index) not in wrong),
        _told(wrong, source_name),
    )


#: A top-level section, and the index or the key of an entry in it.
_Entry = tuple[str, int | str]
#: What is wrong with an entry: place and reason, made where they are shown.
_Problem = Callable[[], tuple[str, str]]


def _wrong_entries(
    error: ValidationError, content: Mapping[str, Any], source_name: str
) -> dict[_Entry, _Problem]:
    """The entries that `error` is about. Raises RegistryError if it is about the whole file."""
    by_entry: dict[_Entry | None, list[Any]] = {}
    for problem in error.errors(include_url=False):
        path = problem["loc"]
        entry = (str(path[0]), path[1]) if len(path) > 1 else None
        by_entry.setdefault(entry, []).append(problem)
    if None in by_entry:
        place, what = _sentence(_most_telling(by_entry[None]), content)
        raise RegistryError(source_name, what, place=place)
    return {
        entry: partial(_sentence, _most_telling(problems), content)
        for entry, problems in by_entry.items()
        if entry is not None
    }


def _repeated_ids(content: Mapping[str, Any], wrong: Container[_Entry]) -> dict[_Entry, _Problem]:
    """The entries whose id an earlier one of their list has."""
    found: dict[_Entry, _Problem] = {}
    for section in ("models", "installed"):
        first: dict[str, int] = {}
        for index, entry in enumerate(content.get(section, [])):
            if (section, index) in wrong:
                continue
            earlier = first.setdefault(entry["id"], index)
            if earlier != index:
                place = f"{section}.{index}.id"
                what = f"the id “{entry['id']}” is already used at {section}.{earlier}"
                found[section, index] = partial(lambda *told: told, place, what)
    return found


def _without(content: Mapping[str, Any], wrong: Container[_Entry]) -> dict[str, Any]:
    """The content without the entries that are wrong."""
    rest: dict[str, Any] = {}
    for section, entries in content.items():
        match entries:
            case list():
                kept = [e for index, e in enumerate(entries) if (section, index) not in wrong]
                rest[section] = kept
            case dict():
                rest[section] = {k: e for k, e in entries.items() if (section, k) not in wrong}
            case _:
                rest[section] = entries
    return rest


def _told(wrong: Mapping[_Entry, _Problem], source_name: str) -> tuple[RegistryError, ...]:
    """A sentence for each of the first wrong entries, and one for the rest."""
    told = [problem() for problem in itertools.islice(wrong.values(), MAX_PROBLEMS)]
    problems = [RegistryError(source_name, what, place=place) for place, what in told]
    if (rest := len(wrong) - len(problems)) > 0:
        what = Phrase("has {count} more entries that are wrong", count=rest)
        problems.append(RegistryError(source_name, what))
    return tuple(problems)


# --- what is wrong, as a sentence --------------------------------------------------------------


def _most_telling(problems: Sequence[Any]) -> Any:
    """A misspelt key before the missing one."""
    return min(problems, key=lambda one: one["type"] != "extra_forbidden")


def _sentence(problem: Any, content: Mapping[str, Any]) -> tuple[str, str]:
    """Place and reason of one of pydantic's problems."""
    path = tuple(part for part in problem["loc"] if part != "[key]")
    place = ".".join(str(part)[:_MAX_WORD] for part in path)
    if len(path) > 1 and path[0] in ("models", "installed"):
        entry = content[str(path[0])][path[1]]
        entry_id = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(entry_id, str) and len(path) > 2 and path[2] != "id":
            place += f" (of {_shown(entry_id)})"
    value = problem["input"]
    match problem["type"]:
        case "missing":
            return place, "this key is missing"
        case "extra_forbidden":
            near = closest(str(path[-1]), _keys_allowed_at(path[:-1]))
            return place, "this key is unknown" + (f", did you mean “{near}”" if near else "")
        case "literal_error":
            return place, f"this must be {problem['ctx']['expected']}, not {_shown(value)}"
        case "value_error":
            return place, str(problem["ctx"]["error"])
    what = re.sub(r"^\w+ should", "this must", problem["msg"])
    for pydantic_says, we_say in _WORDS:
        what = re.sub(pydantic_says, we_say, what)
    return place, f"{what}, not {_shown(value)}"


_WORDS = (
    ("a valid integer.*", "a whole number"),
    ("a valid string, unable.*", "text that has a form in UTF-8"),
    ("a valid string", "text"),
    ("a valid number", "a number"),
    ("a valid boolean", "true or false"),
    ("a valid (dictionary|mapping).*", "keys and values"),
    ("a valid (tuple|list)", "a list"),
)


def _shown(value: object) -> str:
    match value:
        case dict():
            return "keys and values"
        case list() | tuple():
            return "a list"
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _keys_allowed_at(path: tuple[int | str, ...]) -> list[str]:
    """The keys that the section at `path` may have."""
    section: Any = RegistryFile
    for part in path:
        if isinstance(section, type) and issubclass(section, BaseModel):
            section = section.model_fields[str(part)].annotation
        else:  # an entry of a list or of a dictionary: its type comes last
            section = [one for one in get_args(section) if one is not Ellipsis][-1]
        if type(None) in get_args(section):
            section = get_args(section)[0]
    return list(section.model_fields) if hasattr(section, "model_fields") else []


# --- writing ---------------------------------------------------------------------------------


def write_section(path: Path, text: str, key: str, entries: list[dict[str, Any]]) -> None:
    """Write `text` to `path` with `entries` as its top-level section `key`.

    All other lines stay as they are, comments included, where the form of the file allows it.

    Raises:
        RegistryError: An entry is wrong, or the file cannot be written; then it is what it was.
    """
    wanted = parse_yaml(text, source_name=str(path)) | {key: entries}
    section = yaml.safe_dump({key: entries}, allow_unicode=True, sort_keys=False)
    new_text = _with_section_replaced(text, key, section)
    try:
        is_as_wanted = parse_yaml(new_text, source_name=str(path)) == wanted
    except RegistryError:
        is_as_wanted = False
    if not is_as_wanted:  # written in a form that lines cannot be cut out of, such as {a: b}
        new_text = yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False)
    load_layer(new_text, source_name=str(path))
    try:
        replace_text(path, new_text)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        hint = "Make room on the drive, or make the folder writable, and try again."
        raise RegistryError(str(path), what, hint=hint) from error


def _with_section_replaced(text: str, key: str, section: str) -> str:
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
