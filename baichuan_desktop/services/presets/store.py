"""The presets of a person, in a file of their own, and those of the app."""

from __future__ import annotations

import contextlib
import difflib
import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backends.errors import (
    NotPresetsError,
    PresetNameTakenError,
    PresetsError,
    PresetsNewerError,
    PresetsUnreadableError,
    PresetsUnwritableError,
    TooManyPresetsError,
    TooManyVariablesError,
    UnknownPresetError,
    system_reason,
)
from backends.files.plain_file import read_plain
from backends.operating_system import rename
from backends.phrases import Phrase
from baichuan_desktop.services.atomic_file import WINDOW_WAIT_SECONDS, changing, replace_text
from baichuan_desktop.services.presets.built_in import built_in, in_any_language
from baichuan_desktop.services.presets.filling import MOST_VARIABLES, variables_of
from baichuan_desktop.services.presets.preset_json import (
    MOST_BYTES,
    MOST_PRESETS,
    NewerPresetsError,
    Read,
    WrongPresetsError,
    read,
    written,
)
from baichuan_desktop.services.presets.values import (
    Preset,
    PresetLanguage,
    free_name,
    plain_name,
)

log = logging.getLogger(__name__)

_MAX_BROKEN = 100  # files that were set aside


@dataclass(frozen=True, slots=True)
class Removed:
    """A preset that was deleted, for its undoing."""

    preset: Preset
    place: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the presets of a file that was imported."""

    added: tuple[Preset, ...]  #: as they are called here
    known: tuple[Preset, ...]  #: were here already, just so


class PresetStore:
    """The presets that `file` holds, in the order in which they were made.

    Read at each question: a terminal or another window may have changed them. A change that cannot
    be written changes nothing.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.problem: PresetsError | None = None  #: of what was read last
        self._is_whole = True  # what was read to be changed

    def own(self) -> tuple[Preset, ...]:
        """The presets that a person made."""
        return self._read()[0]

    def all(self, language: PresetLanguage) -> tuple[Preset, ...]:
        """A person's own ones, and then those of the app."""
        return (*self.own(), *built_in(language))

    def get(self, preset_id: str, language: PresetLanguage) -> Preset | None:
        """The preset of an id; None where it was deleted."""
        return next((one for one in self.all(language) if one.id == preset_id), None)

    def named(self, name: str) -> Preset:
        """The preset of a name, in whatever language, or of an id. Raises UnknownPresetError."""
        known = (*self.own(), *built_in("en"), *built_in("zh_CN"))
        wanted = name.strip().casefold()
        for one in known:
            if one.name.casefold() == wanted:
                return one
        for one in known:
            if one.id == name.strip():
                return one
        names = [one.name for one in known]
        closest = difflib.get_close_matches(name.strip(), names, n=1, cutoff=0.6)
        raise UnknownPresetError(name, next(iter(closest), None))

    def put(self, preset: Preset, place: int | None = None) -> Preset:
        """Keep a preset, in place of the one of its id; one without an id is a new one.

        `place` is where a new one stands among the others. Raises PresetsError.
        """
        with changing(self.file, wait_seconds=WINDOW_WAIT_SECONDS):
            presets = list(self._to_change())
            name = plain_name(preset.name)
            kept = replace(preset, id=preset.id or _new_id(), name=name, is_built_in=False)
            others = [one for one in presets if one.id != kept.id]
            if len(variables_of(kept.template)) > MOST_VARIABLES:
                raise TooManyVariablesError(MOST_VARIABLES)
            if kept.name.casefold() in _names(others):
                raise PresetNameTakenError(kept.name)
            before = next((at for at, one in enumerate(presets) if one.id == kept.id), None)
            if before is not None:
                presets[before] = kept
            elif len(presets) >= MOST_PRESETS:
                raise TooManyPresetsError(MOST_PRESETS)
            else:
                presets.insert(len(presets) if place is None else place, kept)
            self._write(presets)
        return kept

    def duplicate(self, preset: Preset) -> Preset:
        """A copy of a preset under another name, which is a person's own. Raises PresetsError."""
        return self.put(replace(preset, id="", name=free_name(preset.name, _names(self.own()))))

    def delete(self, preset_id: str) -> Removed | None:
        """Delete one of a person's own; None if it is gone already. Raises PresetsError."""
        with changing(self.file, wait_seconds=WINDOW_WAIT_SECONDS):
            presets = list(self._to_change())
            place = next((at for at, one in enumerate(presets) if one.id == preset_id), None)
            if place is None:
                return None
            removed = Removed(presets.pop(place), place)
            self._write(presets)
        return removed

    def undo(self, removed: Removed) -> Preset:
        """Bring back what was deleted, under another name where its own is taken by now."""
        preset = removed.preset
        name = free_name(preset.name, _names(one for one in self.own() if one.id != preset.id))
        return self.put(replace(preset, name=name), removed.place)

    def import_from(self, file: Path) -> Taken:
        """Add the presets of a file; none of those that are here is changed. Raises PresetsError.

        One that is here already, just so, is not added again.
        """
        found = _presets_of(file)
        of_the_app = (*built_in("en"), *built_in("zh_CN"))
        with changing(self.file, wait_seconds=WINDOW_WAIT_SECONDS):
            presets = list(self._to_change())
            added: list[Preset] = []
            known: list[Preset] = []
            for one in found:
                if any(one.is_like(other) for other in (*presets, *of_the_app)):
                    known.append(one)
                    continue
                ids = {other.id for other in presets}
                taken = in_any_language(one.id) or one.id in ids
                made = replace(
                    one,
                    id=_new_id() if taken or not one.id else one.id,
                    name=free_name(one.name, _names(presets)),
                )
                presets.append(made)
                added.append(made)
            if len(presets) > MOST_PRESETS:
                raise TooManyPresetsError(MOST_PRESETS)
            if added:
                self._write(presets)
        return Taken(tuple(added), tuple(known))

    def _read(self) -> tuple[tuple[Preset, ...], bool]:
        """The presets of the file, and whether it holds nothing else."""
        self.problem = None
        try:
            found = read(read_plain(self.file, MOST_BYTES))
        except FileNotFoundError:
            return (), True
        except NewerPresetsError:
            self.problem = PresetsNewerError(self.file)
            return (), False
        except WrongPresetsError as error:
            found = Read((), error.reason)
        except OSError as error:
            found = Read((), Phrase("{text}", text=system_reason(error)))
        presets = _apart(found.presets)
        if found.wrong is not None:
            log.warning("%s is not usable: %s", self.file, found.wrong)
            self.problem = PresetsUnreadableError(self.file, found.wrong)
        return presets, found.wrong is None

    def _to_change(self) -> tuple[Preset, ...]:
        """The presets, where the file may be written anew; what is broken is set aside first."""
        presets, is_whole = self._read()
        if isinstance(self.problem, PresetsNewerError):
            raise self.problem
        self._is_whole = is_whole
        return presets

    def _write(self, presets: Sequence[Preset]) -> None:
        """Write the file; what could not be read whole is kept under another name."""
        aside: Path | None = None
        try:
            if not self._is_whole:
                aside = _free_beside(self.file)
                rename(self.file, aside)
            replace_text(self.file, written(presets))
        except OSError as error:
            if aside is not None and not self.file.exists():
                with contextlib.suppress(OSError):
                    rename(aside, self.file)
            raise PresetsUnwritableError(self.file, system_reason(error)) from error


