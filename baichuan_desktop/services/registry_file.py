"""One registry file: read strictly, and written so that a power cut cannot damage it.

Nothing gets past `load_layer` that `registry_schema` does not describe: a file that people edit is
refused by name and place, never half understood.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, cast, get_args

import yaml
from pydantic import BaseModel, ValidationError

from .atomic_file import replace_text
from .registry_schema import (
    SCHEMA_VERSION,
    InstalledSection,
    ModelSection,
    RegistryError,
    RegistryFile,
)

MAX_FILE_BYTES = 2**20
MAX_DEPTH = 32  #: levels of nesting; a registry file needs five


def closest(word: str, known: Iterable[str]) -> str | None:
    """The member of `known` that `word` is most likely a misspelling of, if there is one."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


class _StrictLoader(yaml.SafeLoader):
    """YAML without duplicate keys and without its surprises: `no`, dates, 12:30, 017, `<<`."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  filled below by add_implicit_resolver

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                _refuse("a key must be a word", key.start_mark)
            if key.value in seen:
                _refuse(f"the key “{key.value}” is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


# Each form is a part of what YAML 1.1 reads the same way, so `yaml.safe_dump` quotes correctly.
for _tag, _form, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(0|[1-9][0-9_]{0,20})", list("-+0123456789")),
    ("float", r"[-+]?[0-9]{1,20}\.[0-9]{1,20}", list("-+0123456789")),
):
    _StrictLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_form})\Z"), _first
    )


def _refuse(what: str, mark: Any) -> NoReturn:
    raise yaml.MarkedYAMLError(problem=what, problem_mark=mark)


def read_text(path: Path) -> str:
    """The text of a registry file.

    Raises:
        RegistryError: It cannot be read, is longer than `MAX_FILE_BYTES`, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RegistryError(str(path), f"cannot be read: {error.strerror}") from error
    _check_size(str(path), len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RegistryError(str(path), "it is not UTF-8 text", place=f"line {line}") from error


def _check_size(source_name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise RegistryError(source_name, f"is larger than {MAX_FILE_BYTES} bytes")


def parse_yaml(text: str, *, source_name: str) -> dict[str, Any]:
    """The plain content of one YAML file: text, numbers, booleans, lists and dictionaries.

    Raises:
        RegistryError: Broken YAML, or a part of YAML that a registry file must not use.
    """
    _check_size(source_name, len(text.encode("utf-8", "surrogatepass")))
    try:
        _refuse_what_is_not_plain(text)
        content: object = yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else "line 1"
        what = (error.problem or "this is not YAML").replace("\n", " ")
        raise RegistryError(source_name, what, place=place) from error
    except yaml.reader.ReaderError as error:
        place = f"line {text.count(chr(10), 0, error.position) + 1}"
        raise RegistryError(source_name, "there is a control character", place=place) from error
    except RecursionError as error:
        raise RegistryError(source_name, "is nested too deeply") from error
    if not isinstance(content, dict):
        raise RegistryError(source_name, "the file must hold keys and values", place="line 1")
    return cast("dict[str, Any]", content)


def _refuse_what_is_not_plain(text: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            _refuse("anchors and aliases (& and *) are not allowed", event.start_mark)
        if getattr(event, "tag", None) is not None:
            _refuse("tags (!) are not allowed", event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                _refuse("a second document begins", event.start_mark)
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                _refuse(f"more than {MAX_DEPTH} levels of nesting", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def load_layer(path_or_text: Path | str, *, source_name: str) -> RegistryFile:
    """Read one registry file strictly.

    Args:
        path_or_text: A path, or the file's text itself.
        source_name: What the file is called in errors.

    Raises:
        RegistryError: For the first thing that is wrong; the sentence names file and place.
    """
    text = read_text(path_or_text) if isinstance(path_or_text, Path) else path_or_text
    content = parse_yaml(text, source_name=source_name)
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise RegistryError(
            source_name,
            f"was made for a newer version of the app (schema {version}, this version reads "
            f"{SCHEMA_VERSION})",
            hint="Install the newer version of the app, or move the file away.",
        )
    try:
        file = RegistryFile.model_validate(content)
    except ValidationError as error:
        place, what = _first_problem(error, content)
        raise RegistryError(source_name, what, place=place) from error
    for section in ("models", "installed"):
        _refuse_repeated_ids(section, getattr(file, section), source_name)
    return file


def _refuse_repeated_ids(
    section: str, entries: tuple[ModelSection | InstalledSection, ...], source_name: str
) -> None:
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if entry.id in first:
            raise RegistryError(
                source_name,
                f"the id “{entry.id}” is already used at {section}.{first[entry.id]}",
                place=f"{section}.{index}.id",
            )
        first[entry.id] = index


# --- what is wrong, as a sentence --------------------------------------------------------------


def _first_problem(error: ValidationError, content: Mapping[str, Any]) -> tuple[str, str]:
    """Place and reason of the most telling problem: a misspelt key before the missing one."""
    problem = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    path = tuple(part for part in problem["loc"] if part != "[key]")
    place = ".".join(str(part) for part in path)
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
    root = yaml.compose(text, Loader=yaml.SafeLoader)
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
