"""The entries of the registry's layers as they are now, and how those of a person are changed."""

from __future__ import annotations

import contextlib
import datetime
import functools
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from backends.errors import IntegrityError
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.atomic_file import changing
from baichuan_desktop.services.library.folders.drives import drive_of
from baichuan_desktop.services.library.integrity.making import first_manifest
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import (
    Listed,
    Registry,
    shipped_registry,
    shipped_tables,
)
from baichuan_desktop.services.library.registry_file import LayerFile, ReadLayer
from baichuan_desktop.services.library.registry_schema import RegistryError, RegistryLayer
from baichuan_desktop.services.library.user_layer import (
    add_entries,
    add_installed,
    remove_installed,
    rename_installed,
    require_writable,
)
from baichuan_desktop.services.library.variants import Tables

log = logging.getLogger(__name__)


@functools.cache
def _shipped() -> Tables:
    """What ships with the app; nobody writes to it while the app runs, and nobody to these tables.

    Raises RegistryError if the file is broken.
    """
    return shipped_tables(shipped_registry())


class Entries:
    """What three files list. What is known of an entry's files comes and goes with it."""

    def __init__(self, paths: AppPaths) -> None:
        """Read the layers. Raises RegistryError if the one that ships with the app is broken."""
        self._manifests = ManifestStore(paths.manifests)
        self._shipped = _shipped()
        self._site = LayerFile(paths.site_registry, RegistryLayer.SITE)
        self._user = LayerFile(paths.user_registry, RegistryLayer.USER)
        self._take(self._site.read(), self._user.read())

    def _take(self, *layers: ReadLayer) -> None:
        self._layers = layers
        self.registry = Registry.of(self._shipped, layers)  #: another one after each change

    @property
    def files(self) -> Sequence[Path]:
        """The files that are read, besides the one that ships with the app."""
        return (self._site.path, self._user.path)

    def reload(self) -> None:
        """Read the layers again.

        While a file as a whole cannot be used, as one that is being edited, what it said before
        holds.
        """
        layers = (self._site.read(), self._user.read())
        if layers != self._layers:
            self._take(*layers)

    def require_writable(self) -> None:
        """Raise RegistryError if the person's registry is wrong: nothing can be listed in it."""
        require_writable(self._user.read())

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else writes meanwhile; what a terminal or another window wrote, is read first."""
        with changing(self._user.path):
            self.reload()
            yield

    # --- while `changing` --------------------------------------------------------------------

    def put(self, one: Listed) -> None:
        """List something, with the day, the drive and what is known of its files.

        Raises RegistryError.
        """
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        one = replace(one, drive=drive_of(one.path), added=today)
        self._write(add_installed(self._layers[-1], one))
        try:
            self._manifests.write(first_manifest(one))
        except IntegrityError as error:  # verifying it makes one
            log.warning("Changes of “%s” will not be noticed: %s", one.id, error)

    def take_over(
        self, models: Sequence[Mapping[str, Any]], adapters: Sequence[Mapping[str, Any]]
    ) -> None:
        """List what another layer of a person's had, under ids that nothing here has.

        What is known of their files is known once they are verified. Raises RegistryError.
        """
        self._write(add_entries(self._layers[-1], models, adapters))

    def relocate(self, one: Listed, folder: Path) -> None:
        """Write another folder into an entry. Raises RegistryError."""
        moved = replace(one, path=folder, drive=drive_of(folder))
        self._write(add_installed(self._layers[-1], moved))

    def rename(self, listed_id: str, name: str) -> None:
        """Write another name into an entry. Raises RegistryError."""
        self._write(rename_installed(self._layers[-1], listed_id, name))

    def remove(self, listed_id: str) -> None:
        """Take an entry away; its files stay. Raises RegistryError."""
        self._write(remove_installed(self._layers[-1], listed_id))
        try:
            self._manifests.forget(listed_id)
        except IntegrityError as error:  # a manifest names its folder: it is not another's
            log.warning("What is known of “%s” stays: %s", listed_id, error)

    def _write(self, written: ReadLayer) -> None:
        self._user.take(written)
        self._take(self._layers[0], written)

    def unused_id(self, wanted: str, *others: str) -> str:
        """An id that nothing listed has, nor any of the others: this one, or with a number."""
        registry = self.registry
        taken = {*others, *(one.id for one in registry.installed)}
        taken |= {one.id for one in registry.adapters}
        candidates = (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3)))
        return next(candidate for candidate in candidates if candidate not in taken)

    @property
    def problems(self) -> Sequence[RegistryError]:
        """What of the site's and the person's registry is wrong, and left out."""
        return self.registry.problems
