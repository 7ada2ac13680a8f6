"""When each model was loaded last."""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
from pathlib import Path

from backends.files.plain_file import read_plain
from baichuan_desktop.services.atomic_file import changing, replace_text
from baichuan_desktop.services.plain_json import parse_object

log = logging.getLogger(__name__)

_MAX_BYTES = 2**20
_VERSION = 1


class LastUsed:
    """A file of times by model id. Nothing rests on it: one that is broken begins anew."""

    def __init__(self, file: Path) -> None:
        """Nothing is read yet."""
        self._file = file

    def of(self, model_id: str) -> datetime.datetime | None:
        """When a model was loaded last, in UTC; None if that is not known."""
        return self.all().get(model_id)

    def all(self) -> dict[str, datetime.datetime]:
        """The time of each model that was loaded, by its id."""
        try:
            content = parse_object(read_plain(self._file, _MAX_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("When models were used is not known: %s", error)
            return {}
        models = content.get("models") if content.get("version") == _VERSION else None
        found: dict[str, datetime.datetime] = {}
        for model_id, text in models.items() if isinstance(models, dict) else ():
            with contextlib.suppress(ValueError, TypeError, OverflowError):
                found[model_id] = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
        return found

    def note(self, model_id: str) -> None:
        """Remember that a model is loaded now; that it cannot be kept is logged and no more."""
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        try:
            with changing(self._file):
                times = self.all() | {model_id: now}
                models = {one: time.isoformat() for one, time in sorted(times.items())}
                text = json.dumps({"version": _VERSION, "models": models}, indent=1)
                replace_text(self._file, text + "\n")
        except OSError as error:
            log.warning("When “%s” was used is not kept: %s", model_id, error)
