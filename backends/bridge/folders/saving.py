"""What `save_pretrained` adds, so that a folder is a model as it was released, and says of what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...copying.side_files import SIDE_FILES, read_side_files
from ...licences.changes_note import changes_note, versions_of
from ...licences.licence_files import CHANGES_FILE

_LIBRARIES = ("transformers", "torch")


def add_side_files(source: Path, out: Path, options: Mapping[str, object]) -> None:
    """Put the source's tokenizer and licences beside the weights in `out`, and a note of changes.

    Files of a tokenizer that was saved there, and the generation_config.json of the model as it is
    now, stay. Raises JobError.
    """
    found = dict(read_side_files(source))
    earlier = found.pop(CHANGES_FILE, b"")
    for name, content in found.items():
        file = out / name
        if not (name in SIDE_FILES and file.exists()):
            file.write_bytes(content)
    note = changes_note(source.name, options, versions_of(_LIBRARIES), earlier=earlier)
    (out / CHANGES_FILE).write_bytes(note)
