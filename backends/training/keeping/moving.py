"""The last step of a training: its whole result is moved out of the folder it grew in.

All files of the result are on the drive in `result.partial`, and its manifest there says so, before
the first of them gets its place. So a run that is killed in between is taken up where it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ...errors import DamagedTrainingError, OutputTakenError
from ...files.partial_folder import is_taken, partial_of
from ...operating_system import long_path, rename, sync_folder
from ...phrases import Phrase
from ...protocol.typed_json import from_json
from ..events import TrainingReady
from .sealed import (
    RESULT,
    read_sealed,
    reading,
    remove_partial,
    require_files,
    sealed_files,
)

RESULT_MANIFEST: Final = "result.json"
#: Without them a folder is no adapter and no model: they come when all else is there.
_LAST: Final = ("config.json", "adapter_config.json")


def has_whole_result(output: Path) -> bool:
    """Whether a result is whole there and has only to be moved."""
    with contextlib.suppress(DamagedTrainingError):
        read_sealed(partial_of(output / RESULT), RESULT_MANIFEST)
        return True
    return False


def read_result(output: Path) -> tuple[Mapping[str, object], TrainingReady]:
    """What the manifest of such a result says. Raises DamagedTrainingError."""
    grown = partial_of(output / RESULT)
    content = read_sealed(grown, RESULT_MANIFEST)
    try:
        return content, from_json(TrainingReady, content["ready"])
    except Exception as error:  # anything: the fields of another version
        raise DamagedTrainingError(
            grown / RESULT_MANIFEST, Phrase("it does not describe a result")
        ) from error


def move_result(output: Path, remove_checkpoints: Callable[[], object]) -> TrainingReady:
    """Give every file of the result its place, and take away what is not needed any more.

    Raises OutputTakenError if something has a place already, DamagedTrainingError, OSError; what
    was written of the result stays then, and can be moved later.
    """
    grown = partial_of(output / RESULT)
    content, ready = read_result(output)
    files = sealed_files(content)
    left = [one for one in files if is_taken(grown / one.name)]
    require_files(grown, left)
    require_files(output, [one for one in files if one not in left])
    for one in left:
        if is_taken(output / one.name):
            raise OutputTakenError(output, one.name)
    for one in sorted(left, key=lambda one: one.name in _LAST):
        rename(grown / one.name, output / one.name)
    sync_folder(output)
    remove_checkpoints()
    with reading(grown):
        long_path(grown / RESULT_MANIFEST).unlink()
    with contextlib.suppress(OSError):  # all is moved; somebody put something else there
        remove_partial(output / RESULT)
    return ready
