"""Merging a backup into what is here: nothing that is here is overwritten or lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from backends.errors import (
    ConversationsInUseError,
    PartNotRestoredError,
    RestoreBesideError,
    UserFacingError,
    system_reason,
)
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.library.folders.paths import is_there
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.own_data import choices, listed_models
from baichuan_desktop.services.own_data.archive import Work
from baichuan_desktop.services.own_data.unpacking import Unpacked, unpacked
from baichuan_desktop.services.own_data.values import PART_NAMES, Part, Restored
from baichuan_desktop.services.presets.store import PresetStore
from baichuan_desktop.services.settings import SettingsFile

log = logging.getLogger(__name__)

#: How long all that was added may take to reach the disk.
_SAVE_SECONDS = 60.0


def merged(
    paths: AppPaths,
    file: Path,
    work: Work,
    *,
    store: ConversationStore | None,
    settings: SettingsFile | None,
    take_settings: bool,
) -> Restored:
    """Add what a backup has and this machine lacks, once all of the backup was verified.

    Args:
        paths: Where everything lies.
        file: The backup.
        work: How far it has come; once something was added it goes on to its end.
        store: The conversations, where they are open here already.
        settings: Likewise of the settings.
        take_settings: Where something was chosen here and there, what was chosen there holds.

    Raises:
        OwnDataError: It cannot be used, or another run of the app has the conversations open;
            nothing was changed.
        ConversationsError: They cannot be written; likewise.
        CancelledError: It is not wanted any more; likewise.
    """
    with (
        unpacked(file, paths.cache, work) as backup,
        _opened(paths, file, store, backup) as conversations,
    ):
        merging = _Merging(paths, backup, settings or SettingsFile(paths.settings))
        merging.try_part(Part.CONVERSATIONS, lambda one: merging.conversations(one, conversations))
        merging.try_part(Part.PRESETS, merging.presets)
        merging.try_part(Part.MODELS, merging.models)
        merging.try_part(Part.LICENCES, merging.licences)
        merging.try_part(Part.SETTINGS, lambda one: merging.settings(one, take_settings))
    return merging.restored


@contextmanager
def _opened(
    paths: AppPaths, file: Path, store: ConversationStore | None, backup: Unpacked
) -> Iterator[ConversationStore]:
    """The conversations to add to.

    Raises RestoreBesideError, or ConversationsError where they cannot be written.
    """
    if store is not None or Part.CONVERSATIONS not in backup.files:
        yield store or ConversationStore(None)
        return
    own = ConversationStore(paths.conversations)
    try:
        if isinstance(own.state.unsaved, ConversationsInUseError):
            raise RestoreBesideError(file) from own.state.unsaved
        if own.state.unsaved is not None:
            raise own.state.unsaved
        yield own
    finally:
        own.close()


class _Merging:
    """Each part for itself: one that cannot be added keeps none of the others off."""

    def __init__(self, paths: AppPaths, backup: Unpacked, settings: SettingsFile) -> None:
        self._paths = paths
        self._backup = backup
        self._settings = settings
        self.restored = Restored()

    def try_part(self, part: Part, add: Callable[[Path], Restored]) -> None:
        """Add a part, if the backup has it, or say why not."""
        file = self._backup.files.get(part)
        if file is None:
            return
        try:
            self.restored = add(file)
        except UserFacingError as error:
            self._failed(part, error)
        except (OSError, ValueError) as error:
            self._failed(part, PartNotRestoredError(PART_NAMES[part], system_reason(error)))

    def _failed(self, part: Part, error: UserFacingError) -> None:
        log.warning("%s of a backup could not be restored: %s", part, error)
        self.restored = replace(self.restored, failed=(*self.restored.failed, error))

    def conversations(self, file: Path, store: ConversationStore) -> Restored:
        """Add what is missing, and wait until it is on the disk."""
        added = store.restore(file)
        restored = replace(
            self.restored, conversations=added.conversations, messages=added.messages
        )
        if not store.flush(_SAVE_SECONDS) and store.state.unsaved is not None:
            return replace(restored, failed=(*restored.failed, store.state.unsaved))
        return restored

    def presets(self, file: Path) -> Restored:
        """Add those that are not here just so."""
        taken = PresetStore(self._paths.presets).import_from(file)
        return replace(self.restored, presets=len(taken.added))

    def models(self, file: Path) -> Restored:
        """List what is not listed."""
        added = listed_models.add_missing(file, self._paths)
        return replace(
            self.restored,
            models=added.models,
            adapters=added.adapters,
            notes=(*self.restored.notes, *added.notes),
        )

    def licences(self, file: Path) -> Restored:
        """Write down what was accepted elsewhere."""
        count = Acceptances(self._paths.licences).add_missing(Acceptances(file).all())
        return replace(self.restored, licences=count)

    def settings(self, file: Path, is_taken: bool) -> Restored:
        """Choose what was not chosen here."""
        theirs = SettingsFile(file).current
        changed = choices.changes(
            SettingsFile(self._paths.settings).current,
            theirs,
            is_taken=is_taken,
            is_folder=lambda folder: is_there(str(folder)),
        )
        if not changed:
            return self.restored
        self._settings.change(**changed)
        restored = replace(self.restored, settings=len(changed))
        if self._settings.unkept is not None:
            why = PartNotRestoredError(PART_NAMES[Part.SETTINGS], self._settings.unkept)
            return replace(restored, settings=0, failed=(*restored.failed, why))
        return restored
