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
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from backends.errors import system_reason
from backends.phrases import Phrase
from baichuan_desktop.services.atomic_file import replace_text
from baichuan_desktop.services.library.registry_schema import (
    SCHEMA_VERSION,
    RegistryError,
    RegistryFile,
)
from baichuan_desktop.services.library.registry_yaml import (
    dump_yaml,
    layer_text,
    parse_yaml,
    with_section_replaced,
)

MAX_PROBLEMS = 10  #: wrong entries that get a sentence of their own
_MAX_WORD = 100  #: letters of a word that is compared with others; no key or id has more


def closest(word: str, known: Iterable[str]) -> str | None:
    """The member of `known` that `word` is most likely a misspelling of, if there is one."""
    if len(word) > _MAX_WORD:
        return None
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


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
    """The problem of an entry that is told: a misspelt key rather than the missing one."""
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
    section = dump_yaml({key: entries})
    new_text = with_section_replaced(text, key, section)
    try:
        is_as_wanted = parse_yaml(new_text, source_name=str(path)) == wanted
    except RegistryError:
        is_as_wanted = False
    if not is_as_wanted:  # written in a form that lines cannot be cut out of, such as {a: b}
        new_text = dump_yaml(wanted)
    load_layer(new_text, source_name=str(path))
    try:
        replace_text(path, new_text)
    except OSError as error:
        what = f"cannot be written: {system_reason(error)}"
        hint = "Make room on the drive, or make the folder writable, and try again."
        raise RegistryError(str(path), what, hint=hint) from error
