"""Who accepted which licence, kept in a file of the person's own."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from backends.errors import AcceptanceNotKeptError
from backends.files.plain_file import read_plain
from backends.operating_system import rename
from baichuan_desktop.services.atomic_file import changing, replace_text
from baichuan_desktop.services.licences.values import Acceptance, LicenceText
from baichuan_desktop.services.plain_json import Text, parse_object

log = logging.getLogger(__name__)

_VERSION = 1
_MAX_BYTES = 4 * 2**20
_MAX_ENTRIES = 10_000
_MAX_BROKEN = 100  #: files that were set aside
_MAX_LETTERS = 1000  #: of a name; a file's has 255


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Annotated[Text, Field(max_length=_MAX_LETTERS)]
    model_id: Annotated[Text, Field(max_length=_MAX_LETTERS)]
    user: Annotated[Text, Field(max_length=_MAX_LETTERS)]
    when: AwareDatetime


class Acceptances:
    """The acceptances that `file` holds.

    Read at each question: a terminal may have accepted meanwhile. What cannot be read accepts
    nothing, and is set aside when the next acceptance is written. May be used from any thread.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def all(self) -> Sequence[Acceptance]:
        """Every acceptance, the oldest first."""
        return self._read()[0]

    def is_accepted(self, text: LicenceText) -> bool:
        """Whether exactly this text was accepted, with whichever model it came."""
        return any(one.sha256 == text.sha256 for one in self.all())

    def accept(self, text: LicenceText, model_id: str, user: str) -> Acceptance:
        """Write down that `user` accepted a text. Raises AcceptanceNotKeptError."""
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        accepted = Acceptance(text.sha256, _kept(text.name), model_id, _kept(user), now)
        try:
            with changing(self._file):
                known, is_whole = self._read()
                if not is_whole:
                    self._set_aside()
                replace_text(self._file, _as_json([*known, accepted][-_MAX_ENTRIES:]))
        except OSError as error:
            raise AcceptanceNotKeptError(self._file, error) from error
        return accepted

    def add_missing(self, others: Sequence[Acceptance]) -> int:
        """Write down what another file had and this one lacks; how many those were.

        Raises AcceptanceNotKeptError.
        """
        try:
            with changing(self._file):
                known, is_whole = self._read()
                missing = [one for one in dict.fromkeys(others) if one not in known]
                if missing:
                    if not is_whole:
                        self._set_aside()
                    all_of_them = sorted([*known, *missing], key=lambda one: one.when)
                    replace_text(self._file, _as_json(all_of_them[-_MAX_ENTRIES:]))
        except OSError as error:
            raise AcceptanceNotKeptError(self._file, error) from error
        return len(missing)

    def _read(self) -> tuple[list[Acceptance], bool]:
        """What the file says, and whether it says nothing else."""
        try:
            content = parse_object(read_plain(self._file, _MAX_BYTES))
            return _acceptances(content)
        except FileNotFoundError:
            return [], True
        except (OSError, ValueError) as error:
            log.warning("%s is not usable, nothing of it is accepted: %r", self._file, error)
            return [], False

    def _set_aside(self) -> None:
        """Give the file another name, under which somebody may look into it. Raises OSError."""
        names = (f"{self._file.name}.broken-{number}" for number in range(1, _MAX_BROKEN + 1))
        free = (self._file.with_name(name) for name in names)
        target = next((one for one in free if not one.exists() and not one.is_symlink()), None)
        rename(self._file, target or self._file.with_name(f"{self._file.name}.broken-1"))


def _acceptances(content: Mapping[str, Any]) -> tuple[list[Acceptance], bool]:
    """The acceptances of a file, and whether all of it was understood. Raises ValueError."""
    if content.get("schema_version") != _VERSION:
        raise ValueError("it is of another version")
    entries = content.get("accepted")
    if not isinstance(entries, list) or len(entries) > _MAX_ENTRIES:
        raise ValueError("it holds no list of acceptances")
    found = []
    for entry in entries:
        try:
            found.append(Acceptance(**_Entry.model_validate(entry).model_dump()))
        except ValidationError as error:
            log.warning("An acceptance is not usable: %.200s", error.errors(include_url=False))
    return found, len(found) == len(entries)


def _kept(text: str) -> str:
    """A name that can be written; half a character of a file's name is “?”."""
    return text.encode("utf-8", "replace").decode()[:_MAX_LETTERS]


def _as_json(acceptances: Iterable[Acceptance]) -> str:
    entries = [
        {
            "sha256": one.sha256,
            "name": one.name,
            "model_id": one.model_id,
            "user": one.user,
            "when": one.when.astimezone(datetime.UTC).isoformat(),
        }
        for one in acceptances
    ]
    content = {"schema_version": _VERSION, "accepted": entries}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
