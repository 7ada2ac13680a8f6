"""The ids that a shell proposes, read in a tenth of a second and from the lists alone.

No path of a model is touched: a drive that does not answer would stop the shell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from backends.files.plain_file import read_plain
from backends.files.strict_yaml import MAX_FILE_BYTES, YamlError, read_mapping
from baichuan_desktop.services.app_paths import app_paths

#: What the script of a shell asks the program with.
OPTION = "--listed-ids"

_GUIDE = "baichuan-guide"  #: it is on every machine


def print_listed_ids() -> None:
    """Print the id of each model on this machine, a line each."""
    paths = app_paths()
    listed = (one for file in (paths.site_registry, paths.user_registry) for one in _ids(file))
    for model_id in dict.fromkeys((_GUIDE, *listed)):
        print(model_id)


def _ids(file: Path) -> Iterator[str]:
    """The ids of a list, but for those that no shell could be given; none of a broken one."""
    try:
        content = read_mapping(read_plain(file, MAX_FILE_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, YamlError):  # `models list` says what is wrong with it
        return
    entries = content.get("installed")
    for entry in entries if isinstance(entries, list) else ():
        model_id = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(model_id, str) and is_plain(model_id):
            yield model_id


def is_plain(word: str) -> bool:
    """Whether a word is made of letters, digits, points and hyphens, as ids are."""
    return word.isascii() and word.replace("-", "").replace(".", "").isalnum()
