"""What is kept of a model's files, as JSON: read whatever somebody wrote into it."""

from __future__ import annotations

import datetime
import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.phrases import Fact, Phrase
from backends.protocol.wire_phrases import phrase_to_wire
from baichuan_desktop.services.library.integrity.values import (
    Fault,
    FileFault,
    FileRecord,
    KnownHash,
    Manifest,
    Origin,
    Override,
    Verification,
)
from baichuan_desktop.services.plain_json import parse_object

VERSION: Final = 1

_DIGESTS: Final = {"sha256": re.compile("[0-9a-f]{64}"), "git_sha1": re.compile("[0-9a-f]{40}")}
_FACT_NAME: Final = re.compile("(?!template$|self$)[a-z_]{1,40}")
_MOST_DEPTH: Final = 6  # of phrases in phrases


class NewerFormatFoundError(ValueError):
    """The format of a later version."""

    def __init__(self, version: int) -> None:
        super().__init__(f"format {version}")
        self.version = version


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of one model."""

    manifest: Manifest
    verification: Verification | None = None
    override: Override | None = None

    @property
    def is_overridden(self) -> bool:
        """Whether somebody said to load it all the same, for just what verifying found last."""
        verification, override = self.verification, self.override
        return (
            verification is not None
            and override is not None
            and override.result == verification.result
        )


def to_json(kept: Kept) -> str:
    """The text of a file; names that are no text are escaped in it."""
    manifest, verification, override = kept.manifest, kept.verification, kept.override
    content: dict[str, object] = {
        "format": VERSION,
        "model": manifest.model_id,
        "folder": str(manifest.folder),
        "made": _told(manifest.made),
        "files": {name: _record_json(one) for name, one in sorted(manifest.files.items())},
    }
    if verification is not None:
        content["verification"] = {
            "when": _told(verification.when),
            "faults": [_fault_json(fault) for fault in verification.faults],
            "checked": {origin.value: count for origin, count in verification.checked.items()},
            "bytes_read": verification.bytes_read,
            "stamp": verification.stamp,
            "new": verification.new,
            "files": verification.files,
            "confirmed": list(verification.confirmed),
        }
    if override is not None:
        content["override"] = {
            "user": override.user,
            "when": _told(override.when),
            "result": override.result,
        }
    return json.dumps(content, indent=1) + "\n"


def from_json(data: bytes) -> Kept:
    """What a file holds. Raises ValueError; NewerFormatFoundError of a later version's."""
    content = parse_object(data)
    match content.get("format"):
        case bool():
            raise ValueError("it lacks its format")
        case int(version) if version > VERSION:
            raise NewerFormatFoundError(version)
        case int(version) if version == VERSION:
            pass
        case _:
            raise ValueError("it lacks its format")
    manifest = Manifest(
        _text(content, "model"),
        Path(_text(content, "folder")),
        _time(content, "made"),
        {_name(name): _record(one) for name, one in _object(content, "files").items()},
    )
    verification = override = None
    if "verification" in content:
        verification = _verification(manifest.model_id, _object(content, "verification"))
    if "override" in content:
        said = _object(content, "override")
        override = Override(_text(said, "user"), _time(said, "when"), _text(said, "result"))
    return Kept(manifest, verification, override)


def _record_json(record: FileRecord) -> dict[str, object]:
    told: dict[str, object] = {"size": record.size, "mtime_ns": record.mtime_ns}
    if record.is_link:
        told["link"] = True
    told["known"] = [
        {
            key: value
            for key, value in {
                "origin": known.origin.value,
                "sha256": known.sha256,
                "git_sha1": known.git_sha1,
                "size": known.size,
                "source": known.source,
                "since": None if known.since is None else _told(known.since),
            }.items()
            if value not in (None, "")
        }
        for known in record.known
    ]
    return told


def _record(value: object) -> FileRecord:
    told = _as_object(value)
    known = told.get("known")
    if not isinstance(known, list):
        raise ValueError("a file lacks what is known of it")  # noqa: TRY004  one class for broken content
    return FileRecord(
        _count(told, "size"),
        _whole(told, "mtime_ns"),
        tuple(_known(one) for one in known),
        told.get("link") is True,
    )


