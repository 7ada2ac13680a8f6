"""What the app remembers of a person's choices: one small JSON file, typed."""

from __future__ import annotations

import json
import logging
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
    precisions: dict[str, LoadWish] = Field(default_factory=dict)  #: by such an id, if not “auto”
    show_panel: bool = False
    window_size: tuple[int, int] | None = None  #: width, height in pixels


class SettingsFile:
    """Settings and the file they lie in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.current = self._read()

    def _read(self) -> Settings:
        try:
            return Settings.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return Settings()
        except (OSError, ValidationError, ValueError) as error:
            # A broken file costs a few choices, not the start of the app; it stays as it is
            # until a choice is made.
            log.warning("%s is not usable, defaults are used: %s", self._file, error)
            return Settings()

    def change(self, **changes: object) -> None:
        """Set fields and write the file. A disk that cannot be written is only logged."""
        self.current = Settings.model_validate({**self.current.model_dump(), **changes})
        try:
            text = json.dumps(self.current.model_dump(mode="json"), indent=2, ensure_ascii=False)
            replace_text(self._file, text + "\n")
        except OSError as error:
            log.warning("The settings could not be written: %s", error)

    def keep_precision(self, model_id: str, wish: LoadWish) -> None:
        """Have a model loaded so from now on."""
        wishes = {**self.current.precisions, model_id: wish}
        if wish == LoadWish():
            del wishes[model_id]
        if wishes != self.current.precisions:
            self.change(precisions=wishes)
