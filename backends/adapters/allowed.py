"""An adapter that the policy of this machine allows, for a model that it fits.

Whoever loads, merges or exports a model with an adapter opens it here, so that no way leads around
a rule, and nothing is computed with values that are not numbers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from ..checkpoint.allowed import allowed_place
from ..checkpoint.folder import Checkpoint
from ..checkpoint.manifest import merged_adapter
from ..errors import CheckpointError, DamagedAdapterError, WrongBaseError
from ..files.small_files import not_read, open_file
from ..phrases import Phrase
from ..policy.decisions import require_adapter
from ..policy.values import AdapterFacts, Policy
from .base_names import model_name
from .base_parts import require_same_base
from .fitting import require_fitting
from .folder import open_adapter
from .numbers import require_numbers
from .values import Adapter

_BLOCK = 4 * 2**20  #: bytes that are hashed at a time


def open_allowed_adapter(
    folder: Path, checkpoint: Checkpoint, policy: Policy
) -> tuple[Adapter, Sequence[Phrase]]:
    """An adapter whose values are numbers, and notes on it.

    A folder that lies where none may is not looked into. Raises PolicyError, AdapterError.
    """
    adapter = open_adapter(allowed_place(folder, policy))
    require_allowed_adapter(adapter, policy)
    notes = (*adapter.notes, *require_fitting(adapter, checkpoint))
    require_same_base(adapter, checkpoint)
    _require_unmerged(adapter, checkpoint)
    require_numbers(adapter)
    return adapter, notes


def _require_unmerged(adapter: Adapter, checkpoint: Checkpoint) -> None:
    """Raise WrongBaseError where the adapter is in the weights already: it would act twice."""
    merged = (merged_adapter(checkpoint.folder) or {}).get(adapter.file.name)
    if merged is not None and merged == _sha256(adapter.file):
        raise WrongBaseError(
            adapter.folder,
            model_name(checkpoint.folder),
            Phrase("it is merged into that one already"),
        )


def require_allowed_adapter(adapter: Adapter, policy: Policy) -> None:
    """Raise PolicyError for an adapter that the policy does not allow."""
    facts = AdapterFacts(adapter.folder, adapter.files, lambda: _sha256(adapter.file))
    require_adapter(policy, facts)


#: The hash of the file that was asked about last, and what told then that it is the same one.
_last: tuple[object, str] | None = None


def _sha256(file: Path) -> str:
    """The SHA-256 of a file in hex, read anew where it changed: each question asks for it."""
    global _last
    try:
        with open_file(file) as stream:
            found = os.fstat(stream.fileno())
            key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if _last is not None and _last[0] == key:
                return _last[1]
            digest = hashlib.sha256()
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise DamagedAdapterError(file, not_read(error)) from error
    except CheckpointError as error:
        raise DamagedAdapterError(file, Phrase("it is not a file")) from error
    _last = (key, digest.hexdigest())
    return _last[1]
