"""One registry file, read strictly, and read again only where it is another one.

Nothing gets past `checked_layer` that `registry_schema` does not describe: a file that people edit
is refused by name and place, never half understood.
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

from backends.files.strict_yaml import PlacedMapping
from backends.phrases import Phrase
from baichuan_desktop.services.library.registry_schema import (
    SCHEMA_VERSION,
    RegistryError,
    RegistryFile,
    RegistryLayer,
)
from baichuan_desktop.services.library.registry_yaml import (
    entries_of_broken,
    layer_text,
    parse_yaml,
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


_EMPTY = Layer(RegistryFile(schema_version=1), (), ())


@dataclass(frozen=True, slots=True)
class ReadLayer:
    """A file of a registry as it was read."""

    path: Path
    kind: RegistryLayer
    text: str | None  #: None of a file that is not there, or that cannot be read
    placed: PlacedMapping | None  #: what the text says; None where it is no YAML
    layer: Layer
    error: RegistryError | None = None  #: why the file as a whole cannot be used

    @property
    def source_name(self) -> str:
        """What the file is called in errors."""
        return str(self.path)

    @property
    def problems(self) -> tuple[RegistryError, ...]:
        """What is wrong with the file, or with its entries."""
        return self.layer.problems if self.error is None else (self.error,)


class LayerFile:
    """A file of a registry, which is parsed anew where its text is another one than before."""

    def __init__(self, path: Path, kind: RegistryLayer) -> None:
        """Nothing is read yet."""
        self.path = path
        self.kind = kind
        self._known: ReadLayer | None = None

    def read(self) -> ReadLayer:
        """The file as it is now; it is read once.

        One that cannot be used as a whole, as while it is edited, says why, and says what it said
        before. Where nothing is known of that, it says those of its entries for models and adapters
        on this machine that are right by themselves.
        """
        known = self._known
        try:
            text = layer_text(self.path)
        except RegistryError as error:
            return self._keep(self._unusable(None, None, error))
        if known is not None and known.text == text and (text is not None or not known.error):
            return known
        if text is None:
            return self._keep(ReadLayer(self.path, self.kind, None, None, _EMPTY))
        placed = None
        try:
            placed = parse_yaml(text, source_name=str(self.path))
            layer = checked_layer(placed.content, source_name=str(self.path))
        except RegistryError as error:
            return self._keep(self._unusable(text, placed, error))
        return self._keep(ReadLayer(self.path, self.kind, text, placed, layer))

    def take(self, written: ReadLayer) -> None:
        """Know the file as it was just written, and checked."""
        self._known = written

    def _keep(self, read: ReadLayer) -> ReadLayer:
        self._known = read
        return read

    def _unusable(
        self, text: str | None, placed: PlacedMapping | None, error: RegistryError
    ) -> ReadLayer:
        if self._known is not None:
            layer = self._known.layer
        elif text is not None and placed is None:
            layer = _rest_of_broken(text, str(self.path))
        else:
            layer = _EMPTY
        return ReadLayer(self.path, self.kind, text, placed, layer, error)


def _rest_of_broken(text: str, source_name: str) -> Layer:
    """What a text that is no YAML still lists, entry by entry."""
    content = {
        "schema_version": SCHEMA_VERSION,
        **{section: entries_of_broken(text, section) for section in ("installed", "adapters")},
    }
    return checked_layer(content, source_name=source_name)


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
    placed = parse_yaml(text, source_name=source_name)
    layer = checked_layer(placed.content, source_name=source_name)
    if layer.problems:
        raise layer.problems[0]
    return layer.file


def checked_layer(content: Mapping[str, Any], *, source_name: str) -> Layer:
    """What one registry file says; an entry of a list or a table that is wrong is left out.

    Raises:
        RegistryError: The file as a whole cannot be used.
    """
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
    """The entries whose id an earlier one has, of models and adapters here in either's list."""
    found: dict[_Entry, _Problem] = {}
    for sections in (("models",), ("installed", "adapters")):
        first: dict[str, str] = {}
        entries = ((one, *placed) for one in sections for placed in enumerate(content.get(one, [])))
        for section, index, entry in entries:
            if (section, index) in wrong:
                continue
            here = f"{section}.{index}"
            earlier = first.setdefault(entry["id"], here)
            if earlier != here:
                what = f"the id “{entry['id']}” is already used at {earlier}"
                found[section, index] = partial(lambda *told: told, f"{here}.id", what)
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
    if len(path) > 1 and path[0] in ("models", "installed", "adapters"):
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
