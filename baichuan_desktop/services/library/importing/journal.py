"""What an import writes down while it runs, so that a later one can go on where it ended.

A line of JSON each. The first says what is imported; each later one, how much of a file is on the
drive, and the SHA-256 of these bytes. A line is written after its bytes are synced, and counts only
whole: a kill in the middle of it costs that line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backends.files.partial_folder import SUFFIX
from backends.files.plain_file import open_plain, read_plain
from backends.files.small_files import is_leaf_name
from backends.operating_system import long_path
from baichuan_desktop.services.library.finding.values import SourceFile
from baichuan_desktop.services.library.importing.values import ImportPlan, Way
from baichuan_desktop.services.library.integrity.values import KnownHash, Origin
from baichuan_desktop.services.plain_json import parse_object

NAME = "import.journal"
#: Where the files grow, beside the journal.
FILES = "model"

_VERSION = 1
MOST_BYTES = 2**25  #: of a journal that is read
_KEYS = ("repository", "revision", "name")


@dataclass(frozen=True, slots=True)
class Written:
    """How much of a file is on the drive."""

    size: int
    sha256: str  #: of these bytes


@dataclass(slots=True)
class Journal:
    """The journal of one import, read or begun."""

    file: Path
    plan: ImportPlan  #: as it was begun
    said: Mapping[str, tuple[KnownHash, ...]]  #: of the files, where they came from
    written: dict[str, Written] = field(default_factory=dict)  #: by name
    is_checked: bool = False  #: the copy was read back, and is what was written
    model_id: str | None = None  #: under which it is listed already

    @classmethod
    def begin(
        cls, partial: Path, plan: ImportPlan, said: Mapping[str, tuple[KnownHash, ...]]
    ) -> Journal:
        """Write the first line. Raises OSError."""
        journal = cls(partial / NAME, plan, said)
        journal._append(_to_json(plan, said), os.O_CREAT | os.O_EXCL)
        return journal

    @classmethod
    def look_at(cls, partial: Path) -> Journal | None:
        """The journal in a folder, which is not touched; None if there is none. Raises OSError."""
        found = _read(partial)
        return None if found is None else found[0]

    @classmethod
    def go_on(cls, partial: Path) -> Journal | None:
        """The same, to be written to: what was torn off its end is taken away. Raises OSError."""
        found = _read(partial)
        if found is None:
            return None
        journal, length = found
        os.truncate(long_path(journal.file), length)
        return journal

    def note(self, name: str, written: Written) -> None:
        """So much of a file is on the drive. Raises OSError."""
        self._append({"file": name, "size": written.size, "sha256": written.sha256})
        self.written[name] = written

    def note_way(self, way: Way) -> None:
        """A person wants it in another way than when it was begun. Raises OSError."""
        self._append({"way": way.value})
        self.plan = replace(self.plan, way=way)

    def note_checked(self) -> None:
        """The copy was read back. Raises OSError."""
        self._append({"checked": True})
        self.is_checked = True

    def note_listed(self, model_id: str) -> None:
        """The copy is in the list. Raises OSError."""
        self._append({"listed": model_id})
        self.model_id = model_id

    @property
    def is_whole(self) -> bool:
        """Whether every file is on the drive with all of its bytes."""
        sizes = {file.name: file.size for file in self.plan.files}
        return all(
            name in self.written and self.written[name].size == size for name, size in sizes.items()
        )

    @property
    def done_bytes(self) -> int:
        """That are on the drive."""
        return sum(written.size for written in self.written.values())

    @property
    def hashes(self) -> Mapping[str, str]:
        """SHA-256 of the files, by name; of a whole import."""
        return {name: written.sha256 for name, written in self.written.items()}

    def is_of(self, plan: ImportPlan) -> bool:
        """Whether a plan goes on with what was begun: the same files, brought in the same way."""
        mine = self.plan
        return (mine.source, mine.files, mine.is_renamed) == (
            plan.source,
            plan.files,
            plan.is_renamed,
        )

    def _append(self, line: Mapping[str, object], more_flags: int = 0) -> None:
        """Write a line; the file and its folder are not made anew where their drive has gone."""
        with open_plain(self.file, os.O_WRONLY | os.O_APPEND | more_flags) as stream:
            stream.write((json.dumps(line) + "\n").encode())
            stream.flush()
            os.fsync(stream.fileno())


def _read(partial: Path) -> tuple[Journal, int] | None:
    """A journal, and the bytes of its whole lines; none where links would lead elsewhere."""
    file = partial / NAME
    if any(long_path(one).is_symlink() for one in (partial, partial / FILES, file)):
        return None
    try:
        raw = read_plain(file, MOST_BYTES)
    except FileNotFoundError:
        return None
    lines = raw.split(b"\n")[:-1]  # the last one is empty, or torn
    journal: Journal | None = None
    length = 0
    for line in lines:
        try:
            content = parse_object(line)
            if journal is None:
                journal = Journal(file, _plan_from(content, partial), _said_from(content))
            else:
                _hear(journal, content)
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ):  # what a power cut left may be anything
            break
        length += len(line) + 1
    return None if journal is None else (journal, length)


def _hear(journal: Journal, content: Mapping[str, Any]) -> None:
    match content:
        case {"file": str(name), "size": int(size), "sha256": str(sha256)}:
            journal.written[name] = Written(size, sha256)
        case {"way": str(way)}:
            journal.plan = replace(journal.plan, way=Way(way))
        case {"checked": True}:
            journal.is_checked = True
        case {"listed": str(model_id)}:
            journal.model_id = model_id
        case _:
            raise ValueError("a line that no journal has")


def _to_json(plan: ImportPlan, said: Mapping[str, tuple[KnownHash, ...]]) -> dict[str, object]:
    return {
        "version": _VERSION,
        "way": plan.way.value,
        "source": str(plan.source),
        "root": str(plan.root),
        "renamed": plan.is_renamed,
        **{key: getattr(plan, key) for key in _KEYS},
        **({} if plan.base is None else {"base": plan.base}),
        "files": [[one.name, str(one.file), one.size, one.mtime_ns] for one in plan.files],
        "said": [
            [name, one.origin.value, one.sha256, one.git_sha1, one.size, one.source]
            for name, known in said.items()
            for one in known
        ],
    }


def _plan_from(content: Mapping[str, Any], partial: Path) -> ImportPlan:
    """Raises KeyError, TypeError, ValueError for what no import has written."""
    _require(content["version"] == _VERSION and isinstance(content["renamed"], bool))
    texts = {key: content[key] for key in _KEYS} | {"base": content.get("base")}
    _require(all(text is None or isinstance(text, str) for text in texts.values()))
    return ImportPlan(
        way=Way(content["way"]),
        source=Path(content["source"]),
        root=Path(content["root"]),
        target=partial.with_name(partial.name.removesuffix(SUFFIX)),
        files=tuple(_file(*one) for one in content["files"]),
        needed_bytes=0,
        free_bytes=0,
        is_renamed=content["renamed"],
        **texts,
    )


def _said_from(content: Mapping[str, Any]) -> Mapping[str, tuple[KnownHash, ...]]:
    """Raises KeyError, TypeError, ValueError for what no import has written."""
    found: dict[str, tuple[KnownHash, ...]] = {}
    for name, origin, sha256, git_sha1, size, source in content["said"]:
        texts = (name, sha256 or "", git_sha1 or "", source)
        _require(all(isinstance(text, str) for text in texts) and isinstance(size, int | None))
        known = KnownHash(Origin(origin), sha256, git_sha1, size, source)
        found[name] = (*found.get(name, ()), known)
    return found


def _file(name: str, file: str, size: int, mtime_ns: int) -> SourceFile:
    _require(all(map(is_leaf_name, name.split("/"))) and isinstance(size, int) and size >= 0)
    _require(isinstance(mtime_ns, int))
    return SourceFile(name, Path(file), size, mtime_ns)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("no import has written this")