def export_to(file: Path, presets: Sequence[Preset]) -> None:
    """Write presets as a file that `import_from` reads. Raises PresetsUnwritableError."""
    try:
        replace_text(file, written(presets))
    except OSError as error:
        raise PresetsUnwritableError(file, system_reason(error)) from error


def _free_beside(file: Path) -> Path:
    """A name beside a file under which somebody may look into what is broken."""
    names = (f"{file.name}.broken-{number}" for number in range(1, _MAX_BROKEN + 1))
    free = (file.with_name(name) for name in names)
    found = next((one for one in free if not one.exists() and not one.is_symlink()), None)
    return found or file.with_name(f"{file.name}.broken-1")


def _presets_of(file: Path) -> tuple[Preset, ...]:
    """The presets of a file that somebody chose; all of them, or none. Raises PresetsError."""
    try:
        found = read(read_plain(file, MOST_BYTES))
    except NewerPresetsError as error:
        raise PresetsNewerError(file) from error
    except WrongPresetsError as error:
        raise NotPresetsError(file, error.reason) from error
    except (OSError, ValueError) as error:
        raise NotPresetsError(file, Phrase("{text}", text=system_reason(error))) from error
    if found.wrong is not None:
        raise NotPresetsError(file, found.wrong)
    if not found.presets:
        raise NotPresetsError(file, Phrase("it holds no preset"))
    return found.presets


def _apart(presets: Sequence[Preset]) -> tuple[Preset, ...]:
    """The presets with an id and a name that none of the others has."""
    ids = {one.id for one in built_in("en")}
    names: set[str] = set()
    found = []
    for number, one in enumerate(presets):
        made = replace(
            one,
            id=f"own-{number + 1}" if not one.id or one.id in ids else one.id,
            name=free_name(one.name, frozenset(names)),
        )
        ids.add(made.id)
        names.add(made.name.casefold())
        found.append(made)
    return tuple(found)


def _names(presets: Iterable[Preset]) -> frozenset[str]:
    return frozenset(one.name.casefold() for one in presets)


def _new_id() -> str:
    return f"own-{secrets.token_hex(8)}"
