"""The list in a backup of what it holds, as JSON that is read strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from backends.phrases import Phrase
from baichuan_desktop.services.own_data.values import Contents, Member, Part
from baichuan_desktop.services.plain_json import parse_object

NAME: Final = "manifest.json"
MOST_BYTES: Final = 100_000
VERSION: Final = 1

_FORMAT: Final = "baichuan-desktop backup"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MOST_LETTERS = 100
_MOST_SECONDS = 2**40


class WrongManifestError(Exception):
    """What of a list is wrong."""

    def __init__(self, what: Phrase) -> None:
        super().__init__(str(what))
        self.what = what


class NewerManifestVersionError(Exception):
    """The list is of a later version."""


def written(contents: Contents) -> bytes:
    """The list of a backup."""
    content = {
        "format": _FORMAT,
        "version": contents.version,
        "app": contents.app,
        "made": contents.made,
        "conversations": contents.conversations,
        "messages": contents.messages,
        "parts": {
            part.value: {"size": one.size, "sha256": one.sha256}
            for part, one in contents.parts.items()
        },
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def read(data: bytes) -> Contents:
    """What a list says. Raises WrongManifestError, NewerManifestVersionError."""
    try:
        content = parse_object(data)
    except ValueError as error:
        raise WrongManifestError(Phrase("its list is not readable as JSON")) from error
    version = content.get("version")
    if content.get("format") != _FORMAT or type(version) is not int or version < 1:
        raise WrongManifestError(Phrase("it was not made by this app"))
    if version > VERSION:
        raise NewerManifestVersionError
    parts = content.get("parts")
    if not isinstance(parts, dict):
        raise WrongManifestError(Phrase("its list names no parts"))
    made, app = content.get("made"), content.get("app")
    return Contents(
        version,
        app[:_MOST_LETTERS] if isinstance(app, str) else "",
        float(made) if isinstance(made, int | float) and 0 <= made < _MOST_SECONDS else 0.0,
        dict(_part(name, facts) for name, facts in parts.items()),
        _count(content, "conversations"),
        _count(content, "messages"),
    )


def _part(name: str, facts: object) -> tuple[Part, Member]:
    if name not in {part.value for part in Part}:
        raise WrongManifestError(_foreign(name))
    match facts:
        case {"size": int() as size, "sha256": str() as digest}:
            if size >= 0 and _SHA256.fullmatch(digest):
                return Part(name), Member(size, digest)
    raise WrongManifestError(Phrase("its list says nothing usable of “{name}”", name=name))


def require_known(name: str) -> None:
    """Raise WrongManifestError for a name in the archive that no part has."""
    if name != NAME and name not in {part.value for part in Part}:
        raise WrongManifestError(_foreign(name))


def _foreign(name: str) -> Phrase:
    return Phrase("it holds “{name}”, which is no part of a backup", name=name[:_MOST_LETTERS])


def _count(content: Mapping[str, Any], key: str) -> int:
    value = content.get(key)
    return value if type(value) is int and value >= 0 else 0
