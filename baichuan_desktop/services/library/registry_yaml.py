"""The YAML of registry files: how they are read, and an entry exchanged in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from backends.errors import system_reason
from backends.files.plain_file import read_plain
from backends.files.strict_yaml import (
    MAX_FILE_BYTES,
    Lines,
    PlacedMapping,
    YamlError,
    read_mapping,
    read_placed,
)
from backends.phrases import Phrase
from baichuan_desktop.services.library.registry_schema import RegistryError


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


def parse_yaml(text: str, *, source_name: str) -> PlacedMapping:
    """The plain content of one registry file, see `read_placed`. Raises RegistryError."""
    try:
        return read_placed(text)
    except YamlError as error:
        raise RegistryError(source_name, error.what, place=error.place) from error


def dump_yaml(content: dict[str, Any] | list[Any]) -> str:
    """YAML that `parse_yaml` reads as `content`, keys in their order."""
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


#: The line that begins an entry of a list, which other lines cannot begin on.
_BEGINNING = re.compile(r"( *)- ")


def with_changes(entries: Sequence[Any], changes: Mapping[int, Any]) -> list[Any]:
    """The entries, of which those at the places of `changes` are others; None: they are gone.

    The places after the last one are those of entries that are added.
    """
    fresh = [changes.get(place, entry) for place, entry in enumerate(entries)]
    fresh += [changes[place] for place in sorted(changes) if place >= len(entries)]
    return [entry for entry in fresh if entry is not None]


def texts_with(
    text: str,
    known: PlacedMapping,
    key: str,
    changes: Mapping[int, Any],
    *,
    keeps_empty: bool = True,
) -> Iterator[str]:
    """`text` with other entries in its list `key`, see `with_changes`.

    A list of nothing is left out unless it `keeps_empty` ones. First the fewest lines are
    exchanged, so that comments stay, then more, in the end all. Whoever takes a text reads whether
    it says what it shall: lines are cut by where values stood, which is not all that YAML knows.
    """
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    entries = with_changes(known.content.get(key, []), changes)
    before = known.entries.get(key, ())
    if before and entries and (indent := _indent(lines, before)) is not None:
        yield "".join(_by_entries(lines, before, indent, changes))
    wanted = {key: entries} if entries or keeps_empty else {}
    section = dump_yaml(wanted) if wanted else ""
    if (place := known.sections.get(key)) is None:
        yield "".join(lines) + section
    else:
        yield "".join([*lines[: place.first], section, *lines[place.end :]])
    rest = {name: value for name, value in known.content.items() if name != key or wanted}
    yield dump_yaml(rest | wanted)


def _indent(lines: Sequence[str], entries: Sequence[Lines]) -> str | None:
    """What stands before the dash of each entry; None where they do not stand line by line."""
    begun = [_BEGINNING.match(lines[one.first]) for one in entries if one.first < len(lines)]
    indents = {found and found[1] for found in begun}
    return indents.pop() if len(indents) == 1 and len(begun) == len(entries) else None


def _by_entries(
    lines: list[str], before: Sequence[Lines], indent: str, changes: Mapping[int, Any]
) -> list[str]:
    """The lines, those of each entry that changes exchanged."""
    fresh = list(lines)
    for place in sorted(changes, reverse=True):
        end = before[-1].end
        first, end = (before[place].first, before[place].end) if place < len(before) else (end, end)
        entry = changes[place]
        text = "" if entry is None else dump_yaml([entry])
        fresh[first:end] = [indent + line for line in text.splitlines(keepends=True)]
    return fresh


def entries_of_broken(text: str, key: str) -> list[Any]:
    """The entries of the list `key` that are right by themselves, of a text that is no YAML.

    An entry begins where the first one does; what a broken one says is left out.
    """
    lines = text.splitlines()
    head = re.compile(rf"{key}:\s*(#.*)?$")
    begun = next((at for at, line in enumerate(lines) if head.match(line)), None)
    if begun is None:
        return []
    parts: list[list[str]] = []
    beginning = None
    for line in lines[begun + 1 :]:
        if beginning is None and (found := _BEGINNING.match(line)):
            beginning = found[0]
        if re.match(r"[^\s#-]", line):  # the next section
            break
        if beginning is not None and line.startswith(beginning):
            parts.append([])
        if parts:
            parts[-1].append(line)
    found_entries: list[Any] = []
    for part in parts:
        try:
            entries = read_mapping("\n".join(["entries:", *part]))["entries"]
        except YamlError:
            continue
        found_entries += entries if isinstance(entries, list) and len(entries) == 1 else []
    return found_entries
