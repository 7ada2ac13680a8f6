"""Everything of a person's own in one file: what window and terminal do with it."""

from __future__ import annotations

import threading
from pathlib import Path

from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.own_data.archive import CancelledError, Work
from baichuan_desktop.services.own_data.creating import made
from baichuan_desktop.services.own_data.restoring import merged
from baichuan_desktop.services.own_data.unpacking import unpacked
from baichuan_desktop.services.own_data.values import Contents, Created, Progress, Restored
from baichuan_desktop.services.settings import SettingsFile


def _tell_nobody(_done: int, _all: int) -> None:
    """Nobody shows how far it is."""


def create(
    paths: AppPaths,
    file: Path,
    *,
    store: ConversationStore | None = None,
    replace: bool = False,
    on_progress: Progress = _tell_nobody,
    cancel: threading.Event | None = None,
) -> Created | None:
    """Write conversations, presets, list of models, licences and settings into one file.

    It is read again before it gets its name. This takes a second for 100 MB; other threads use the
    store meanwhile. Where a policy allows no exports of conversations, they are not in it, and the
    notes of what is returned say so.

    Args:
        paths: Where all of it lies.
        file: Where to. It is not encrypted.
        store: That has the conversations open here, if any has.
        replace: A file that is there is replaced by the new one, once that is whole.
        on_progress: Told of bytes, on this thread.
        cancel: Ends it, and None is returned.

    Raises:
        OwnDataError, ConversationsError: It cannot be made; what was there is as it was.
    """
    try:
        return made(paths, file, Work(on_progress, cancel), store=store, replace=replace)
    except CancelledError:
        return None


def verify(
    paths: AppPaths,
    file: Path,
    *,
    on_progress: Progress = _tell_nobody,
    cancel: threading.Event | None = None,
) -> Contents | None:
    """What a backup holds, once every byte of it was compared with its hash. Nothing is changed.

    It is unpacked in the folder for what may be deleted, and removed from there. None if it was
    cancelled. Raises OwnDataError.
    """
    try:
        with unpacked(file, paths.cache, Work(on_progress, cancel)) as backup:
            return backup.contents
    except CancelledError:
        return None


def restore(
    paths: AppPaths,
    file: Path,
    *,
    store: ConversationStore | None = None,
    settings: SettingsFile | None = None,
    take_settings: bool = False,
    on_progress: Progress = _tell_nobody,
    cancel: threading.Event | None = None,
) -> Restored | None:
    """Add what a backup has and this machine lacks; nothing that is here is overwritten.

    Whoever has conversations, list of models or settings open reads them again afterwards. None if
    it was cancelled before anything was added.

    Args:
        paths: Where everything lies.
        file: The backup.
        store: That has the conversations open here, if any has.
        settings: Likewise of the settings.
        take_settings: What was chosen there holds also where something else was chosen here.
        on_progress: Told of bytes, on this thread.
        cancel: See above.

    Raises:
        OwnDataError, ConversationsError: It cannot be used; nothing was changed.
    """
    work = Work(on_progress, cancel)
    try:
        return merged(
            paths, file, work, store=store, settings=settings, take_settings=take_settings
        )
    except CancelledError:
        return None
