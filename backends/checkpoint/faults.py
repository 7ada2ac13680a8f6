"""All that keeps a folder from being a model, and not only what is met first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ..errors import CheckpointError, ForeignModelError, UnsafeCheckpointError
from ..files.small_files import is_folder
from ..model_config import ConfigError, ModelConfig
from .folder import Checkpoint, is_export, read_config, require_tokenizer
from .weight_files import find_tensors, has_tensors, no_weights


def opened_or_faults(folder: Path) -> Checkpoint | Sequence[CheckpointError]:
    """A checkpoint; or what `Checkpoint.open` says of its folder, and would say once it is mended.

    Of a folder in another form or with a trap in it, nothing more is looked at.
    """
    try:
        return Checkpoint.open(folder)
    except (ForeignModelError, UnsafeCheckpointError) as error:
        return (error,)
    except CheckpointError as error:
        if not is_folder(folder):
            return (error,)
        found = {error.message: error}
    for require in (partial(require_tokenizer, folder), partial(_require_weights, folder)):
        if (more := _error_of(require)) is not None:
            found.setdefault(more.message, more)
    return tuple(found.values())


def _error_of(require: Callable[[], object]) -> CheckpointError | None:
    try:
        require()
    except CheckpointError as error:
        return error
    return None


def _require_weights(folder: Path) -> None:
    """Raise CheckpointError if weight files are missing, as far as that can be told."""
    if is_export(folder):
        return
    if not has_tensors(folder):
        raise no_weights(folder)
    try:
        config = ModelConfig.from_json(read_config(folder))
    except (CheckpointError, ConfigError):  # which was said; nothing tells what belongs here
        return
    find_tensors(folder, config)
