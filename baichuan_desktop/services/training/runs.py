"""Trainings that have begun and are not done, so that they can be offered after a crash.

Only their folders are noted; what can go on there, its checkpoints say. A run is noted when its
first checkpoint is kept, and forgotten when its result is whole or a person discards it.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backends.errors.training import DamagedTrainingError
from backends.files.plain_file import read_plain
from backends.operating_system import lock_folder, long_path
from backends.training.keeping.output import discard
from backends.training.keeping.resume import resumable
from backends.training.values import TrainingRequest
from baichuan_desktop.services.atomic_file import changing, replace_text
from baichuan_desktop.services.plain_json import parse_object

log = logging.getLogger(__name__)

_MAX_BYTES = 2**20
_VERSION = 1
_MOST = 1000


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A training that can go on."""

    request: TrainingRequest  #: as it was begun, with the folder where it lies now
    step: int  #: of its newest checkpoint
    total_steps: int
    changed: datetime.datetime  #: when that was kept, in UTC
    name: str = ""  #: under which the result was to be listed; empty: none was said

    @property
    def folder(self) -> Path:
        """The folder of its result."""
        return Path(self.request.keeping.output)

    @property
    def model_name(self) -> str:
        """What the person called the model that is trained."""
        return self.request.model_name or Path(self.request.model).name

    @property
    def resumed(self) -> TrainingRequest:
        """The request that goes on with it."""
        return replace(self.request, resume=True)


class TrainingRuns:
    """The list of them, in a file of the app's data. Not for the window's thread."""

    def __init__(self, file: Path) -> None:
        """Nothing is read yet; a file that is broken begins anew."""
        self._file = file

    def unfinished(self) -> Sequence[UnfinishedRun]:
        """Those that can go on now, the one first that was changed last.

        Each has a whole checkpoint, and no process works on it.
        """
        found = [run for folder, name in self._noted().items() if (run := _run(folder, name))]
        return sorted(found, key=lambda run: run.changed, reverse=True)

    def note(self, output: Path, name: str = "") -> None:
        """A run has kept its first checkpoint; that it cannot be noted is logged and no more."""
        noted = self._noted()
        if noted.get(str(output)) == name:
            return
        self._change(str(output), name)

    def forget(self, output: Path) -> None:
        """A run is done."""
        if str(output) in self._noted():
            self._change(str(output), None)

    def discard(self, run: UnfinishedRun) -> None:
        """Delete what a training kept, and nothing else in its folder, and forget it.

        Raises OutputBusyError while it goes on somewhere, OutputUnwritableError.
        """
        discard(run.folder)
        self.forget(run.folder)

    def _noted(self) -> dict[str, str]:
        """The folders, and the names of their results."""
        try:
            content = parse_object(read_plain(self._file, _MAX_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("Unfinished trainings are not known: %s", error)
            return {}
        runs = content.get("runs") if content.get("version") == _VERSION else None
        return dict(_entries(runs)) if isinstance(runs, list) else {}

    def _change(self, output: str, name: str | None) -> None:
        try:
            with changing(self._file):
                noted = self._noted()
                noted.pop(output, None)
                if name is not None:
                    noted[output] = name
                runs = [{"output": one, "name": its} for one, its in noted.items()]
                text = json.dumps({"version": _VERSION, "runs": runs[-_MOST:]}, indent=1)
                replace_text(self._file, text + "\n")
        except (OSError, UnicodeEncodeError) as error:
            log.warning("The training in “%s” is not noted: %s", output, error)


def _entries(runs: list[object]) -> Iterator[tuple[str, str]]:
    for one in runs:
        if not isinstance(one, dict):
            continue
        output, name = one.get("output"), one.get("name")
        if isinstance(output, str) and isinstance(name, str) and "\0" not in output:
            yield output, name


def _run(folder: str, name: str) -> UnfinishedRun | None:
    """What can go on in a folder; None where there is nothing, or a process works on it."""
    output = Path(folder)
    try:
        kept = resumable(output)
        changed = None if kept is None else datetime.datetime.fromisoformat(kept.kept_at)
    except (DamagedTrainingError, OSError, ValueError) as error:
        log.info("The training in “%s” cannot go on: %s", folder, error)
        return None
    if kept is None or changed is None or _is_busy(output):
        return None
    request = replace(kept.request, keeping=replace(kept.request.keeping, output=folder))
    zoned = changed.replace(tzinfo=changed.tzinfo or datetime.UTC)
    return UnfinishedRun(request, kept.step, kept.total_steps, zoned, name)


def _is_busy(output: Path) -> bool:
    """Whether a process trains there."""
    with contextlib.suppress(OSError):
        try:
            lock_folder(long_path(output))()
        except BlockingIOError:
            return True
    return False
