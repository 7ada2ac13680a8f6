"""Making a backup of everything: written beside its place, read again, and only then put there."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import (
    BackupExistsError,
    BackupUnwritableError,
    ConversationsNewerError,
    NotABackupError,
    NotConversationsError,
    UserFacingError,
)
from backends.files.plain_file import require_plain
from backends.operating_system import long_path, rename, sync_folder
from backends.phrases import Phrase
from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop import __version__
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.chat.store.connection import connect
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.copies.source import Source
from baichuan_desktop.services.chat.store.migrations import STEPS, version_of
from baichuan_desktop.services.chat.store.state import is_damage, told_of
from baichuan_desktop.services.own_data import manifest
from baichuan_desktop.services.own_data.archive import Work, opened, write
from baichuan_desktop.services.own_data.values import Contents, Created, Part

#: How long what was written last waits for the disk.
_FLUSH_SECONDS = 10.0
#: SQLite asks after so many steps of its own whether it shall go on.
_STEPS_BETWEEN = 10_000
_UNFINISHED: Final = ".part"
_ARCHIVE: Final = "archive"
_DAMAGED: Final = Phrase(
    "the file of your conversations is damaged, which the next start of the window mends"
)


def files_of(paths: AppPaths) -> dict[Part, Path]:
    """Where what a backup holds lies on this machine."""
    return {
        Part.CONVERSATIONS: paths.conversations,
        Part.PRESETS: paths.presets,
        Part.MODELS: paths.user_registry,
        Part.LICENCES: paths.licences,
        Part.SETTINGS: paths.settings,
    }


def made(
    paths: AppPaths,
    file: Path,
    work: Work,
    *,
    store: ConversationStore | None,
    replace: bool,
    clock: Callable[[], float] = time.time,
) -> Created:
    """Write everything of a person's own into a file.

    Args:
        paths: Where all of it lies.
        file: Where to; what is there is replaced only with `replace`.
        work: How far it has come.
        store: That has the conversations open here, so that what it has not written yet is in it.
        replace: See `file`.
        clock: Seconds since 1970.

    Raises:
        OwnDataError: It cannot be written; then nothing of it is left, and a file that was there
            is as it was.
        CancelledError: It is not wanted any more; likewise.
    """
    file = long_path(file.absolute())
    own = [one for one in files_of(paths).values() if one.is_file()]
    _require_free(file, own, replace=replace)
    unfinished = file.with_name(f".{file.name}{_UNFINISHED}")
    facts = Contents(manifest.VERSION, __version__, clock(), {})
    try:
        shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was ended in the middle
        unfinished.mkdir(mode=0o700)
        gathered = _gathered(paths, unfinished, facts, store, work)
        work.total = 2 * sum(one.stat().st_size for one in gathered.parts.values())
        archive = unfinished / _ARCHIVE
        contents = write(archive, gathered.parts, gathered.facts, work)
        _read_again(archive, file, work)
        work.require_wanted()
        _require_free(file, own, replace=replace)
        rename(archive, file)
        sync_folder(file.parent)
    except (OSError, sqlite3.Error) as error:
        work.require_wanted()  # SQLite was interrupted
        reason = _DAMAGED if is_damage(error) else told_of(error)
        raise BackupUnwritableError(file, reason) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Created(contents, gathered.notes)


def _require_free(file: Path, own: Sequence[Path], *, replace: bool) -> None:
    """Raise BackupExistsError for a file that is not to be replaced, or is what is backed up."""
    if file.exists() and (not replace or any(file.samefile(one) for one in own)):
        raise BackupExistsError(file)
    try:
        require_plain(file)  # a device or a pipe is not replaced
    except OSError as error:
        raise BackupUnwritableError(file, told_of(error)) from error


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What goes into a backup."""

    parts: Mapping[Part, Path]
    facts: Contents
    notes: Sequence[UserFacingError]  #: why something does not


def _gathered(
    paths: AppPaths,
    folder: Path,
    facts: Contents,
    store: ConversationStore | None,
    work: Work,
) -> _Gathered:
    """What there is, the conversations as a copy in a folder. Raises OSError, sqlite3.Error."""
    parts = {part: one for part, one in files_of(paths).items() if one.is_file()}
    if parts.pop(Part.CONVERSATIONS, None) is None:
        return _Gathered(parts, facts, ())
    if (refused := off_here(Feature.EXPORT_CONVERSATIONS)) is not None:
        return _Gathered(parts, facts, (refused,))
    notes: list[UserFacingError] = []
    if store is not None and not store.flush(_FLUSH_SECONDS) and store.state.unsaved is not None:
        notes.append(store.state.unsaved)
    copy = folder / Part.CONVERSATIONS.value
    copied = _copied(paths.conversations, copy, facts, work)
    if copied is None:
        return _Gathered(parts, facts, notes)
    return _Gathered({Part.CONVERSATIONS: copy, **parts}, copied, notes)


def _copied(file: Path, copy: Path, facts: Contents, work: Work) -> Contents | None:
    """Copy the conversations as they are at this moment; whoever writes them goes on.

    None where the file is not made yet. Raises sqlite3.Error, ConversationsError.
    """
    with contextlib.closing(connect(file)) as connection:
        connection.set_progress_handler(work.is_cancelled, _STEPS_BETWEEN)
        version = version_of(connection)
        if version > len(STEPS):
            raise ConversationsNewerError(file)
        if not version:
            return None
        connection.execute("VACUUM INTO ?", (str(copy),))
    try:
        with Source(copy) as source:
            conversations, messages = source.counts()
    except NotConversationsError as error:
        raise NotConversationsError(file) from error
    return Contents(facts.version, facts.app, facts.made, {}, conversations, messages)


def _read_again(archive: Path, file: Path, work: Work) -> None:
    """Read what was written. Raises BackupUnwritableError if it is not that, CancelledError."""
    try:
        with opened(archive) as written:
            for part in written.contents.parts:
                written.copy(part, None, work)
    except NotABackupError as error:
        what = Phrase("it does not read back as it was written")
        raise BackupUnwritableError(file, what) from error
