"""What the app remembers of a person's choices: one small JSON file, typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .atomic_file import replace_text
from .precision_choice import LoadWish

log = logging.getLogger(__name__)

Language = Literal["system", "en", "zh_CN"]


class Settings(BaseModel):
    """The choices, with their defaults."""

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    language: Language = "system"
    last_model: str | None = None  #: an id of the registry
    precisions: dict[Path, LoadWish] = Field(default_factory=dict)  #: by folder, if not “auto”
    as_chat: frozenset[Path] = frozenset()  #: folders of base models that are chatted with
    show_panel: bool = False
    window_size: tuple[int, int] | None = None  #: width, height in pixels


class SettingsFile:
    """Settings and the file they lie in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.current = self._read() or Settings()

    def _read(self) -> Settings | None:
        try:
            return Settings.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, ValueError) as error:
            # A broken file costs a few choices, not the start of the app; it stays as it is
            # until a choice is made.
            log.warning("%s is not usable, defaults are used: %s", self._file, error)
            return None

    def change(self, **changes: object) -> None:
        """Set fields and write the file. A disk that cannot be written is only logged."""
        self.current = _changed(self.current, changes)
        # Another window may have written since: what is not changed here stays as it is there.
        written = _changed(self._read() or self.current, changes)
        try:
            text = json.dumps(written.model_dump(mode="json"), indent=2, ensure_ascii=False)
            replace_text(self._file, text + "\n")
        except OSError as error:
            log.warning("The settings could not be written: %s", error)

    def keep_precision(self, folder: Path, wish: LoadWish) -> None:
        """Have a model loaded so from now on."""
        wishes = dict((self._read() or self.current).precisions)
        wishes.pop(folder, None)
        if wish != LoadWish():
            wishes[folder] = wish
        self.change(precisions=wishes)

    def keep_as_chat(self, folder: Path, as_chat: bool) -> None:
        """Have a base model used as a chat model from now on, or not any more."""
        folders = (self._read() or self.current).as_chat
        self.change(as_chat=folders | {folder} if as_chat else folders - {folder})


def _changed(settings: Settings, changes: Mapping[str, object]) -> Settings:
    return Settings.model_validate({**settings.model_dump(), **changes})
