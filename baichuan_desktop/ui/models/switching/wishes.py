"""How models are wanted: as they ran before, and as the settings keep it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import SettingsFile


class Wishes:
    """What is remembered of each model until the app ends, and what beyond that."""

    def __init__(self, settings: SettingsFile) -> None:
        self._settings = settings
        self._ran: dict[Path, LoadWish] = {}  # by folder of the model

    def of(self, model: InstalledModel) -> LoadWish:
        """The wish that a model ran with before, else the one that is kept."""
        return self._ran.get(model.path, self.kept(model))

    def kept(self, model: InstalledModel) -> LoadWish:
        """The wish that holds at the next start: the model's own, else the one for all models.

        The small model of the app takes nothing but the threads of that.
        """
        settings = self._settings.current
        if model.path in settings.precisions:
            return settings.precisions[model.path]
        default = settings.default_wish
        if model.bundled:
            return LoadWish(threads=default.threads)
        length = default.context_length
        if length is not None and length >= model.context_length:
            length = None  # it was trained for no more
        return LoadWish(default.precision, context_length=length, threads=default.threads)

    def has_run(self, model: InstalledModel, wish: LoadWish) -> bool:
        """Whether a model ran last with this wish."""
        return self._ran.get(model.path) == wish

    def note(self, model: InstalledModel, wish: LoadWish) -> None:
        """Remember that a model runs with this wish."""
        self._ran[model.path] = wish

    def keep(self, model: InstalledModel, wish: LoadWish) -> None:
        """Have the wish hold at the next start too."""
        self.note(model, wish)
        self._settings.keep_precision(model.path, wish)

    def keep_adapter(self, model: InstalledModel, folder: Path | None) -> None:
        """Have a model begin with this adapter; how it is kept is otherwise as it was."""
        kept = self.kept(model)
        if kept.adapter != folder:
            self._settings.keep_precision(model.path, replace(kept, adapter=folder))
