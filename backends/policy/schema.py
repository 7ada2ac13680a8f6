"""The text of a policy: every key, the type of its value, and what is wrong with it and where.

A file that is not understood as a whole is not used in parts: what an administrator meant to turn
off must not stay on because of a letter.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

from ..errors import PolicyFileError
from ..phrases import Phrase
from ..precision import Precision
from .values import Policy

SCHEMA_VERSION: Final = 1
MAX_RETENTION_DAYS: Final = 36_500
_MAX_ENTRIES = 10_000  #: of a list
_MAX_LETTERS = 4096  #: of a name or a path
_MAX_SHOWN = 60  #: letters of a value that is shown

#: An id as the registry has them.
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


class _WrongError(Exception):
    """What is wrong with a value; who reads the file knows where it stands."""

    def __init__(self, what: Phrase, inner: str = "") -> None:
        super().__init__(str(what))
        self.what = what
        self.inner = inner


def parse_policy(text: str, file: Path) -> Policy:
    """What the text of a policy says; `file` is what it is called.

    Raises PolicyFileError for the first thing that is wrong, by name and place.
    """
    try:  # only on a machine that has a policy
        from ..files.strict_yaml import YamlError, read_mapping
    except ImportError as error:
        raise PolicyFileError(file, "PyYAML, which reads it, is not installed") from error
    try:
        content = read_mapping(text)
    except YamlError as error:
        raise PolicyFileError(file, error.what, place=error.place) from error
    _require_version(content, file)
    facts: dict[str, object] = {}
    for key, value in content.items():
        if key == "schema_version":
            continue
        if key not in _KEYS:
            raise PolicyFileError(file, _unknown(key), place=key[:_MAX_SHOWN])
        field, read = _KEYS[key]
        try:
            facts[field] = read(value)
        except _WrongError as error:
            raise PolicyFileError(file, error.what, place=key + error.inner) from error
    return replace(Policy(file), **cast("Any", facts))


def _require_version(content: Mapping[str, Any], file: Path) -> None:
    version = content.get("schema_version")
    if "schema_version" not in content:
        raise PolicyFileError(file, Phrase("this key is missing"), place="schema_version")
    if type(version) is not int or version < 1:
        shown = _shown(version)
        what = Phrase("this must be {known}, not {shown}", known=SCHEMA_VERSION, shown=shown)
        raise PolicyFileError(file, what, place="schema_version")
    if version > SCHEMA_VERSION:
        what = Phrase(
            "it was written for a newer version of the app, whose policies have the number "
            "{version}, and this version reads {known}",
            version=version,
            known=SCHEMA_VERSION,
        )
        raise PolicyFileError(file, what, place="schema_version")


def _unknown(key: str) -> Phrase:
    near = difflib.get_close_matches(key[:_MAX_SHOWN], ("schema_version", *_KEYS), n=1, cutoff=0.6)
    if near:
        return Phrase("there is no such key, the closest is “{near}”", near=near[0])
    return Phrase("there is no such key")


# --- values ------------------------------------------------------------------------------


def _shown(value: object) -> str:
    match value:
        case dict():
            return "{…}"
        case list():
            return "[…]"
        case None:
            return "null"
        case bool():
            return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError(Phrase("this must be true or false, not {shown}", shown=_shown(value)))
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _WrongError(Phrase("this must be text, not {shown}", shown=_shown(value)))
    if not value.strip():
        raise _WrongError(Phrase("this text is empty"))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _WrongError(Phrase("half a character has no form in a file")) from error
    return value


def _name(value: object) -> str:
    text = _text(value)
    if len(text) > _MAX_LETTERS or "\0" in text:
        raise _WrongError(Phrase("no file or model can have this name"))
    return text


def _days(value: object) -> int:
    if type(value) is not int:
        raise _WrongError(Phrase("this must be a whole number, not {shown}", shown=_shown(value)))
    if not 1 <= value <= MAX_RETENTION_DAYS:
        raise _WrongError(
            Phrase("this must be from 1 to {most}, not {days}", most=MAX_RETENTION_DAYS, days=value)
        )
    return value


def _entries(value: object, read: Callable[[object], Any]) -> list[Any]:
    if not isinstance(value, list):
        raise _WrongError(Phrase("this must be a list, not {shown}", shown=_shown(value)))
    if len(value) > _MAX_ENTRIES:
        raise _WrongError(Phrase("there are more than {most} entries", most=_MAX_ENTRIES))
    found = []
    for index, entry in enumerate(value):
        try:
            found.append(read(entry))
        except _WrongError as error:
            raise _WrongError(error.what, f".{index}{error.inner}") from error
    return found


def _precision(value: object) -> Precision:
    name = _name(value)
    known = [precision.value for precision in Precision]
    if name not in known:
        what = Phrase(
            "there is no precision “{name}”; there are {known}",
            name=name[:_MAX_SHOWN],
            known=", ".join(known),
        )
        raise _WrongError(what)
    return Precision(name)


def _folder(value: object) -> Path:
    path = Path(_name(value))
    if not path.is_absolute() or ".." in path.parts:
        raise _WrongError(Phrase("a folder must be an absolute path without “..”"))
    return path


def _model(value: object) -> str:
    name = _name(value)
    if _ID.fullmatch(name) or (Path(name).is_absolute() and ".." not in Path(name).parts):
        return name
    raise _WrongError(
        Phrase("a model is named by an id of lower-case letters, or by the path of its folder")
    )


#: Each key: the field of `Policy` that it sets, and how its value is read.
_KEYS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "contact": ("contact", _text),
    "models": ("models", lambda value: frozenset(_entries(value, _model))),
    "precisions": ("precisions", lambda value: frozenset(_entries(value, _precision))),
    "folders": ("folders", lambda value: tuple(_entries(value, _folder))),
    "adapters": ("adapters", lambda value: frozenset(_entries(value, _name))),
    "import": ("imports", _switch),
    "export_conversations": ("exports_of_conversations", _switch),
    "server": ("server", _switch),
    "fine_tuning": ("fine_tuning", _switch),
    "remote_engines": ("remote_engines", _switch),
    "code_execution": ("code_execution", _switch),
    "retention_days": ("retention_days", _days),
    "licence_text": ("licence_text", _text),
    "require_verification": ("required_verification", _switch),
}
