"""What an adapter's folder says of how it was made.

`provenance.json` is what fine-tuning writes beside an adapter: hashes of the base and of the data,
settings, versions, the seed. It is shown and decides nothing, so any shape of it is read, flat and
in its own words, and one that cannot be read keeps nobody from using the adapter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ..errors import CheckpointError
from ..files.downloads import is_there
from ..files.small_files import parse_json, read_file
from ..phrases import Phrase
from ..printable import one_line
from .values import Provenance

FILE_NAME: Final = "provenance.json"
_MAX_BYTES = 256_000
_MAX_FACTS = 200
_MAX_LETTERS = 300  #: of one fact
_OF_CONFIGURATION = ("peft_version", "revision")


def read_provenance(
    folder: Path, configuration: Mapping[str, object]
) -> tuple[Provenance, tuple[Phrase, ...]]:
    """What the configuration and provenance.json say, and notes on what cannot be read."""
    base = configuration.get("base_model_name_or_path")
    base_name = _short(base) if isinstance(base, str) else ""
    facts: dict[str, str] = {}
    for option in _OF_CONFIGURATION:
        value = configuration.get(option)
        if isinstance(value, str) and value:
            facts[option] = _short(value)
    file = folder / FILE_NAME
    if not is_there(file):
        return Provenance(base_name, facts), ()
    try:
        data = parse_json(file, read_file(file, _MAX_BYTES))
    except CheckpointError as error:
        note = Phrase(
            "What “{file}” says of how the adapter was made is not shown: {reason}",
            file=FILE_NAME,
            reason=Phrase(error.template, **error.facts),  # which ends the sentence
        )
        return Provenance(base_name, facts), (note,)
    found = list(itertools.islice(_facts("", data), _MAX_FACTS + 1))
    facts |= dict(found[:_MAX_FACTS])
    if len(found) <= _MAX_FACTS:
        return Provenance(base_name, facts), ()
    note = Phrase("“{file}” says more of how the adapter was made than is shown.", file=FILE_NAME)
    return Provenance(base_name, facts), (note,)


def _facts(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Name and value of each fact; those inside of others have names with dots."""
    name = name[: _MAX_LETTERS + 1]  # before others are made of it
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for place, inner in enumerate(value):
            yield from _facts(f"{name}.{place}" if name else str(place), inner)
    elif isinstance(value, list):
        yield _short(name), _short(", ".join(map(_text, value)))
    elif value not in (None, ""):
        yield _short(name), _short(_text(value))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _MAX_LETTERS else text[: _MAX_LETTERS - 1] + "…"
