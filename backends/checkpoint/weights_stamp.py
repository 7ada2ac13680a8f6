"""Whether the weights of a folder are those of another time, without reading them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ..operating_system import long_path

#: Names that published weight files have.
_WEIGHTS = re.compile(r"(model|pytorch_model)(-\d+-of-\d+)?\.(safetensors|bin)")


def weights_stamp(folder: Path) -> str | None:
    """Names, sizes and times of the weight files, as one word; None if they cannot be seen."""
    try:
        files = [
            file for file in long_path(folder).iterdir() if file.suffix in (".bin", ".safetensors")
        ]
    except OSError:  # a model that is gone says so where it is opened
        return None
    facts = []
    for file in sorted(files):
        try:
            status = long_path(file).stat()
        except OSError:  # a link to a drive that is not there; or one that nothing is read of
            if _WEIGHTS.fullmatch(file.name):
                return None
        else:
            facts.append((file.name, status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