def _known(value: object) -> KnownHash:
    told = _as_object(value)
    digests = {name: told.get(name) for name in _DIGESTS if name in told}
    for name, digest in digests.items():
        if not isinstance(digest, str) or not _DIGESTS[name].fullmatch(digest):
            raise ValueError(f"{name} is no hash")
    if not digests:
        raise ValueError("a source says no hash")
    return KnownHash(
        Origin(told.get("origin")),
        sha256=_or_none(digests.get("sha256")),
        git_sha1=_or_none(digests.get("git_sha1")),
        size=_count(told, "size") if "size" in told else None,
        source=_text(told, "source") if "source" in told else "",
        since=_time(told, "since") if "since" in told else None,
    )


def _or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _fault_json(fault: FileFault) -> dict[str, object]:
    return {
        "name": fault.name,
        "fault": fault.fault.value,
        "sentence": phrase_to_wire(fault.sentence),
        "against": fault.against.value if fault.against else None,
    }


def _verification(model_id: str, told: Mapping[str, object]) -> Verification:
    faults = told.get("faults")
    if not isinstance(faults, list):
        raise ValueError("it lacks the faults")  # noqa: TRY004  one class for broken content
    checked = _object(told, "checked")
    confirmed = told.get("confirmed", [])
    if not isinstance(confirmed, list):
        raise ValueError("it lacks what was confirmed")  # noqa: TRY004  one class for broken content
    return Verification(
        model_id,
        _time(told, "when"),
        tuple(_fault(_as_object(one)) for one in faults),
        {Origin(name): _count(checked, name) for name in checked},
        _count(told, "bytes_read"),
        _text(told, "stamp"),
        _count(told, "new"),
        _count(told, "files"),
        tuple(_name(one) for one in confirmed),
    )


def _fault(told: Mapping[str, object]) -> FileFault:
    against = told.get("against")
    return FileFault(
        _name(told.get("name")),
        Fault(told.get("fault")),
        _phrase(told.get("sentence")),
        None if against is None else Origin(against),
    )


def _phrase(value: object, depth: int = 0) -> Phrase:
    """A sentence with its facts; templates that would do more than name them are refused."""
    told = _as_object(value)
    facts: dict[str, Fact] = {}
    for name, fact in _object(told, "facts").items():
        if isinstance(fact, dict) and depth < _MOST_DEPTH:
            facts[name] = _phrase(fact, depth + 1)
        elif isinstance(fact, str | int | float):
            facts[name] = fact
        else:
            raise ValueError("a fact is none")
    template = _text(told, "template")
    for _, place, form, conversion in string.Formatter().parse(template):
        is_counted = form == "," and isinstance(facts.get(place or ""), int | float)
        if place is not None and (place not in facts or conversion or (form and not is_counted)):
            raise ValueError("a sentence does not fit its facts")
    if not all(_FACT_NAME.fullmatch(name) for name in facts):
        raise ValueError("a fact has no name")
    return Phrase(template, **facts)


def _told(when: datetime.datetime) -> str:
    return when.astimezone(datetime.UTC).isoformat(timespec="seconds")


def _time(told: Mapping[str, object], key: str) -> datetime.datetime:
    when = datetime.datetime.fromisoformat(_text(told, key))
    if when.tzinfo is None:
        raise ValueError("a time lacks its zone")
    try:
        return when.astimezone(datetime.UTC)
    except OverflowError as error:
        raise ValueError("a time that there is not") from error


def _as_object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("it holds no object")  # noqa: TRY004  one class for broken content
    return value


def _object(told: Mapping[str, object], key: str) -> Mapping[str, object]:
    return _as_object(told.get(key))


def _text(told: Mapping[str, object], key: str) -> str:
    value = told.get(key)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{key} is no text")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("a file has no name")
    return value


def _whole(told: Mapping[str, object], key: str) -> int:
    value = told.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} is no whole number")  # noqa: TRY004  one class for broken content
    return value


def _count(told: Mapping[str, object], key: str) -> int:
    value = _whole(told, key)
    if value < 0:
        raise ValueError(f"{key} is less than nothing")
    return value
