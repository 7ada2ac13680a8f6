"""Whether a folder is an export of just the weights that another one holds."""

from __future__ import annotations

from collections.abc import Callable

from backends.checkpoint.folder import Checkpoint
from backends.files.hashing import hash_weights


def is_export_of(
    export: Checkpoint, checkpoint: Checkpoint, on_progress: Callable[[int, int], None]
) -> bool:
    """Whether it says so: the weights are read, and compared with those that it names.

    `on_progress` gets the bytes done and all bytes. Raises CheckpointError.
    """
    stated = export.export
    if stated is None or not stated.sources or export.config != checkpoint.config:
        return False
    return dict(stated.sources) == _hashes(checkpoint, on_progress)


def _hashes(checkpoint: Checkpoint, on_progress: Callable[[int, int], None]) -> dict[str, str]:
    hashing = hash_weights(checkpoint.weight_files)
    while True:
        try:
            progress = next(hashing)
        except StopIteration as end:
            hashes: dict[str, str] = end.value
            return hashes
        on_progress(progress.done_bytes, progress.total_bytes)
